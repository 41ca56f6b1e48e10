"""How much later the inputs show what the outputs put out, and the current what the bias does."""

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
        From the sample at which an output was started to that which shows its first value.
    current_lag_s, current_lag_uncertainty_s : float
        Of the current behind the looped back bias: the amplifier's filter. NaN where no current was seen.
    holds : int
    current_first_arrival : int or None
        First sample, from that of the edge in the looped back bias on, at which the current shows a step. -1 for a
        bias that is scanned first; None where no current was seen.
    """

    lag_s: float
    uncertainty_s: float
    current_lag_s: float
    current_lag_uncertainty_s: float
    holds: int
    current_first_arrival: int | None = None


def measured_lag(holds: Sequence[Hold], least_signal_to_noise: float = 20.0) -> Lag:
    """Lag of several modulated holds.

    An output changes and an input is read at ticks of one clock: what is found is a whole number of samples, and
    stands for anything within half a sample of it.

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
            "the looped back bias does not follow the programme: check the wire from output to input"
        )
    samples = np.array([at.origin - hold.start for hold, at in seen], dtype=float)
    rate_Hz = seen[0][0].rate_Hz
    n = samples.size
    variance = 1.0 / 12.0 + (samples.var(ddof=1) / n if n > 1 else 0.0)
    lag_s, uncertainty_s, arrival = _current_lag([hold for hold, _ in seen], least_signal_to_noise)
    return Lag(float(samples.mean()) / rate_Hz, sqrt(variance) / rate_Hz, lag_s, uncertainty_s, n, arrival)


def _current_lag(holds: Sequence[Hold], least_signal_to_noise: float) -> tuple[float, float, int | None]:
    """Lag of the current, its error and first arrival; NaN and None where it does not follow the bias."""
    try:
        lag = measure_lag(holds)
    except ValueError:
        return nan, nan, None
    settled = lag.response[-5:]
    clear = np.abs(settled - 1.0).max() < 1.0 / least_signal_to_noise
    return (lag.lag_s, lag.sigma_s, lag.first_arrival) if clear else (nan, nan, None)
