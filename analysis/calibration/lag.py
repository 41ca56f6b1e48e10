"""Lag of the inputs behind the outputs, and of the current behind the bias."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import nan, sqrt

import numpy as np

from analysis.heating.arrival import CHANNELS
from analysis.heating.holds import Hold
from analysis.heating.lag import EdgeResponse, align, measure_lag


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
    responses : dict of str to EdgeResponse
        Response of each channel that follows the bias.
    """

    lag_s: float
    uncertainty_s: float
    current_lag_s: float
    current_lag_uncertainty_s: float
    holds: int
    current_first_arrival: int | None = None
    responses: dict[str, EdgeResponse] = field(default_factory=dict)


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
    responses = dict(_responses([hold for hold, _ in seen], least_signal_to_noise))
    current = responses.get("current")
    return Lag(
        float(samples.mean()) / rate_Hz,
        sqrt(variance) / rate_Hz,
        nan if current is None else current.lag_s,
        nan if current is None else current.sigma_s,
        n,
        None if current is None else current.first_arrival,
        responses,
    )


def _responses(holds: Sequence[Hold], least_signal_to_noise: float) -> Iterator[tuple[str, EdgeResponse]]:
    """Yield each channel that clearly follows the bias, with its response."""
    for channel in CHANNELS:
        try:
            response = measure_lag([hold for hold in holds if "railed" not in hold.flags], channel=channel)
        except ValueError:
            continue
        if abs(response.response[-5:] - 1.0).max() < 1.0 / least_signal_to_noise:
            yield channel, response
