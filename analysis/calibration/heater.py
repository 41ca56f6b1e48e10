"""The heater from stretches with it on and off, the tip away: rise per watt, time constant, leak into the current.

Heat does not depend on the sign of the heater's voltage V; what changes sign with it is an electrical leak. Both come
from one regression of the change between on and off,

    change = a V^2 / R + b V,

so that a is a rise per watt in a thermometer, and b the leak in the current. Drift cancels between the stretches with
the heater off on either side.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from analysis.records import FloatArray
from analysis.statistics.junction_mean import few_widening

LEAST_STRETCHES = 4
"""Least number of stretches with the heater on."""

SAMPLE_SIGMA = 1.0 / sqrt(12.0)
"""Error of a time that is known to one sample, in samples."""


@dataclass(frozen=True)
class HeaterStretch:
    """Means over a stretch with a steady heater.

    Parameters
    ----------
    sample : float
        Its middle.
    heater_V, power_W : float
        Of the read-back.
    values : ndarray, shape (m,)
        Thermometers in K and current in A.
    """

    sample: float
    heater_V: float
    power_W: float
    values: FloatArray


@dataclass(frozen=True)
class Part:
    """A coefficient with its standard error from the scatter of the stretches, wider where they are few."""

    value: float
    sigma: float


@dataclass(frozen=True)
class HeaterResponse:
    """Response of one input: per watt, and per volt with its sign (NaN if the voltage had one sign only)."""

    per_W: Part
    per_V: Part


def heater_responses(on: Sequence[HeaterStretch], off: Sequence[HeaterStretch]) -> list[HeaterResponse]:
    """Return the response of each input.

    Raises
    ------
    ValueError
        For too few stretches, or a heater that was never on.
    """
    if len(on) < LEAST_STRETCHES or len(off) < 2:
        raise ValueError(f"the heater was on {len(on)} times; at least {LEAST_STRETCHES} are needed")
    samples = np.array([one.sample for one in on])
    zero = _shares(samples, np.array([one.sample for one in off]))
    volts, watts = (
        np.array([getattr(one, name) for one in on]) - zero @ np.array([getattr(one, name) for one in off])
        for name in ("heater_V", "power_W")
    )
    if not np.all(watts > 0.0):
        raise ValueError("the heater's read-back shows no power: check its supply and the read-back")
    both = bool(volts.min() < 0.0 < volts.max())
    design = np.stack([watts, volts], axis=1) if both else watts[:, None]
    changes = np.array([one.values for one in on]) - zero @ np.array([one.values for one in off])
    covariance = np.eye(len(on)) + zero @ zero.T
    return [_response(design, change, covariance) for change in changes.T]


def _shares(samples: FloatArray, at: FloatArray) -> FloatArray:
    """Return the matrix that interpolates between the stretches with the heater off."""
    return np.stack([np.interp(samples, at, row) for row in np.eye(len(at))], axis=1)


def _response(design: FloatArray, change: FloatArray, covariance: FloatArray) -> HeaterResponse:
    """Fit one input; ``covariance`` is that of the changes but for its scale, which the rest gives."""
    inverse = np.linalg.pinv(design)
    found = inverse @ change
    rest = change - design @ found
    left = np.eye(len(change)) - design @ inverse
    variance = float(rest @ rest) / float(np.trace(left @ covariance @ left.T))
    wider = few_widening(len(change) - design.shape[1] + 1.0)
    sigma = wider * np.sqrt(variance * np.diag(inverse @ covariance @ inverse.T))
    parts = [Part(float(value), float(error)) for value, error in zip(found, sigma, strict=True)]
    return HeaterResponse(parts[0], parts[1] if len(parts) > 1 else Part(float("nan"), float("nan")))


@dataclass(frozen=True)
class Change:
    """Power and temperature about a change of the heater.

    Parameters
    ----------
    power_W, value : ndarray, shape (n,)
        From well before the change of the power until the value is steady.
    before, after : float
        Steady values.
    """

    power_W: FloatArray
    value: FloatArray
    before: float
    after: float


def time_constant_s(changes: Sequence[Change], rate_Hz: float, filter_s: float) -> Part:
    """Return the time constant with which a temperature follows the power, less that of its filter.

    The area between a step and the response is the time constant, of any number of poles. It needs no fit, and each
    change counts with its squared size.

    Raises
    ------
    ValueError
        Without a change.
    """
    lags, weights = [], []
    for one in changes:
        size = one.after - one.before
        half = 0.5 * (one.power_W[0] + one.power_W[-1])
        later = one.power_W > half if one.power_W[-1] > one.power_W[0] else one.power_W < half
        begin = int(np.argmax(later))
        if not size or not later.any():
            continue
        # a sample shows the output of one tick before: on average the power has been there for half of one
        missing = (one.after - one.value[begin:]) / size
        early = (one.value[:begin] - one.before) / size
        lags.append(float(missing.sum() - early.sum() + 0.5) / rate_Hz)
        weights.append(size**2)
    if not lags:
        raise ValueError("the heater's power did not change")
    lag_s, weight = np.array(lags), np.array(weights) / np.sum(weights)
    mean_s = float(weight @ lag_s)
    scatter_s = float(np.sqrt(weight**2 @ (lag_s - mean_s) ** 2)) if len(lags) > 1 else 0.0
    return Part(mean_s - filter_s, float(np.hypot(scatter_s, SAMPLE_SIGMA / rate_Hz)))
