"""White noise of a current in a band, beside its flicker noise and lines: of the mains, of supplies, of rotors."""

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray

BAND_Hz = (1000.0, 6000.0)
"""Band of the noise: above flicker, below the roll-off of the amplifier."""

LINE_BINS, LINE_Hz, LINE_SHARE = 2.0, 0.5, 1e-3
"""Left out on either side of each multiple of the mains: points of the spectrum, at least this band, in which a line
has its side lobes, and at least this share of its frequency: that of a grid wanders, by 50 mHz of 50 Hz or less."""

CHANCE, LINE_ROUNDS = 1e-3, 4
"""Chance of taking any point of the noise for a line at another frequency, and rounds that find weaker ones."""

TAPER = 0.05
"""Share of a hold at each end over which it rises and falls as a cosine, so that a line stays within its points."""

INDEPENDENT = (1.0 - 1.25 * TAPER) ** 2 / (1.0 - 93.0 / 64.0 * TAPER)
"""Independent points among those of the spectrum, as a share: (sum w^2)^2 / (n sum w^4) of that window."""

BLOCK_S = 0.01
"""Length of the means that show steps of the current."""

SLOW_Hz = (100.0, 500.0)
"""Band below that of the noise, in which steps of the current show."""

FIT_BINS, FIT_ROUNDS = 14, 4
"""Number of means of the spectrum to which white and flicker noise are fitted, equally spaced in log f, and of fits."""

LEAST_EXPECTED = 0.3
"""Least expected density over the mean that is there, for the weights."""


@dataclass(frozen=True)
class BandNoise:
    """White density of a hold and its relative error, in both halves of the band too, without its flicker noise.

    ``flicker_A2`` is that of the flicker noise times the frequency, with its error.
    """

    density_A2_per_Hz: float
    relative: float
    halves: tuple[float, float]
    flicker_A2: float = 0.0
    flicker_sigma_A2: float = math.nan


def band_noise(
    current_A: FloatArray, rate_Hz: float, mains_Hz: float, band_Hz: tuple[float, float] = BAND_Hz
) -> BandNoise:
    """Return the white noise of a band from a fit of white and flicker noise, without multiples of the mains.

    The fit begins at 100 Hz, where flicker noise shows best. A contact is never quite at 0 V: the thermovoltage of a
    heated one and the offset of the bias drive a current, and its flicker noise reaches into the band.

    Points that noise does not reach by chance are lines at other frequencies, and left out with those beside them. A
    line that stays below adds ln(n / 0.001) / n of n points to the density at most, less than the error of a hold.

    Raises
    ------
    ValueError
        If no frequency lies in the band.
    """
    frequency_Hz, density, used = _spectrum(current_A, rate_Hz, mains_Hz)
    inside = (frequency_Hz >= band_Hz[0]) & (frequency_Hz < band_Hz[1])
    for _ in range(LINE_ROUNDS):
        if (used & inside).sum() < 4:
            raise ValueError(f"the hold has no points from {band_Hz[0]:g} to {band_Hz[1]:g} Hz")
        (white, flicker), (sigma, flicker_sigma) = _white_and_flicker(
            frequency_Hz[used], density[used], band_Hz[1]
        )
        lines = _lines(frequency_Hz, density, used & (frequency_Hz < band_Hz[1]), (white, flicker))
        if not lines.any():
            break
        used &= ~lines
    inside &= used
    middle_Hz = 0.5 * (band_Hz[0] + band_Hz[1])

    def half(which: NDArray[np.bool_]) -> float:
        return float(density[which].mean() - flicker * np.mean(1.0 / frequency_Hz[which]))

    halves = half(inside & (frequency_Hz < middle_Hz)), half(inside & (frequency_Hz >= middle_Hz))
    return BandNoise(white, sigma / white, halves, flicker, flicker_sigma)


