"""Noise of current and thermometer as spectra of the last minutes, averaged as the samples come.

A junction that opens and closes tells nothing of the instruments. Only two kinds of stretches are averaged, each by
itself: those out of contact, where what is seen are the instruments, and those held and modulated, where a hold is
measured.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analysis.constants import G0_S
from analysis.heating.spectrum import SEGMENT_s
from analysis.recording import RunHeader
from analysis.records import Event, EventKind, FloatArray
from app.views.averager import Averager, NoiseSpectrum
from app.views.signals import Signals
from app.views.view import StreamView

AVERAGED_S = 120.0
"""As many segments of each kind are averaged as one stretch of so long has; those of many stretches cover more."""
SHORT_s = 0.2
"""Segments of the short stretches between two contacts; 50 and 60 Hz stand on points of their spectrum."""
LONG_ENOUGH = 4
"""So many segments of full length make those of short ones needless."""
SHORT_SURROUNDINGS = 5
"""Points to either side that a line of such a spectrum must stand above."""
CELL_S = 0.01
"""Whether a junction is open is told from the mean current of so long."""
OPEN_G0 = 1e-4
"""Where an open junction begins, if the recording does not say."""
LEAST_BIAS_V = 1e-3
"""At less bias no current tells an open junction from a closed one: it is as it was before."""

OPEN, HELD = "out of contact", "held and modulated"
MODULATED = ("modulate",)
MOVED = ("sweep",)
"""Steps whose current is no noise."""


@dataclass(frozen=True, eq=False)
class NoiseSnapshot:
    """Spectra of the kinds of stretches that there were; that of the instruments alone first."""

    spectra: tuple[NoiseSpectrum, ...] = ()


class NoiseView(StreamView[NoiseSnapshot]):
    """Tells the stretches apart, and averages each kind by itself. Segments never span a gap.

    Samples that are not finite (no thermometer) leave that spectrum empty.

    Parameters
    ----------
    open_G0 : float
        Below it a junction is open.
    averaged_s, segment_s : float
        See `Averager`; out of contact, shorter segments are used as long as there are few of these.
    """

    def __init__(
        self, open_G0: float = OPEN_G0, averaged_s: float = AVERAGED_S, segment_s: float = SEGMENT_s
    ) -> None:
        super().__init__()
        self._open_A_per_V = open_G0 * G0_S
        self.long, self.short = (
            Averager(segment_s, averaged_s),
            Averager(SHORT_s, averaged_s, SHORT_SURROUNDINGS),
        )
        self.held = Averager(segment_s, averaged_s)
        self._modulation_Hz: set[float] = set()
        self._rate_Hz, self._next, self._step, self._bias_V = float("nan"), 0, "", float("nan")
        self._is_open = True  # a run begins with the tip back
        self._left = np.empty((3, 0))  # of a cell begun: current, thermocouple, bias

    def feed(self, signals: Signals) -> None:
        """Take the next samples."""
        if not len(signals):
            return
        if signals.rate_Hz != self._rate_Hz or signals.first != self._next:
            self._interrupt()
            self._rate_Hz = signals.rate_Hz
        self._next = signals.stop
        rows = np.stack([signals.current_A, signals.thermocouple_V, signals.bias_V])
        with self._lock:
            if self._step in MODULATED and self.held.feed(rows[:2], self._rate_Hz):
                self._drawn = None
            if self._step not in (*MODULATED, *MOVED) and self._feed_open(rows):
                self._drawn = None

    def _feed_open(self, rows: FloatArray) -> bool:
        """Give those cells in which the junction is open to both averagers."""
        width = max(1, round(CELL_S * self._rate_Hz))
        rows = np.concatenate([self._left, rows], axis=1)
        cells = rows.shape[1] // width
        self._left = rows[:, cells * width :]
        if not cells:
            return False
        means = rows[:, : cells * width].reshape(3, cells, width).mean(axis=2)
        is_open = self._states(means[0], means[2])
        ends = [0, *(np.flatnonzero(np.diff(is_open)) + 1).tolist(), cells]
        new = False
        for first, stop in pairwise(ends):
            part = rows[:2, first * width : stop * width]
            for averager in (self.long, self.short):
                if is_open[first]:
                    new |= averager.feed(part, self._rate_Hz)
                else:
                    averager.interrupt()
        return new

    def _states(self, current_A: FloatArray, bias_V: FloatArray) -> np.ndarray:
        """Whether a junction is open, cell by cell; as before where there is no bias to tell."""
        told = np.abs(bias_V) >= LEAST_BIAS_V
        found = np.abs(current_A) < self._open_A_per_V * np.abs(bias_V)
        known = np.concatenate([[self._is_open], found])
        last = np.maximum.accumulate(np.where(np.concatenate([[True], told]), np.arange(known.size), 0))
        states: np.ndarray = known[last][1:] & np.isfinite(bias_V)
        self._is_open = bool(states[-1])
        return states

    def event(self, event: Event) -> None:
        """Learn which step is on, where the bias changes, and the frequency of a modulation."""
        if event.kind is EventKind.STEP:
            before, begins = self._step, event.payload.get("phase") == "begin"
            self._step = event.name if begins else ""
            if {before, self._step} & {*MODULATED, *MOVED}:
                self._interrupt()
            programme = event.payload.get("programme")
            if isinstance(programme, dict) and "frequency_Hz" in programme:
                numerator, _, denominator = str(programme["frequency_Hz"]).partition("/")
                self._modulation_Hz.add(float(numerator) / float(denominator or 1.0))
        elif event.kind is EventKind.SETTING:
            self._interrupt()

    def jump(self) -> None:
        """What follows is from elsewhere in the recording."""
        with self._lock:
            for averager in (self.long, self.short, self.held):
                averager.clear()
            self._is_open, self._step, self._drawn = False, "", None
        self._interrupt()

    def _interrupt(self) -> None:
        with self._lock:
            self._left = np.empty((3, 0))
            for averager in (self.long, self.short, self.held):
                averager.interrupt()

    def _draw(self) -> NoiseSnapshot:
        known = sorted(self._modulation_Hz)
        instruments = self.long if len(self.long) >= LONG_ENOUGH or not len(self.short) else self.short
        kinds: tuple[tuple[str, Averager, list[float]], ...] = (
            (OPEN, instruments, []),
            (HELD, self.held, known),
        )
        return NoiseSnapshot(tuple(one.drawn(name, lines) for name, one, lines in kinds if len(one)))


def open_G0_of(header: RunHeader) -> float:
    """Below which a junction of this run is open."""
    return float(header.parameters.get("open_threshold_G0") or OPEN_G0)
