"""Line of current on bias within one hold: conductance and open-circuit voltage, with errors from the hold itself.

A conductance that flickers or jumps is noise in proportion to the bias. The levels are weighted by the noise that each
one shows, so that the current near zero bias, which has none of it, decides the open-circuit voltage.
"""

import math
from dataclasses import dataclass, field, replace

import numpy as np
import scipy
from numpy.typing import NDArray

from analysis.constants import G0_S
from analysis.heating.mask import Filters
from analysis.records import FloatArray
from analysis.thermoelectric.open_circuit import OpenCircuit, open_circuit

LEAST_SAMPLES = 20
EDGE = 0.2
"""Share of the bias's range by which it changes at an edge of the programme."""

ABOVE, MEDIAN = 6.0, 0.6745
"""Least edge over the noise of the read-back; median of the size of a Gaussian number over its standard deviation."""

LOW_SHARE, HIGH_MULTIPLE = 0.5, 6.0
"""Band of the residuals' spectrum in multiples of the modulation, whose mean is the noise of a hold."""

ROUNDS = 3
"""Fits of the line, each weighted with the residuals of the one before."""

UNKNOWN = OpenCircuit(*[math.nan] * 6)


@dataclass(frozen=True)
class HoldRules:
    """Times around an edge that are left out, and lines of the mains that are fitted beside the line.

    Parameters
    ----------
    settle_s, lead_s : float
        Left out after and before each edge of the looped-back bias.
    mains_Hz : float
        0: no line is fitted.
    filters : Filters
        Of both amplifiers, whose lags are corrected with an alternating heater.
    seebeck_V_per_K : float
        S_TC, for the amplitude of an alternating temperature.
    """

    settle_s: float
    lead_s: float = 0.0015
    mains_Hz: float = 50.0
    filters: Filters = field(default_factory=Filters)
    seebeck_V_per_K: float = math.nan


def settled(bias_V: FloatArray, rate_Hz: float, rules: HoldRules) -> NDArray[np.bool_]:
    """Return True for samples away from the edges of the bias and from its beginning, shape (n,)."""
    keep = np.isfinite(bias_V)
    lead, after = math.ceil(rules.lead_s * rate_Hz), math.ceil(rules.settle_s * rate_Hz)
    for edge in (0, *_edges(bias_V)):
        keep[max(edge - lead, 0) : edge + after] = False
    return keep


def _edges(bias_V: FloatArray) -> NDArray[np.intp]:
    """Return the first sample after each edge of the bias that stands out of the noise of its read-back."""
    step_V = np.abs(np.diff(bias_V))
    known = np.isfinite(step_V)
    if not known.any():
        return np.empty(0, dtype=np.intp)
    noise_V = float(np.median(step_V[known])) / MEDIAN
    return (
        np.flatnonzero(step_V > max(EDGE * float(np.nanmax(bias_V) - np.nanmin(bias_V)), ABOVE * noise_V)) + 1
    )


def fitted_line(
    bias_V: FloatArray, current_A: FloatArray, rate_Hz: float, rules: HoldRules, changes: float | None = None
) -> tuple[OpenCircuit, str]:
    """Return the line of a hold and "", or unknown numbers and the reason.

    Parameters
    ----------
    bias_V, current_A : ndarray, shape (n,)
        Looped-back bias, and current; NaN where missing.
    rate_Hz : float
    rules : HoldRules
    changes : float or None
        Relative scatter of the conductance from level to level, where a hold is too short to show it.
    """
    keep = settled(bias_V, rate_Hz, rules) & np.isfinite(current_A)
    at, read_V, amperes = np.flatnonzero(keep), bias_V[keep], current_A[keep]
    _, plateau = np.unique(np.searchsorted(_edges(bias_V), at, side="right"), return_inverse=True)
    volts = _means(read_V, plateau)[plateau]  # noise of the read-back is no bias, and would flatten the line
    if at.size < LEAST_SAMPLES or not np.ptp(volts) > 0.0:
        return UNKNOWN, "too few samples"
    columns = _columns(volts, at, rules.mains_Hz / rate_Hz)
    size = np.sqrt((columns**2).sum(axis=0))
    design, root = columns / size, np.ones(len(at))
    for _ in range(ROUNDS):
        solution = np.linalg.lstsq(design * root[:, None], amperes * root, rcond=None)[0]
        residual_A, slope_S = amperes - design @ solution, float(solution[1] / size[1])
        white_A2 = _white_A2(residual_A - slope_S * (read_V - volts))
        floor_A2 = float(root**2 @ white_A2 / (root @ root))
        root = np.sqrt(_weights(volts, residual_A, plateau, floor_A2, changes and changes * slope_S))
    noise = noise_A2_per_Hz(residual_A, at, bias_V, rate_Hz)
    fit = open_circuit(volts, amperes - design[:, 2:] @ solution[2:], noise, rate_Hz, root**2)
    if not fit.conductance_S > 1e-12 * G0_S:
        return UNKNOWN, "no conductance"
    rows = np.linalg.pinv(design * root[:, None])[:2] * root / size[:2, None]
    share = (rows[0] + fit.open_circuit_V * rows[1]) / fit.conductance_S
    period = np.floor(at * (modulation_Hz(bias_V, rate_Hz) / rate_Hz)).astype(np.int64)
    return replace(fit, sigma_open_circuit_V=sigma_from_periods_V(share, residual_A, period, white_A2)), ""


