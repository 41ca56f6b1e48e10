"""Means of a noise thermometer: resistors that calibrate it, contacts, and contacts at one temperature difference."""

from collections.abc import Iterable
from dataclasses import dataclass

LEAST_CONDUCTANCES = 3
"""Number of different conductances that a calibration needs, the open input among them."""


@dataclass(frozen=True)
class ResistorNoise:
    """Conductance of a resistor, or 0 of the open input, with its density in the band and in its halves."""

    conductance_S: float
    density_A2_per_Hz: float
    halves: tuple[float, float]
    relative: float


@dataclass(frozen=True)
class NoiseContact:
    """Temperature of one contact, and the error of its own noise."""

    difference_K: float
    conductance_S: float
    density_A2_per_Hz: float
    temperature_K: float
    sigma_K: float


@dataclass(frozen=True)
class NoiseSet:
    """Mean over the contacts at one temperature difference.

    ``sigma_K`` includes the calibration, ``contacts_sigma_K`` is that of the contacts alone. ``halves_K`` is the
    temperature from the upper less that from the lower half of the band, with its error.
    """

    difference_K: float
    contacts: int
    temperature_K: float
    sigma_K: float
    contacts_sigma_K: float
    expected_K: float
    halves_K: tuple[float, float]


def conductances(resistors: Iterable[ResistorNoise]) -> int:
    """Return the number of different conductances."""
    return len({round(1e6 * one.conductance_S, 3) for one in resistors})
