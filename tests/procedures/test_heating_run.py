"""Held junctions on the simulated rig: what is recorded, what goes wrong, and that every way out is safe."""

from contextlib import suppress
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.heating.holds import holds_of
from analysis.recording import Recording
from analysis.records import EventKind
from analysis.traces.read import traces_of
from app.acquisition.bench import Observer
from procedures.heating import Heating
from simulators.rig.faults import ConnectionLost, FormContact, Rupture
from tests.support.rig.held_rig import EASY, QUICK
from tests.support.rig.rigs import served_rig

SHORT = {**QUICK, "amplitudes": "0.74 1.27", "holds": 1, "hold_time": 1.2}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with served_rig(tmp_path_factory.mktemp("rig"), overrides=EASY) as rig:
        yield rig


@pytest.fixture
def rig(served, tmp_path):
    """The rig that all share: each run finds it safe, and must leave it safe. Its recordings go elsewhere."""
    yield replace(served, folder=tmp_path)
    served.simulated.faults.clear()


def run(rig, at_modulation=None, **values):
    """Run it to its end; what goes wrong in the first modulation does so 0.5 s after its begin."""
    waiting = [at_modulation] if at_modulation else []

    def observe(event):
        if event.name == "modulate" and event.payload["phase"] == "begin" and waiting:
            rig.simulated.faults.add(replace(waiting.pop(), from_sample=event.sample + 1000))

    procedure = Heating.from_values({**SHORT, **values})
    summary = rig.bench().run(procedure, rig.folder / "run.h5", observer=Observer(on_event=observe))
    assert summary.end.status == "finished", summary.end.reason
    assert rig.is_safe()
    return summary, Recording(rig.folder / "run.h5")


def test_junctions_are_held_and_the_recording_says_so(rig):
    summary, recording = run(rig)

    with recording:
        holds = list(holds_of(recording))
        header = recording.header
        traces = list(traces_of(recording))
    assert (summary.cycles, len(holds)) == (2, 2)
    assert [(hold.amplitude_V, hold.kind, hold.ended) for hold in holds] == [
        (0.74, "whole", "finished"),
        (1.27, "whole", "finished"),
    ]
    for hold in holds:
        assert len(hold) == 2400
        assert 0.0018 <= hold.before_G0 <= 0.0022
        assert hold.window_G0 == pytest.approx((0.0018, 0.0022))
        np.testing.assert_allclose(
            np.abs(hold.bias_V[20:]).mean(), hold.amplitude_V * 2 / 3, rtol=0.02, err_msg="thirds"
        )
        plus = hold.current_A[hold.bias_V > 0.9 * hold.amplitude_V].mean()
        assert G0_S * hold.before_G0 * hold.amplitude_V < plus < 3 * G0_S * hold.before_G0 * hold.amplitude_V
    assert header.procedure == "heating"
    assert header.parameters["amplitudes_V"] == [0.74, 1.27]
    assert header.parameters["frequency_Hz"] == "12.25"
    assert "plateau" in {trace.ended for trace in traces}


def test_a_rupture_ends_a_hold_early(rig):
    _, recording = run(rig, Rupture(), amplitudes="1.27", hold_time=3.0)

    with recording:
        hold = next(holds_of(recording))
    assert (hold.kind, hold.ended) == ("ruptured", "ruptured")
    assert 1000 + 163 <= len(hold) <= 1000 + 163 + 300, "half a second, the period without current, a look"
    assert hold.after_G0 < 1e-3


def test_a_contact_that_forms_trips_and_the_run_goes_on(rig):
    summary, recording = run(rig, FormContact(), amplitudes="1.27", trip_reaction=0.002)

    with recording:
        holds = list(holds_of(recording))
    assert [hold.kind for hold in holds] == ["tripped", "whole"]
    assert holds[0].ended in ("contact", "current", "overload")
    assert len(holds[0]) < 1000 + 163
    assert summary.cycles == 1


