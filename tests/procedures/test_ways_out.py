"""Every way out of a run ends in the safe state, whichever step it is in."""

from contextlib import suppress
from dataclasses import replace

import pytest

from analysis.recording import Recording
from analysis.records import EventKind
from app.acquisition.bench import Observer
from app.acquisition.watchdog import make_safe
from simulators.rig.faults import ConnectionLost, DeviceLost, DroppedReads, InstrumentSilent, Overrun, Stall
from tests.support.rig.holding import AMPLITUDE_V, Holding, up_and_down
from tests.support.rig.rigs import ANSWER_S, quick, served_rig

WITHIN_S = 1.0


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with served_rig(tmp_path_factory.mktemp("rig")) as rig:
        yield rig


@pytest.fixture
def rig(served, tmp_path):
    """The rig that all share: each run finds it safe, and must leave it safe. Its recordings go elsewhere."""
    yield replace(served, folder=tmp_path)
    served.simulated.faults.clear()


def _exception(rig, bench):
    raise ZeroDivisionError("a bug in the procedure")


def _abort(rig, bench):
    bench.stop()


def _time_out(rig, bench):
    rig.simulated.faults.add(Stall())


def _connection(rig, bench):
    """The program's connection breaks; a new one can be made."""
    rig.simulated.faults.add(ConnectionLost())

    original = bench._make_safe

    def make_safe(opened):
        rig.simulated.faults.clear()
        return original(opened)

    bench._make_safe = make_safe


def _amplifier(rig, bench):
    rig.simulated.faults.add(InstrumentSilent(instrument="current_amplifier"))


class ShortHolding(Holding):
    """Modulates and sweeps for no longer than it takes to fail in the middle."""

    def __init__(self):
        super().__init__(duration_s=0.03)
        self.sweep_V = up_and_down(AMPLITUDE_V, 60)


FAILURES = {
    "exception": _exception,
    "abort": _abort,
    "time-out": _time_out,
    "connection lost": _connection,
    "amplifier lost": _amplifier,
}
PROCEDURES = {
    # Baseline, bias, twice: approach, withdraw, clear, baseline, mark. Of the second time one is enough.
    "break-junction": (lambda: quick(2), (*range(7), 8)),
    "holding": (ShortHolding, range(11)),
}

BEYOND_THE_WIRES = {
    "time-out",
    "connection lost",
    "amplifier lost",
    "device lost",
    "overrun",
    "dropped read",
}
EACH_KIND_OF_STEP = {
    ("break-junction", 0),  # baseline
    ("break-junction", 1),  # bias
    ("break-junction", 2),  # ramp
    ("break-junction", 6),  # mark
    ("holding", 3),  # hold
    ("holding", 10),  # retract
}
"""Steps whose faults are injected by the wires; those of modulation and sweep in the middle are below.

Both benches name such failures alike (`tests.drivers.test_direct`), so one step of a kind is enough by the wires, which
take most of a run's time; every step is tried without them.
"""


UNPROVED = "the ways out of the steps are tried, those of the proof in tests.stories.test_preflight"


def bench_for(rig, failure, by_wire=True):
    return (rig.wired_bench if by_wire and failure in BEYOND_THE_WIRES else rig.bench)(UNPROVED)


class FailsAt:
    """Lets a plan go wrong as its step number ``k`` begins, and notes when in the rig's time."""

    def __init__(self, procedure, k, fail, clock):
        self._procedure, self._k, self._fail, self._clock = procedure, k, fail, clock
        self.failed_at_s = None
        self._dry = True

    def __getattr__(self, name):
        return getattr(self._procedure, name)

    def plan(self, context):
        plan, outcome = self._procedure.plan(context), None
        dry, self._dry = self._dry, False  # the first look through a plan moves nothing
        for k in range(10_000):
            try:
                step = plan.send(outcome)
            except StopIteration:
                return
            if k == self._k and not dry:
                self.failed_at_s = self._clock.now()
                self._fail()
            outcome = yield step


def recorded_safe(out):
    """The recording's own word that the rig was safe."""
    with Recording(out) as recording:
        assert recording.status in ("aborted", "finished")
        safe = [e for e in recording.events if e.name == "safe"]
        return safe and safe[-1].payload["safe"]


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize(("name", "k"), [(name, k) for name, (_, steps) in PROCEDURES.items() for k in steps])
def test_every_step_may_fail_and_the_rig_is_safe_within_a_second(rig, name, k, failure):
    bench = bench_for(rig, failure, by_wire=(name, k) in EACH_KIND_OF_STEP)
    out = rig.folder / "run.h5"
    clock = rig.simulated.bench.clock
    procedure = FailsAt(PROCEDURES[name][0](), k, lambda: FAILURES[failure](rig, bench), clock)

    with suppress(ZeroDivisionError):
        summary = bench.run(procedure, out)
        if failure == "abort":
            assert summary.end.status == "aborted"

    assert procedure.failed_at_s is not None, "the plan has fewer steps than this test thinks"
    assert clock.now() - procedure.failed_at_s < WITHIN_S
    assert rig.is_safe()
    assert recorded_safe(out)


