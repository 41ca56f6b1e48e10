"""The campaign's file, its stages and its bookkeeping; a small one on the simulated rig is in tests/stories."""

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from analysis.recording import RecordedChannel, RecordingError, RecordingWriter, RunHeader
from analysis.records import Block, Event, EventKind
from analysis.traces.peak_diagnostics import SKEWNESS_UNKNOWN
from app.acquisition.bench import RunSummary
from app.campaign import command
from app.campaign.decisions import Amplitudes, Undecided, mean_curve, most_probable, nearest_peak
from app.campaign.file import load_campaign
from app.campaign.log import CampaignLog
from app.campaign.pace import Pace, duration_text
from app.campaign.programme import checked, control_stages, heating_stage, histogram_stage, outline
from app.campaign.run import Campaign, CampaignStopped
from app.cli import main
from app.config.toml import FileError
from procedures.controls import OutOfContact, ZeroAmplitude
from procedures.runner import RunEnd
from tests.support.gui.fake_bench import rig
from tests.support.recordings.made_recordings import made_iv

BY_HAND = """
sample = "Au-BDNC-Au"
conductance_G0 = 0.002
held.conductance = 0.002
histogram.traces = 20
[heating]
amplitudes_V = [0.74, 1.27]
holds = 3
"""

CONTROLS = """
[[controls]]
name = "out-of-contact"
holds = 2
[[controls]]
name = "zero-amplitude"
holds = 1
"""


def campaign_of(folder: Path, text: str):
    path = folder / "bdnc.toml"
    path.write_text(text, "utf-8")
    return load_campaign(path)


# ---- the file ----


@pytest.mark.parametrize("text", [BY_HAND, BY_HAND + CONTROLS])
def test_paths_are_seen_from_the_files_folder(tmp_path, text):
    campaign = campaign_of(tmp_path, text)
    assert campaign.rig == tmp_path / "rig.toml"
    assert campaign.folder == tmp_path / "bdnc"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BY_HAND.replace("holds", "hold"), "heating.hold: unknown key; did you mean 'holds'"),
        (BY_HAND.replace("amplitudes_V = [0.74, 1.27]", ""), "give either amplitudes_V, or equal_powers"),
        (BY_HAND + "equal_powers = 5", "give either amplitudes_V, or equal_powers"),
        (BY_HAND.replace("amplitudes_V = [0.74, 1.27]", "equal_powers = 5"), "needs largest_V"),
        (
            BY_HAND.replace("amplitudes_V = [0.74, 1.27]", "equal_powers = 5\nlargest_V = 1.2"),
            "needs the stage",
        ),
        (BY_HAND.replace("conductance_G0 = 0.002", "conductance_G0 = -1", 1), "conductance_G0 = -1"),
        (BY_HAND + CONTROLS + CONTROLS, "twice"),
        ("sample = ", "not TOML"),
    ],
)
def test_bad_files_are_refused_in_words(tmp_path, text, said):
    with pytest.raises(FileError, match=said):
        campaign_of(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BY_HAND.replace("histogram.traces = 20", "histogram.parameters.trace = 3"), "histogram: .*'traces'"),
        (BY_HAND + "parameters.hold_time = -1", "heating: hold_time"),
        (
            BY_HAND + CONTROLS.replace("out-of-contact", "control-out-of-reach"),
            "did you mean 'out-of-contact'",
        ),
        (BY_HAND + CONTROLS.replace("out-of-contact", "xyz"), "known: .*out-of-contact"),
    ],
)
def test_parameters_are_tried_before_anything_moves(tmp_path, text, said):
    with pytest.raises(FileError, match=said):
        checked(campaign_of(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            BY_HAND.replace("[0.74, 1.27]", "[0.74, 3.0]"),
            r"heating: amplitudes: 3 V is outside the rig's limits",
        ),
        (
            BY_HAND.replace("[0.74, 1.27]", "[1.27, 1.27]"),
            "heating: amplitudes = 1.27 1.27: one of them is given",
        ),
        (
            BY_HAND + CONTROLS.replace("out-of-contact", "dummy-resistor"),
            "control-dummy-resistor: resistance is not",
        ),
        (BY_HAND + "\n[thermopower]\ndT_K = [0, 10]\nholds = 3", "Thermopower needs a heater"),
    ],
)
def test_all_stages_are_tried_on_the_rig_before_the_first_one_runs(tmp_path, text, said):
    """A fault of the last stage must not show after the night of the histogram."""
    campaign = campaign_of(tmp_path, text)
    checked(campaign)
    with pytest.raises(FileError, match=said):
        checked(campaign, rig())


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "taken").write_text("", "utf-8")
    with pytest.raises(FileError, match="taken is a file, not a folder"):
        campaign_of(tmp_path, 'folder = "taken"\n' + BY_HAND)


