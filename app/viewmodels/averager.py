"""Spectra of streamed samples by Welch's method, segment by segment."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import signal

from analysis.heating.spectrum import SpectralLine, Spectrum, find_lines
from analysis.records import FloatArray

Lines = tuple[SpectralLine, ...]


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


class Averager:
    """Incremental Welch's method: Hann window, half overlap, linear detrending of each segment.

    Parameters
    ----------
    segment_s, averaged_s : float
        Length of a segment; length of a continuous stretch whose number of segments is averaged, the newest ones.
    surroundings : int, optional
        Passed to `analysis.heating.spectrum.find_lines`.
    """

    def __init__(self, segment_s: float, averaged_s: float, surroundings: int | None = None) -> None:
        self.segment_s, self._surroundings = segment_s, surroundings
        self._densities: deque[FloatArray] = deque(maxlen=max(1, round(2.0 * averaged_s / segment_s) - 1))
        self._new_s: deque[float] = deque(maxlen=self._densities.maxlen)
        self._count = 0
        self._lines: tuple[int, tuple[Lines, Lines]] = (0, ((), ()))
        self._rate_Hz = 0.0
        self._begin(0.0)

    def _begin(self, rate_Hz: float) -> None:
        self.clear()
        self._rate_Hz = rate_Hz
        length = round(self.segment_s * rate_Hz)
        self._buffer, self._filled, self._fresh = np.empty((2, length)), 0, True
        self._window = signal.get_window("hann", length) if length else np.empty(0)
        self._time = np.arange(length) - 0.5 * (length - 1)
        self._slope = self._time / (self._time @ self._time) if length > 1 else self._time

    def interrupt(self) -> None:
        """Discard the segment begun, as the next samples do not continue it."""
        self._filled, self._fresh = 0, True

    def clear(self) -> None:
        """Discard all segments."""
        self._densities.clear()
        self._new_s.clear()

    def __len__(self) -> int:
        return len(self._densities)

    def feed(self, rows: FloatArray, rate_Hz: float) -> bool:
        """Add samples, shape (2, n), that continue the last ones; return True if a segment was completed."""
        if rate_Hz != self._rate_Hz:
            self._begin(rate_Hz)
        before, at, length = self._count, 0, self._buffer.shape[1]
        while length and at < rows.shape[1]:
            taken = min(rows.shape[1] - at, length - self._filled)
            self._buffer[:, self._filled : self._filled + taken] = rows[:, at : at + taken]
            self._filled, at = self._filled + taken, at + taken
            if self._filled == length:
                self._densities.append(self._density())
                self._new_s.append(self.segment_s * (1.0 if self._fresh else 0.5))
                self._count, self._fresh = self._count + 1, False
                half = length - length // 2
                self._buffer[:, : length - half] = self._buffer[:, half:]
                self._filled = length - half
        return self._count > before

    def _density(self) -> FloatArray:
        """Return one-sided densities per Hz, shape (2, length // 2 + 1), scaled as by ``scipy.signal.welch``."""
        data = self._buffer - self._buffer.mean(axis=1, keepdims=True)
        data -= (data @ self._slope)[:, None] * self._time
        power = np.abs(np.fft.rfft(data * self._window, axis=1)) ** 2
        power /= self._rate_Hz * (self._window @ self._window)
        power[:, 1 : (-1 if data.shape[1] % 2 == 0 else None)] *= 2.0
        return power

    def spectra(self) -> tuple[Spectrum, Spectrum] | None:
        """Return the spectra of current (A^2/Hz) and thermocouple (V^2/Hz); None before the first segment."""
        n = len(self._densities)
        if not n:
            return None
        density = np.mean(np.stack(list(self._densities)), axis=0)
        frequency_Hz: FloatArray = np.arange(density.shape[1], dtype=np.float64)
        frequency_Hz *= self._rate_Hz / self._buffer.shape[1]
        overlapped = sum(new_s < self.segment_s for new_s in self._new_s)
        first, second = (Spectrum(frequency_Hz, row, n, min(overlapped, n - 1)) for row in density)
        return first, second

    def drawn(self, name: str, modulation_Hz: Sequence[float]) -> NoiseSpectrum:
        """Return the spectra for a plot; at least one segment must be complete."""
        spectra = self.spectra()
        assert spectra is not None
        if self._lines[0] != self._count:
            first, second = (_lines(spectrum, modulation_Hz, self._surroundings) for spectrum in spectra)
            self._lines = self._count, (first, second)
        current, thermometer = (np.sqrt(spectrum.density_per_Hz[1:]) for spectrum in spectra)
        return NoiseSpectrum(
            name,
            spectra[0].frequency_Hz[1:],
            current,
            thermometer,
            *self._lines[1],
            len(self._densities),
            float(sum(self._new_s)),
        )


def _lines(spectrum: Spectrum, modulation_Hz: Sequence[float], surroundings: int | None) -> Lines:
    if not np.isfinite(spectrum.density_per_Hz).all():
        return ()
    if surroundings is None:
        return tuple(find_lines(spectrum, known_Hz=modulation_Hz))
    lines = find_lines(spectrum, known_Hz=modulation_Hz, surroundings=surroundings)
    step_Hz = spectrum.step_Hz  # too few points to interpolate between them
    return tuple(replace(line, frequency_Hz=round(line.frequency_Hz / step_Hz) * step_Hz) for line in lines)