# ---- while the card drives the bias ----


def _device(rig, bench):
    """The card is gone, and comes back as the run asks for safety."""
    rig.simulated.faults.add(DeviceLost())
    original = bench._make_safe

    def make_safe(opened):
        rig.simulated.faults.clear()
        return original(opened)

    bench._make_safe = make_safe


DURING = {
    **FAILURES,
    "device lost": _device,
    "overrun": lambda rig, bench: rig.simulated.faults.add(Overrun()),
    "dropped read": lambda rig, bench: rig.simulated.faults.add(DroppedReads()),
}
ENDS = {"abort": "aborted", "exception": None}


def test_a_tip_is_not_moved_when_nobody_knows_where_it_is(rig):
    """Made safe over another connection: the card as it was opened has not heard of it."""
    bench = rig.wired_bench()
    bench._make_safe = lambda opened: make_safe(bench.rig, ANSWER_S)

    summary = bench.run(quick(1), rig.folder / "run.h5")

    assert summary.end.status == "fault"
    assert "The tip position is unknown" in summary.end.reason
    assert summary.end.safe
    assert rig.is_safe()


class _FailsWhen:
    """A detector that lets something go wrong when it has been fed so many samples, and never fires."""

    def __init__(self, samples, fail):
        self._left, self._fail = samples, fail

    soonest = 1

    def feed(self, samples):
        before, self._left = self._left, self._left - len(samples)
        if before > 0 >= self._left:
            self._fail()


class FailsDuring(ShortHolding):
    """Goes wrong twenty samples after the card began to drive the bias in the step of a name."""

    def __init__(self, during, fail):
        super().__init__()
        self._during, self._fail = during, fail

    def steps(self):
        for step in super().steps():
            if getattr(step, "name", None) == self._during:
                step.trip["trap"] = _FailsWhen(20, self._fail)
            yield step


@pytest.mark.parametrize("failure", DURING)
@pytest.mark.parametrize("step", ["modulate", "sweep"])
def test_a_driven_bias_may_fail_in_the_middle_and_the_rig_is_safe_within_a_second(rig, step, failure):
    bench, out = bench_for(rig, failure), rig.folder / "run.h5"
    clock, failed_at_s = rig.simulated.bench.clock, []

    def fail():
        failed_at_s.append(clock.now())
        assert rig.simulated.bench.outputs["bias"] != 0
        DURING[failure](rig, bench)

    with suppress(ZeroDivisionError):
        summary = bench.run(FailsDuring(step, fail), out)
        assert summary.end.status == ENDS.get(failure, "fault")
        assert summary.end.safe

    assert len(failed_at_s) == 1
    assert clock.now() - failed_at_s[0] < WITHIN_S
    assert rig.is_safe()
    assert rig.simulated.bench.outputs == {"bias": 0.0, "z": 0.0}
    assert recorded_safe(out)


def test_a_trip_on_a_card_that_is_lost_ends_the_run_safely(rig):
    """The drop itself fails."""
    bench, out = rig.wired_bench(), rig.folder / "run.h5"

    class _Trips:
        soonest = 1

        def feed(self, samples):
            _device(rig, bench)
            return 0

    class Tripped(ShortHolding):
        def steps(self):
            for step in super().steps():
                if getattr(step, "name", None) == "modulate":
                    step.trip["now"] = _Trips()
                yield step

    summary = bench.run(Tripped(), out)

    assert (summary.end.status, summary.end.safe) == ("fault", True)
    assert rig.is_safe()
    with Recording(out) as recording:
        assert [e.kind for e in recording.events].count(EventKind.FAULT) == 1


def test_an_amplifier_that_was_changed_is_noticed_before_the_card_drives_the_bias(rig):
    def observe(event):
        if event.name == "check" and event.payload["phase"] == "end":
            rig.simulated.bench.chain.current_amplifier.receive(b"C1X")  # somebody's hand: zero check

    summary = rig.bench().run(Holding(), rig.folder / "run.h5", observer=Observer(on_event=observe))

    assert summary.end.status == "fault"
    assert "zero check is on, was set off" in summary.end.reason
    with Recording(rig.folder / "run.h5") as recording:
        assert not [e for e in recording.events if e.name == "modulate"]
    assert rig.is_safe()
