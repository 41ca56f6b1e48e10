"""The interpreter of plans: the only writer to the instruments while a procedure runs.

Whatever happens, a run ends in the safe state: bias 0 V and the tip back.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from analysis.conductance import CurrentCalibration, conductance_G0
from analysis.detect import Detector
from analysis.records import Block, Event, EventKind, FloatArray
from drivers.errors import ReadTimeout, RigError, SamplesLost
from procedures.errors import Aborted, ImpossibleSetting, ProcedureFault
from procedures.limits import check_limits, dry_run
from procedures.procedure import RigProcedure
from procedures.station import Station
from procedures.steps import FINISHED, Baseline, Hold, Mark, Outcome, Ramp, Recentre, Safe, SetBias, Step

SETTLING_S = 0.01
"""Samples left out of a baseline after the bias was taken away: charging of the cable, the amplifier's filter."""

PIECE = 6000
"""A ramp is put out in pieces of so many samples: most ramps end early, and what is sent costs time."""

LONGEST_READ_S = 0.5

PATIENCE_S = 0.4
"""How much later than they should samples may come, before the card counts as stalled."""


class Sink(Protocol):
    """Where samples and events go: recorder, reducers, views."""

    def block(self, block: Block) -> None:
        """Take the next samples."""

    def event(self, event: Event) -> None:
        """Take an event."""


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
    """

    def __init__(
        self,
        station: Station,
        sink: Sink,
        make_safe: Callable[[], str],
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._station = station
        self._daq = station.daq
        self._sink = sink
        self._make_safe = make_safe
        self._should_stop = should_stop
        self._amplifier: CurrentCalibration = station.amplifier
        self._bias_V = 0.0
        self._next = 0

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
            self._daq.start_acquisition()
            self._interpret(procedure)
        except Aborted:
            return self._end("aborted", "stopped by the user")
        except (ProcedureFault, RigError) as fault:
            self._report(Event(self._next, EventKind.FAULT, type(fault).__name__, {"message": str(fault)}))
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
        self._report(
            Event(self._next, EventKind.MARK, "safe", {"safe": safe, "done": done, "status": status})
        )
        return RunEnd(status, reason if safe else f"{reason} {done}".strip(), safe)

    def _report(self, event: Event) -> None:
        """Record an event on the way out; a sink that fails here must not stop the way out."""
        with suppress(Exception):
            self._sink.event(event)

    def _interpret(self, procedure: RigProcedure) -> None:
        plan = procedure.plan(self._station)
        try:
            step = next(plan)
            while True:
                if self._should_stop():
                    raise Aborted
                check_limits(step, self._station)
                step = plan.send(self._do(step))
        except StopIteration:
            return
        finally:
            plan.close()

    def _do(self, step: Step) -> Outcome:
        match step:
            case SetBias(bias_V):
                return self._set_bias(bias_V)
            case Ramp():
                return self._ramp(step)
            case Hold():
                return self._hold(step)
            case Baseline(duration_s):
                return self._baseline(duration_s)
            case Recentre(distance_m):
                return self._recentre(distance_m)
            case Mark(name, payload):
                self._event(EventKind.MARK, name, payload)
                return self._outcome(FINISHED, self._next)
            case Safe():
                self._make_safe()
                return self._outcome(FINISHED, self._next)

    # ---- steps ----

    def _set_bias(self, bias_V: float) -> Outcome:
        self._daq.write(bias=bias_V)
        self._bias_V = bias_V
        begin = self._catch_up()
        self._event(EventKind.SETTING, "bias_V", {"value": bias_V})
        return self._outcome(FINISHED, begin)

    def _ramp(self, ramp: Ramp) -> Outcome:
        z_V = self._waveform(ramp)
        if not z_V.size:
            return self._outcome(FINISHED, self._next)
        self._station.verify_amplifier()  # a tip must not move while nobody sees the current
        payload = {"from_m": self._extension_m, "to_m": ramp.to_m, "speed_m_per_s": ramp.speed_m_per_s}
        first, *others = np.split(z_V, range(PIECE, z_V.size, PIECE))
        begin = self._start_ramp(first)
        self._event(EventKind.STEP, ramp.name, {"phase": "begin", **payload}, at=begin)
        ended = self._watch_ramp(begin, first.size, ramp)
        for piece in others:
            if ended != FINISHED:
                break
            ended = self._watch_ramp(self._start_ramp(piece), piece.size, ramp)
        return self._step_ended(ramp.name, ended, begin)

    def _start_ramp(self, z_V: FloatArray) -> int:
        """Put out a piece, always of the same length (the card's task need not be set up anew), then hold."""
        return self._daq.start_ramp({"z": np.pad(z_V, (0, PIECE - z_V.size), mode="edge")})

    def _watch_ramp(self, begin: int, n: int, ramp: Ramp) -> str:
        """Watch a piece of a ramp to its end, or to where a detector fires; either way it is stopped then."""
        try:
            return self._watch(begin, n + 1, ramp.until, ramp.reaction_s)
        finally:
            self._daq.stop_ramp()

    def _hold(self, hold: Hold) -> Outcome:
        begin = self._catch_up()
        self._event(EventKind.STEP, hold.name, {"phase": "begin", "duration_s": hold.duration_s})
        n = max(1, round(hold.duration_s * self._station.rate_Hz))
        ended = self._watch(begin, n, hold.until, hold.reaction_s)
        return self._step_ended(hold.name, ended, begin)

    def _baseline(self, duration_s: float) -> Outcome:
        bias_V = self._bias_V
        begin = self._set_bias(0.0).samples[1]
        settled = begin + round(SETTLING_S * self._station.rate_Hz)
        end = settled + max(1, round(duration_s * self._station.rate_Hz))
        volts = np.concatenate([block.part(settled, end).channel("current") for block in self._read_to(end)])
        offset_V = float(np.mean(volts))
        self._amplifier = replace(self._amplifier, offset_V=offset_V)
        self._event(EventKind.SETTING, "current_offset_V", {"value": offset_V, "samples": int(volts.size)})
        if bias_V:
            self._set_bias(bias_V)
        return self._outcome(FINISHED, begin)

    def _recentre(self, distance_m: float) -> Outcome:
        coarse = self._station.coarse
        if coarse is None:
            raise ImpossibleSetting("This rig has no coarse positioner.")
        begin = self._next
        self._make_safe()
        self._bias_V = 0.0
        self._event(EventKind.STEP, "recentre", {"phase": "begin", "distance_m": distance_m})
        coarse.move(distance_m, self._catch_up)
        self._catch_up()
        return self._step_ended("recentre", FINISHED, begin)

    # ---- samples ----

    def _watch(self, begin: int, n: int, until: Mapping[str, Detector], reaction_s: float) -> str:
        """Read ``n`` samples from index ``begin`` on, or until a detector fires; returns which."""
        chunk = max(1, round(reaction_s * self._station.rate_Hz))
        while self._next < begin + n:
            block = self._read(min(chunk, begin + n - self._next)).part(begin, begin + n)
            if not len(block):
                continue
            conductance = conductance_G0(block.channel("current"), block.channel("bias"), self._amplifier)
            fired = {reason: at for reason, det in until.items() if (at := det.feed(conductance)) is not None}
            if fired:
                return min(fired, key=lambda reason: fired[reason])
        return FINISHED

    def _read_to(self, end: int) -> list[Block]:
        """Read on to a sample, in pieces short enough to stop between."""
        longest = max(1, round(LONGEST_READ_S * self._station.rate_Hz))
        blocks = []
        while self._next < end:
            blocks.append(self._read(min(end - self._next, longest)))
        return blocks

    def _catch_up(self) -> int:
        """Read what was sampled while nobody read; returns the index of the next sample."""
        waiting = self._daq.samples_acquired() - self._next
        if waiting > 0:
            self._read(waiting)
        return self._next

    def _read(self, n: int) -> Block:
        if self._should_stop():
            raise Aborted
        try:
            block = self._daq.read(n, n / self._station.rate_Hz + PATIENCE_S)
        except (ReadTimeout, SamplesLost) as error:
            self._take(error.partial)
            raise
        self._take(block)
        return block

    def _take(self, block: Block) -> None:
        if len(block):
            self._next = block.stop
            self._sink.block(block)

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

    def _event(
        self, kind: EventKind, name: str, payload: Mapping[str, Any] | None = None, at: int | None = None
    ) -> None:
        self._sink.event(Event(self._next if at is None else at, kind, name, dict(payload or {})))

    def _step_ended(self, name: str, ended: str, begin: int) -> Outcome:
        self._event(EventKind.STEP, name, {"phase": "end", "ended": ended, "extension_m": self._extension_m})
        return self._outcome(ended, begin)

    def _outcome(self, ended: str, begin: int) -> Outcome:
        return Outcome(ended, self._extension_m, (begin, self._next))