def test_the_examples_of_the_docs_are_good():
    examples = sorted((Path(__file__).parents[3] / "docs" / "campaigns").glob("*.toml"))
    assert [path.stem for path in examples] == ["au", "bda", "bdnc"]
    for path in examples:
        checked(load_campaign(path))


# ---- controls ----


def test_controls_take_the_largest_amplitude_unless_they_have_their_own(tmp_path):
    campaign = campaign_of(tmp_path, BY_HAND + CONTROLS)
    chosen = Amplitudes((0.74, 1.27), (1e-7, 5e-7))
    contact, zero = control_stages(campaign, {"conductance": 0.002}, chosen)
    assert contact.procedure is OutOfContact
    assert contact.values["amplitudes"] == (1.27,)
    assert zero.procedure is ZeroAmplitude
    assert zero.whole().total_cycles == 1
    assert outline(campaign, after=2) == {
        "heating": 6,
        "control-out-of-contact": 2,
        "control-zero-amplitude": 1,
    }


# ---- going on ----


class PretendRig:
    """Writes recordings as a bench would, with the marks of so many cycles; stops where it is told."""

    def __init__(self, *budgets: int) -> None:
        self.budgets = list(budgets)
        self.ran: list[tuple[str, int]] = []

    def __call__(self, stage, rest, out):
        budget = self.budgets.pop(0) if self.budgets else rest.total_cycles
        taken = min(budget, rest.total_cycles)
        self.ran.append((out.name, rest.total_cycles))
        write(out, stage.procedure.cycle, list(self._payloads(rest, taken)))
        whole = taken == rest.total_cycles
        end = RunEnd("finished" if whole else "aborted", "" if whole else "stopped by the user", True)
        return RunSummary(out, end, 0, taken, 100, "")

    def _payloads(self, rest, taken: int) -> Iterable[dict]:
        if not hasattr(rest, "conditions"):
            yield from ({"number": n} for n in range(taken))
            return
        wanted = [one for one, missing in rest.missing().items() for _ in range(missing)]
        for one in wanted[:taken]:
            note = {"amplitude_V": one.amplitude_V, "frequency_Hz": str(one.frequency_Hz)}
            yield {**note, "counts": False}  # a junction that broke at once
            yield {**note, "counts": True}


def write(path: Path, cycle: str, payloads: list[dict]) -> None:
    settings = {"current_gain_V_per_A": 1e5}
    header = RunHeader("heating", (RecordedChannel("current"),), 2000.0, settings=settings)
    with RecordingWriter(path, header) as writer:
        writer.append(Block(0, 2000.0, ("current",), np.zeros((1, 100))))
        for payload in payloads:
            writer.add_event(Event(100, EventKind.MARK, cycle, payload))


def run(folder: Path, rig: PretendRig, text: str = BY_HAND) -> list[str]:
    said: list[str] = []
    campaign = campaign_of(folder, text)
    Campaign(campaign, CampaignLog(campaign.folder / "campaign.log", said.append), rig).run()
    return said


def test_a_stopped_campaign_says_how_to_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "runs_on_bench", lambda file, unproved: PretendRig(20, 2))
    with pytest.raises(
        FileError, match=r"heating: stopped by the user\. Run the same command again to resume"
    ):
        command.run_campaign(campaign_of(tmp_path, BY_HAND))


