"""The mains in a thermometer's voltage: its lines with their actual frequencies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from analysis.heating.aligned_hold import place
from analysis.heating.estimator import EstimatorSettings, HoldEstimator
from analysis.heating.exclusion import judge
from analysis.heating.holds import Hold
from analysis.records import FloatArray

NOMINAL_Hz = (50.0, 60.0)
HARMONICS = 9
WITHIN_Hz = 0.5
"""Largest deviation of a line from its nominal frequency."""

BESIDE_Hz = 4.0
"""Range to either side in which the noise around a line is measured."""

PADDED = 1 << 16
"""Least length of the Fourier transforms: 0.03 Hz at 2 kHz, a sixth of the resolution of 5 s."""

MOST_HOLDS = 30

LEAST_PERIODS = 12
"""Least number of periods of a hold; shorter ones blur the spectrum."""


@dataclass(frozen=True)
class MainsLine:
    """A line of the mains: its frequency, and its amplitude at the preamplifier's input (root mean square of holds)."""

    frequency_Hz: float
    amplitude_V: float


def measure_mains(
    holds: Iterable[Hold], mask_samples: int = 6, lead_samples: int = 0
) -> tuple[MainsLine, ...]:
    """Find the mains lines in the residuals of the thermocouple's voltage after levels and baseline.

    Lines are lines one after the other, the strongest first, each together with those already lines, so that the
    side lobes of a strong line do not count.

    The power of a line, summed over the holds, exceeds that of the noise around it by at least 8 standard
    deviations, so that noise alone does not count.

    Parameters
    ----------
    holds : iterable of Hold
        Holds of one run; the first thirty are used, except those of less than a dozen periods.
    mask_samples : int
        Samples left out after each edge.
    lead_samples : int
        Samples left out before it.

    Returns
    -------
    tuple of MainsLine
        By rising frequency; empty if there are none.
    """
    chosen = list(islice(holds, MOST_HOLDS))
    lines: dict[float, MainsLine] = {}
    while True:
        lines_Hz = tuple(line.frequency_Hz for line in lines.values())
        candidates = _lines(chosen, EstimatorSettings(1.0, mask_samples, lines_Hz, lead_samples=lead_samples))
        new = {nominal: candidate for nominal, candidate in candidates.items() if nominal not in lines}
        if not new:
            return tuple(lines[nominal] for nominal in sorted(lines))
        strongest = max(new, key=lambda nominal: new[nominal][0])
        lines[strongest] = new[strongest][1]


def _lines(holds: Sequence[Hold], settings: EstimatorSettings) -> dict[float, tuple[float, MainsLine]]:
    """Return the lines other than those of ``settings``, by nominal frequency, each with its power over that of the
    noise.
    """
    estimator = HoldEstimator(settings)
    spectra = [spectrum for hold in holds if (spectrum := _power_V2(hold, estimator)) is not None]
    if not spectra:
        return {}
    length = max(len(spectrum) for spectrum in spectra)
    spectra = [spectrum for spectrum in spectra if len(spectrum) == length]
    power = np.mean(spectra, axis=0)
    f_Hz = np.arange(length) * holds[0].rate_Hz / (2 * (length - 1))
    nominals = {k * f for f in NOMINAL_Hz for k in range(1, HARMONICS + 1)}
    lines = {nominal: _line(f_Hz, power, nominal, len(spectra)) for nominal in nominals}
    return {nominal: line for nominal, line in lines.items() if line is not None}


def _power_V2(hold: Hold, estimator: HoldEstimator) -> FloatArray | None:
    """Return the squared amplitude that a line would have at each frequency; None for an unusable hold."""
    try:
        placed = place(hold, estimator.settings.mask_samples, estimator.settings.lead_samples)
        kept = judge(placed, None).kept
        if kept.sum() < LEAST_PERIODS or not placed.thermometer_reads(kept):
            return None
        fit, regression = estimator.fit(placed, kept)
    except ValueError:
        return None
    padded = max(PADDED, 1 << (len(hold) - 1).bit_length())
    return (2.0 / regression.samples * np.abs(np.fft.rfft(regression.spread(fit.residual_V, padded)))) ** 2


def _line(
    f_Hz: FloatArray, power: FloatArray, nominal_Hz: float, holds: int
) -> tuple[float, MainsLine] | None:
    """Return the line near a nominal frequency, if there is one, with its power over that of the noise."""
    distance_Hz = np.abs(f_Hz - nominal_Hz)
    near = np.flatnonzero(distance_Hz <= WITHIN_Hz)
    beside = power[(distance_Hz > 2.0 * WITHIN_Hz) & (distance_Hz <= BESIDE_Hz)]
    if not near.size or not beside.size or near[-1] + 1 >= len(power):
        return None
    peak = near[np.argmax(power[near])]
    noise = np.median(beside) / np.log(2.0) ** (1.0 / holds)
    if power[peak] <= noise * (1.0 + 8.0 / np.sqrt(holds) + 20.0 / holds):
        return None
    left, middle, right = np.log(power[peak - 1 : peak + 2])
    bend = left - 2.0 * middle + right
    shift = 0.5 * (left - right) / bend if bend < 0.0 else 0.0
    frequency_Hz = float(f_Hz[peak] + np.clip(shift, -0.5, 0.5) * f_Hz[1])
    return float(power[peak] / noise), MainsLine(frequency_Hz, float(np.sqrt(power[peak])))
