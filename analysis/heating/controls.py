"""Controls of a heating measurement: signals that should vanish, stay the same, or add up.

Pick-up through capacitance, leakage, the multiplexer or the ground follows the bias with its sign and looks exactly
like an asymmetry of heat. It remains without junction, amplitude, or tip in the circuit.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from analysis.heating.estimator import FIRST_SHARE
from analysis.heating.points import HeatingPoint
from analysis.heating.settling import SettlingCheck
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
"""Twice the smallest uncertainty of Lee et al., Nature 498, 209 (2013): a control need not be more precise."""

NEEDED_SHARE = 0.25
"""Share of the largest asymmetry: a control must exclude that this much of it is an artefact."""

NEEDED_SCALE = 0.1
"""Relative precision that slope and closure need to test the calibrations."""

WHY = {
    OUT_OF_CONTACT: "Full modulation with the tip withdrawn shows pick-up, leakage and ground currents.",
    ZERO_AMPLITUDE: "A hold at 0 V through the same procedure shows the effect of noise on the evaluation.",
    DUMMY_RESISTOR: "The same current through a resistor in place of the junction shows signals other than heat.",
    ORDER_REVERSED: "The levels in the order -, 0, + show drifts and transients that look like heat.",
    OTHER_FREQUENCIES: "Half and twice the frequency show transients and drifts that look like heat.",
    LEADS_SWAPPED: "With the thermocouple's leads swapped heat changes its sign, and pick-up from the ground does not.",
    GOLD: "Contacts of one gold atom must be symmetric, with dT/Q_Total = R_P/2.",
    CLOSURE: "dT(+) + dT(-) = R_P Q_Total tests thermometer and current together.",
    FIRST_PERIODS: "The first sixth of each hold against the rest shows signals that decay during the modulation.",
}


@dataclass(frozen=True, eq=False)
class ControlData:
    """Points of a campaign, grouped by purpose.

    Parameters
    ----------
    measured : sequence of HeatingPoint
        The measurement.
    controls : sequence of HeatingPoint
        Points of the controls, each with the name of its control.
    by_programme : sequence of HeatingPoint
        Measured holds and those of the controls of order and frequency, one point for each amplitude, order and
        frequency.
    gold : sequence of HeatingPoint
        Contacts of one gold atom, from the measurement or a control.
    power_relative : float
        Relative uncertainty of the current amplifier's gain, common to all powers; NaN if unknown.
    settling : Settling or None
        First against later periods of the measured holds.
    """

    measured: Sequence[HeatingPoint]
    controls: Sequence[HeatingPoint] = ()
    by_programme: Sequence[HeatingPoint] = ()
    gold: Sequence[HeatingPoint] = ()
    power_relative: float = math.nan
    settling: SettlingCheck | None = None


def judge_controls(data: ControlData) -> tuple[Verdict, ...]:
    """Return a verdict on every control, including those that were not done."""
    needed_K = needed(data.measured)
    controls = {name: [p for p in data.controls if p.control == name] for name in WHY}
    checks: dict[str, list[Check]] = {
        name: [check for p in controls[name] for check in null_checks(p, needed_K)]
        for name in (OUT_OF_CONTACT, ZERO_AMPLITUDE, DUMMY_RESISTOR)
    }
    checks[ORDER_REVERSED] = order_checks(data.by_programme, needed_K)
    checks[OTHER_FREQUENCIES] = frequency_checks(data.by_programme, needed_K)
    checks[LEADS_SWAPPED] = swapped_checks(data.measured, controls[LEADS_SWAPPED], needed_K)
    checks[GOLD] = gold_checks(data.gold, needed_K, data.power_relative)
    checks[CLOSURE] = closure_checks(data.measured, data.power_relative)
    checks[FIRST_PERIODS] = settling_checks(data.settling, needed_K)
    involved = {
        **controls,
        ORDER_REVERSED: data.by_programme,
        OTHER_FREQUENCIES: data.by_programme,
        GOLD: data.gold,
        CLOSURE: data.measured,
        FIRST_PERIODS: data.measured,
    }
    dates = {name: max((p.date for p in points), default="") for name, points in involved.items()}
    return verdicts(checks, dates, WHY)


def needed(measured: Iterable[HeatingPoint]) -> float:
    """Return the largest false temperature (K) that a control may leave undetected."""
    return max([LEAST_NEEDED_K, *(NEEDED_SHARE * abs(p.asymmetry_K) for p in measured)])


def null_checks(point: HeatingPoint, needed_K: float) -> list[Check]:
    """Return checks for no heat: neither a part that changes with the sign of the bias nor one that does not."""
    at = f" at {point.amplitude_V:g} V" if point.amplitude_V else ""
    return [
        Check(f"{name}{at}", value, 0.0, sigma, needed_K, point.degrees_of_freedom)
        for name, value, sigma in _odd_and_even(point)
    ]


def order_checks(points: Sequence[HeatingPoint], needed_K: float) -> list[Check]:
    """Return checks that another order of the levels gives the same result, for each amplitude and frequency."""
    return [
        check
        for same in _alike(points, lambda p: (p.amplitude_V, p.frequency_Hz))
        for check in _same(same, lambda p: f"order {p.order}", needed_K)
    ]


def frequency_checks(points: Sequence[HeatingPoint], needed_K: float) -> list[Check]:
    """Return checks that another frequency gives the same result, for each amplitude and order."""
    return [
        check
        for same in _alike(points, lambda p: (p.amplitude_V, p.order))
        for check in _same(same, lambda p: f"{p.frequency_Hz:g} Hz", needed_K)
    ]


def swapped_checks(
    measured: Sequence[HeatingPoint], swapped: Sequence[HeatingPoint], needed_K: float
) -> list[Check]:
    """Return checks that all temperatures change sign when the thermocouple's leads are swapped."""
    checks = []
    for other in swapped:
        for point in (p for p in measured if p.amplitude_V == other.amplitude_V):
            numbers = zip(_odd_and_even(point), _odd_and_even(other), strict=True)
            for (name, a, sigma_a), (_, b, sigma_b) in numbers:
                what = f"sum of {name} with both polarities of the leads at {point.amplitude_V:g} V"
                checks.append(
                    Check(what, a + b, 0.0, math.hypot(sigma_a, sigma_b), needed_K, _least(point, other))
                )
    return checks


