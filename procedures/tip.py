"""Motion of the tip by its piezo, in pieces, watched by detectors."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from analysis.conductance import LEAST_BIAS_V
from analysis.detect import UnknownDetector
from analysis.records import EventKind
from drivers.errors import InstrumentFault
from procedures.alternating import AlternatingBias
from procedures.context import ProcedureContext
from procedures.current_check import require_current
from procedures.errors import NoBias
from procedures.ramp_pieces import RampWay
from procedures.sample_reader import SampleReader, Seen
from procedures.steps import FINISHED, Ramp

UNKNOWN = "The tip position is unknown: the card did not confirm its last move."

LOOK_S = 0.02
"""Time over which a loop-back is averaged."""

NO_BIAS_SAMPLES = 3
"""Consecutive samples without a measurable bias, hence without a conductance, that stop a watched ramp."""


class Tip:
    """Moves the tip on a rig whose acquisition is running.

    Parameters
    ----------
    context : ProcedureContext
    watch : SampleReader
        Of the same context.
    alternating : AlternatingBias
        Plays the bias of ramps with a `Sine`.
    """

    def __init__(self, context: ProcedureContext, watch: SampleReader, alternating: AlternatingBias) -> None:
        self._context, self._daq, self._watch = context, context.daq, watch
        self._alternating = alternating
        self._displaced = False

    def displaced(self) -> None:
        """Note that the surface may come nearer, or a cable off: the last contact proves nothing until the next."""
        self._displaced = True

    @property
    def extension_m(self) -> float:
        """Extension of the piezo toward the sample, in m; NaN if it is unknown."""
        return self._daq.held["z"] * self._context.extension_m_per_V

    def move(self, ramp: Ramp, bias_V: float) -> tuple[int, Seen] | None:
        """Move the tip; return the first sample of the ramp and what was seen, or None if the tip was there already.

        The bias stays at ``bias_V``; a ramp with a `Sine` or levels leaves it where it was stopped.

        Raises
        ------
        NoBias
            If a watched ramp shows no bias, hence no conductance.
        CurrentInputFault
            If the current input does not follow the amplifier any more.
        RigError
            If the amplifier was changed, or the position of the tip is unknown.
        """
        way = self._way(ramp)
        if not way.n:
            return None
        self._context.verify_amplifier()  # the tip must not move unless the current is measured
        if ramp.sine is not None or ramp.levels is not None:
            return self._move_alternating(ramp, way)
        if self._displaced and way.distance_m > 0.0 and math.isfinite(ramp.blind_m):
            require_current(self._context, self._watch, ramp.name, self.extension_m)
        piece = self._watch.samples(way.piece_s(ramp.speed_m_per_s, self._context.rate_Hz, ramp.blind_m))
        begin = self._start_piece(way, 0, piece)
        self._begun(ramp, way, begin)
        seen = self._watch_piece(begin, min(piece, way.n), ramp, bias_V)
        proved_m = way.from_m if self._displaced else max(way.from_m, ramp.contact_m)
        for first in range(piece, way.n, piece):
            if seen.ended != FINISHED:
                break
            if way.distance_m > 0.0:
                self._context.verify_amplifier()  # again: somebody may have pressed a key
                proved_m = self._proved_m(ramp, proved_m, float(way.extension_m(first, first + piece)[-1]))
            start = self._start_piece(way, first, piece)
            seen = self._watch_piece(start, min(piece, way.n - first), ramp, bias_V)
        if way.distance_m > 0.0 and seen.ended in ramp.until:
            self._displaced = False
        return begin, seen

    def _proved_m(self, ramp: Ramp, proved_m: float, ahead_m: float) -> float:
        """Return where the current was last known to be measured, asking anew if the next piece ends too far ahead."""
        if ahead_m - proved_m <= ramp.blind_m * (1 + 1e-9):
            return proved_m
        require_current(self._context, self._watch, ramp.name, self.extension_m, proved_m)
        return self.extension_m

    def _begun(self, ramp: Ramp, way: RampWay, begin: int, **more: object) -> None:
        payload = {"from_m": way.from_m, "to_m": ramp.to_m, "speed_m_per_s": ramp.speed_m_per_s, **more}
        self._watch.event(EventKind.STEP, ramp.name, {"phase": "begin", **payload}, at=begin)

    def _move_alternating(self, ramp: Ramp, way: RampWay) -> tuple[int, Seen]:
        """Move the tip beside an alternating bias, or beside bias levels."""
        begin = self._alternating.start_ramp(ramp, way)
        with self._stopped_afterwards():
            if ramp.sine is not None:
                shown = {**ramp.sine.to_json(), **self._alternating.measured, "average_s": ramp.average_s}
                self._begun(ramp, way, begin, sine=shown)
            elif ramp.levels is not None:
                self._begun(ramp, way, begin, programme=ramp.levels.to_json(), start=begin)
            seen = self._alternating.watch_ramp(ramp, begin, way.n)
        return begin, seen

    @contextmanager
    def _stopped_afterwards(self) -> Iterator[None]:
        """Stop the tip when the block ends, however it ends, and find it."""
        try:
            yield
        finally:
            since = self._watch.next
            self._daq.stop_ramp()
        self.locate()
        self._watch.settle(since)

    def locate(self) -> None:
        """Find the tip by the z loop-back if the card does not report how far the ramp came.

        Raises ``InstrumentFault`` if the loop-back matches no position of the ramp.
        """
        if not np.isnan(self._daq.held["z"]):
            return
        seen_V = self._watch.means(LOOK_S)["z"]
        z_V = self._daq.locate("z", seen_V, self._context.loop_backs.at("z").margin_V(seen_V))
        message = (
            f"the card lost the position in the ramp; position taken from the z loop-back ({seen_V:.4g} V)"
        )
        self._watch.event(
            EventKind.MARK, "position from loop-back", {"z_V": z_V, "seen_V": seen_V, "message": message}
        )

    def _start_piece(self, way: RampWay, first: int, piece: int) -> int:
        """Start a piece of a ramp, padded to constant length so that the card's task need not be set up again."""
        volts = way.extension_m(first, first + piece) / self._context.extension_m_per_V
        since = self._watch.next
        begin = self._daq.start_ramp({"z": volts})
        self._watch.loop_backs.outputs["z"].played(volts, since, begin, repeats=False)
        return begin

    def _watch_piece(self, begin: int, n: int, ramp: Ramp, bias_V: float) -> Seen:
        """Watch a piece of a ramp until it ends or a detector fires, then stop it."""
        watch = self._watch
        until = {**ramp.until, "no bias": UnknownDetector(NO_BIAS_SAMPLES)} if ramp.until else {}
        later_s = {"no bias": max(ramp.later_s.values(), default=ramp.reaction_s), **ramp.later_s}
        with self._stopped_afterwards():
            seen = watch.until(begin, n + 1, watch.conductance_G0, until, ramp.reaction_s, later_s)
        if seen.ended == "no bias":
            watch.compare_loop_backs()
            raise NoBias(
                f"The bias loop-back shows less than {LEAST_BIAS_V * 1e3:g} mV while {bias_V * 1e3:+g} mV is "
                f"commanded, so a contact would not be detected; {ramp.name} was stopped. Check the cables of the bias "
                "output and of its loop-back."
            )
        return seen

    def _way(self, ramp: Ramp) -> RampWay:
        distance_m = ramp.to_m - self.extension_m
        if np.isnan(distance_m):
            raise InstrumentFault(UNKNOWN)
        n = int(np.ceil(abs(distance_m) / ramp.speed_m_per_s * self._context.rate_Hz - 1e-9))
        return RampWay(self.extension_m, ramp.to_m, distance_m, n)
