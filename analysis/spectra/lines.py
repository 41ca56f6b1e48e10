"""Narrow lines in a spectrum: mains, modulation, and others."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.distributions import gamma_exceeded, gamma_median
from analysis.records import FloatArray
from analysis.sliding import median
from analysis.spectra.welch import Spectrum

LOBE = 2
"""Points to either side that a line fills with a Hann window."""

_SURROUNDINGS = 30


@dataclass(frozen=True)
class SpectralLine:
    """A narrow line: frequency and rms in the unit of the channel; ``name`` is "" if unknown."""

    frequency_Hz: float
    rms: float
    name: str = ""


def find_lines(
    spectrum: Spectrum,
    chance: float = 1e-3,
    known_Hz: Sequence[float] = (),
    surroundings: int = _SURROUNDINGS,
) -> list[SpectralLine]:
    """Find narrow lines that stand above their surroundings.

    Parameters
    ----------
    spectrum : Spectrum
    chance : float
        Probability of finding any line in noise that has none.
    known_Hz : sequence of float
        Fundamentals of the modulation: lines at their multiples are named "modulation".
    surroundings : int
        Points to either side above which a line must stand, all within the spectrum; fewer for short segments.

    Returns
    -------
    list of SpectralLine
        Strongest first. Those within 0.2 % of a multiple of 50 or 60 Hz are named "mains" (the fundamental) or
        "mains 2" ... (its multiples).
    """
    p, k = spectrum.density_per_Hz, spectrum.independent_segments
    floor = median(p, 2 * surroundings + 1)
    floor = floor / (gamma_median(k) / k)  # a median of noise lies below its mean
    limit = gamma_exceeded(chance / p.size, k) / k
    lines = []
    for i in _tops(p):
        if surroundings <= i < p.size - surroundings and p[i] > limit * floor[i] > 0.0:
            lobe = slice(i - LOBE, i + LOBE + 1)
            power = float(np.sum(p[lobe] - floor[lobe])) * spectrum.step_Hz
            if power <= 0.0:  # a point that stands out on a slope, but whose lobe does not, is not a line
                continue
            frequency = _between_points(spectrum, int(i))
            lines.append(SpectralLine(frequency, math.sqrt(power), _line_name(frequency, spectrum, known_Hz)))
    return sorted(lines, key=lambda line: -line.rms)


def _tops(density: FloatArray) -> NDArray[np.intp]:
    """Return the points higher than all within `LOBE` of them; none so close to the ends."""
    if density.size <= 2 * LOBE:
        return np.empty(0, dtype=np.intp)
    around = np.lib.stride_tricks.sliding_window_view(density, 2 * LOBE + 1)
    lower = (around < around[:, [LOBE]]).sum(axis=1)
    return LOBE + np.flatnonzero(lower == 2 * LOBE)


def _between_points(spectrum: Spectrum, i: int) -> float:
    """Return the frequency of a pure tone from the ratio of the two highest points of its lobe (Hann window)."""
    p = spectrum.density_per_Hz
    side = 1 if i + 1 < p.size and p[i + 1] > p[i - 1] else -1
    ratio = math.sqrt(p[i + side] / p[i])
    return (
        float(spectrum.frequency_Hz[i])
        + side * max((2.0 * ratio - 1.0) / (1.0 + ratio), 0.0) * spectrum.step_Hz
    )


def _line_name(frequency_Hz: float, spectrum: Spectrum, known_Hz: Sequence[float]) -> str:
    for fundamental in known_Hz:
        multiple = round(frequency_Hz / fundamental)
        if multiple and abs(frequency_Hz - multiple * fundamental) < 0.5 * spectrum.step_Hz:
            return "modulation"
    for fundamental in (50.0, 60.0):
        multiple = round(frequency_Hz / fundamental)
        near = max(2e-3 * multiple * fundamental, 0.5 * spectrum.step_Hz)
        if multiple and abs(frequency_Hz - multiple * fundamental) < near:
            return "mains" if multiple == 1 else f"mains {multiple}"
    return ""
