"""Noise of the instruments and of held junctions, from a run as it comes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from analysis.constants import G0_S
from analysis.records import Event, EventKind, FloatArray
from analysis.spectra.lines import SpectralLine, find_lines
from analysis.spectra.welch import SEGMENT_s, Spectrum, WelchAverager

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
class NoiseSpectrum:
    """Amplitude spectral densities in one state of the junction.

    Parameters
    ----------
    name : str
        "out of contact" or "held and modulated".
    frequency_Hz : ndarray, shape (n,)
        Frequencies without 0 Hz, for logarithmic axes.
    current_A_per_rtHz, thermometer_V_per_rtHz : ndarray, shape (n,)
        Current, and thermocouple at the preamplifier's input.
    current_lines, thermometer_lines : tuple of SpectralLine
        Significant lines, the strongest first; rms in A and V. ``name`` is "mains", "mains 2" ..., "modulation"
        or "".
    segments : int
        Number of averaged segments, which overlap by half.
    averaged_s : float
        Time that the segments cover.
    """

    name: str
    frequency_Hz: FloatArray
    current_A_per_rtHz: FloatArray
    thermometer_V_per_rtHz: FloatArray
    current_lines: tuple[SpectralLine, ...]
    thermometer_lines: tuple[SpectralLine, ...]
    segments: int
    averaged_s: float


class NoiseReducer:
    """Reducer of a run to spectra, one for each state of the junction. Segments never span a gap.

    Samples that are not finite (no thermometer) leave that spectrum empty.

    Parameters
    ----------
    open_G0 : float
        Conductance below which a junction is open.
    averaged_s, segment_s : float
        See `WelchAverager`; out of contact, shorter segments are used until there are enough full-length ones.
    """

    def __init__(
        self, open_G0: float = OPEN_G0, averaged_s: float = AVERAGED_S, segment_s: float = SEGMENT_s
    ) -> None:
        self._open_A_per_V = open_G0 * G0_S
        self.long, self.short = WelchAverager(segment_s, averaged_s), WelchAverager(SHORT_s, averaged_s)
        self.held = WelchAverager(segment_s, averaged_s)
        self._modulation_Hz: set[float] = set()
        self._rate_Hz, self._next, self._step = float("nan"), 0, ""
        self._is_open = True  # a run begins with the tip retracted
        self._left = np.empty((3, 0))  # of a cell begun: current, thermocouple, bias
        self._known: dict[str, tuple[object, NoiseSpectrum]] = {}

    def feed(self, first: int, rate_Hz: float, rows: FloatArray) -> bool:
        """Take the next samples; return True if a segment was completed.

        Parameters
        ----------
        first : int
            Index of the first sample; a gap begins a segment anew.
        rate_Hz : float
        rows : ndarray, shape (3, n)
            Current (A), thermocouple at the preamplifier's input (V), bias (V).
        """
        if not rows.shape[1]:
            return False
        if rate_Hz != self._rate_Hz or first != self._next:
            self._interrupt()
            self._rate_Hz = rate_Hz
        self._next = first + rows.shape[1]
        if self._step in MODULATED:
            return self.held.feed(rows[:2], rate_Hz)
        return self._step not in MOVED and self._feed_open(rows)

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
        for averager in (self.long, self.short, self.held):
            averager.clear()
        self._is_open, self._step = False, ""
        self._interrupt()

    def _interrupt(self) -> None:
        self._left = np.empty((3, 0))
        for averager in (self.long, self.short, self.held):
            averager.interrupt()

    def spectra(self) -> tuple[NoiseSpectrum, ...]:
        """Return the spectra of the states measured so far, that of the instruments alone first."""
        instruments = self.long if len(self.long) >= LONG_ENOUGH or not len(self.short) else self.short
        kinds: tuple[tuple[str, WelchAverager, list[float]], ...] = (
            (OPEN, instruments, []),
            (HELD, self.held, sorted(self._modulation_Hz)),
        )
        return tuple(self._known_spectrum(*kind) for kind in kinds if len(kind[1]))

    def _known_spectrum(
        self, name: str, averager: WelchAverager, modulation_Hz: Sequence[float]
    ) -> NoiseSpectrum:
        """Return a spectrum; it is made anew only after another segment, as the search for lines takes long."""
        key = averager is self.short, averager.completed, tuple(modulation_Hz)
        if name not in self._known or self._known[name][0] != key:
            self._known[name] = key, self._spectrum(name, averager, modulation_Hz)
        return self._known[name][1]

    def _spectrum(self, name: str, averager: WelchAverager, modulation_Hz: Sequence[float]) -> NoiseSpectrum:
        spectra = averager.spectra()
        surroundings = SHORT_SURROUNDINGS if averager is self.short else None
        current, thermometer = (np.sqrt(spectrum.density_per_Hz[1:]) for spectrum in spectra)
        current_lines, thermometer_lines = (_lines(each, modulation_Hz, surroundings) for each in spectra)
        return NoiseSpectrum(
            name,
            spectra[0].frequency_Hz[1:],
            current,
            thermometer,
            current_lines,
            thermometer_lines,
            len(averager),
            averager.averaged_s,
        )


def _lines(
    spectrum: Spectrum, modulation_Hz: Sequence[float], surroundings: int | None
) -> tuple[SpectralLine, ...]:
    if not np.isfinite(spectrum.density_per_Hz).all():
        return ()
    if surroundings is None:
        return tuple(find_lines(spectrum, known_Hz=modulation_Hz))
    lines = find_lines(spectrum, known_Hz=modulation_Hz, surroundings=surroundings)
    step_Hz = spectrum.step_Hz  # too few points to interpolate between them
    return tuple(replace(line, frequency_Hz=round(line.frequency_Hz / step_Hz) * step_Hz) for line in lines)
