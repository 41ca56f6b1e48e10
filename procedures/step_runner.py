"""Execution of single steps on the instruments, and their events in the recording."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from analysis.records import SKIPPED, EventKind, FloatArray
from procedures.alternating import AlternatingBias
from procedures.context import ProcedureContext
from procedures.errors import AmplifierRailed, ImpossibleSetting
from procedures.heater_steps import HeaterSteps
from procedures.limits import joint_repeat
from procedures.ramp_pieces import padded
from procedures.sample_reader import SampleReader, Seen
from procedures.steps import (
    FINISHED,
    Acquire,
    Baseline,
    HoldStep,
    MakeSafe,
    MeasureLag,
    Modulate,
    Outcome,
    Ramp,
    Recentre,
    SetBias,
    SetHeater,
    Settle,
    Step,
    SweepStep,
    WriteNote,
)
from procedures.tip import Tip

ZEROS = 5
"""Readings of the current's zero before an amplifier at its rail ends the run."""

SETTLING_S = 0.01
"""Time left out of a baseline after the bias is removed: charging of the cable, the amplifier's filter."""

CREEP_MARGIN_S = 1.0
"""Time by which the waveform of a creeping tip is longer than its step."""

SWEEP_PIECE_S = 1.0
"""Length to whose multiples a sweep is padded, so that the card's task serves sweeps of other lengths too."""


def zero_of_current_V(
    context: ProcedureContext, watch: SampleReader, begin: int, duration_s: float
) -> FloatArray:
    """Return the volts of the current input from a sample on at which the bias is 0 V.

    An amplifier that recovers from an overload has no zero yet: it is read again, up to `ZEROS` times.

    Raises
    ------
    AmplifierRailed
        If the amplifier is at its rail in all of them.
    """
    for _ in range(ZEROS):
        settled = begin + round((SETTLING_S + context.input_delay_s) * context.rate_Hz)
        end = settled + watch.samples(duration_s)
        volts = np.concatenate([block.part(settled, end).channel("current") for block in watch.read_to(end)])
        if not watch.amplifier.railed(volts).any():
            return volts
        begin = end
    raise AmplifierRailed(
        f"The {context.input_name('current')} was at the amplifier's rail in each of {ZEROS} readings of its zero, at "
        "0 V bias: a contact or a leak, or the amplifier does not recover. Move the tip back, and look for the leak."
    )


