"""The interpreter of plans: the only writer to the instruments while a procedure runs.

Whatever happens, a run ends in the safe state: bias 0 V and the tip back.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from analysis.records import EventKind, FloatArray
from drivers.errors import RigError
from procedures.errors import Aborted, ImpossibleSetting, ProcedureFault
from procedures.limits import check_limits, dry_run
from procedures.procedure import RigProcedure
from procedures.station import Station
from procedures.steps import (
    APPROACH,
    FINISHED,
    Acquire,
    Baseline,
    Hold,
    Mark,
    Modulate,
    Outcome,
    Ramp,
    Recentre,
    Safe,
    SetBias,
    Step,
    Sweep,
)
from procedures.watch import Seen, Sink, Watch

SETTLING_S = 0.01
"""Samples left out of a baseline after the bias was taken away: charging of the cable, the amplifier's filter."""

PIECE = 6000
"""A ramp is put out in pieces of so many samples: most ramps end early, and what is sent costs time."""


@dataclass(frozen=True)
class RunEnd:
    """How a run ended: "finished", "aborted" or "fault", why in a sentence, and if the rig was made safe."""

    status: str
    reason: str
    safe: bool


class Runner:
    """Runs one procedure on one station.

    Parameters
    ----------
    station : Station
    sink : Sink
        Gets every sample and event. What it raises ends the run safely and is raised again.
    make_safe : callable
        Brings the rig into the safe state from any state and says what it did; raises ``RigError`` if it can't.
    should_stop : callable
        Asked at every read; True ends the run as aborted.
    paused : callable
        Asked before each approach; while it says True, which may take it a moment, the run waits: bias 0 V, tip back.
    """

    def __init__(
        self,
        station: Station,
        sink: Sink,
        make_safe: Callable[[], str],
        should_stop: Callable[[], bool] = lambda: False,
        paused: Callable[[], bool] = lambda: False,
    ) -> None:
        self._station = station
        self._daq = station.daq
        self._make_safe = make_safe
        self._should_stop = should_stop
        self._paused = paused
        self._watch = Watch(station, sink, should_stop)
        self._bias_V = 0.0

    def run(self, procedure: RigProcedure) -> RunEnd:
        """Run the procedure to its end, an abort or a fault.

        Raises
        ------
        ImpossibleSetting
            Before anything moves, if the procedure can't work on this rig.
        BaseException
            What is neither the rig's nor the procedure's fault (a bug, a recorder that failed) is raised again
            once the rig is safe.
        """
        procedure.check(self._station)
        dry_run(procedure, self._station)
        try:
            self._make_safe()  # from here on it is known where the tip is
            self._daq.start_acquisition(self._station.buffer_s)
            self._interpret(procedure)
        except Aborted:
            return self._end("aborted", "stopped by the user")
        except (ProcedureFault, RigError) as fault:
            self._report(EventKind.FAULT, type(fault).__name__, message=str(fault))
            if self._should_stop():  # whoever asked for it may have made safe over the run's head
                return self._end("aborted", "stopped by the user")
            return self._end("fault", str(fault))
        except BaseException:
            self._end("fault", "stopped by an internal error")
            raise
        return self._end("finished", "")

    def _end(self, status: str, reason: str) -> RunEnd:
        """Make safe first; then record what is left to record."""
        try:
            done, safe = self._make_safe(), True
        except RigError as error:
            done, safe = f"NOT SAFE: {error} Retract the tip and take the bias away by hand.", False
        self._report(EventKind.MARK, "safe", safe=safe, done=done, status=status)
        return RunEnd(status, reason if safe else f"{reason} {done}".strip(), safe)

    def _report(self, kind: EventKind, name: str, **payload: object) -> None:
        """Record an event on the way out; a sink that fails here must not stop the way out."""
        with suppress(Exception):
            self._watch.event(kind, name, payload)

    def _interpret(self, procedure: RigProcedure) -> None:
        plan = procedure.plan(self._station)
        try:
            step = next(plan)
            while True:
                if self._should_stop():
                    raise Aborted
                check_limits(step, self._station)
                if isinstance(step, Ramp) and step.name == APPROACH and self._paused():
                    self._pause()
                step = plan.send(self._do(step))
        except StopIteration:
            return
        finally:
            plan.close()

    def _pause(self) -> None:
        """Wait in the safe state; an approach, which comes next, begins from wherever the tip is."""
        bias_V = self._bias_V
        self._make_safe()
        self._bias_is(0.0)
        self._watch.event(EventKind.MARK, "paused")
        while self._paused() and not self._should_stop():
            self._watch.catch_up()
        if self._should_stop():
            raise Aborted
        self._watch.event(EventKind.MARK, "resumed")
        self._set_bias(bias_V)

    def _do(self, step: Step) -> Outcome:
        match step:
            case SetBias(bias_V):
                return self._set_bias(bias_V)
            case Ramp():
                return self._ramp(step)
            case Hold():
                return self._hold(step)
            case Modulate():
                return self._modulate(step)
            case Sweep():
                return self._sweep(step)
            case Baseline(duration_s):
                return self._baseline(duration_s)
            case Acquire():
                return self._acquire(step)
            case Recentre(distance_m):
                return self._recentre(distance_m)
            case Mark(name, payload):
                self._watch.event(EventKind.MARK, name, payload)
                return self._outcome(FINISHED, self._watch.next)
            case Safe():
                self._make_safe()
                self._bias_V = 0.0
                return self._outcome(FINISHED, self._watch.next)

    # ---- steps ----

    def _set_bias(self, bias_V: float) -> Outcome:
        self._daq.write(bias=bias_V)
        begin = self._watch.catch_up()
        self._bias_is(bias_V)
        return self._outcome(FINISHED, begin)

    def _bias_is(self, bias_V: float) -> None:
        self._bias_V = bias_V
        self._watch.event(EventKind.SETTING, "bias_V", {"value": bias_V})

    def _ramp(self, ramp: Ramp) -> Outcome:
        z_V = self._waveform(ramp)
        if not z_V.size:
            return self._outcome(FINISHED, self._watch.next)
        self._station.verify_amplifier()  # a tip must not move while nobody sees the current
        payload = {"from_m": self._extension_m, "to_m": ramp.to_m, "speed_m_per_s": ramp.speed_m_per_s}
        first, *others = np.split(z_V, range(PIECE, z_V.size, PIECE))
        begin = self._start_ramp(first)
        self._watch.event(EventKind.STEP, ramp.name, {"phase": "begin", **payload}, at=begin)
        seen = self._watch_ramp(begin, first.size, ramp)
        for piece in others:
            if seen.ended != FINISHED:
                break
            seen = self._watch_ramp(self._start_ramp(piece), piece.size, ramp)
        return self._step_ended(ramp.name, begin, seen)

    def _start_ramp(self, z_V: FloatArray) -> int:
        """Put out a piece, always of the same length (the card's task need not be set up anew), then hold."""
        return self._daq.start_ramp({"z": _padded(z_V)})

    def _watch_ramp(self, begin: int, n: int, ramp: Ramp) -> Seen:
        """Watch a piece of a ramp to its end, or to where a detector fires; either way it is stopped then."""
        watch = self._watch
        try:
            return watch.until(begin, n + 1, watch.conductance_G0, ramp.until, ramp.reaction_s)
        finally:
            self._daq.stop_ramp()

    def _hold(self, hold: Hold) -> Outcome:
        watch = self._watch
        begin = watch.catch_up()
        watch.event(EventKind.STEP, hold.name, {"phase": "begin", "duration_s": hold.duration_s})
        n = watch.samples(hold.duration_s)
        seen = watch.until(begin, n, watch.conductance_G0, hold.until, hold.reaction_s)
        return self._step_ended(hold.name, begin, seen)

    def _modulate(self, step: Modulate) -> Outcome:
        bias_V = step.programme.bias_V(self._station.rate_Hz)
        return self._drive_bias(
            step,
            lambda: self._daq.start_modulation({"bias": bias_V}),
            self._watch.samples(step.duration_s),
            {
                "programme": step.programme.to_json(),
                "duration_s": step.duration_s,
                "amplitude_V": step.programme.largest_bias_V,
            },
        )

    def _sweep(self, step: Sweep) -> Outcome:
        return self._drive_bias(
            step,
            lambda: self._daq.start_ramp({"bias": _padded(step.bias_V)}),
            step.bias_V.size + 1,  # a sample shows what was put out one tick before
            {"peak_V": float(np.abs(step.bias_V).max())},
        )

    def _drive_bias(
        self, step: Modulate | Sweep, start: Callable[[], int], n: int, payload: dict[str, object]
    ) -> Outcome:
        """Let the card drive the bias for ``n`` samples; then the bias is what it was, or 0 V after a trip.

        No event is written and nothing is read between a detector's sample and the 0 V.
        """
        watch = self._watch
        self._station.verify_amplifier()  # no large bias on a junction while nobody sees the current
        begin = start()
        begun = {**step.payload, **payload, "phase": "begin", "start": begin}
        watch.event(EventKind.STEP, step.name, begun, at=begin)
        seen = watch.until(begin, n, watch.current_A, step.trip, step.reaction_s)
        if seen.fired_at is None:
            self._daq.stop_modulation()
            outcome = self._step_ended(step.name, begin, seen)
            self._set_bias(self._bias_V)
        else:
            self._daq.drop("bias")
            watch.catch_up()
            outcome = self._step_ended(step.name, begin, seen, tripped_at=seen.fired_at)
            self._bias_is(0.0)
        return replace(outcome, conductance_G0=float("nan"), current_A=seen.modulus)

    def _baseline(self, duration_s: float) -> Outcome:
        watch, bias_V = self._watch, self._bias_V
        begin = self._set_bias(0.0).samples[1]
        settled = begin + round(SETTLING_S * self._station.rate_Hz)
        end = settled + watch.samples(duration_s)
        volts = np.concatenate([block.part(settled, end).channel("current") for block in watch.read_to(end)])
        offset_V = float(np.mean(volts))
        watch.amplifier = replace(watch.amplifier, offset_V=offset_V)
        watch.event(EventKind.SETTING, "current_offset_V", {"value": offset_V, "samples": int(volts.size)})
        if bias_V:
            self._set_bias(bias_V)
        return self._outcome(FINISHED, begin)

    def _acquire(self, step: Acquire) -> Outcome:
        watch = self._watch
        begin, told = watch.next, 0
        while watch.next < step.until or told < len(step.events):
            end = watch.reach(step.until)
            while told < len(step.events) and (end == step.until or step.events[told].sample < end):
                event = step.events[told]
                watch.event(event.kind, event.name, event.payload, at=event.sample)
                told += 1
            watch.read_at_once(end)
        return self._outcome(FINISHED, begin)

    def _recentre(self, distance_m: float) -> Outcome:
        coarse = self._station.coarse
        if coarse is None:
            raise ImpossibleSetting("This rig has no coarse positioner.")
        begin = self._watch.next
        self._make_safe()
        self._bias_V = 0.0
        self._watch.event(EventKind.STEP, "recentre", {"phase": "begin", "distance_m": distance_m})
        coarse.move(distance_m, self._watch.catch_up)
        self._watch.catch_up()
        return self._step_ended("recentre", begin)

    # ---- bookkeeping ----

    @property
    def _extension_m(self) -> float:
        return self._daq.held["z"] * self._station.extension_m_per_V

    def _waveform(self, ramp: Ramp) -> FloatArray:
        """Volts of the z output, one a sample, from where the tip is (not included) to ``to_m``."""
        distance_m = ramp.to_m - self._extension_m
        n = int(np.ceil(abs(distance_m) / ramp.speed_m_per_s * self._station.rate_Hz - 1e-9))
        extension_m = self._extension_m + distance_m * np.arange(1, n + 1) / max(n, 1)
        return extension_m / self._station.extension_m_per_V

    def _step_ended(self, name: str, begin: int, seen: Seen | None = None, **payload: object) -> Outcome:
        ended = seen.ended if seen else FINISHED
        ending = {"phase": "end", "ended": ended, "extension_m": self._extension_m, **payload}
        self._watch.event(EventKind.STEP, name, ending)
        outcome = self._outcome(ended, begin)
        return replace(outcome, conductance_G0=seen.tail) if seen else outcome

    def _outcome(self, ended: str, begin: int) -> Outcome:
        return Outcome(ended, self._extension_m, (begin, self._watch.next))


def _padded(volts: FloatArray) -> FloatArray:
    """Whole pieces, the last value held to the end of the last."""
    return np.pad(volts, (0, -volts.size % PIECE), mode="edge")
