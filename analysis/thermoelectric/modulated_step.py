"""Thermal conductance from the amplitude of a modulated temperature before and after a rupture.

A heater driven at f_h warms the tip at 2 f_h. While the junction conducts, it closes a path to the substrate, and the
amplitude is smaller by 1 + R_P G_th. Joule heat, bias, drift of the zero and the heater's own voltage have no part at
2 f_h.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray


def complex_amplitude(
    values: FloatArray,
    time_s: FloatArray,
    frequency_Hz: float,
    drift_order: int = 1,
    lines_Hz: Sequence[float] = (),
) -> complex:
    """Return X of x(t) = Re[X exp(i 2 pi f t)] + polynomial, by least squares.

    Parameters
    ----------
    values, time_s : ndarray, shape (n,)
        At even spacing.
    frequency_Hz : float
    drift_order : int
        Order of the polynomial.
    lines_Hz : sequence of float
        Frequencies fitted beside it, such as a harmonic of the mains.

    Raises
    ------
    ValueError
        With fewer samples than coefficients, or fewer than one period.
    """
    if len(values) < drift_order + 3 or (time_s[-1] - time_s[0]) * frequency_Hz < 0.9:
        raise ValueError("an amplitude needs at least one period of samples")
    return fitted_amplitude(values, waves(time_s, frequency_Hz, lines_Hz), drift_order)


def waves(time_s: FloatArray, frequency_Hz: float, lines_Hz: Sequence[float] = ()) -> FloatArray:
    """Return cosine and sine of a frequency and of further lines at even times (n,), shape (2 + 2 lines, n)."""
    rows = np.empty((2 + 2 * len(lines_Hz), len(time_s)))
    for k, f in enumerate((frequency_Hz, *lines_Hz)):
        turned = _turned(2.0 * np.pi * f, time_s)
        rows[2 * k], rows[2 * k + 1] = turned.real, turned.imag
    return rows


def _turned(omega_per_s: float, time_s: FloatArray) -> NDArray[np.complex128]:
    """Return exp(i omega t) at even times, by one product a sample: sines of each are half of an evaluation."""
    step = math.isqrt(len(time_s)) + 1
    starts, within = time_s[::step], time_s[:step] - time_s[:1]
    return np.outer(np.exp(1j * omega_per_s * starts), np.exp(1j * omega_per_s * within)).ravel()[
        : len(time_s)
    ]


def lines_Hz(mains_Hz: float, thermal_Hz: float) -> tuple[float, ...]:
    """Return the lines fitted beside an alternating temperature: the mains and its multiple nearest by."""
    if not mains_Hz:
        return ()
    return tuple(sorted({mains_Hz, max(1, round(thermal_Hz / mains_Hz)) * mains_Hz}))


def fitted_amplitude(values: FloatArray, wave_rows: FloatArray, drift_order: int = 1) -> complex:
    """Return the amplitude of the first wave of `waves` in samples of even spacing, beside a polynomial."""
    drift, of_drift = _drift(len(values), drift_order)
    across = wave_rows @ drift.T
    normal = np.block([[wave_rows @ wave_rows.T, across], [across.T, of_drift]])
    coefficients = np.linalg.solve(normal, np.concatenate([wave_rows @ values, drift @ values]))
    return complex(coefficients[0], -coefficients[1])


@lru_cache(maxsize=8)
def _drift(n: int, order: int) -> tuple[FloatArray, FloatArray]:
    """Return the powers of the time up to an order, shape (order + 1, n), and their products."""
    along = np.linspace(-1.0, 1.0, n)
    rows = np.stack([along**k for k in range(order + 1)])
    return rows, rows @ rows.T


def modulated_W_per_K(closed: complex, opened: complex, resistance_K_per_W: float) -> float:
    """Return G_th = Re(A_open / A_closed - 1) / R_P from the amplitudes with the junction closed and open."""
    return (opened / closed - 1.0).real / resistance_K_per_W


def modulated_sigma_W_per_K(
    amplitude_K: float,
    noise_V2_per_Hz: float,
    window_s: float,
    seebeck_V_per_K: float,
    resistance_K_per_W: float,
) -> float:
    """Return the standard error of G_th of one rupture with windows of ``window_s`` on both sides.

    Var = 2 S(f) / T / (S_TC R_P A)^2, with the thermocouple's noise at the modulation.
    """
    volts_per_W_per_K = seebeck_V_per_K * resistance_K_per_W * amplitude_K
    return math.sqrt(2.0 * noise_V2_per_Hz / window_s) / volts_per_W_per_K
