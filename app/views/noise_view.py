"""Noise of current and thermometer as spectra of the last minutes, averaged as the samples come."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import signal

from analysis.heating.spectrum import SEGMENT_s, SpectralLine, Spectrum, find_lines
from analysis.records import Event, EventKind, FloatArray
from app.views.signals import Signals
from app.views.view import StreamView

AVERAGED_S = 120.0
"""So much of the past is averaged."""

_NAMES = ("current", "thermometer")
_UNITS = (1e12, 1e9)  # pA and nV


@dataclass(frozen=True, eq=False)
class NoiseSnapshot:
    """Amplitude spectral densities of the last minutes.

    Parameters
    ----------
    frequency_Hz : ndarray, shape (n,)
        Without 0 Hz, for logarithmic axes. Empty before the first segment of 4 s.
    current_pA_per_rtHz, thermometer_nV_per_rtHz : ndarray, shape (n,)
        Current, and thermocouple at the preamplifier's input.
    current_lines, thermometer_lines : tuple of SpectralLine
        Those that stand out, the strongest first; rms in A and V. ``name`` is "mains", "mains 2" ..., "modulation"
        or "".
    segments : int
        Averaged segments of 4 s that overlap by half.
    averaged_s : float
        Span of time that they cover.
    """

    frequency_Hz: FloatArray = field(default_factory=lambda: np.empty(0))
    current_pA_per_rtHz: FloatArray = field(default_factory=lambda: np.empty(0))
    thermometer_nV_per_rtHz: FloatArray = field(default_factory=lambda: np.empty(0))
    current_lines: tuple[SpectralLine, ...] = ()
    thermometer_lines: tuple[SpectralLine, ...] = ()
    segments: int = 0
    averaged_s: float = 0.0


class NoiseView(StreamView[NoiseSnapshot]):
    """Welch's method as samples come: Hann window, half overlap, a straight line taken off each segment.

    Segments never span a gap; all that lie within the last ``averaged_s`` count alike. Samples that are not finite
    (no thermometer) leave that spectrum empty.
    """

    def __init__(self, averaged_s: float = AVERAGED_S, segment_s: float = SEGMENT_s) -> None:
        super().__init__()
        self._segment_s = segment_s
        self._most = max(1, round(2.0 * averaged_s / segment_s) - 1)
        self._densities: deque[FloatArray] = deque(maxlen=self._most)
        self._modulation_Hz: set[float] = set()
        self._lines: tuple[int, tuple[tuple[SpectralLine, ...], ...]] = (0, ((), ()))
        self._count = 0
        self._begin(float("nan"), 0)

    def _begin(self, rate_Hz: float, first: int) -> None:
        if rate_Hz != getattr(self, "_rate_Hz", None):
            self._densities.clear()
        self._rate_Hz, self._next = rate_Hz, first
        length = round(self._segment_s * rate_Hz) if rate_Hz > 0 else 0
        self._buffer, self._filled = np.empty((2, length)), 0
        window = signal.get_window("hann", length) if length else np.empty(0)
        self._window = window
        t = np.arange(length) - 0.5 * (length - 1)
        self._slope = t / (t @ t) if length > 1 else t
        self._time = t

    def feed(self, signals: Signals) -> None:
        """Take the next samples."""
        if not len(signals):
            return
        if signals.rate_Hz != self._rate_Hz or signals.first != self._next:
            self._begin(signals.rate_Hz, signals.first)
        at, n, length = 0, len(signals), self._buffer.shape[1]
        while at < n:
            part = slice(at, at + min(n - at, length - self._filled))
            taken = part.stop - part.start
            self._buffer[0, self._filled : self._filled + taken] = signals.current_A[part]
            self._buffer[1, self._filled : self._filled + taken] = signals.thermocouple_V[part]
            self._filled, at = self._filled + taken, part.stop
            if self._filled == length:
                density = self._density()
                with self._lock:
                    self._densities.append(density)
                    self._count += 1
                    self._drawn = None
                half = length - length // 2
                self._buffer[:, : length - half] = self._buffer[:, half:]
                self._filled = length - half
        self._next = signals.stop

    def event(self, event: Event) -> None:
        """Learn the frequency of a modulation, so that its lines are not taken for others."""
        programme = event.payload.get("programme")
        if event.kind is EventKind.STEP and isinstance(programme, dict) and "frequency_Hz" in programme:
            numerator, _, denominator = str(programme["frequency_Hz"]).partition("/")
            self._modulation_Hz.add(float(numerator) / float(denominator or 1.0))

    def jump(self) -> None:
        """What follows is from elsewhere in the recording."""
        with self._lock:
            self._densities.clear()
            self._drawn = None

    def _density(self) -> FloatArray:
        """One-sided density per Hz of both signals, shape (2, length // 2 + 1), as ``scipy.signal.welch`` scales it."""
        data = self._buffer - self._buffer.mean(axis=1, keepdims=True)
        data -= (data @ self._slope)[:, None] * self._time
        power = np.abs(np.fft.rfft(data * self._window, axis=1)) ** 2
        power /= self._rate_Hz * (self._window @ self._window)
        power[:, 1 : (-1 if data.shape[1] % 2 == 0 else None)] *= 2.0
        return power

    def spectra(self) -> tuple[Spectrum, Spectrum] | None:
        """Of current (A^2/Hz) and thermocouple (V^2/Hz); None before the first segment."""
        with self._lock:
            return self._spectra()

    def _spectra(self) -> tuple[Spectrum, Spectrum] | None:
        if not self._densities:
            return None
        n = len(self._densities)
        density = np.mean(np.stack(list(self._densities)), axis=0)
        frequency_Hz: FloatArray = np.arange(density.shape[1], dtype=np.float64)
        frequency_Hz *= self._rate_Hz / self._buffer.shape[1]
        first, second = (Spectrum(frequency_Hz, row, n, n - 1) for row in density)
        return first, second

    def _draw(self) -> NoiseSnapshot:
        spectra = self._spectra()
        if spectra is None:
            return NoiseSnapshot()
        if self._lines[0] != self._count:
            known = sorted(self._modulation_Hz)
            self._lines = self._count, tuple(_lines(spectrum, known) for spectrum in spectra)
        n = len(self._densities)
        densities = [unit * np.sqrt(s.density_per_Hz[1:]) for s, unit in zip(spectra, _UNITS, strict=True)]
        return NoiseSnapshot(
            spectra[0].frequency_Hz[1:],
            densities[0],
            densities[1],
            self._lines[1][0],
            self._lines[1][1],
            n,
            (n + 1) / 2.0 * self._segment_s,
        )


def _lines(spectrum: Spectrum, modulation_Hz: Sequence[float]) -> tuple[SpectralLine, ...]:
    if not np.isfinite(spectrum.density_per_Hz).all():
        return ()
    return tuple(find_lines(spectrum, known_Hz=modulation_Hz))
