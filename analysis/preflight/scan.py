"""Statistics of a short scan of a terminal: mean, scatter, white noise without the mains, mains."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.records import FloatArray

SCAN_RATE_Hz = 2000.0
"""Rate of a scan: the noise band ends below half of it, and every card can scan all terminals at it."""

MAINS_Hz = (50.0, 60.0)
BAND_Hz = (300.0, 950.0)
"""Band of the white noise: above 1/f and most of the mains, below the corner of a usual filter."""

TAPER = 0.1
"""Share of a scan at either end over which it is faded: enough against the mains, while most samples count fully."""

LINE_WIDTH_Hz = 5.0
"""Distance from a multiple of the mains within which the band is left out."""

LEAST_FREE = 4
"""Least number of degrees of freedom from which an error is estimated."""

BLOCK_S = 0.1
"""Length of an averaging block: whole periods of 50 and of 60 Hz."""


@dataclass(frozen=True)
class Statistics:
    """Volts at one terminal during a scan.

    Parameters
    ----------
    mean_V, sd_V : float
    white_V_per_rtHz : float
        White noise in `BAND_Hz`, without multiples of the mains; NaN if the scan is too short.
    mains_V : float
        Amplitude of the stronger of 50 and 60 Hz.
    """

    mean_V: float
    sd_V: float
    white_V_per_rtHz: float = float("nan")
    mains_V: float = float("nan")


def statistics(volts: FloatArray, rate_Hz: float) -> Statistics:
    """Return the statistics of samples, shape (n,), at ``rate_Hz``."""
    return Statistics(
        float(volts.mean()), float(volts.std()), white_V_per_rtHz(volts, rate_Hz), mains_V(volts, rate_Hz)
    )


def white_V_per_rtHz(volts: FloatArray, rate_Hz: float) -> float:
    """Return the density of the white noise in `BAND_Hz`, V/sqrt(Hz); NaN if fewer than ten points are left."""
    edge = np.minimum(np.arange(1, volts.size + 1), np.arange(volts.size, 0, -1)) / (TAPER * volts.size)
    window = np.sin(np.pi / 2 * np.minimum(edge, 1.0)) ** 2
    spectrum = np.fft.rfft((volts - volts.mean()) * window)
    density = 2 * np.abs(spectrum) ** 2 / (rate_Hz * np.sum(window**2))
    frequency_Hz = np.fft.rfftfreq(volts.size, 1 / rate_Hz)
    kept = (frequency_Hz >= BAND_Hz[0]) & (frequency_Hz <= BAND_Hz[1])
    for mains in MAINS_Hz:
        kept &= np.abs(frequency_Hz - mains * np.rint(frequency_Hz / mains)) > LINE_WIDTH_Hz
    return float(np.sqrt(density[kept].mean())) if kept.sum() >= 10 else float("nan")


def mains_V(volts: FloatArray, rate_Hz: float) -> float:
    """Return the amplitude of the stronger mains frequency, in V, from whole periods."""
    n = int(volts.size / (BLOCK_S * rate_Hz)) * round(BLOCK_S * rate_Hz)
    if not n:
        return float("nan")
    time_s = np.arange(n) / rate_Hz
    return max(float(2 * abs(np.mean(volts[:n] * np.exp(-2j * np.pi * f * time_s)))) for f in MAINS_Hz)


def slope(levels_V: Sequence[float], readings_V: Sequence[FloatArray], rate_Hz: float) -> tuple[float, float]:
    """Return the response to a stimulus and its standard error, by regression with a linear drift.

    Parameters
    ----------
    levels_V : sequence of float
        Level of the stimulus in each reading, in the order of time.
    readings_V : sequence of ndarray, shape (n,)
        Volts of the terminal at each level; cut into blocks of `BLOCK_S`, which the mains do not move.
    rate_Hz : float

    Returns
    -------
    tuple of float
        Volts per volt; the error is infinite with too few blocks.
    """
    n = max(round(BLOCK_S * rate_Hz), 1)
    blocks = [np.mean(part) for volts in readings_V for part in np.split(volts, range(n, volts.size, n))]
    each = len(blocks) // len(levels_V)
    level = np.repeat(np.asarray(levels_V), each)
    design = np.column_stack([level - level.mean(), np.ones(level.size), np.linspace(-1, 1, level.size)])
    fitted, *_ = np.linalg.lstsq(design, np.asarray(blocks), rcond=None)
    free = level.size - design.shape[1]
    if free < LEAST_FREE:
        return float(fitted[0]), float("inf")
    variance = float(np.sum((blocks - design @ fitted) ** 2)) / free
    return float(fitted[0]), float(np.sqrt(variance * np.linalg.inv(design.T @ design)[0, 0]))