def _columns(volts: FloatArray, at: NDArray[np.intp], mains: float) -> FloatArray:
    """Return what is fitted to the current: 1, V, V t, and lines of the mains; ``mains`` is their periods a sample."""
    columns = [np.ones(len(at)), volts, volts * (at - at.mean())]  # a conductance that drifts is no voltage
    if mains * np.ptp(at) > 2.0:
        phase = 2.0 * np.pi * mains * at
        columns += [np.sin(phase), np.cos(phase)]
    return np.column_stack(columns)


def _white_A2(residual_A: FloatArray) -> FloatArray:
    """Return an estimate of the variance by white noise for each sample, from the step to the next."""
    return np.append(0.5 * np.diff(residual_A) ** 2, 0.0)


def _means(values: FloatArray, plateau: NDArray[np.intp]) -> FloatArray:
    """Return the mean of each plateau, shape (plateaus,)."""
    return np.bincount(plateau, weights=values) / np.bincount(plateau)


def _weights(
    volts: FloatArray,
    residual_A: FloatArray,
    plateau: NDArray[np.intp],
    white_A2: float,
    change_S: float | None,
) -> FloatArray:
    """Return the weight of each sample: one over a + c V^2, the variance of its plateau's mean, shape (n,).

    ``a`` is not below what white noise leaves; ``c`` comes from the scatter of the conductance ``change_S`` from level
    to level, or, if that is None, from the scatter of the plateaus.
    """
    mean_A, mean_V2 = _means(residual_A, plateau), _means(volts**2, plateau)
    a, c = 0.0, (change_S or 0.0) ** 2
    if change_S is None:
        most_V2 = float(mean_V2.max())
        a, c = scipy.optimize.nnls(np.column_stack([np.ones(len(mean_V2)), mean_V2 / most_V2]), mean_A**2)[0]
        c /= most_V2
    variance_A2 = max(a, white_A2 * len(mean_V2) / len(volts)) + c * mean_V2
    if not variance_A2.min() > 0.0:
        return np.ones(len(volts))
    return np.asarray((variance_A2.min() / variance_A2)[plateau])


def noise_A2_per_Hz(
    residual_A: FloatArray, at: NDArray[np.int64], bias_V: FloatArray, rate_Hz: float
) -> float:
    """Return the density of the residuals about the modulation, where the line has its weight.

    It is not below the white level, so that a chance gap of the spectrum makes no error too small.
    """
    spread = np.zeros(len(bias_V))
    spread[at] = residual_A
    power = 2.0 / (rate_Hz * len(at)) * np.abs(np.fft.rfft(spread)) ** 2
    f_Hz = np.fft.rfftfreq(len(bias_V), 1.0 / rate_Hz)
    here_Hz = modulation_Hz(bias_V, rate_Hz)
    band = (f_Hz >= LOW_SHARE * here_Hz) & (f_Hz <= HIGH_MULTIPLE * here_Hz) & (f_Hz > 0.0)
    return max(float(power[band].mean()), float(power[f_Hz > 0.0].mean()))


def modulation_Hz(bias_V: FloatArray, rate_Hz: float) -> float:
    """Return the frequency at which the bias swings most."""
    swing = np.abs(np.fft.rfft(np.nan_to_num(bias_V - np.nanmean(bias_V))))
    return float((1 + np.argmax(swing[1:])) * rate_Hz / len(bias_V))


def sigma_from_periods_V(
    share: FloatArray, residual_A: FloatArray, period: NDArray[np.int64], white_A2: FloatArray
) -> float:
    """Return the standard error of V_oc from the scatter of the periods, whatever the noise is at each bias.

    The result is not below the error from the white noise.

    Parameters
    ----------
    share, residual_A, period, white_A2 : ndarray, shape (n,)
        Of the kept samples: share in V_oc, in V/A, residual of the line, number of the period, and estimate of the
        variance by white noise of current and read-back.
    """
    _, which = np.unique(period, return_inverse=True)
    parts_V = np.bincount(which, weights=share * residual_A)
    freedom = max(len(parts_V) - 1, 1)
    scatter_V = math.sqrt(len(parts_V) / freedom * float(parts_V @ parts_V))
    return max(scatter_V, math.sqrt(float(share**2 @ white_A2)))
