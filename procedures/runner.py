"""Interpreter of plans, the only writer to the instruments while a procedure runs.

Every run ends in the safe state, bias 0 V and the tip retracted. `step_runner` executes the single steps.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from analysis.loop_backs import AT_THE_CARD, unmoved
from analysis.preflight.stray import least_F
from analysis.records import NOTE, SKIPPED, EventKind
from drivers.errors import InstrumentFault, RigError
from procedures.context import ProcedureContext
from procedures.errors import Aborted, ImpossibleSetting, LimitReached, LoopBackFault, ProcedureFault
from procedures.limits import check_limits, dry_run
from procedures.preflight.proof import STRAY, Preflight, Prove
from procedures.procedure import RigProcedure
from procedures.sample_reader import SampleReader, Sink
from procedures.skipping import StepSkip
from procedures.step_runner import StepRunner
from procedures.steps import APPROACH, Ramp, Step
from procedures.tip import LOOK_S, UNKNOWN

WHOLE_PROOF = Prove()
PROOF = "proof"
"""Name of the mark that holds the proof of the rig."""

SKIPPED_NOTE = "The {} in progress was skipped by the user; it is left out of the evaluation."

LATE_S = 0.1
"""Longest delay of the samples that confirm the safe state."""


@dataclass(frozen=True)
class RunEnd:
    """Outcome of a run: "finished", "aborted" or "fault", the reason as a sentence, and whether the rig is safe.

    ``safe`` is True only if the loop-backs showed 0 V of bias and the tip's safe position.
    """

    status: str
    reason: str
    safe: bool


class Runner:
    """Run one procedure on one rig.

    Parameters
    ----------
    context : ProcedureContext
    sink : Sink
        Gets every sample and event. An exception from it ends the run safely and is raised again.
    make_safe : callable
        Brings the rig into the safe state from any state and returns a description; raises ``RigError`` if it can't.
    should_stop : callable
        Called at every read; True ends the run as aborted.
    paused : callable
        Called before each approach; while it returns True the run waits at 0 V bias with the tip retracted. A call
        may block for a moment.
    preflight : Preflight
        Proof of the rig before the first motion of a procedure that drives it.
    skip : StepSkip
        Lets a user skip the step in progress.
    """

    def __init__(
        self,
        context: ProcedureContext,
        sink: Sink,
        make_safe: Callable[[], str],
        should_stop: Callable[[], bool] = lambda: False,
        paused: Callable[[], bool] = lambda: False,
        preflight: Preflight = WHOLE_PROOF,
        skip: StepSkip | None = None,
    ) -> None:
        self._context = context
        self._make_safe = make_safe
        self._should_stop = should_stop
        self._paused = paused
        self._preflight = preflight
        self._skip = skip or StepSkip()
        self._watch = SampleReader(context, sink, should_stop, skip=self._skip)
        self._steps = StepRunner(context, self._watch, make_safe)
        self._drove = True
        self._rest_V: Mapping[str, float] = {}
        self._own_rest_V: Mapping[str, float] = {}

    def run(self, procedure: RigProcedure) -> RunEnd:
        """Run the procedure to its end, an abort or a fault.

        Raises
        ------
        ImpossibleSetting
            Before anything moves, if the procedure can't work on this rig.
        BaseException
            Any error that is neither the rig's nor the procedure's (a bug, a failed recorder), once the rig is safe.
        """
        procedure.check(self._context)
        dry_run(procedure, self._context)
        self._drove = procedure.drives
        try:
            self._make_safe()  # from here on the tip position is known
            context = self._proved(procedure) if procedure.drives else self._context
            self._context.daq.start_acquisition(self._context.buffer_s)
            if procedure.drives:
                self._compare_from_here()
            if procedure.thermometer:
                self._watch.watch_thermometer()
            self._interpret(procedure, context)
            self._watch.compare_loop_backs()
        except Aborted:
            return self._end("aborted", "stopped by the user")
        except (ProcedureFault, RigError) as fault:
            if self._should_stop():  # RETRACT makes steps of the run fail, which is no fault of the rig
                self._report(EventKind.MARK, "stopped", message=str(fault))
                return self._end("aborted", "stopped by the user")
            self._report(EventKind.FAULT, type(fault).__name__, message=str(fault))
            return self._end("fault", str(fault), trusted=not isinstance(fault, LoopBackFault))
        except BaseException:
            self._end("fault", "stopped by an internal error")
            raise
        return self._end("finished", "")

    def _proved(self, procedure: RigProcedure) -> ProcedureContext:
        """Prove the rig before anything moves, and record the proof."""
        if np.isnan(list(self._context.daq.held.values())).any():
            raise InstrumentFault(UNKNOWN)
        self._own_rest_V = self._context.daq.own_outputs()
        facts = replace(self._context.facts, resistor=procedure.resistor)
        proof = self._preflight(replace(self._context, facts=facts), self._should_stop)
        self._watch.event(EventKind.MARK, PROOF, proof.to_json())
        self._rest_V = proof.rest_V
        stray_F = least_F(self._context.least_stray_F, proof.numbers.get(STRAY))
        return replace(
            self._context,
            current_proved=proof.current,
            last_contact=proof.contact,
            least_stray_F=stray_F if self._context.least_stray_F else 0.0,
        )

    def _compare_from_here(self) -> None:
        """Compare the loop-backs of each block with the commands from now on, and watch the inputs."""
        at = self._context.daq.samples_acquired()
        self._watch.loop_backs.held(self._context.daq.held, at, at)
        self._watch.watch_inputs()
        self._steps.heater.set_outputs()
        for name, value in self._context.extra_outputs.items():
            self._watch.event(EventKind.SETTING, name, {"value": value})

    def _end(self, status: str, reason: str, *, trusted: bool = True) -> RunEnd:
        """Make the rig safe, confirm it by the loop-backs, and record the result."""
        try:
            done, safe = self._make_safe(), True
        except RigError as error:
            done, safe = f"NOT SAFE: {error} Retract the tip and remove the bias by hand.", False
        else:
            unseen = self._unseen() if trusted else "the loop-backs can't be trusted"
            if unseen:
                done = f"NOT SEEN TO BE SAFE: {done} as commanded, but {unseen}. Check bias and z by hand."
                safe = False
        self._report(EventKind.MARK, "safe", safe=safe, done=done, status=status)
        return RunEnd(status, reason if safe else f"{reason} {done}".strip(), safe)

    def _unseen(self) -> str:
        """Read the loop-backs of a rig that was made safe; return why they don't confirm it, or ""."""
        try:
            shown = self._shown()
        except RigError as error:
            return f"the loop-backs can't be read ({error})"
        looped = {"bias": 0.0, "z": self._context.safe_z_V}
        heater = self._context.heater
        wanted = looped if heater is None else {**looped, heater.readback: 0.0}
        wrong = {
            name: f"not {volts:g} V"
            for name, volts in wanted.items()
            if not self._context.loop_backs.at(name).holds(shown[name], volts)
        }
        moved = {
            name: f"but read {self._rest_V[name]:+.4g} V at rest, before the run"
            for name, volts in looped.items()
            if self._rest_V and self._has_moved(name, shown, volts)
        }
        return ", ".join(
            f"the {self._context.input_name(name)} reads {shown[name]:+.4g} V, {why}"
            for name, why in {**moved, **wrong}.items()
        )

    def _has_moved(self, name: str, shown_V: Mapping[str, float], commanded_V: float) -> bool:
        """Return True if a loop-back shows something else than at rest, unless it is the input that has drifted.

        A card that gets warmer by some kelvin reads 0 V as a millivolt. It tells by a look at the output against its
        own ground, which it also had before the run.
        """
        if unmoved(name, shown_V, self._rest_V, commanded_V):
            return False
        with suppress(RigError):
            self._context.daq.stop_acquisition()
        with suppress(RigError):
            own_V, rest_V = (
                one.get(name, np.nan) for one in (self._context.daq.own_outputs(), self._own_rest_V)
            )
            return not AT_THE_CARD.holds(own_V, rest_V)
        return True

    def _shown(self) -> dict[str, float]:
        """Return the inputs in V, from the next samples or, if they can't be read or recorded, without the clock."""
        if self._drove and self._watch.next:
            with suppress(Exception):
                return self._watch.means(LOOK_S, LATE_S)
        return self._glance()

    def _glance(self) -> dict[str, float]:
        """Return the inputs in V without using the sample clock, which may have stopped."""
        daq = self._context.daq
        with suppress(RigError):
            daq.stop_acquisition()
        return daq.glance()

    def _report(self, kind: EventKind, name: str, **payload: object) -> None:
        """Record an event at the end of a run; a failing sink must not prevent the safe state."""
        with suppress(Exception):
            self._watch.event(kind, name, payload)

    def _interpret(self, procedure: RigProcedure, context: ProcedureContext) -> None:
        plan = procedure.plan(context)
        try:
            step = next(plan)
            while True:
                if self._should_stop():
                    raise Aborted
                self._refuse_beyond_limits(step)
                with self._skip.offered(step):
                    if isinstance(step, Ramp) and step.name == APPROACH and self._paused():
                        self._pause()
                    outcome = self._steps.do(step)
                if outcome.ended == SKIPPED:
                    self._skip.granted()
                    note = SKIPPED_NOTE.format(getattr(step, "skips", "step"))
                    self._watch.event(EventKind.MARK, NOTE, {"text": note})
                step = plan.send(outcome)
        except StopIteration:
            return
        finally:
            plan.close()

    def _refuse_beyond_limits(self, step: Step) -> None:
        """End the run safely before a step that would leave the rig's limits."""
        try:
            check_limits(step, self._context, self._steps.bias_V)
        except ImpossibleSetting as refused:
            raise LimitReached(str(refused)) from refused

    def _pause(self) -> None:
        """Wait in the safe state; the next step is an approach, which may start at any tip position.

        Each look waits for a sample, of which the watchdog hears: the fast clock stands unless somebody waits.
        """
        bias_V = self._steps.bias_V
        self._steps.be_safe()
        self._steps.bias_is(0.0)
        self._watch.event(EventKind.MARK, "paused")
        while self._paused() and not self._should_stop():
            self._watch.read_to(self._watch.catch_up() + 1)
        if self._should_stop():
            raise Aborted
        self._watch.event(EventKind.MARK, "resumed")
        self._steps.set_bias(bias_V)
