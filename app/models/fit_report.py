"""Report of a fit, as JSON and as text."""

from collections.abc import Callable
from typing import Any

import click
import numpy as np

from analysis.fitting.data import CurrentData, LogCurrentData
from analysis.fitting.families import Family, TransmissionFamily
from analysis.fitting.jackknife import ONE_SIGMA, TWO_SIGMA, half_interval, student
from analysis.fitting.least_squares import Replicas
from analysis.fitting.problem import TransmissionProblem
from analysis.fitting.result import FitResult
from analysis.iv.junction_curves import JunctionCurves
from analysis.iv.transition_voltage import transition_voltage_of_curve
from analysis.numbers import Notation, with_error
from analysis.records import FloatArray
from analysis.transport.landauer import LinearResponse, linear_response
from app.models.contribution_report import contributions_report, print_contributions

_PLAIN = Notation("-", "±", "unknown")

_SPREAD_USED = (
    "spread used: the points of one curve move together, so that chi^2 does not test the model, and the errors do not "
    "rely on it"
)


Result = FitResult[TransmissionFamily]


def outcome(result: Result, curves: JunctionCurves | None, sources: list[str]) -> dict[str, Any]:
    """Return the report; undefined numbers are null.

    ``error`` is half of ``interval_68``; both intervals are those of `analysis.fitting.errors.Errors.interval`.
    """
    data = result.problem.data
    of_junctions = result.error.source == "junctions"
    conductance, seebeck = (_derived(result, x) for x in (_conductance_G0, _seebeck_V_per_K))
    current: CurrentData | LogCurrentData | None = data.current
    replicas: Replicas = ()
    if curves is not None:  # in a joint fit the current is weighed anew; its own curve is what is read here
        current, replicas = curves.mean(), curves.replicas() if of_junctions else ()
    return {
        "data": sources,
        "points": data.size,
        "parameters": _parameters(result),
        **fitted(result),
        "chi_square_use": _use_of_chi_square(result),
        "uncertainties": uncertainties(result, curves),
        "junctions": curves.junctions if of_junctions and curves is not None else None,
        "left_out": curves.unit if of_junctions and curves is not None else None,
        "groups": len(result.replicas) or None,
        "message": result.message,
        "remarks": [*_few(curves if of_junctions else None), *result.remarks],
        "conductance_G0": conductance[0],
        "conductance_G0_error": conductance[1],
        "seebeck_V_per_K": seebeck[0],
        "seebeck_V_per_K_error": seebeck[1],
        "transition_voltage_V": _transition_voltages(current, replicas),
        "contributions": contributions_report(result),
    }


def fitted(result: FitResult[Family]) -> dict[str, Any]:
    """Return what every report of a fit has besides its parameters: correlation, chi^2, convergence."""
    return {
        "correlation": [[finite(x) for x in row] for row in result.correlation],
        "chi_square": result.chi_square,
        "degrees_of_freedom": result.degrees_of_freedom,
        "converged": result.converged,
        "at_bound": list(result.at_bound),
    }


def _use_of_chi_square(result: Result) -> str:
    """Return the use of chi^2: "test" of the model, "spread used" as error, or "none" without errors."""
    if not result.sigma_known:
        return "none"
    return "spread used" if result.error.source == "junctions" else "test"


def uncertainties(result: Result, curves: JunctionCurves | None) -> str:
    """Return a sentence on the source of the errors and their assumptions."""
    match result.error.source:
        case "given":
            return "given; noise taken as independent at every voltage"
        case "scatter":
            return "from the scatter about the fit; noise taken as equal and independent at every voltage"
    number, groups = 0 if curves is None else curves.junctions, len(result.replicas)
    how = "" if groups == number else f" in {groups} groups"
    freedom = f"68 % by Student's t, {groups - 1} degrees of freedom, skewness allowed for"
    if curves is not None and curves.unit == "sweep":
        return (
            f"from {number} repeated sweeps of one junction left out in turn{how} ({freedom}): how well this junction "
            "repeats, not how junctions differ"
        )
    return (
        f"from {number} junctions left out in turn{how} ({freedom}); weights are the errors of the mean, a file of "
        "columns counts as one junction"
    )


def _few(curves: JunctionCurves | None) -> list[str]:
    if curves is None or curves.junctions >= 5:
        return []
    return [
        f"Only {curves.junctions} {curves.unit}s: the errors hold if these scatter nearly like a normal distribution, "
        "which so few cannot show."
    ]


def _parameters(result: Result) -> dict[str, Any]:
    """Return value, error and intervals of each parameter, with the scale error of heats separate."""
    error = result.error
    standard, half = error.standard, error.half_width(ONE_SIGMA)
    intervals = [np.transpose(error.interval(coverage)).tolist() for coverage in (ONE_SIGMA, TWO_SIGMA)]
    found: dict[str, Any] = {}
    for i, (name, value) in enumerate(zip(result.names, result.values.tolist(), strict=True)):
        known = bool(np.isfinite(half[i]))
        found[name] = {
            "value": value,
            "error": finite(half[i]),
            "standard_error": finite(standard[i]),
            "interval_68": intervals[0][i] if known else None,
            "interval_95": intervals[1][i] if known else None,
        }
        if result.problem.data.scaled and known:
            share = min(float(error.scale_variance[i]) / max(float(standard[i]) ** 2, 1e-300), 1.0)
            found[name]["error_statistical"] = float(half[i]) * (1.0 - share) ** 0.5
            found[name]["error_scale"] = float(half[i]) * share**0.5
    return found