def test_an_interrupted_campaign_takes_what_is_missing_and_nothing_twice(tmp_path):
    first = PretendRig(20, 2)
    with pytest.raises(CampaignStopped, match=r"heating: stopped by the user\."):
        run(tmp_path, first)
    assert first.ran == [("1-histogram-1.h5", 20), ("3-heating-1.h5", 6)]

    second = PretendRig()
    run(tmp_path, second)
    assert second.ran == [("3-heating-2.h5", 4)]

    third = PretendRig()
    said = run(tmp_path, third)
    assert third.ran == []
    assert said[-1] == "campaign: complete, in 3 recordings."


def test_thermopower_comes_last_and_takes_the_missing_junctions_at_every_difference(tmp_path):
    text = BY_HAND + "[thermopower]\ndT_K = [0.0, 10.0, 20.0]\nholds = 4\n"
    first = PretendRig(20, 6, 5)
    with pytest.raises(CampaignStopped, match=r"thermopower: stopped by the user"):
        run(tmp_path, first, text)
    assert first.ran[-1] == ("4-thermopower-1.h5", 12)
    second = PretendRig()
    run(tmp_path, second, text)
    assert second.ran == [("4-thermopower-2.h5", 9)], "7 are missing: 3 at each of 3 differences"


def test_only_missing_amplitudes_are_taken(tmp_path):
    campaign = campaign_of(tmp_path, BY_HAND)
    stage = heating_stage(campaign, {}, Amplitudes((0.74, 1.27), ()))
    campaign.folder.mkdir()
    marks = [{"amplitude_V": 0.74, "frequency_Hz": "49/4", "counts": True}] * 3
    write(stage.next_recording(campaign.folder), "hold", marks)
    rest = stage.rest(campaign.folder)
    assert list(rest.missing().values()) == [0, 3]
    assert stage.next_recording(campaign.folder).name == "3-heating-2.h5"


def test_the_tenth_part_comes_after_the_ninth(tmp_path):
    campaign = campaign_of(tmp_path, BY_HAND)
    campaign.folder.mkdir()
    for part in (10, 9, 1):
        write(campaign.folder / f"1-histogram-{part}.h5", "trace", [])
    stage = histogram_stage(campaign)
    assert [path.stem for path in stage.recordings(campaign.folder)] == [
        "1-histogram-1", "1-histogram-9", "1-histogram-10",
    ]  # fmt: skip
    assert stage.next_recording(campaign.folder).name == "1-histogram-11.h5"


def test_a_broken_recording_is_named_and_kept(tmp_path):
    run(tmp_path, PretendRig())
    broken = tmp_path / "bdnc" / "3-heating-1.h5"
    broken.write_bytes(b"not a recording")
    with pytest.raises(RecordingError, match=r"3-heating-1\.h5.*move it out of the campaign's folder"):
        run(tmp_path, PretendRig())
    assert broken.read_bytes() == b"not a recording"


def test_a_histogram_without_a_peak_says_what_to_do(tmp_path):
    text = BY_HAND.replace("held.conductance = 0.002\n", "")
    with pytest.raises(Undecided, match=r"no trusted peak.*histogram\.traces.*held\.conductance"):
        run(tmp_path, PretendRig(), text)


def test_a_peak_that_is_not_trusted_is_named_with_its_reasons(tmp_path, monkeypatch):
    def peak(conductance_G0: float, interval_G0: tuple[float, float], *reasons: str) -> SimpleNamespace:
        return SimpleNamespace(
            conductance_G0=conductance_G0, interval_G0=interval_G0, trusted=not reasons, reasons=reasons
        )

    nan = float("nan")
    peaks = (
        peak(0.98, (0.97, 0.99)),
        peak(2e-3, (1.6e-3, 2.4e-3), "cannot tell"),
        peak(4e-3, (nan, nan), "bad fit"),
    )
    analysis = SimpleNamespace(peaks=peaks, selection=SimpleNamespace(kept=range(300)))
    monkeypatch.setattr(
        "app.campaign.decisions.analyse_traces", lambda *_: SimpleNamespace(analysis=analysis)
    )
    with pytest.raises(Undecided) as undecided:
        most_probable([tmp_path / "1-histogram-1.h5"], campaign_of(tmp_path, BY_HAND))
    assert (
        "in 300 traces (trusted: 0.98 G0; 0.0016 to 0.0024 G0 is not trusted: cannot tell; "
        "0.004 G0 is not trusted: bad fit). Look at `hotjunction report` of 1-histogram-1.h5"
    ) in str(undecided.value)


