"""Flicker noise of held junctions: noise power of each window, from its periodogram.

Adak et al., Nano Lett. 15, 4143 (2015). The noise power NP of a window is the trapezoid of its one-sided spectral
density of the conductance over a band, both ends included, in G0^2. A plain sum over the bins is larger by 2 %; a
straight line is subtracted first, because a drift of 30 % within a window multiplies NP by 1.5.

The amplifier's floor is the noise power of an open junction at the same gain and bias. Spectral densities of
independent noises add, so it is subtracted; not subtracted, a floor of a quarter of the median NP turns an exponent of
1.4 into 1.0.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray

WINDOW_s = 0.1
BAND_Hz = (100.0, 1000.0)

LEAST_BINS = 10
LEAST_RATE_Hz = 2500.0
LEAST_WINDOW_s = 0.05

LEAST_FLOORS = 3.0
"""Noise power, in floors, at whose conductance windows begin to be left out."""


class UnsuitableForFlicker(ValueError):
    """Samples from which no noise power of the band can be had; the message has the remedy."""


@dataclass(frozen=True)
class FlickerRules:
    """Length of a window in s, band of the noise power in Hz, and order of the polynomial that is subtracted."""

    window_s: float = WINDOW_s
    band_Hz: tuple[float, float] = BAND_Hz
    order: int = 1


@dataclass(frozen=True, eq=False)
class NoiseWindows:
    """Windows of held junctions, arrays of shape (n,).

    Parameters
    ----------
    junction : ndarray of int
        Number of the junction.
    conductance_G0 : ndarray
        Mean over the window.
    power_G02 : ndarray
        Noise power in G0^2, with the amplifier's floor.
    floor_G02 : ndarray
        Noise power of the open junction at the same gain and bias; NaN if it was not measured.
    """

    junction: NDArray[np.intp]
    conductance_G0: FloatArray
    power_G02: FloatArray
    floor_G02: FloatArray

    def __len__(self) -> int:
        return self.junction.size


def check_sampling(rate_Hz: float, samples: int, rules: FlickerRules) -> None:
    """Refuse samples that do not resolve the band.

    Raises
    ------
    UnsuitableForFlicker
        Below 2500 samples/s or twice the band's end, for a window below 50 ms or longer than the hold, and for fewer
        than ten bins in the band.
    """
    low, high = rules.band_Hz
    needed_Hz = max(LEAST_RATE_Hz, 2.0 * high)
    if rate_Hz < needed_Hz:
        raise UnsuitableForFlicker(
            f"{rate_Hz:g} samples/s do not reach {high:g} Hz: flicker noise needs {needed_Hz:g} samples/s or more"
        )
    if rules.window_s < LEAST_WINDOW_s:
        raise UnsuitableForFlicker(
            f"a window of {1e3 * rules.window_s:g} ms is too short; take {1e3 * LEAST_WINDOW_s:g} ms or more"
        )
    if samples < round(rules.window_s * rate_Hz):
        raise UnsuitableForFlicker(
            f"held for {1e3 * samples / rate_Hz:.3g} ms, less than one window of {1e3 * rules.window_s:g} ms; hold "
            "junctions for longer"
        )
    bins = math.floor(high * rules.window_s + 1e-9) - math.ceil(low * rules.window_s - 1e-9) + 1
    if bins < LEAST_BINS:
        raise UnsuitableForFlicker(
            f"{low:g} to {high:g} Hz has {bins} points in windows of {1e3 * rules.window_s:g} ms, and {LEAST_BINS} are "
            "needed; widen the band or lengthen the windows"
        )


def windows_of(samples: FloatArray, rate_Hz: float, window_s: float = WINDOW_s) -> FloatArray:
    """Return the whole windows of a hold, shape (windows, n): no overlap, the rest at the end left out."""
    n = round(window_s * rate_Hz)
    windows = samples.size // n
    return samples[: windows * n].reshape(windows, n)


def periodograms(
    windows: FloatArray, rate_Hz: float, order: int = FlickerRules.order
) -> tuple[FloatArray, FloatArray]:
    """Return frequencies (m,) in Hz and one-sided densities (windows, m) per Hz, without a window function.

    Parameters
    ----------
    windows : ndarray, shape (windows, n)
    rate_Hz : float
    order : int
        Order of the polynomial that is subtracted from each window: 0 its mean, 1 a straight line.
    """
    n = windows.shape[1]
    basis = np.polynomial.legendre.legvander(np.linspace(-1.0, 1.0, n), order)
    orthonormal, _ = np.linalg.qr(basis)
    rest = windows - (windows @ orthonormal) @ orthonormal.T
    density: FloatArray = np.abs(np.fft.rfft(rest)) ** 2 * (2.0 / (rate_Hz * n))
    density[:, 0] /= 2.0
    if n % 2 == 0:
        density[:, -1] /= 2.0
    return np.asarray(np.fft.rfftfreq(n, 1.0 / rate_Hz)), density


def noise_power(
    frequency_Hz: FloatArray, density: FloatArray, band_Hz: tuple[float, float] = BAND_Hz
) -> FloatArray:
    """Return the trapezoid of each density (windows, m) over the bins of the band, both ends included."""
    inside = (frequency_Hz >= band_Hz[0] - 1e-9) & (frequency_Hz <= band_Hz[1] + 1e-9)
    return np.asarray(np.trapezoid(density[:, inside], frequency_Hz[inside], axis=1))


def hold_windows(
    conductance_G0: FloatArray,
    rate_Hz: float,
    junction: int,
    floor_G02: float = math.nan,
    rules: FlickerRules | None = None,
) -> NoiseWindows:
    """Return the windows of one hold; those with a sample that is not finite are left out.

    Raises
    ------
    UnsuitableForFlicker
        As `check_sampling` does.
    """
    rules = rules or FlickerRules()
    check_sampling(rate_Hz, conductance_G0.size, rules)
    windows = windows_of(conductance_G0, rate_Hz, rules.window_s)
    windows = windows[np.isfinite(windows).all(axis=1)]
    frequency_Hz, density = periodograms(windows, rate_Hz, rules.order)
    n = len(windows)
    return NoiseWindows(
        np.full(n, junction, dtype=np.intp),
        windows.mean(axis=1),
        noise_power(frequency_Hz, density, rules.band_Hz),
        np.full(n, floor_G02),
    )


def open_floor_A2(current_A: FloatArray, rate_Hz: float, rules: FlickerRules | None = None) -> float:
    """Return the noise power of the current in A^2 of an open junction, the mean of its windows; NaN without one.

    Divide by (bias times G0)^2 for G0^2.
    """
    rules = rules or FlickerRules()
    try:
        windows = hold_windows(current_A, rate_Hz, 0, rules=rules)
    except UnsuitableForFlicker:
        return math.nan
    return float(windows.power_G02.mean()) if len(windows) else math.nan


def joined(windows: list[NoiseWindows]) -> NoiseWindows:
    """Return the windows of several holds together."""
    if not windows:
        return NoiseWindows(np.empty(0, dtype=np.intp), *(np.empty(0) for _ in range(3)))
    return NoiseWindows(
        np.concatenate([w.junction for w in windows]),
        np.concatenate([w.conductance_G0 for w in windows]),
        np.concatenate([w.power_G02 for w in windows]),
        np.concatenate([w.floor_G02 for w in windows]),
    )
