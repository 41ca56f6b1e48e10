"""A small campaign on the simulated rig: stopped in the middle, gone on with, reported."""

import json
import threading
from collections import Counter

import pytest
from click.testing import CliRunner

from analysis.recording import Recording
from app.acquisition.bench import Bench, Observer
from app.campaign.file import load_campaign
from app.campaign.log import CampaignLog
from app.campaign.run import Campaign, CampaignStopped
from app.cli import main
from app.offline.trace_files import analyse_traces
from app.offline.traces import ByHand
from tests.support.rig.rigs import served_rig, without_wires

FILE = """
sample = "Au-BDNC-Au (simulated)"
conductance_G0 = 0.002
[histogram]
traces = 20
[histogram.parameters]
approach_speed = 50.0
withdraw_speed = 10.0
past_break = 0.5
baseline_every = 20
baseline_time = 0.02
[held]
conductance = 0.002
window_percent = 30
withdraw_speed = 1.0
past_break = 1.0
stop_within = 0.03
baseline_every = 50
approach_speed = 20
leave_speed = 20
trip_reaction = 0.05
[iv]
curves = 3
peak_V = 1.3
[heating]
equal_powers = 2
largest_V = 1.2
holds = 3
parameters = { hold_time = 1.5 }
[[controls]]
name = "out-of-contact"
holds = 3
parameters = { hold_time = 1.5 }
"""

EASY = {
    "sample.species": "BDNC",
    "molecule.BDNC.binding_probability": 1.0,
    "molecule.BDNC.spread_decades": 0.05,
    "molecule.BDNC.lifetime_s": 1e5,
}


@pytest.mark.slow
@pytest.mark.usefixtures("few_resamples", "undrawn")
def test_a_campaign_goes_on_where_it_was_stopped(tmp_path):
    (tmp_path / "bdnc.toml").write_text(FILE, "utf-8")
    file = load_campaign(tmp_path / "bdnc.toml")

    def stopped_after_two_holds(stage, rest, out):
        stop, seen = threading.Event(), Counter()

        def watch(event):
            seen[event.name] += 1
            if seen["hold"] == 2:
                stop.set()

        return Bench(file.rig, stop).run(rest, out, observer=Observer(on_event=watch), sample=file.sample)

    with served_rig(tmp_path, overrides=EASY) as rig, without_wires(rig):
        log = CampaignLog(file.folder / "campaign.log", lambda line: None)
        campaign = Campaign(file, log, stopped_after_two_holds)
        with pytest.raises(CampaignStopped, match="stopped by the user"):
            campaign.run()
        assert rig.is_safe()

        went_on = CliRunner().invoke(main, ["campaign", str(tmp_path / "bdnc.toml")])
        assert went_on.exit_code == 0, went_on.output
        assert rig.is_safe()

    histogram = file.folder / "1-histogram-1.h5"
    (known,) = campaign.analysed.values()  # by the end of its run, and not again for the decision
    assert known.to_json() == analyse_traces([histogram]).analysis.to_json()
    assert analyse_traces([histogram], known=campaign.analysed).analysis is known
    by_hand = ByHand(molecular_G0=(1e-3, 4e-3))
    assert analyse_traces([histogram], by_hand, campaign.analysed).analysis is not known

    names = sorted(path.name for path in file.folder.glob("*.h5"))
    assert names == [
        "1-histogram-1.h5", "2-iv-1.h5", "3-heating-1.h5", "3-heating-2.h5", "4-control-out-of-contact-1.h5",
    ]  # fmt: skip
    counted = Counter()
    for part in ("3-heating-1.h5", "3-heating-2.h5"):
        with Recording(file.folder / part) as recording:
            marks = [e.payload for e in recording.events if e.name == "hold" and e.payload["counts"]]
        counted.update(mark["amplitude_V"] for mark in marks)
    assert set(counted.values()) == {3}
    page = (file.folder / "report.html").read_text("utf-8")
    assert "<h2>Heat in the tip</h2>" in page  # with its figures: tests.stories.test_demo
    assert page.count("<figure>") > 6

    analysed = CliRunner().invoke(main, ["analyze", str(file.folder), "--json"])
    heating = json.loads(analysed.stdout)["heating"]
    assert [point["amplitude_V"] for point in heating["points"]] == sorted(counted)
    assert all(point["dT_neg_K"] > point["dT_pos_K"] for point in heating["points"])
    assert heating["scale_relative"] == pytest.approx(0.01406, abs=1e-4)