def gold_checks(points: Sequence[HeatingPoint], needed_K: float, power_relative: float) -> list[Check]:
    """Return checks that both polarities are alike and half of the power is left in the tip."""
    points = [p for p in points if p.thermometer == points[0].thermometer and p.q_total_W > 0.0]
    if not points:
        return []
    freedoms = [p.degrees_of_freedom for p in points]
    asymmetry_K, sigma_K, freedom = pooled(
        [p.asymmetry_K for p in points], [p.asymmetry.wide_sigma for p in points], freedoms
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
    """Return the check that the sum of both polarities accounts for all power, with any transmission."""
    points = [p for p in points if p.closure_sigma > 0.0]
    if not points:
        return []
    closure, statistical, freedom = pooled(
        [p.closure for p in points],
        [p.closure_sigma for p in points],
        [p.degrees_of_freedom for p in points],
    )
    sigma = math.hypot(statistical, _scale(points[0], power_relative))
    return [Check("(dT(+) + dT(-))/(R_P Q_Total)", closure, 1.0, sigma, NEEDED_SCALE, freedom, "")]


def settling_checks(settling: SettlingCheck | None, needed_K: float) -> list[Check]:
    """Return checks that the first sixth of the periods agrees with the rest. A difference moves a mean by a sixth of
    it.
    """
    if settling is None:
        return []
    numbers = zip(("dT(+)", "dT(-)"), settling.difference_K, settling.wide_sigma_K, strict=True)
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
    """Return the scale error of a temperature rise over a power; an unknown gain error counts as zero."""
    return math.hypot(point.thermometer.scale_relative, 0.0 if math.isnan(power_relative) else power_relative)


def _odd_and_even(point: HeatingPoint) -> list[tuple[str, float, float]]:
    """Return difference and mean of both polarities with their errors, which are independent for white noise.

    The errors of skewed junctions are widened, like that of the published asymmetry.
    """
    mean = point.sigma_of(np.array([0.5, 0.5, 0.0, 0.0])) * point.widening_of_both
    return [
        ("dT(-) - dT(+)", point.asymmetry_K, point.asymmetry.wide_sigma),
        ("mean of dT(+) and dT(-)", 0.5 * (point.dT_pos_K + point.dT_neg_K), mean),
    ]


def _alike(
    points: Sequence[HeatingPoint], key: Callable[[HeatingPoint], tuple[float | str, ...]]
) -> list[list[HeatingPoint]]:
    """Return groups of two or more points that share a key."""
    groups = (list(group) for _, group in groupby(sorted(points, key=key), key))
    return [group for group in groups if len(group) > 1]


def _same(
    points: Sequence[HeatingPoint], label: Callable[[HeatingPoint], str], needed_K: float
) -> list[Check]:
    """Return checks that all points agree with the one of the longest time."""
    reference = max(points, key=lambda p: p.kept_s)
    checks = []
    for other in points:
        if other is reference:
            continue
        numbers = zip(_odd_and_even(reference), _odd_and_even(other), strict=True)
        for (name, a, sigma_a), (_, b, sigma_b) in numbers:
            what = f"{name}, {label(other)} less {label(reference)} at {reference.amplitude_V:g} V"
            sigma = math.hypot(sigma_a, sigma_b)
            checks.append(Check(what, b - a, 0.0, sigma, needed_K, _least(reference, other)))
    return checks


def _least(*points: HeatingPoint) -> float:
    return min(p.degrees_of_freedom for p in points)
