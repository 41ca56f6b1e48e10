"""Controls of a heating measurement: what should be nothing, what should not change, what should add up.

Pick-up by capacitance, leakage, the multiplexer or the ground follows the bias with its sign and looks exactly like
an asymmetry of heat. It shows where there is no junction, no amplitude, or no tip in the circuit.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from analysis.heating.estimator import FIRST_SHARE
from analysis.heating.points import HeatingPoint
from analysis.heating.settling import Settling
from analysis.heating.significance import pooled
from analysis.heating.slopes import slope_over_points
from analysis.heating.verdict import Check, Verdict, verdicts

OUT_OF_CONTACT = "out of contact"
ZERO_AMPLITUDE = "zero amplitude"
DUMMY_RESISTOR = "dummy resistor"
ORDER_REVERSED = "order reversed"
OTHER_FREQUENCIES = "other frequencies"
LEADS_SWAPPED = "leads swapped"
GOLD = "gold"
CLOSURE = "closure"
FIRST_PERIODS = "first periods"

LEAST_NEEDED_K = 0.2e-3
"""Twice the smallest uncertainty of Lee et al., Nature 498, 209 (2013): a control need not do better."""

NEEDED_SHARE = 0.25
"""Of the largest asymmetry found: a control must exclude that so much of it is something else."""

NEEDED_SCALE = 0.1
"""Slope and closure must be known to so much of themselves to say anything of calibrations."""

WHY = {
    OUT_OF_CONTACT: "Full modulation with the tip withdrawn shows pick-up, leakage and ground currents.",
    ZERO_AMPLITUDE: "A hold at 0 V through the same procedure shows what the evaluation makes of noise.",
    DUMMY_RESISTOR: "The same current through a resistor in place of the junction shows what is not heat in the tip.",
    ORDER_REVERSED: "The levels in the order -, 0, + show drifts and transients that pass for heat.",
    OTHER_FREQUENCIES: "Half and twice the frequency show transients and drifts that pass for heat.",
    LEADS_SWAPPED: "With the thermocouple's leads swapped heat changes its sign, and pick-up from the ground does not.",
    GOLD: "Contacts of one gold atom must be symmetric, with dT/Q_Total = R_P/2.",
    CLOSURE: "dT(+) + dT(-) = R_P Q_Total tests thermometer and current together.",
    FIRST_PERIODS: "The first sixth of each hold against the rest shows what decays after the modulation began.",
}


@dataclass(frozen=True, eq=False)
class ControlData:
    """Points of a campaign by what they are for.

    Parameters
    ----------
    measured : sequence of HeatingPoint
        The measurement.
    controls : sequence of HeatingPoint
        Each with the name of its control.
    by_programme : sequence of HeatingPoint
        Measured holds and those of the controls of order and frequency, a point for each amplitude, order and
        frequency.
    gold : sequence of HeatingPoint
        Contacts of one gold atom, from the measurement or a control.
    power_relative : float
        Uncertainty of the gain of the current amplifier, common to all powers; NaN where nobody has said.
    settling : Settling or None
        First against later periods of the measured holds.
    """

    measured: Sequence[HeatingPoint]
    controls: Sequence[HeatingPoint] = ()
    by_programme: Sequence[HeatingPoint] = ()
    gold: Sequence[HeatingPoint] = ()
    power_relative: float = math.nan
    settling: Settling | None = None


def judge_controls(data: ControlData) -> tuple[Verdict, ...]:
    """A verdict on every control, those that were not done included."""
    needed_K = needed(data.measured)
    of = {name: [p for p in data.controls if p.control == name] for name in WHY}
    checks: dict[str, list[Check]] = {
        name: [check for p in of[name] for check in null_checks(p, needed_K)]
        for name in (OUT_OF_CONTACT, ZERO_AMPLITUDE, DUMMY_RESISTOR)
    }
    checks[ORDER_REVERSED] = order_checks(data.by_programme, needed_K)
    checks[OTHER_FREQUENCIES] = frequency_checks(data.by_programme, needed_K)
    checks[LEADS_SWAPPED] = swapped_checks(data.measured, of[LEADS_SWAPPED], needed_K)
    checks[GOLD] = gold_checks(data.gold, needed_K, data.power_relative)
    checks[CLOSURE] = closure_checks(data.measured, data.power_relative)
    checks[FIRST_PERIODS] = settling_checks(data.settling, needed_K)
    involved = {
        **of,
        ORDER_REVERSED: data.by_programme,
        OTHER_FREQUENCIES: data.by_programme,
        GOLD: data.gold,
        CLOSURE: data.measured,
        FIRST_PERIODS: data.measured,
    }
    dates = {name: max((p.date for p in points), default="") for name, points in involved.items()}
    return verdicts(checks, dates, WHY)


def needed(measured: Iterable[HeatingPoint]) -> float:
    """Largest false temperature that a control may leave unseen, in K."""
    return max([LEAST_NEEDED_K, *(NEEDED_SHARE * abs(p.asymmetry_K) for p in measured)])


def null_checks(point: HeatingPoint, needed_K: float) -> list[Check]:
    """No heat: neither what changes with the sign of the bias nor what does not."""
    at = f" at {point.amplitude_V:g} V" if point.amplitude_V else ""
    return [
        Check(f"{name}{at}", value, 0.0, sigma, needed_K, point.degrees_of_freedom)
        for name, value, sigma in _odd_and_even(point)
    ]


def order_checks(points: Sequence[HeatingPoint], needed_K: float) -> list[Check]:
    """Levels in another order give the same, amplitude by amplitude, at the frequency they share."""
    return [
        check
        for same in _alike(points, lambda p: (p.amplitude_V, p.frequency_Hz))
        for check in _same(same, lambda p: f"order {p.order}", needed_K)
    ]


def frequency_checks(points: Sequence[HeatingPoint], needed_K: float) -> list[Check]:
    """Another frequency gives the same, amplitude by amplitude, in the order they share."""
    return [
        check
        for same in _alike(points, lambda p: (p.amplitude_V, p.order))
        for check in _same(same, lambda p: f"{p.frequency_Hz:g} Hz", needed_K)
    ]


def swapped_checks(
    measured: Sequence[HeatingPoint], swapped: Sequence[HeatingPoint], needed_K: float
) -> list[Check]:
    """With the thermocouple's leads swapped all temperatures change their sign."""
    found = []
    for other in swapped:
        for point in (p for p in measured if p.amplitude_V == other.amplitude_V):
            numbers = zip(_odd_and_even(point), _odd_and_even(other), strict=True)
            for (name, a, sigma_a), (_, b, sigma_b) in numbers:
                what = f"{name} with both polarities of the leads, sum at {point.amplitude_V:g} V"
                found.append(
                    Check(what, a + b, 0.0, math.hypot(sigma_a, sigma_b), needed_K, _least(point, other))
                )
    return found


