"""Amounts of data of a commissioning."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Amounts:
    """Numbers and times of the steps.

    Parameters
    ----------
    dwell_s : float
        Time at each level of a staircase.
    ghost_s : float
        Averaging time of each ghost.
    holds : int
        Modulations for the lag.
    noise_s : float
        Length of the noise record.
    stops, trips : int
        Stopped ramps and tripped modulations.
    kills : int
        Programs killed to test the watchdog.
    contacts : int
        Gold contacts for the sign of the thermometer.
    """

    dwell_s: float = 0.5
    ghost_s: float = 0.4
    holds: int = 10
    noise_s: float = 60.0
    stops: int = 50
    trips: int = 100
    kills: int = 20
    contacts: int = 10


FULL = Amounts()
QUICK = Amounts(dwell_s=0.2, ghost_s=0.2, holds=3, noise_s=8.0, stops=10, trips=10, kills=2, contacts=3)
"""For a rehearsal: the same steps with larger errors."""
