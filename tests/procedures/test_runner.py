"""The runner on the simulated rig: what is done, what is recorded, and what goes wrong with card and files."""

import re

import numpy as np
import pytest

from analysis.recording import Recording
from analysis.records import EventKind
from analysis.traces.read import traces_of
from app.acquisition.bench import Observer
from app.acquisition.recorder import RecorderFailed
from drivers.errors import NotNow, RigError
from drivers.ni6281 import NI6281
from drivers.pxi import PXIController
from procedures.errors import ImpossibleSetting
from procedures.steps import HoldStep, SetBias
from simulators.rig.faults import DeviceLost, DroppedReads, InstrumentSilent, OutputStuck, Overrun, Stall
from tests.support.rig.holding import Holding
from tests.support.rig.rigs import quick, served_rig
from tests.support.rig.watchdogs import WatchdogWithoutProcess


@pytest.fixture
def rig(tmp_path):
    with served_rig(tmp_path) as served:
        yield served


def test_a_run_takes_its_traces_and_ends_safe(rig):
    out = rig.folder / "run.h5"

    summary = rig.bench().run(quick(3), out)

    assert summary.end.status == "finished"
    assert summary.traces == 3
    assert rig.is_safe()
    with Recording(out) as recording:
        assert recording.status == "finished"
        assert recording.gaps == ()
        assert len(recording.traces) == 3
        withdrawals = [e for e in recording.events if e.kind is EventKind.STEP and e.name == "withdraw"]
        assert [e.payload["phase"] for e in withdrawals] == ["begin", "end"] * 3


def test_traces_of_the_file_equal_those_of_the_live_run(rig):
    out, live = rig.folder / "run.h5", []

    rig.bench().run(quick(4), out, observer=Observer(on_trace=live.append))

    with Recording(out) as recording:
        offline = list(traces_of(recording))
    assert len(live) == len(offline) == 4
    for one, other in zip(live, offline, strict=True):
        assert (one.number, one.samples, one.ended, one.flags) == (
            other.number,
            other.samples,
            other.ended,
            other.flags,
        )
        np.testing.assert_array_equal(one.conductance_G0, other.conductance_G0)
        np.testing.assert_array_equal(one.displacement_m, other.displacement_m)


def test_the_same_seed_gives_the_same_recording(tmp_path):
    data = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        with served_rig(tmp_path / name, seed=7) as rig:
            rig.bench().run(quick(2), rig.folder / "run.h5")
        with Recording(tmp_path / name / "run.h5") as recording:
            data.append(recording.samples(recording.first, recording.stop))

    np.testing.assert_array_equal(data[0], data[1])


def test_a_run_that_cannot_work_moves_and_writes_nothing(rig):
    before = dict(rig.simulated.bench.outputs)

    with pytest.raises(ImpossibleSetting, match="can never be reached"):
        rig.bench().run(quick(1, bias=2000.0), rig.folder / "run.h5")

    assert dict(rig.simulated.bench.outputs) == before
    assert not (rig.folder / "run.h5").exists()


def test_a_recording_is_never_overwritten(rig):
    out = rig.folder / "run.h5"
    out.write_bytes(b"someone's thesis")

    with pytest.raises(FileExistsError, match=r"run\.h5"):
        rig.bench().run(quick(1), out)

    assert out.read_bytes() == b"someone's thesis"


# ---- what goes wrong ----


@pytest.mark.parametrize("fault", [Stall(2000), DeviceLost(2000), Overrun(2000), DroppedReads(2000)])
def test_faults_of_the_card_during_a_ramp_are_named(rig, fault):
    rig.simulated.faults.add(fault)

    summary = rig.wired_bench().run(quick(1), rig.folder / "run.h5")

    assert summary.end.status == "fault"
    assert summary.end.reason
    with Recording(rig.folder / "run.h5") as recording:
        assert [e.kind for e in recording.events].count(EventKind.FAULT) == 1
        assert recording.n_samples > 1000


def test_a_card_that_stays_lost_is_said_not_to_be_safe(rig):
    rig.simulated.faults.add(DeviceLost(2000))

    summary = rig.wired_bench().run(quick(1), rig.folder / "run.h5")

    assert not summary.end.safe
    assert "by hand" in summary.end.reason


class SmallBias(Holding):
    """Sets a bias, at which something happens."""

    def __init__(self, bias_V, simulated, happens):
        super().__init__()
        self.bias_V, self.simulated, self.happens = bias_V, simulated, happens

    def plan(self, context):
        yield SetBias(self.bias_V)
        yield HoldStep("check", 0.05)
        if self.simulated.bench.outputs["bias"]:  # not in the dry run
            self.happens()