def gold_checks(points: Sequence[HeatingPoint], needed_K: float, power_relative: float) -> list[Check]:
    """Both polarities alike, and half of the power in the tip."""
    points = [p for p in points if p.thermometer == points[0].thermometer and p.q_total_W > 0.0]
    if not points:
        return []
    freedoms = [p.degrees_of_freedom for p in points]
    asymmetry_K, sigma_K, freedom = pooled(
        [p.asymmetry_K for p in points], [p.asymmetry_sigma_K for p in points], freedoms
    )
    symmetric = Check("dT(-) - dT(+)", asymmetry_K, 0.0, sigma_K, needed_K, freedom)
    thermometer = points[0].thermometer
    half = 0.5 * thermometer.resistance_K_per_W
    slope = slope_over_points(points)
    scale = _scale(points[0], power_relative) * half
    sigma = math.hypot(slope.sigma_K_per_W, scale)
    return [
        symmetric,
        Check("dT/Q_Total", slope.slope_K_per_W, half, sigma, NEEDED_SCALE * half, freedom, "K/W"),
    ]


def closure_checks(points: Sequence[HeatingPoint], power_relative: float) -> list[Check]:
    """All power is found again in the sum of both polarities, whatever the transmission."""
    known = [p for p in points if p.closure_sigma > 0.0]
    if not known:
        return []
    closure, statistical, freedom = pooled(
        [p.closure for p in known],
        [p.closure_sigma for p in known],
        [p.degrees_of_freedom for p in known],
    )
    sigma = math.hypot(statistical, _scale(known[0], power_relative))
    return [Check("(dT(+) + dT(-))/(R_P Q_Total)", closure, 1.0, sigma, NEEDED_SCALE, freedom, "")]


def settling_checks(settling: Settling | None, needed_K: float) -> list[Check]:
    """The first sixth of the periods finds what the others do. What differs there moves a mean by a sixth of it."""
    if settling is None:
        return []
    numbers = zip(("dT(+)", "dT(-)"), settling.difference_K, settling.sigma_K, strict=True)
    return [
        Check(
            f"{name}, first sixth of the periods less the rest",
            float(value),
            0.0,
            float(sigma),
            needed_K / FIRST_SHARE,
            settling.degrees_of_freedom,
        )
        for name, value, sigma in numbers
    ]


def _scale(point: HeatingPoint, power_relative: float) -> float:
    """Scale error of a temperature rise over a power. An amplifier of unknown gain error is taken at its word."""
    return math.hypot(point.thermometer.scale_relative, 0.0 if math.isnan(power_relative) else power_relative)


def _odd_and_even(point: HeatingPoint) -> list[tuple[str, float, float]]:
    """Difference and mean of both polarities with their errors: for white noise these two are independent."""
    mean = point.sigma_of(np.array([0.5, 0.5, 0.0, 0.0]))
    return [
        ("dT(-) - dT(+)", point.asymmetry_K, point.asymmetry_sigma_K),
        ("mean of dT(+) and dT(-)", 0.5 * (point.dT_pos_K + point.dT_neg_K), mean),
    ]


def _alike(
    points: Sequence[HeatingPoint], key: Callable[[HeatingPoint], tuple[float | str, ...]]
) -> list[list[HeatingPoint]]:
    """Groups of two or more points that share a key."""
    groups = (list(group) for _, group in groupby(sorted(points, key=key), key))
    return [group for group in groups if len(group) > 1]


def _same(
    points: Sequence[HeatingPoint], label: Callable[[HeatingPoint], str], needed_K: float
) -> list[Check]:
    """All agree with the one of the longest time."""
    reference = max(points, key=lambda p: p.kept_s)
    found = []
    for other in points:
        if other is reference:
            continue
        numbers = zip(_odd_and_even(reference), _odd_and_even(other), strict=True)
        for (name, a, sigma_a), (_, b, sigma_b) in numbers:
            what = f"{name}, {label(other)} less {label(reference)} at {reference.amplitude_V:g} V"
            sigma = math.hypot(sigma_a, sigma_b)
            found.append(Check(what, b - a, 0.0, sigma, needed_K, _least(reference, other)))
    return found


def _least(*points: HeatingPoint) -> float:
    return min(p.degrees_of_freedom for p in points)