class StepRunner:
    """Executes single steps on a rig whose acquisition is running.

    Parameters
    ----------
    context : ProcedureContext
    watch : Watch
        Of the same context.
    make_safe : callable
        Brings the rig into the safe state from any state.
    """

    def __init__(self, context: ProcedureContext, watch: SampleReader, make_safe: Callable[[], str]) -> None:
        self.bias_V = 0.0
        """Bias that a step leaves on the junction, and that a modulation or sweep restores."""
        self._context = context
        self._daq = context.daq
        self._watch = watch
        self._make_safe = make_safe
        self._alternating = AlternatingBias(context, watch)
        self.heater = HeaterSteps(context, watch, self._alternating)
        """Heater and further outputs."""

        self._tip = Tip(context, watch, self._alternating)

    def do(self, step: Step) -> Outcome:
        """Execute one step, whose limits have been checked."""
        match step:
            case SetBias(bias_V):
                return self.set_bias(bias_V)
            case Ramp():
                return self._ramp(step)
            case MeasureLag():
                return self._measure_lag(step)
            case HoldStep():
                return self._hold(step)
            case Modulate():
                return self._modulate(step)
            case SweepStep():
                return self._sweep(step)
            case Baseline(duration_s):
                return self._baseline(duration_s)
            case Acquire():
                return self._acquire(step)
            case Recentre(distance_m):
                return self._recentre(distance_m)
            case SetHeater():
                self._tip.displaced()  # tip and substrate expand
                return self._with_bias_again(step, self.heater.set(step))
            case Settle():
                self._tip.displaced()
                return self._with_bias_again(step, self.heater.settle(step))
            case WriteNote(name, payload):
                self._context.verify_amplifier()  # a cycle counts only if it was measured as the header says
                self._watch.event(EventKind.MARK, name, payload)
                return self._outcome(FINISHED, self._watch.next)
            case MakeSafe():
                self.be_safe()
                return self._outcome(FINISHED, self._watch.next)

    def be_safe(self) -> None:
        """Bring the rig into the safe state, from which the next step starts, however much later."""
        self._tip.displaced()
        with self._watch.outputs_unknown():
            self._make_safe()
            self.heater.set_outputs()
        self.bias_V = 0.0

    # ---- steps ----

    def set_bias(self, bias_V: float) -> Outcome:
        """Apply a bias to the junction."""
        begin = self._watch.catch_up_with(self._watch.write(bias=bias_V))
        self.bias_is(bias_V)
        return self._outcome(FINISHED, begin)

    def bias_is(self, bias_V: float) -> None:
        """Record that the bias has changed, by any means."""
        self.bias_V = bias_V
        self._watch.event(EventKind.SETTING, "bias_V", {"value": bias_V})

    def _with_bias_again(self, step: SetHeater | Settle, outcome: Outcome) -> Outcome:
        """Give the bias its value again after an alternating one."""
        if step.watching is not None:
            self._watch.write(bias=0.0)  # it stopped anywhere: 0 V is a step that every rig allows
            self.set_bias(self.bias_V)
        return outcome

    def _ramp(self, ramp: Ramp) -> Outcome:
        ran = self._tip.move(ramp, self.bias_V)
        if ran is None:
            return self._outcome(FINISHED, self._watch.next)
        outcome = self._step_ended(ramp.name, *ran)
        if ramp.sine is not None or ramp.levels is not None:
            self.set_bias(self.bias_V)
        return outcome

    def _measure_lag(self, step: MeasureLag) -> Outcome:
        begin = self._watch.next
        found = self._alternating.measure_lag(step)
        self._watch.event(EventKind.SETTING, "current_lag_s", found)
        self.set_bias(self.bias_V)
        return self._outcome(FINISHED, begin)

    def _hold(self, hold: HoldStep) -> Outcome:
        watch = self._watch
        begin = watch.catch_up()
        watch.event(EventKind.STEP, hold.name, {"phase": "begin", "duration_s": hold.duration_s})
        n = watch.samples(hold.duration_s)
        seen = watch.until(begin, n, watch.conductance_G0, hold.until, hold.reaction_s)
        if seen.fired_at is None:
            return self._step_ended(hold.name, begin, seen)
        watch.read_to(seen.fired_at + round(hold.linger_s * self._context.rate_Hz))
        return self._step_ended(hold.name, begin, seen, fired_at=seen.fired_at)

    def _modulate(self, step: Modulate) -> Outcome:
        waveforms, start, repeats = self._modulation_V(step), self._daq.start_modulation, True
        if step.creep_m_per_s:
            waveforms, start, repeats = self._creeping_V(step, waveforms), self._daq.start_ramp, False
        return self._drive_bias(
            step,
            lambda: self._play(waveforms, start, repeats=repeats),
            self._watch.samples(step.duration_s),
            {
                "programme": step.programme.to_json(),
                "duration_s": step.duration_s,
                "amplitude_V": step.programme.largest_bias_V,
                **({"heater_Hz": str(step.heater.frequency_Hz)} if step.heater else {}),
            },
        )

    def _modulation_V(self, step: Modulate) -> dict[str, FloatArray]:
        """Return the volts of the outputs that a modulation drives, over one common repeat."""
        rate_Hz, bias_V, heater = self._context.rate_Hz, step.programme.bias_V, self._context.heater
        if step.heater is None or heater is None:
            return {"bias": bias_V(rate_Hz)}
        n = joint_repeat(step.programme, step.heater, rate_Hz)
        volts = bias_V(rate_Hz)
        return {
            "bias": np.tile(volts, n // len(volts)),
            heater.output: heater.sine_V(step.heater, rate_Hz, n),
        }

    def _creeping_V(self, step: Modulate, repeat_V: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """Return the volts of a whole modulation in which the tip withdraws slowly."""
        n = self._watch.samples(step.duration_s + step.linger_s + CREEP_MARGIN_S)
        speed_V_per_s = step.creep_m_per_s / self._context.extension_m_per_V
        way_V = speed_V_per_s / self._context.rate_Hz * np.arange(1, n + 1, dtype=np.float64)
        z_V: FloatArray = self._daq.held["z"] - way_V
        return {**{name: np.resize(volts, n) for name, volts in repeat_V.items()}, "z": z_V}

    def _sweep(self, step: SweepStep) -> Outcome:
        return self._drive_bias(
            step,
            lambda: self._play(
                {"bias": padded(step.bias_V, self._watch.samples(SWEEP_PIECE_S))},
                self._daq.start_ramp,
                repeats=False,
            ),
            step.bias_V.size + 1,  # a sample shows the output of one tick before
            {"peak_V": float(np.abs(step.bias_V).max())},
        )

    def _play(
        self,
        waveforms_V: Mapping[str, FloatArray],
        start: Callable[[Mapping[str, FloatArray]], int],
        *,
        repeats: bool,
    ) -> int:
        """Start waveforms of the bias and other outputs; return the sample by which they had begun."""
        # As late as possible: a wide window would hide a wrong loop-back.
        since = self._daq.samples_acquired()
        begin = start(waveforms_V)
        for name in self._watch.loop_backs.outputs.keys() & waveforms_V.keys():
            self._watch.loop_backs.outputs[name].played(waveforms_V[name], since, begin, repeats=repeats)
        return begin

    def _drive_bias(
        self, step: Modulate | SweepStep, start: Callable[[], int], n: int, payload: dict[str, object]
    ) -> Outcome:
        """Let the card drive the bias for ``n`` samples; then restore the previous bias, or 0 V after a trip.

        Between a detector's sample and the 0 V nothing is recorded or read.
        """
        watch = self._watch
        self._context.verify_amplifier()  # no large bias unless the current is measured
        self._watch.heater_peak_V()
        begin = start()
        begun = {**step.payload, **payload, "phase": "begin", "start": begin}
        watch.event(EventKind.STEP, step.name, begun, at=begin)
        seen, tripped = self._watch_bias(step, begin, n)
        since = watch.next
        if not tripped:
            self._daq.stop_modulation()
            self.heater.steady(step)
            self._tip.locate()
            watch.settle(since)
            if seen.ended == SKIPPED:  # it stopped at any bias: 0 V is a step that every rig allows
                watch.write(bias=0.0)
            fired = {} if seen.fired_at is None else {"fired_at": seen.fired_at}
            outcome = self._step_ended(step.name, begin, seen, **fired)
            self.set_bias(self.bias_V)
        else:
            self._daq.drop("bias")
            self.heater.steady(step)
            self._tip.locate()
            watch.settle(since)
            watch.catch_up()
            outcome = self._step_ended(step.name, begin, seen, tripped_at=seen.fired_at)
            self.bias_is(0.0)
        self.heater.check(step, begin)
        return replace(outcome, conductance_G0=float("nan"), current_A=seen.modulus)

    def _watch_bias(self, step: Modulate | SweepStep, begin: int, n: int) -> tuple[Seen, bool]:
        """Watch a driven bias; return what ended it, and True if that was a trip."""
        watch, until = self._watch, step.until if isinstance(step, Modulate) else {}
        seen = watch.until(begin, n, watch.current_A, {**step.trip, **until}, step.reaction_s)
        if seen.fired_at is None or seen.ended not in until:
            return seen, seen.fired_at is not None
        assert isinstance(step, Modulate)
        left = seen.fired_at + round(step.linger_s * self._context.rate_Hz) - watch.next
        if left > 0:
            after = watch.until(watch.next, left, watch.current_A, step.trip, step.reaction_s)
            if after.fired_at is not None:
                return after, True
        return seen, False

    def _baseline(self, duration_s: float) -> Outcome:
        watch, bias_V = self._watch, self.bias_V
        begin = self.set_bias(0.0).samples[1]
        volts = zero_of_current_V(self._context, watch, begin, duration_s)
        offset_V = float(np.nanmean(volts))
        watch.amplifier = replace(watch.amplifier, offset_V=offset_V)
        counted = int(np.count_nonzero(~np.isnan(volts)))
        watch.event(EventKind.SETTING, "current_offset_V", {"value": offset_V, "samples": counted})
        if bias_V:
            self.set_bias(bias_V)
        noise_A = float(np.nanstd(volts)) / watch.amplifier.gain_V_per_A
        return replace(self._outcome(FINISHED, begin), noise_A=noise_A)

    def _acquire(self, step: Acquire) -> Outcome:
        watch = self._watch
        begin, recorded = watch.next, 0
        while watch.next < step.until or recorded < len(step.events):
            end = watch.reach(step.until)
            while recorded < len(step.events) and (end == step.until or step.events[recorded].sample < end):
                event = step.events[recorded]
                watch.event(event.kind, event.name, event.payload, at=event.sample)
                recorded += 1
            watch.read_at_once(end)
        return self._outcome(FINISHED, begin)

    def _recentre(self, distance_m: float) -> Outcome:
        coarse = self._context.coarse
        if coarse is None:
            raise ImpossibleSetting("This rig has no coarse positioner.")
        begin = self._watch.next
        self.be_safe()
        self._watch.event(EventKind.STEP, "recentre", {"phase": "begin", "distance_m": distance_m})
        coarse.move(distance_m, self._watch.catch_up)
        self._watch.catch_up()
        return self._step_ended("recentre", begin)

    # ---- bookkeeping ----

    def _step_ended(self, name: str, begin: int, seen: Seen | None = None, **payload: object) -> Outcome:
        ended = seen.ended if seen else FINISHED
        ending = {"phase": "end", "ended": ended, "extension_m": self._tip.extension_m, **payload}
        self._watch.event(EventKind.STEP, name, ending)
        outcome = self._outcome(ended, begin)
        return replace(outcome, conductance_G0=seen.tail) if seen else outcome

    def _outcome(self, ended: str, begin: int) -> Outcome:
        return Outcome(ended, self._tip.extension_m, (begin, self._watch.next))
