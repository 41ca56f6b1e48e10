"""Which periods of a hold count, judged by the current alone: the thermometer must not choose its own data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Exclusion:
    """Periods that do not count, and why.

    Parameters
    ----------
    period_first, period_last : int
        Both included; period 0 is the first after the modulation began.
    reason : str
    """

    period_first: int
    period_last: int
    reason: str


@dataclass(frozen=True)
class ExclusionRules:
    """When a period of a hold does not count.

    Parameters
    ----------
    factor : float
        The current at each level stays within this factor of its median.
    catastrophe : float
        No sample exceeds so many times the expected current.
    widened : float
        The low-bias conductance afterwards lies in the window, widened by this factor at both ends.
    least_periods : int
        A hold that keeps fewer is not used: 12 are 1 s at 12.25 Hz.
    drift : float
        Relative drift of the current from which on a hold is flagged; it still counts.
    significance : float
        No rule fires for deviations below so many standard deviations of the current's own noise.
    """

    factor: float = 2.0
    catastrophe: float = 3.0
    widened: float = 2.0
    least_periods: int = 12
    drift: float = 0.3
    significance: float = 6.0