@pytest.mark.parametrize("unproved", ["", "we are in a hurry"])
@pytest.mark.parametrize(
    ("bias_V", "shown"), [(0.7e-3, r"\+0\.000"), (-1.5e-3, r"-0\.001"), (1.9e-3, r"\+0\.00")]
)
def test_a_bias_that_sticks_within_the_tolerance_of_a_run_is_not_called_safe(rig, bias_V, shown, unproved):
    stuck = SmallBias(bias_V, rig.simulated, lambda: rig.simulated.faults.add(OutputStuck(signal="bias")))
    end = rig.bench(unproved).run(stuck, rig.folder / "run.h5").end

    assert rig.world.bias_V == pytest.approx(bias_V, abs=0.1e-3)
    assert not end.safe
    assert re.search(rf"SAFE: .* bias loop-back \(ai2\) reads {shown}.* V, but read .* V at rest", end.reason)


@pytest.mark.parametrize("knows", [True, False])
def test_an_input_that_drifts_in_a_warmer_room_is_no_output_that_moved(rig, monkeypatch, knows):
    """By 1 mV, as 9 K do at 11 ppm of the range a kelvin: the card's own ground drifts with it."""
    if not knows:
        monkeypatch.setattr("drivers.ni6281.NI6281.own_outputs", lambda card: {})
    errors = rig.simulated.bench.errors
    warmed = SmallBias(
        1e-3, rig.simulated, lambda: monkeypatch.setattr(errors, "room_K", lambda time_s: 100.0)
    )
    end = rig.bench().run(warmed, rig.folder / "run.h5").end

    assert abs(rig.world.bias_V) < 0.2e-3
    assert end.safe == knows, end.reason


class Overruling(WatchdogWithoutProcess):
    """A watchdog that has made the rig safe, and holds the outputs."""

    why = "no samples came for 0.50 s"

    def made_safe(self, within_s):
        return True


def test_a_tip_is_not_retracted_against_the_watchdog_that_has_done_it(rig, monkeypatch):
    """Only a reset of the card could take the outputs from it, which takes z through 0 V."""
    monkeypatch.setattr("app.acquisition.bench.Watchdog", Overruling)
    monkeypatch.setattr(PXIController, "reset", lambda controller, device: pytest.fail("the card was reset"))
    bench, said = rig.bench(), []

    def refuse(*args, **kwargs):
        raise NotNow("another program uses the card")

    def tripped():
        monkeypatch.setattr(Overruling, "tripped", True)
        monkeypatch.setattr(NI6281, "to_safe", refuse)
        said.append(bench.retract())

    end = bench.run(SmallBias(1e-3, rig.simulated, tripped), rig.folder / "run.h5").end
    assert said == ["made safe by the watchdog"]
    assert end.reason.startswith("The watchdog made the rig safe: no samples came for 0.50 s")


def test_a_recorder_that_fails_ends_the_run_safely(rig, monkeypatch):
    from analysis.recording import RecordingWriter, WriteFailed

    def full(self):
        raise WriteFailed("the disk is full", self.saved)

    bench, out = rig.bench(), rig.folder / "run.h5"
    monkeypatch.setattr(RecordingWriter, "flush", full)

    with pytest.raises(RecorderFailed, match="disk is full"):
        bench.run(quick(10_000), out)

    assert rig.is_safe()


def test_instruments_that_do_not_answer_are_named_before_anything_moves(rig):
    before = dict(rig.simulated.bench.outputs)
    rig.simulated.faults.add(InstrumentSilent(instrument="current_amplifier"))

    with pytest.raises(RigError, match="Keithley 428"):
        rig.wired_bench().run(quick(1), rig.folder / "run.h5")

    assert dict(rig.simulated.bench.outputs) == before


def test_samples_that_came_before_a_stall_are_kept(rig):
    rig.simulated.faults.add(Stall(2017))

    rig.wired_bench().run(quick(1), rig.folder / "run.h5")

    with Recording(rig.folder / "run.h5") as recording:
        assert recording.n_samples == 2017


def test_a_second_program_is_refused_and_the_first_goes_on(rig):
    refused = []

    def intrude(trace):
        if not refused:
            with pytest.raises(NotNow, match="another program uses the card") as caught:
                rig.wired_bench().run(quick(1), rig.folder / "second.h5")
            refused.append(caught.value)

    summary = rig.wired_bench().run(quick(4), rig.folder / "first.h5", observer=Observer(on_trace=intrude))

    assert refused
    assert (summary.end.status, summary.traces) == ("finished", 4)
    assert not (rig.folder / "second.h5").exists()


def test_reducers_that_fail_neither_end_nor_hang_a_run(rig, monkeypatch):
    monkeypatch.setattr("app.acquisition.recorder.QUEUE_ITEMS", 2)

    def broken(trace):
        raise ZeroDivisionError("a bug in a view")

    summary = rig.bench().run(quick(3), rig.folder / "run.h5", observer=Observer(on_trace=broken))

    assert summary.end.status == "finished"
    with Recording(rig.folder / "run.h5") as recording:
        assert len(list(traces_of(recording))) == 3
