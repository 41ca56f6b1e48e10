"""Steps that a user skips: the run goes on with the next junction, and what was skipped is left out."""

import numpy as np
import pytest

from analysis.heating.estimator import EstimatorSettings, estimate_hold
from analysis.heating.holds import holds_of
from analysis.iv.mean import through_origin
from analysis.iv.sweeps import sweeps_of
from analysis.recording import Recording
from analysis.records import NOTE, SKIPPED
from analysis.traces.read import traces_of
from analysis.traces.selection import SelectionRules, TraceSummary
from app.acquisition.bench import Observer
from drivers.errors import NotNow
from procedures.registry import procedure_of
from procedures.skipping import REST, StepSkip
from procedures.steps import APPROACH, HoldStep, MakeSafe, Ramp
from tests.support.rig.held_rig import EASY, QUICK
from tests.support.rig.rigs import QUICK as QUICK_TRACES
from tests.support.rig.rigs import served_rig

CURVES = {"curves": 1, "peak": 1.0, "sweep_time": 0.5}
HOLDS = {"amplitudes": "1.0", "holds": 1, "hold_time": 1.2}


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    with served_rig(tmp_path_factory.mktemp("rig"), overrides=EASY) as made:
        yield made


def run(rig, name, step, values, ended=""):
    """Run it, skip at the first begin of this step, or once it ended so, and ask for a skip where none is possible."""
    out, waiting, refused = rig.folder / f"{name} {step} {ended}.h5", [step], []
    bench = rig.bench(unproved="a test")

    def observe(event):
        if event.name == "approach" and not refused:
            with pytest.raises(NotNow, match="Nothing can be skipped now"):
                bench.skip()
            refused.append(event)
        if event.name in waiting and event.payload.get("ended", "") == ended:
            waiting.clear()
            bench.skip()

    procedure = procedure_of(name, values)
    summary = bench.run(procedure, out, observer=Observer(on_event=observe))
    assert (summary.end.status, summary.cycles) == ("finished", procedure.total_cycles)
    assert refused
    assert rig.is_safe()
    return Recording(out)


def notes(recording):
    return [event.payload["text"] for event in recording.events if event.name == NOTE]


def test_a_skipped_hold_is_replaced_by_another_and_not_evaluated(rig):
    with run(rig, "heating", "modulate", {**QUICK, **HOLDS}) as recording:
        skipped, whole = holds_of(recording)
        assert any("hold in progress was skipped" in note for note in notes(recording))
        _, after = recording.samples(skipped.samples[1] + 20, skipped.samples[1] + 40, ("current", "bias"))
    assert (skipped.kind, skipped.ended) == (SKIPPED, SKIPPED)
    assert (whole.kind, whole.ended) == ("whole", "finished")
    assert skipped.samples[1] - skipped.samples[0] < 0.7 * (whole.samples[1] - whole.samples[0])
    assert np.abs(after).max() < 0.2, "the large bias is off"
    settings = EstimatorSettings(seebeck_V_per_K=1e-5)
    assert estimate_hold(skipped, settings).rejected == "skipped by the user"


def test_a_skipped_curve_is_replaced_by_another_and_left_out_of_the_mean(rig):
    with run(rig, "iv", "sweep", {**QUICK, **CURVES}) as recording:
        skipped, whole = sweeps_of(recording)
    assert (skipped.ended, through_origin(skipped)) == (SKIPPED, SKIPPED)
    assert (whole.kind, whole.ended) == ("whole", "finished")


def test_a_skipped_trace_is_pulled_open_replaced_by_another_and_not_counted(rig):
    with run(rig, "break-junction", "withdraw", {**QUICK_TRACES, "traces": 1}) as recording:
        skipped, whole = traces_of(recording)
        opened = next(e for e in recording.events if e.name == "pull off" and e.payload["phase"] == "end")
    assert opened.payload["ended"] == "open"
    assert TraceSummary.of(skipped).rejection(SelectionRules()) == "skipped by the user"
    assert whole.ended in ("open", "past break")


def test_a_request_between_trace_and_hold_skips_the_hold(rig):
    """The operator has seen the plateau, and presses while its detector ends the withdrawal."""
    with run(rig, "heating", "withdraw", {**QUICK, **HOLDS}, ended="plateau") as recording:
        skipped, whole = holds_of(recording)
        caught = [trace.ended for trace in traces_of(recording)]
        (note,) = [note for note in notes(recording) if "skipped" in note]
    assert (skipped.kind, whole.kind) == (SKIPPED, "whole")
    assert caught.count("plateau") == 2 and SKIPPED not in caught
    assert "hold in progress was skipped" in note


def test_a_request_after_the_last_step_of_a_junction_touches_no_other(rig):
    with run(rig, "break-junction", "clear", {**QUICK_TRACES, "traces": 2}) as recording:
        traces = list(traces_of(recording))
        assert not any("skipped" in note for note in notes(recording))
    assert len(traces) == 2
    assert SKIPPED not in [trace.ended for trace in traces]


def test_a_request_never_outlives_its_junction():
    skip, withdraw, hold = (
        StepSkip(),
        Ramp("withdraw", 0.0, 1e-9, skips="trace"),
        HoldStep("held", 1.0, skips="hold"),
    )
    look, approach = HoldStep("look", 0.1), Ramp(APPROACH, 0.0, 1e-9)
    for leaves in (approach, MakeSafe()):
        with skip.offered(withdraw):
            assert (skip.ask(), skip.asked()) == ("trace", True)
        with skip.offered(look):
            assert not skip.asked(), "this one is needed"
        with skip.offered(hold):
            assert skip.asked()
        with skip.offered(look):
            assert skip.ask() == REST
        with skip.offered(leaves):
            assert not skip.asked()
            with pytest.raises(NotNow):
                skip.ask()
        with skip.offered(hold):
            assert not skip.asked()


def test_a_request_is_for_one_step():
    skip, hold = StepSkip(), HoldStep("held", 1.0, skips="hold")
    with skip.offered(hold):
        skip.ask()
    skip.granted()
    with skip.offered(hold):
        assert not skip.asked()
