"""The README's first command, in small."""

import json
from dataclasses import dataclass
from types import SimpleNamespace

import h5py
import pytest
from click.testing import CliRunner

from app.campaign.decisions import TooFewTraces
from app.campaign.demo import with_enough_traces
from app.campaign.log import CampaignLog
from app.cli import main
from simulators.parameters import load_parameters

HELD_WELL = (
    "sample.species=BDNC",
    "molecule.BDNC.binding_probability=1.0",
    "molecule.BDNC.lifetime_s=1e5",
)
"""A world in which few openings are in vain."""


@pytest.mark.slow
@pytest.mark.usefixtures("few_resamples")
def test_the_demo_leaves_recordings_and_a_report(tmp_path, monkeypatch):
    monkeypatch.setattr("app.campaign.demo.CURVES", 4)
    monkeypatch.setattr("app.campaign.demo.OVERRIDES", HELD_WELL)
    out = tmp_path / "demo"

    result = CliRunner().invoke(main, ["demo", "--out", str(out), "--traces", "60", "--holds", "4"])

    assert result.exit_code == 0, result.output
    assert "Au contact: true value 1 G0" in result.output
    assert "Asymmetry of the heat at 1.27 V" in result.output
    page = (out / "report.html").read_text("utf-8")
    assert page.count("<figure>") > 6
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert sorted(path.name for path in out.glob("*.h5")) == [
        "1-histogram-1.h5", "2-iv-1.h5", "3-heating-1.h5", "4-control-out-of-contact-1.h5",
    ]  # fmt: skip
    with h5py.File(out / "1-histogram-1.h5") as file:
        entry = file[file.attrs["default"]]
        assert entry.attrs["default"] == "histogram"
        assert {"histogram", "histogram_linear", "histogram_2d", "trace"} <= set(entry)

    analysed = CliRunner().invoke(main, ["analyze", str(out), "--json"])

    content = json.loads(analysed.stdout)
    assert content["traces"]["total"] == 60
    told = load_parameters().values["gold"]["level_G0"][0]
    first = content["histogram"]["peaks"][0]
    assert first["scale"] == "linear"
    assert abs(first["conductance_G0"] - told) < 4 * first["uncertainty_G0"]
    (point,) = content["heating"]["points"]
    assert point["junctions"] >= 3
    assert point["asymmetry_K"] > 20 * point["asymmetry_noise_sigma_K"]
    assert point["p_value"] < 0.05, (
        "four junctions, by Student's t: the error is their scatter, not the noise"
    )


def test_a_demo_never_overwrites_a_recording(tmp_path):
    (tmp_path / "demo.h5").write_bytes(b"mine")

    result = CliRunner().invoke(main, ["demo", "--out", str(tmp_path)])

    assert result.exit_code == 2
    assert "never overwritten" in result.output
    assert (tmp_path / "demo.h5").read_bytes() == b"mine"


def file_of(traces):
    return SimpleNamespace(histogram=SimpleNamespace(traces=traces))


@dataclass(frozen=True)
class Measuring:
    """A campaign whose level shows in 70 traces."""

    file: SimpleNamespace
    log: CampaignLog

    def run(self):
        if self.file.histogram.traces < 70:
            raise TooFewTraces("no trusted peak")
        return ["1-histogram-1.h5"]


@pytest.mark.parametrize(("traces", "most", "in_all"), [(20, 700, [40, 80]), (50, 75, [75]), (100, 75, [])])
def test_traces_are_doubled_until_they_show_the_level(tmp_path, traces, most, in_all):
    told = []
    first = Measuring(file_of(traces), CampaignLog(tmp_path / "log", told.append))
    last, recordings = with_enough_traces(first, most, file_of)
    assert recordings == ["1-histogram-1.h5"]
    assert last.file.histogram.traces == [traces, *in_all][-1]
    assert [f"{n} are taken in all" in line for n, line in zip(in_all, told, strict=True)] == [True] * len(
        in_all
    )


def test_a_level_that_does_not_show_in_the_most_traces_is_undecided(tmp_path):
    first = Measuring(file_of(20), CampaignLog(tmp_path / "log", print))
    with pytest.raises(TooFewTraces):
        with_enough_traces(first, 60, file_of)