def _conductance_G0(problem: TransmissionProblem, values: FloatArray) -> float:
    return problem.molecules_at(values) * float(_linear(problem, values).conductance_G0)


def _seebeck_V_per_K(problem: TransmissionProblem, values: FloatArray) -> float:
    return float(_linear(problem, values).seebeck_V_per_K)


def _linear(problem: TransmissionProblem, values: FloatArray) -> LinearResponse:
    mean_K = 0.5 * (problem.data.temperature_probe_K + problem.data.temperature_substrate_K)
    return linear_response(problem.family.transmission(problem.own(values)), mean_K)


def _derived(
    result: Result, quantity: Callable[[TransmissionProblem, FloatArray], float]
) -> tuple[float | None, float | None]:
    """Return the derived quantities with their errors; None if a parameter is undetermined.

    The error is that of the junctions left out; in a joint fit, to first order in the errors of the parameters.
    """
    problem, error = result.problem, result.error
    value = quantity(problem, result.values)
    if error.unseen.any() or not np.isfinite(error.standard).all():
        return finite(value), None
    if error.source == "junctions" and not problem.data.joint:
        return finite(value), finite(
            float(half_interval([np.array(quantity(problem, x)) for x in result.replicas]))
        )
    slope = np.zeros(result.values.shape)
    for i, size in enumerate(error.standard):
        step = np.zeros(slope.shape)
        step[i] = 1e-3 * min(size, 0.1 * abs(result.values[i]) or size)
        if step[i] > 0:
            ends = (quantity(problem, result.values + sign * step) for sign in (1, -1))
            slope[i] = (next(ends) - next(ends)) / (2 * step[i])
    half = np.sqrt(slope @ error.covariance @ slope) * student(ONE_SIGMA, error.degrees_of_freedom.min())
    return finite(value), finite(float(half))


def _transition_voltages(current: CurrentData | LogCurrentData | None, replicas: Replicas) -> dict[str, Any]:
    """Return the transition voltage of the measured curve, for either polarity; null without such a minimum.

    The error is from junctions left out, where there are any; null where the minimum comes and goes with one of them.
    """
    found: dict[str, Any] = {}
    for word, polarity in (("positive", 1), ("negative", -1)):
        point = None if current is None else _transition_voltage(current, polarity)
        error = None if point is None else point[1]
        if point is not None and replicas:
            others = [x[0] for y in replicas if (x := _transition_voltage(y, polarity)) is not None]
            whole = len(others) == len(replicas)
            error = float(half_interval([np.array(x) for x in others])) if whole else None
        found[word] = None if point is None else {"value": point[0], "error": error}
    return found


def _transition_voltage(curve: CurrentData | LogCurrentData, polarity: int) -> tuple[float, float] | None:
    point = transition_voltage_of_curve(curve.voltage_V, curve.current_A, curve.sigma_A, polarity)
    return None if point is None else (point.value, point.sigma)


def finite(value: float) -> float | None:
    """Return the number; None if it is not finite."""
    return float(value) if abs(value) < float("inf") else None


def value_words(value: float, error: float | None, scale: float = 1.0) -> str:
    """Return a value and its error in units of ``scale``, with the digits that the error gives both."""
    if error is None or not error > 0:
        return f"{value / scale:.4g} (error unknown)"
    return with_error(value / scale, error / scale, _PLAIN)


def print_fit(report: dict[str, Any]) -> None:
    """Print parameters with errors and their source, derived quantities, and remarks."""
    click.echo(f"{', '.join(report['data'])}: {report['points']} points")
    for name, x in report["parameters"].items():
        click.echo(f"  {name} = {x['value']:.6g} {_error(x)}")
    click.echo(f"  errors: {report['uncertainties']}")
    freedom, chi_square = report["degrees_of_freedom"], report["chi_square"]
    if freedom > 0 and report["chi_square_use"] == "spread used":
        click.echo(f"  chi^2 / degrees of freedom = {chi_square / freedom:.2g}: {_SPREAD_USED}")
    elif freedom > 0 and report["chi_square_use"] == "test":
        click.echo(f"  chi^2 = {chi_square:.4g}, degrees of freedom {freedom}")
    click.echo(f"  G = {value_words(report['conductance_G0'], report['conductance_G0_error'])} G0")
    if report["seebeck_V_per_K"] is not None:
        seebeck = value_words(report["seebeck_V_per_K"], report["seebeck_V_per_K_error"], 1e-6)
        click.echo(f"  S = {seebeck} uV/K")
    for word, point in report["transition_voltage_V"].items():
        if point is not None:
            click.echo(f"  transition voltage, {word}: {value_words(point['value'], point['error'])} V")
    for name, profile in report.get("profiles", {}).items():
        low, high = ("open" if profile[side] is None else f"{profile[side]:.5g}" for side in ("low", "high"))
        click.echo(f"  profile likelihood of {name}: {low} to {high} (68 %)")
    if not report["converged"]:
        click.echo(f"  not converged: {report['message']}")
    print_contributions(report["contributions"])
    for remark in report["remarks"]:
        click.echo(f"  {remark}")


def _error(parameter: dict[str, Any]) -> str:
    if parameter["error"] is None:
        return "not fixed by these data"
    low, high = parameter["interval_95"]
    parts = ""
    if "error_scale" in parameter:
        parts = f"{parameter['error_statistical']:.2g} statistical, {parameter['error_scale']:.2g} scale; "
    return f"± {parameter['error']:.2g} ({parts}95 %: {low:.4g} to {high:.4g})"