def _spectrum(
    current_A: FloatArray, rate_Hz: float, mains_Hz: float
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Return frequencies, periodogram, and the points above 0 Hz that are no multiple of the mains."""
    ends = max(round(BLOCK_S * rate_Hz), 1)
    drift = np.linspace(current_A[:ends].mean(), current_A[-ends:].mean(), len(current_A))
    x: FloatArray = current_A - drift
    taper = _taper(len(x))
    x = taper * (x - x.mean())
    density: FloatArray = 2.0 / (rate_Hz * np.sum(taper**2)) * np.abs(np.fft.rfft(x)) ** 2
    frequency_Hz, used = _points(len(x), rate_Hz, mains_Hz)
    return frequency_Hz, density, used.copy()


@lru_cache(maxsize=1)
def _points(n: int, rate_Hz: float, mains_Hz: float) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return the frequencies of the spectrum of n samples, and which are above 0 Hz and no multiple of the mains."""
    frequency_Hz: FloatArray = np.asarray(np.fft.rfftfreq(n, 1.0 / rate_Hz), dtype=np.float64)
    off_Hz = np.abs(frequency_Hz - mains_Hz * np.rint(frequency_Hz / mains_Hz))
    least_Hz = max(LINE_BINS * rate_Hz / n, LINE_Hz)
    used: NDArray[np.bool_] = off_Hz > np.maximum(least_Hz, LINE_SHARE * frequency_Hz)
    frequency_Hz.flags.writeable = used.flags.writeable = False
    return frequency_Hz, used


@lru_cache(maxsize=1)
def _taper(n: int) -> FloatArray:
    """Return a window that is 1 but for a cosine at each end, shape (n,); holds of a run are often equally long."""
    from_end = np.minimum(np.arange(n), np.arange(n)[::-1]) / max(TAPER * n, 1.0)
    taper = np.asarray(0.5 - 0.5 * np.cos(np.pi * np.minimum(from_end, 1.0)))
    taper.flags.writeable = False
    return taper


def _lines(
    frequency_Hz: FloatArray, density: FloatArray, used: NDArray[np.bool_], fitted: tuple[float, float]
) -> NDArray[np.bool_]:
    """Return the used points that noise does not reach by chance, and those within their side lobes."""
    white, flicker = fitted
    from_Hz = frequency_Hz >= SLOW_Hz[0]
    expected = np.maximum(white + flicker / np.maximum(frequency_Hz, SLOW_Hz[0]), 0.0)
    high = used & from_Hz & (density > expected * np.log(max(used.sum(), 1) / CHANCE))
    beside = round(max(LINE_BINS, LINE_Hz / frequency_Hz[1]))
    return np.convolve(high, np.ones(2 * beside + 1), "same") > 0.5


def _white_and_flicker(
    frequency_Hz: FloatArray, density: FloatArray, highest_Hz: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Fit W + A/f to means of a periodogram; return W and A, and their errors. Each point scatters by its own size."""
    edges = np.geomspace(SLOW_Hz[0], highest_Hz, FIT_BINS + 1)
    places = np.searchsorted(frequency_Hz, edges)
    groups = [slice(start, stop) for start, stop in pairwise(places) if start < stop]
    points = INDEPENDENT * np.array([group.stop - group.start for group in groups])
    means = np.array([density[group].mean() for group in groups])
    design = np.array([(1.0, np.mean(SLOW_Hz[1] / frequency_Hz[group])) for group in groups])
    expected = np.full(len(means), float(points @ means / points.sum()))
    for _ in range(FIT_ROUNDS):
        weight = np.sqrt(points) / expected
        covariance = np.linalg.inv((design * weight[:, None]).T @ (design * weight[:, None]))
        white, flicker = covariance @ (design * weight[:, None]).T @ (means * weight)
        expected = np.maximum(design @ (white, flicker), LEAST_EXPECTED * means)
    sigma, flicker_sigma = np.sqrt(np.diag(covariance))
    return (float(white), float(flicker) * SLOW_Hz[1]), (float(sigma), float(flicker_sigma) * SLOW_Hz[1])


def slow_density(current_A: FloatArray, rate_Hz: float, mains_Hz: float) -> float:
    """Return the mean density below the band, where steps of the current show."""
    frequency_Hz, density, used = _spectrum(current_A, rate_Hz, mains_Hz)
    return float(density[used & (frequency_Hz >= SLOW_Hz[0]) & (frequency_Hz < SLOW_Hz[1])].mean())
