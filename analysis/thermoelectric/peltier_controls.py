"""Controls of a Peltier measurement: the odd part of the heat must vanish, or its coefficient stay the same."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from analysis.heating.controls import (
    DUMMY_RESISTOR,
    GOLD,
    LEADS_SWAPPED,
    ORDER_REVERSED,
    OTHER_FREQUENCIES,
    OUT_OF_CONTACT,
    ZERO_AMPLITUDE,
)
from analysis.thermoelectric.control_verdict import ControlVerdict, control_verdict
from analysis.thermoelectric.peltier_hold import PeltierHold
from analysis.thermoelectric.peltier_mean import Mean, PeltierPoint

FILM_PRESSED = "film pressed harder"
MOST_GOLD_V = 0.3e-3
"""Largest coefficient of a gold contact: 1 uV/K at 300 K."""

NEEDED_SHARE = 0.25
"""Share of the measured odd heat that a control must be able to see, to count as passed."""

VANISHING = (OUT_OF_CONTACT, ZERO_AMPLITUDE, DUMMY_RESISTOR)


def judge_controls(
    own: Mean,
    points: Sequence[PeltierPoint],
    controls: Mapping[str, Sequence[PeltierHold]],
    coefficients: Mapping[str, Mean],
) -> tuple[ControlVerdict, ...]:
    """Return the verdicts on the control experiments that were done, and on the amplitudes against each other.

    Parameters
    ----------
    own : Mean
        Pi of the measurement.
    points : sequence of PeltierPoint
    controls : mapping of str to sequence of PeltierHold
        Holds by the name of their control.
    coefficients : mapping of str to Mean
        Pi of each control.
    """
    found = [
        _vanishing(name, holds, points)
        for name, holds in controls.items()
        if name in VANISHING and any(not hold.rejected for hold in holds)
    ]
    Pi_V = {k: v for k, v in coefficients.items() if math.isfinite(v.value)}
    needed_V = NEEDED_SHARE * abs(own.value)
    if GOLD in Pi_V:
        gold = Pi_V[GOLD]
        found.append(
            control_verdict(GOLD, gold.value, gold.sigma, "V", MOST_GOLD_V, needed_V, "Pi of gold contacts")
        )
    for name, sign, what in (
        (ORDER_REVERSED, -1.0, "Pi less that with the levels in the reverse order"),
        (OTHER_FREQUENCIES, -1.0, "Pi less that at other frequencies"),
        (FILM_PRESSED, -1.0, "Pi less that of the film pressed harder"),
        (LEADS_SWAPPED, 1.0, "Pi plus that with the thermocouple's leads swapped"),
    ):
        if name in Pi_V and math.isfinite(own.value):
            other = Pi_V[name]
            value, sigma = own.value + sign * other.value, math.hypot(own.sigma, other.sigma)
            found.append(control_verdict(name, value, sigma, "V", 0.0, needed_V, what))
    return (*found, *_amplitudes(points))


def _vanishing(name: str, holds: Sequence[PeltierHold], points: Sequence[PeltierPoint]) -> ControlVerdict:
    """Judge the odd heat at the largest amplitude of a control in which no heat is expected."""
    used = [hold for hold in holds if not hold.rejected]
    largest_V = max(hold.amplitude_V for hold in used)
    at = [hold for hold in used if hold.amplitude_V == largest_V]
    weights = np.array([hold.kept_s for hold in at])
    share = weights / weights.sum()
    odd_W = float(share @ np.array([hold.odd[0] for hold in at]))
    sigma_W = math.sqrt(float(np.sum((share * np.array([hold.odd[1] for hold in at])) ** 2)))
    needed_W = NEEDED_SHARE * max((abs(point.odd_W) for point in points), default=math.inf)
    place = f" at {1e3 * largest_V:g} mV" if largest_V else ""
    return control_verdict(name, odd_W, sigma_W, "W", 0.0, needed_W, f"odd part of the heat{place}")


def _amplitudes(points: Sequence[PeltierPoint]) -> list[ControlVerdict]:
    """Compare Pi at the largest amplitude with that at the others, which the cubic term would change."""
    if len(points) < 2:
        return []
    largest, others = points[-1].coefficient, [point.coefficient for point in points[:-1]]
    weights = np.array([1.0 / one.sigma**2 if one.sigma > 0.0 else 0.0 for one in others])
    if not weights.sum() > 0.0:
        return []
    mean_V = float(weights @ np.array([one.value for one in others]) / weights.sum())
    sigma_V = math.hypot(largest.sigma, float(weights.sum() ** -0.5))
    needed_V = NEEDED_SHARE * abs(largest.value)
    return [
        control_verdict(
            "amplitudes", largest.value - mean_V, sigma_V, "V", 0.0, needed_V,
            "Pi at the largest amplitude less that at the others",
        )
    ]  # fmt: skip