def test_without_a_histogram_there_is_no_decision(tmp_path):
    with pytest.raises(Undecided, match="no histogram"):
        most_probable([], campaign_of(tmp_path, BY_HAND))


def test_the_log_keeps_what_was_decided_over_all_runs(tmp_path):
    with pytest.raises(CampaignStopped):
        run(tmp_path, PretendRig(20, 2))
    run(tmp_path, PretendRig())
    lines = (tmp_path / "bdnc" / "campaign.log").read_text("utf-8").splitlines()
    sentences = [line.split("  ", 1)[1] for line in lines]
    assert "histogram: junctions are held at 0.002 G0, as the file says by hand." in sentences
    assert "heating: amplitudes 0.74, 1.27 V (as the file says)." in sentences
    assert "heating: aborted after 2: stopped by the user" in sentences
    assert any("2 are there already, into 3-heating-2.h5" in sentence for sentence in sentences)


def test_a_recovered_copy_in_the_folder_does_not_count(tmp_path):
    run(tmp_path, PretendRig(), BY_HAND)
    folder = tmp_path / "bdnc"
    (folder / "1-histogram-1-recovered.h5").write_bytes((folder / "1-histogram-1.h5").read_bytes())
    said = CliRunner().invoke(main, ["campaign", str(tmp_path / "bdnc.toml"), "--dry-run"])
    assert said.exit_code == 0, said.output
    assert said.stdout.split()[:4] == ["histogram", "20", "of", "20"]


def test_dry_run_says_what_is_missing_and_writes_nothing(tmp_path):
    run(tmp_path, PretendRig(), BY_HAND)
    before = sorted(tmp_path.rglob("*"))
    said = CliRunner().invoke(main, ["campaign", str(tmp_path / "bdnc.toml"), "--dry-run"])
    assert said.exit_code == 0, said.output
    assert [line.split() for line in said.stdout.splitlines()] == [
        ["histogram", "20", "of", "20"],
        ["heating", "6", "of", "6"],
    ]
    assert "the stages were checked without a rig" in said.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_junctions_of_an_interrupted_stage_are_different_junctions(tmp_path):
    rng = np.random.default_rng(3)
    parts = [made_iv(tmp_path / f"2-iv-{part}.h5", rng, curves=6) for part in (1, 2)]
    assert mean_curve(parts).junctions == 12  # both parts count from 0


# ---- time left ----


def test_time_left_is_from_what_was_measured():
    pace = Pace()
    assert pace.left_s({"heating": 10}) is None
    pace.learn("histogram", 10.0, 100)
    assert pace.left_s({"heating": 10}) == pytest.approx(10 * 5 * 0.1)
    pace.learn("iv", 20.0, 10)
    assert pace.left_s({"iv": 5, "heating": 10}) == pytest.approx(5 * 2 + 10 * 2)


@pytest.mark.parametrize(
    ("seconds", "words"), [(40, "40 s"), (700, "12 min"), (12_000, "3 h 20 min"), (7199, "2 h 0 min")]
)
def test_durations_in_words(seconds, words):
    assert duration_text(seconds) == words


def test_a_level_in_doubt_only_for_its_skewness_is_good_enough_to_hold_junctions_at():
    """Its maximum is uncertain by less than the window; a night must not end for it."""

    def peak(conductance_G0, *reasons):
        return SimpleNamespace(conductance_G0=conductance_G0, reasons=reasons)

    skewed, cut = peak(0.002, SKEWNESS_UNKNOWN), peak(0.0021, SKEWNESS_UNKNOWN, "cut off")
    assert nearest_peak([peak(1.0), cut, skewed], 0.0021) is skewed
    assert nearest_peak([cut], 0.0021) is None
