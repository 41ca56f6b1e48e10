"""View of the noise spectra of current and thermocouple over the last minutes, averaged as samples arrive.

Two states of the junction are averaged separately: out of contact, which shows the noise of the instruments, and held
and modulated, as in a hold. An opening or closing junction says nothing about the instruments and is left out.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analysis.constants import G0_S
from analysis.heating.spectrum import SEGMENT_s
from analysis.recording import RunHeader
from analysis.records import Event, EventKind, FloatArray
from app.viewmodels.averager import Averager, NoiseSpectrum
from app.viewmodels.signals import SampledSignals
from app.viewmodels.view import StreamView

AVERAGED_S = 120.0
"""Length of a continuous stretch whose number of segments is averaged; segments of many stretches cover more."""
SHORT_s = 0.2
"""Length of segments for the short stretches between contacts; 50 and 60 Hz fall on points of their spectrum."""
LONG_ENOUGH = 4
"""Number of full-length segments from which the short ones are no longer used."""
SHORT_SURROUNDINGS = 5
"""Points on each side that a line in a spectrum of short segments must exceed."""
CELL_S = 0.01
"""Length over which the current is averaged to decide if the junction is open."""
OPEN_G0 = 1e-4
"""Default conductance below which a junction is open."""
LEAST_BIAS_V = 1e-3
"""Bias below which the current does not show if the junction is open; the last state is kept."""

OPEN, HELD = "out of contact", "held and modulated"
MODULATED = ("modulate",)
MOVED = ("sweep",)
"""Steps whose current is not noise."""


@dataclass(frozen=True, eq=False)
class NoiseSnapshot:
    """Spectra of the states measured so far, that of the instruments alone first."""

    spectra: tuple[NoiseSpectrum, ...] = ()


class NoiseModel(StreamView[NoiseSnapshot]):
    """View that averages spectra separately for each state of the junction. Segments never span a gap.

    Samples that are not finite (no thermometer) leave that spectrum empty.

    Parameters
    ----------
    open_G0 : float
        Conductance below which a junction is open.
    averaged_s, segment_s : float
        See `Averager`; out of contact, shorter segments are used until there are enough full-length ones.
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
        self._is_open = True  # a run begins with the tip retracted
        self._left = np.empty((3, 0))  # of a cell begun: current, thermocouple, bias

    def feed(self, signals: SampledSignals) -> None:
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
        """Feed the cells with an open junction to both averagers; return True if a segment was completed."""
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
        """Return True for each cell with an open junction; without a bias, keep the last state."""
        biased = np.abs(bias_V) >= LEAST_BIAS_V
        small = np.abs(current_A) < self._open_A_per_V * np.abs(bias_V)
        is_open = np.concatenate([[self._is_open], small])
        last = np.maximum.accumulate(np.where(np.concatenate([[True], biased]), np.arange(is_open.size), 0))
        states: np.ndarray = is_open[last][1:] & np.isfinite(bias_V)
        self._is_open = bool(states[-1])
        return states

    def event(self, event: Event) -> None:
        """Process an event: the current step, a change of settings, the frequency of a modulation."""
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
        """Continue at another position in the recording."""
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
        modulation_Hz = sorted(self._modulation_Hz)
        instruments = self.long if len(self.long) >= LONG_ENOUGH or not len(self.short) else self.short
        kinds: tuple[tuple[str, Averager, list[float]], ...] = (
            (OPEN, instruments, []),
            (HELD, self.held, modulation_Hz),
        )
        return NoiseSnapshot(
            tuple(averager.drawn(name, lines) for name, averager, lines in kinds if len(averager))
        )


def open_G0_of(header: RunHeader) -> float:
    """Return the conductance below which a junction of this run is open."""
    return float(header.parameters.get("open_threshold_G0") or OPEN_G0)
