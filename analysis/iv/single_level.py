"""One level fitted to the curve of every junction, with a verdict whether it describes the curve.

The curve of a junction is fitted in ln|I|, so that a range of decades counts alike, with the level half way between
the electrodes and equal couplings. A fit always ends somewhere: its numbers mean something only if the curve is
described, which needs residuals within three times the noise, a distance below a factor of 1.35 throughout, and no
parameter at the limit of its range.
"""

import math
from dataclasses import dataclass

import numpy as np

from analysis.constants import G0_S
from analysis.fitting.data import JunctionData, LogCurrentData
from analysis.fitting.families import Parameter, level_family
from analysis.fitting.least_squares import fit
from analysis.fitting.problem import Problem
from analysis.records import FloatArray

LEAST_POINTS = 8

MOST_NOISE = 3.0
"""Largest rms residual, in units of the noise."""

MOST_RMS_LN = 0.3
"""Largest rms of ln|I| about the fit."""

RELATIVE_ERROR = 0.01
"""Least error of a current as a share of it: gain and voltage are not known better."""

_SEEN = 2.0  # errors: currents below have no logarithm to speak of
_WIDTH = 9  # points over which the noise is taken


@dataclass(frozen=True)
class LevelFit:
    """Fit to one junction.

    Parameters
    ----------
    energy_eV, gamma_eV : float
        Distance of the level from the Fermi energy, without sign, and half its width, as each electrode contributes;
        NaN where no fit was possible.
    covariance : tuple of float
        Variances of both, and their covariance, in eV^2, from the residuals.
    rms_ln : float
        Rms distance of ln|I| from the fit.
    rms_noise : float
        The same in units of the noise.
    described : bool
    reason : str
        Why the curve is not described; "" if it is.
    """

    energy_eV: float = math.nan
    gamma_eV: float = math.nan
    covariance: tuple[float, float, float] = (math.nan, math.nan, math.nan)
    rms_ln: float = math.nan
    rms_noise: float = math.nan
    described: bool = False
    reason: str = ""


def fit_level(
    voltage_V: FloatArray,
    current_A: FloatArray,
    temperature_K: float = 300.0,
    molecules_free: bool = False,
) -> LevelFit:
    """Fit one level to the curve of one junction.

    Parameters
    ----------
    voltage_V, current_A : ndarray, shape (n,)
        Rising voltages; NaN is left out.
    temperature_K : float
        Of both electrodes.
    molecules_free : bool
        Fit also the number of molecules in parallel, for junctions of large area.
    """
    data = _weighed(voltage_V, current_A)
    if data is None:
        return LevelFit(reason=f"fewer than {LEAST_POINTS} currents stand out from the noise")
    start = _gamma_at_zero(data)
    energy = Parameter("energy_eV", 0.7, 0.02, 5.0)
    gamma = Parameter("gamma_eV", start, 1e-6, 3.0, True)
    molecules: Parameter | float = 1.0
    if molecules_free:
        gamma = Parameter("gamma_eV", 0.02, 1e-6, 3.0, True)
        molecules = Parameter("molecules", 1.0, 1e-12, 1e15, True)
    junction = JunctionData(data, temperature_probe_K=temperature_K, temperature_substrate_K=temperature_K)
    problem = Problem(junction, level_family([[energy, gamma, gamma, 0.5]]), molecules)
    found = fit(problem)
    rms_noise = math.sqrt(found.chi_square / max(found.degrees_of_freedom, 1))
    rms_ln = math.sqrt(float(np.mean((found.residual * data.sigma_ln) ** 2)))
    covariance = found.covariance * max(rms_noise, 1.0) ** 2
    reason = _reason(rms_noise, rms_ln, found.at_bound)
    return LevelFit(
        abs(float(found.values[0])),
        float(found.values[1]),
        (float(covariance[0, 0]), float(covariance[1, 1]), float(covariance[0, 1])),
        rms_ln,
        rms_noise,
        not reason,
        reason,
    )


def fit_levels(
    voltage_V: FloatArray, mean_A: FloatArray, temperature_K: float = 300.0, molecules_free: bool = False
) -> tuple[LevelFit, ...]:
    """Return the fit of each junction's curve, a row of ``mean_A`` (junctions, n)."""
    return tuple(fit_level(voltage_V, row, temperature_K, molecules_free) for row in mean_A)


def local_noise(current_A: FloatArray) -> FloatArray:
    """Return the noise of each point of a curve from second differences, median over nine neighbours, shape (n,).

    A smooth curve has second differences too: on coarse steps this is an upper limit.
    """
    second = np.abs(current_A[:-2] - 2.0 * current_A[1:-1] + current_A[2:]) / math.sqrt(6.0) / 0.6745
    padded = np.pad(second, (1 + _WIDTH // 2, 1 + _WIDTH // 2), mode="edge")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, _WIDTH), axis=1))


def _weighed(voltage_V: FloatArray, current_A: FloatArray) -> LogCurrentData | None:
    good = np.isfinite(current_A) & (voltage_V != 0.0)
    v, i = voltage_V[good], current_A[good]
    if v.size < LEAST_POINTS:
        return None
    noise = local_noise(i)
    seen = (v * i > 0.0) & (np.abs(i) > _SEEN * noise)
    if np.count_nonzero(seen) < LEAST_POINTS:
        return None
    relative = np.hypot(noise[seen] / np.abs(i[seen]), RELATIVE_ERROR)
    return LogCurrentData(v[seen], i[seen], relative)


def _gamma_at_zero(data: LogCurrentData) -> float:
    """Return the width that a level at 0.7 eV needs for the conductance at the smallest voltages."""
    nearest = np.argsort(np.abs(data.voltage_V))[:4]
    conductance_G0 = float(np.median(data.current_A[nearest] / data.voltage_V[nearest])) / G0_S
    return float(np.clip(0.7 * math.sqrt(max(conductance_G0, 0.0)), 1e-5, 1.0))


def _reason(rms_noise: float, rms_ln: float, at_bound: tuple[str, ...]) -> str:
    if at_bound:
        return f"{at_bound[0]} ends at the limit of its range"
    if rms_ln > MOST_RMS_LN:
        return f"the fit is off by {rms_ln:.2g} in ln|I|"
    if rms_noise > MOST_NOISE:
        return f"the fit is off by {rms_noise:.2g} times the noise"
    return ""
