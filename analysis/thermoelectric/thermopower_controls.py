"""Controls of a thermopower measurement: what must vanish, or must not change."""

import math
from collections.abc import Sequence
from dataclasses import replace

from analysis.line_fit import Line
from analysis.thermoelectric.control_verdict import (
    OTHER_SIDE,
    ControlVerdict,
    control_verdict,
    other_side_verdict,
)
from analysis.thermoelectric.thermopower import ThermopowerAnalysis

HALF, DUMMY = "half amplitude", "dummy heater"
UNCHANGED = {
    HALF: "at the full amplitude",
    "other frequency": "at the first frequency",
    "negative heater": "at the other heater voltage",
    OTHER_SIDE: "with the first side heated",
}
"""Controls that must give the same thermopower, and how the measurement differs from them."""

NEEDED_SHARE, LEAST_NEEDED_V_per_K = 0.25, 1e-6
"""Largest error of a control that decides: a quarter of the thermopower, or that of gold if it is smaller."""


def with_controls(
    measurement: ThermopowerAnalysis, others: Sequence[tuple[str, ThermopowerAnalysis]]
) -> ThermopowerAnalysis:
    """Return the measurement with the verdicts of its control experiments and of what it contains itself."""
    needed = needed_V_per_K(measurement)
    hottest_K = max((abs(one.reduced_K) for one in measurement.sets), default=0.0)
    inside = (
        ("reversed heater", measurement.polarity_V, "V", hottest_K, "voltage at +heater less that at -heater"),
        ("out of phase", measurement.quadrature_V_per_K, "V/K", 1.0,
         "voltage 90 degrees behind an alternating temperature"),
    )  # fmt: skip
    found = [
        control_verdict(name, mean, error, unit, 0.0, times * needed, what)
        for name, (mean, error), unit, times, what in inside
        if error > 0.0
    ]
    for name, other in others:
        if other.line is not None:
            found += _compared(measurement, name, other, other.line, needed, hottest_K)
    return replace(measurement, controls=tuple(found))


def needed_V_per_K(measurement: ThermopowerAnalysis) -> float:
    """Return the largest error of a control that decides."""
    slope = 0.0 if measurement.line is None else abs(measurement.line.slope)
    return max(NEEDED_SHARE * slope, LEAST_NEEDED_V_per_K)


def _compared(
    measurement: ThermopowerAnalysis,
    name: str,
    other: ThermopowerAnalysis,
    line: Line,
    needed: float,
    hottest_K: float,
) -> list[ControlVerdict]:
    """Return the verdicts on the slope of a control experiment, against 0 or against that of the measurement."""
    if name not in UNCHANGED:
        return [
            control_verdict(name, line.slope, other.sigma_V_per_K, "V/K", 0.0, needed, "slope of the voltage")
        ]
    own = measurement.line
    if own is None:
        return []
    sigma = math.hypot(other.sigma_V_per_K, own.sigma_slope)
    what = f"thermopower less that {UNCHANGED[name]}"
    found = [control_verdict(name, line.slope - own.slope, sigma, "V/K", 0.0, needed, what)]
    if name == OTHER_SIDE:
        places, own_places = ({one.hold.where for one in each.holds} for each in (other, measurement))
        return [other_side_verdict(found[0], places, own_places, line.slope * own.slope < 0.0)]
    if name == HALF:
        found.append(_linearity(own, line, needed * hottest_K))
    return found


def _linearity(full: Line, half: Line, needed_V: float) -> ControlVerdict:
    """Return the change of the intercept with the amplitude, which a current quadratic in the bias causes."""
    change_V = half.intercept - full.intercept
    sigma_V = math.hypot(half.sigma_intercept, full.sigma_intercept)
    what = "intercept less that at the full amplitude"
    found = control_verdict("half amplitude, intercept", change_V, sigma_V, "V", 0.0, needed_V, what)
    if found.passed is not False:
        return found
    return replace(
        found,
        sentence=f"{found.sentence} The junction rectifies, or the bias is not as it seems; a run without dT = 0 would "
        "show this voltage as thermopower.",
    )
