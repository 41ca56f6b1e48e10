"""Power spectral densities by Welch's method, of whole stretches or of samples as they come."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, isfinite

import numpy as np

from analysis.records import FloatArray

SEGMENT_s = 4.0
"""Length of a segment: 200 cycles of 50 Hz, 240 of 60 Hz, 49 of 12.25 Hz, so that these lines fall on points of the
spectrum."""

SUMS = 8
"""Number of sums in which a limited number of segments is kept: the oldest sum is discarded as a whole."""

_HANN_OVERLAP = (
    2.0 * (1.0 / 6.0) ** 2
)  # of the powers of two segments that overlap by half, one to either side


@dataclass(frozen=True, eq=False)
class Spectrum:
    """One-sided power spectral density, arrays of shape (n,); ``segments`` periodograms were averaged.

    ``overlapped`` is the number of pairs of segments that share half of their samples.
    """

    frequency_Hz: FloatArray
    density_per_Hz: FloatArray
    segments: int
    overlapped: int = 0

    @property
    def step_Hz(self) -> float:
        """Distance between points."""
        return float(self.frequency_Hz[1] - self.frequency_Hz[0])

    @property
    def independent_segments(self) -> float:
        """Number of segments without overlap that would scatter as little."""
        return self.segments / (1.0 + _HANN_OVERLAP * self.overlapped / self.segments)


@dataclass(eq=False)
class _Sum:
    """Sum of the densities of successive segments, shape (channels, n), and the time that they added."""

    density: FloatArray
    segments: int = 0
    overlapped: int = 0
    new_s: float = 0.0

    def add(self, density: FloatArray, new_s: float, *, overlaps: bool) -> None:
        self.density += density
        self.segments += 1
        self.overlapped += overlaps
        self.new_s += new_s


class WelchAverager:
    """Incremental Welch's method: Hann window, half overlap, a straight line subtracted from each segment.

    The result does not depend on how the samples are divided into blocks.

    Parameters
    ----------
    segment_s : float
        Length of a segment.
    averaged_s : float
        Length of a continuous stretch whose number of segments is averaged at most, the newest ones; by default all
        are. The oldest eighth is discarded at once, so that few sums need to be kept.
    """

    def __init__(self, segment_s: float, averaged_s: float = inf) -> None:
        self.segment_s = segment_s
        self._most = max(1, round(2.0 * averaged_s / segment_s) - 1) if isfinite(averaged_s) else inf
        self._sums: deque[_Sum] = deque()
        self.completed = 0
        """Number of segments completed so far, discarded ones included."""
        self._rate_Hz = 0.0
        self._begin(0, 0.0)

    def _begin(self, channels: int, rate_Hz: float) -> None:
        self.clear()
        self._rate_Hz = rate_Hz
        length = round(self.segment_s * rate_Hz)
        self._buffer, self._filled, self._fresh = np.empty((channels, length)), 0, True
        self._window = _hann(length)
        self._time = np.arange(length) - 0.5 * (length - 1)
        self._slope = self._time / (self._time @ self._time) if length > 1 else self._time

    def interrupt(self) -> None:
        """Discard the segment begun, as the next samples do not continue it."""
        self._filled, self._fresh = 0, True

    def clear(self) -> None:
        """Discard all segments."""
        self._sums.clear()

    def __len__(self) -> int:
        return sum(one.segments for one in self._sums)

    @property
    def averaged_s(self) -> float:
        """Time that the averaged segments cover."""
        return sum(one.new_s for one in self._sums)

    def feed(self, rows: FloatArray, rate_Hz: float) -> bool:
        """Add samples, shape (channels, n), that continue the last ones; return True if a segment was completed.

        Another rate or number of channels begins anew.
        """
        if rate_Hz != self._rate_Hz or len(rows) != len(self._buffer):
            self._begin(len(rows), rate_Hz)
        before, at, length = self.completed, 0, self._buffer.shape[1]
        while length and at < rows.shape[1]:
            taken = min(rows.shape[1] - at, length - self._filled)
            self._buffer[:, self._filled : self._filled + taken] = rows[:, at : at + taken]
            self._filled, at = self._filled + taken, at + taken
            if self._filled == length:
                self._complete()
        return self.completed > before

    def _complete(self) -> None:
        """Average the full buffer in, and keep its second half for the next segment."""
        length = self._buffer.shape[1]
        self._add(np.stack([self._density(samples) for samples in self._buffer]))
        self.completed, self._fresh = self.completed + 1, False
        half = length - length // 2
        self._buffer[:, : length - half] = self._buffer[:, half:]
        self._filled = length - half

    def _add(self, density: FloatArray) -> None:
        """Add a segment's densities to the newest sum; discard the oldest sum where there are too many segments."""
        if len(self) == self._most:
            self._sums.popleft()
        if not self._sums or self._sums[-1].segments >= self._most / SUMS:
            self._sums.append(_Sum(np.zeros_like(density)))
        new_s = self.segment_s * (1.0 if self._fresh else 0.5)
        self._sums[-1].add(density, new_s, overlaps=not self._fresh)

    def _density(self, samples: FloatArray) -> FloatArray:
        """Return one-sided densities per Hz, shape (length // 2 + 1,), scaled as by ``scipy.signal.welch``."""
        data = samples - samples.mean()
        data -= (data @ self._slope) * self._time
        power: FloatArray = np.abs(np.fft.rfft(data * self._window)) ** 2
        power /= self._rate_Hz * (self._window @ self._window)
        power[1 : (-1 if data.size % 2 == 0 else None)] *= 2.0
        return power

    def spectra(self) -> tuple[Spectrum, ...]:
        """Return the spectrum of each channel, per Hz in the square of its unit; empty before the first segment."""
        n = len(self)
        if not n:
            return ()
        density = np.asarray(sum(one.density for one in self._sums)) / n
        frequency_Hz: FloatArray = np.arange(density.shape[1], dtype=np.float64)
        frequency_Hz *= self._rate_Hz / self._buffer.shape[1]
        overlapped = sum(one.overlapped for one in self._sums)
        return tuple(Spectrum(frequency_Hz, row, n, min(overlapped, n - 1)) for row in density)


def power_spectrum(stretches: Iterable[FloatArray], rate_Hz: float, segment_s: float = SEGMENT_s) -> Spectrum:
    """Average the spectra of several stretches as `WelchAverager` does.

    If most of the record is in stretches shorter than a segment, the segment is shortened to them.
    Stretches shorter than a segment, or with samples that are not finite, are not used.

    Raises
    ------
    ValueError
        Without a stretch of at least 16 finite samples.
    """
    usable = [np.asarray(x, dtype=float) for x in stretches]
    usable = [x for x in usable if x.size >= 16 and np.isfinite(x).all()]
    if not usable:
        raise ValueError("no stretch of 16 finite samples or more, so there is no spectrum")
    averager = WelchAverager(min(round(segment_s * rate_Hz), _usual_length(usable)) / rate_Hz)
    for x in usable:
        averager.interrupt()
        averager.feed(x[None], rate_Hz)
    (spectrum,) = averager.spectra()
    return spectrum


def _usual_length(stretches: Sequence[FloatArray]) -> int:
    """Return the longest length for which at least half of all samples lie in stretches of that length or more."""
    lengths = np.sort([x.size for x in stretches])[::-1]
    return int(lengths[np.searchsorted(np.cumsum(lengths), 0.5 * lengths.sum())])


def _hann(length: int) -> FloatArray:
    if length < 2:
        return np.ones(length)
    return np.asarray(0.5 + 0.5 * np.cos(np.linspace(-np.pi, np.pi, length + 1)[:-1]))
