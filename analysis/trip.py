"""Trips: conditions of the current at which a large bias is removed from a junction at once.

A contact of one gold atom at 1.27 V carries 98 uA and heats the tip by kelvins, where millikelvins are measured.
The detectors work like those of ``analysis.detect`` and take the current in A: ``inf``, with its sign, where the
amplifier is railed.
"""

import numpy as np

from analysis.constants import G0_S
from analysis.detect import Detector, FirstRun
from analysis.records import FloatArray

MOST_OF_EXPECTED = 3.0
"""Multiple of the expected current beyond which the junction is no longer the one that was caught."""

RUPTURE_SHARE, RUPTURE_SAMPLES = 0.5, 5
"""Share of the least current of a window below which a junction counts as broken, and the samples in a row below it."""

METALLIC_G0 = 0.5
"""Conductance from which a junction counts as metal; a contact of one gold atom has 1 G0."""


class CurrentTrip:
    """Trip on a modulus of the current above a limit for ``consecutive`` samples; railed samples exceed any limit.

    Raises
    ------
    ValueError
        For a limit that is not positive.
    """

    def __init__(self, limit_A: float, consecutive: int = 1) -> None:
        if not limit_A > 0:
            raise ValueError(f"a current limit of {limit_A} A; must be positive")
        self._limit_A = limit_A
        self._run = FirstRun(consecutive)

    def feed(self, current_A: FloatArray) -> int | None:
        """Take currents in A, shape (n,); index of first fulfilment, or None so far."""
        modulus_A = np.abs(current_A)
        return self._run.feed((modulus_A > self._limit_A) | (modulus_A == np.inf))

    @property
    def soonest(self) -> int:
        """Least number of further samples with which it can fire."""
        return self._run.soonest


class OverloadTrip(CurrentTrip):
    """Trip on an amplifier railed for ``consecutive`` samples, at any current."""

    def __init__(self, consecutive: int = 1) -> None:
        super().__init__(np.inf, consecutive)


class RuptureTrip:
    """Trip on a modulus of the current below a limit for ``consecutive`` samples: the junction has broken.

    ``consecutive`` must span a whole period of the programme, which includes its largest level.
    """

    def __init__(self, limit_A: float, consecutive: int) -> None:
        self._limit_A = limit_A
        self._run = FirstRun(consecutive)

    def feed(self, current_A: FloatArray) -> int | None:
        """Take currents in A, shape (n,); index of first fulfilment, or None so far."""
        return self._run.feed(np.abs(current_A) < self._limit_A)

    @property
    def soonest(self) -> int:
        """Least number of further samples with which it can fire."""
        return self._run.soonest


def metallic_current_A(bias_V: float, series_resistance_ohm: float = 0.0) -> float:
    """Return the current (A) through 0.5 G0 at an applied bias: more than through any molecule, less than through
    metal.
    """
    conductance_S = METALLIC_G0 * G0_S
    return conductance_S * abs(bias_V) / (1.0 + conductance_S * series_resistance_ohm)


def trips(
    amplitude_V: float,
    expected_A: float | None,
    window_high_G0: float,
    series_resistance_ohm: float = 0.0,
    least_A: float = 0.0,
    factor: float = MOST_OF_EXPECTED,
) -> dict[str, Detector]:
    """Return fresh detectors for one modulation or sweep, keyed by the name that a trip gets in the recording.

    Parameters
    ----------
    amplitude_V : float
        Largest modulus of the bias.
    expected_A : float or None
        Largest modulus of the current that the junction should carry; None if unknown.
    window_high_G0 : float
        Highest conductance at low bias with which a junction is accepted. "contact" trips only if that is below a
        metal contact's.
    series_resistance_ohm : float
        In series with the junction.
    least_A : float
        Smaller currents (noise, charging currents) never trip, unless the amplifier is railed.
    factor : float
        Multiple of the expected current above which "current" trips.

    Returns
    -------
    dict of str to Detector
        "overload", "contact" (above the current through 0.5 G0) and "current" (above ``factor`` times the expected).
    """
    detectors: dict[str, Detector] = {"overload": OverloadTrip()}
    if amplitude_V and window_high_G0 < METALLIC_G0:
        detectors["contact"] = CurrentTrip(
            max(metallic_current_A(amplitude_V, series_resistance_ohm), least_A)
        )
    limit_A = max(factor * expected_A, least_A) if expected_A is not None else 0.0
    if limit_A > 0:
        detectors["current"] = CurrentTrip(limit_A)
    return detectors
