"""Lag of the inputs behind the outputs, and of the current behind the bias."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan, sqrt

import numpy as np

from analysis.heating.holds import Hold
from analysis.heating.lag import align, measure_lag


@dataclass(frozen=True)
class Lag:
    """Delays with one standard deviation each.

    Parameters
    ----------
    lag_s, uncertainty_s : float
        Delay from the start of an output to the sample that shows its first value.
    current_lag_s, current_lag_uncertainty_s : float
        Delay of the current behind the looped back bias, from the amplifier's filter. NaN without a current.
    holds : int
    current_first_arrival : int or None
        First sample at which the current shows a step, counted from the edge in the looped back bias: -1 for a
        bias that is scanned first; None without a current.
    """

    lag_s: float
    uncertainty_s: float
    current_lag_s: float
    current_lag_uncertainty_s: float
    holds: int
    current_first_arrival: int | None = None


def measured_lag(holds: Sequence[Hold], least_signal_to_noise: float = 20.0) -> Lag:
    """Measure the lag of several modulated holds.

    Outputs change and inputs are read at ticks of one clock: the measured lag is a whole number of samples, with an
    uncertainty of half a sample to either side.

    Raises
    ------
    ValueError
        If no hold shows its programme on the looped back bias.
    """
    placed = [(hold, align(hold)) for hold in holds]
    seen = [
        (hold, at) for hold, at in placed if at.seen and at.residual_V < 0.2 * hold.programme.largest_bias_V
    ]
    if not seen:
        raise ValueError(
            "the looped back bias does not follow the programme: check the cable from the output to the input"
        )
    samples = np.array([at.origin - hold.start for hold, at in seen], dtype=float)
    rate_Hz = seen[0][0].rate_Hz
    n = samples.size
    variance = 1.0 / 12.0 + (samples.var(ddof=1) / n if n > 1 else 0.0)
    lag_s, uncertainty_s, arrival = _current_lag([hold for hold, _ in seen], least_signal_to_noise)
    return Lag(float(samples.mean()) / rate_Hz, sqrt(variance) / rate_Hz, lag_s, uncertainty_s, n, arrival)


def _current_lag(holds: Sequence[Hold], least_signal_to_noise: float) -> tuple[float, float, int | None]:
    """Return the lag of the current, its error and first arrival; NaN and None if the current does not follow
    the bias.
    """
    try:
        lag = measure_lag(holds)
    except ValueError:
        return nan, nan, None
    settled = lag.response[-5:]
    clear = np.abs(settled - 1.0).max() < 1.0 / least_signal_to_noise
    return (lag.lag_s, lag.sigma_s, lag.first_arrival) if clear else (nan, nan, None)