def test_an_open_gap_is_never_captured(tmp_path):
    """Bare gold, whose tunnelling tails run through the window of the molecule."""
    values = {"withdraw_speed": 0.3, "stop_within": 0.03, "most_openings": 12, "open_threshold": 3e-4}
    overrides = {"tunnelling.barrier_eV": 2.5, "gold.snap_back_nm": 0.25, "gold.snap_back_spread_nm": 0.05}
    with served_rig(tmp_path, overrides=overrides) as rig:
        procedure = Heating.from_values({**SHORT, **values})
        summary = rig.bench().run(procedure, rig.folder / "run.h5")
        with Recording(rig.folder / "run.h5") as recording:
            traces = list(traces_of(recording))

    passed = [
        np.count_nonzero((trace.conductance_G0 > 0.0018) & (trace.conductance_G0 < 0.0022))
        for trace in traces
    ]
    assert max(passed) >= 10, "no tail has gone through the window; the test shows nothing"
    assert summary.end.status == "fault"
    assert "12 openings in a row without a junction" in summary.end.reason


# ---- every way out is the safe one ----


class _FailsIn:
    """Lets the plan go wrong as its first step of a name begins."""

    def __init__(self, procedure, name, fail, clock):
        self._procedure, self._name, self._fail, self._clock = procedure, name, fail, clock
        self.failed_at_s = None
        self._dry = True

    def __getattr__(self, name):
        return getattr(self._procedure, name)

    def plan(self, context):
        plan, outcome = self._procedure.plan(context), None
        dry, self._dry = self._dry, False
        while True:
            try:
                step = plan.send(outcome)
            except StopIteration:
                return
            if getattr(step, "name", "") == self._name and not dry and self.failed_at_s is None:
                self.failed_at_s = self._clock.now()
                self._fail()
            outcome = yield step


def _exception(rig, bench):
    raise ZeroDivisionError("a bug in the procedure")


def _abort(rig, bench):
    bench.stop()


def _connection(rig, bench):
    rig.simulated.faults.add(ConnectionLost())
    original = bench._make_safe

    def make_safe(opened):
        rig.simulated.faults.clear()
        return original(opened)

    bench._make_safe = make_safe


FAILURES = {"exception": _exception, "abort": _abort, "connection lost": _connection}


NAMES = ["withdraw", "check", "modulate", "hold", "leave", "clear", "retract"]


BY_WIRE = {"withdraw", "modulate"}
"""Steps at which the connection is lost by the wires, which is slow: while the card drives z, and the bias.

Without them it has the same name (`tests.drivers.test_direct`).
"""


@pytest.mark.parametrize(
    ("name", "failure"),
    [("modulate", "abort"), *product(NAMES, ("exception", "connection lost"))],
)
def test_every_step_may_fail_and_the_rig_is_safe_within_a_second(rig, name, failure):
    bench = rig.wired_bench() if failure == "connection lost" and name in BY_WIRE else rig.bench()
    clock = rig.simulated.bench.clock
    procedure = Heating.from_values(SHORT)
    wrapped = _FailsIn(procedure, name, lambda: FAILURES[failure](rig, bench), clock)

    def observe(event):
        if name == "retract" and event.name == "modulate" and event.payload["phase"] == "begin":
            rig.simulated.faults.add(FormContact(from_sample=event.sample + 100))

    with suppress(ZeroDivisionError):
        bench.run(wrapped, rig.folder / "run.h5", observer=Observer(on_event=observe))

    assert wrapped.failed_at_s is not None, "the run never came to this step"
    assert clock.now() - wrapped.failed_at_s < 1.0
    assert rig.is_safe()
    with Recording(rig.folder / "run.h5") as recording:
        safe = [e for e in recording.events if e.kind is EventKind.MARK and e.name == "safe"]
    assert safe[-1].payload["safe"]
