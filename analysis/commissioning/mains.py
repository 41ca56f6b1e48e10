"""Frequency of the mains, and their harmonics on each input."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.records import FloatArray

HARMONICS = 5
NOMINAL_Hz = (50.0, 60.0)
WITHIN_Hz = 1.0
"""Largest deviation of a grid from its nominal frequency."""

SEEN = 6.0
"""Least amplitude of a line, over that of the noise around it."""


@dataclass(frozen=True)
class Line:
    """A harmonic on an input: amplitude in V and phase in rad, at the first sample."""

    amplitude_V: float
    phase_rad: float


@dataclass(frozen=True)
class Mains:
    """Mains in a recording.

    Parameters
    ----------
    frequency_Hz : float
        NaN if no input shows them.
    lines : mapping of str to tuple of Line
        The first harmonics of each input.
    """

    frequency_Hz: float
    lines: Mapping[str, tuple[Line, ...]]


def mains(volts: Mapping[str, FloatArray], rate_Hz: float) -> Mains:
    """Find the mains in simultaneous samples of several inputs, each of shape (n,)."""
    found = [_strongest(one, rate_Hz) for one in volts.values()]
    seen, frequency_Hz = max(found, default=(0.0, float("nan")))
    if seen < SEEN:
        return Mains(float("nan"), {})
    return Mains(frequency_Hz, {name: _lines(one, rate_Hz, frequency_Hz) for name, one in volts.items()})


def _strongest(volts: FloatArray, rate_Hz: float) -> tuple[float, float]:
    """Return amplitude over noise, and frequency, of the stronger of both grids' fundamentals."""
    window = np.hanning(volts.size)
    spectrum = np.fft.rfft((volts - volts.mean()) * window)
    frequency_Hz = np.fft.rfftfreq(volts.size, 1 / rate_Hz)
    modulus = np.abs(spectrum)
    best = (0.0, float("nan"))
    for nominal_Hz in NOMINAL_Hz:
        near = np.flatnonzero(np.abs(frequency_Hz - nominal_Hz) <= WITHIN_Hz)
        around = np.abs(np.abs(frequency_Hz - nominal_Hz) - 3 * WITHIN_Hz) <= WITHIN_Hz
        if not near.size or not around.any():
            continue
        peak = int(near[np.argmax(modulus[near])])
        noise = float(np.sqrt(np.mean(modulus[around] ** 2))) or np.finfo(float).tiny
        best = max(best, (float(modulus[peak]) / noise, _refined(volts, rate_Hz, float(frequency_Hz[peak]))))
    return best


def _refined(volts: FloatArray, rate_Hz: float, frequency_Hz: float) -> float:
    """Return a frequency from the advance of the phase between the halves of the samples."""
    half = volts.size // 2
    wave = np.exp(-2j * np.pi * frequency_Hz * np.arange(2 * half) / rate_Hz)
    window, centred = np.hanning(half), volts[: 2 * half] - volts.mean()
    first, second = (np.sum((centred * wave)[part] * window) for part in (slice(half), slice(half, None)))
    return frequency_Hz + float(np.angle(second / first)) / (2 * np.pi * half / rate_Hz)


def _lines(volts: FloatArray, rate_Hz: float, frequency_Hz: float) -> tuple[Line, ...]:
    window = np.hanning(volts.size)
    time_s = np.arange(volts.size) / rate_Hz
    amplitudes = [
        2
        * np.sum((volts - volts.mean()) * window * np.exp(-2j * np.pi * n * frequency_Hz * time_s))
        / window.sum()
        for n in range(1, HARMONICS + 1)
    ]
    return tuple(Line(float(abs(one)), float(np.angle(one))) for one in amplitudes)
