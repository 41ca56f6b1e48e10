"""`hotjunction fit`: fit the free numbers of a transmission model to I-V data."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.commands.units import Units

if TYPE_CHECKING:
    from analysis.fit_data import CurrentData, JunctionData, LogCurrentData
    from analysis.fit_problem import Problem
    from analysis.fit_transport import FitResult
    from app.model_file import Model


@click.command()
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--model", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Model file (TOML)."
)
@click.option("--each", is_flag=True, help="Fit every file by itself instead of the mean of all.")
@click.option(
    "--relative-error",
    type=click.FloatRange(min=0, min_open=True),
    help="Uncertainty of data without one, as a fraction of I.",
)
@click.option(
    "--average",
    type=click.Choice(["mean", "log"]),
    default="mean",
    show_default=True,
    help="Mean of the currents, or of their logarithms (then these are fitted).",
)
@click.option(
    "--profile", metavar="NAME", multiple=True, help="Also the profile likelihood of this parameter."
)
@click.option("--starts", default=8, show_default=True, type=click.IntRange(min=1), help="Number of starts.")
@click.option(
    "--unit",
    "units",
    type=Units(),
    multiple=True,
    help="Unit of a column where the file has none that is known: current=nA, bias=mV. Repeatable.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw data and fit to this file."
)
def command(
    data: tuple[Path, ...],
    model: Path,
    each: bool,
    average: str,
    relative_error: float | None,
    profile: tuple[str, ...],
    starts: int,
    units: tuple[tuple[str, str], ...],
    as_json: bool,
    plot: Path | None,
) -> None:
    """Fit MODEL to the I-V curves in DATA: recordings, or text and CSV with columns of voltage and current.

    Numbers that are written as { start =, min =, max = } in the model are free. Voltages that repeat, within a
    file or between files, give the mean current and its standard deviation, which weighs the fit.

    Where MODEL has a section floating_probe, the junction is fitted without a probe, with a voltage probe and with a
    voltage-temperature probe, and the three are compared.
    """
    import json

    from analysis.iv_curves import log_mean_curve, mean_curve, read_curve
    from app.model_file import load_model
    from app.toml_file import FileError

    checked = load_model(model)
    mean = mean_curve if average == "mean" else log_mean_curve
    if checked.floating is not None and (profile or average == "log"):
        raise FileError(f"{model}: floating_probe: such a fit takes neither --profile nor --average log")
    try:
        curves = [read_curve(path, dict(units)) for path in data]
        groups = [[curve] for curve in curves] if each else [curves]
        reports = []
        for number, group in enumerate(groups):
            name = plot
            if plot is not None and len(groups) > 1:
                name = plot.with_stem(f"{plot.stem}-{number + 1}")
            current = _weighted(mean(group), relative_error)
            sources = [curve.source for curve in group]
            if checked.floating is not None:
                reports.append(_compare(checked, current, sources, starts, name))
            else:
                reports.append(_fit(checked, current, sources, starts, profile, name))
    except ValueError as error:
        raise FileError(str(error)) from None
    for report, group in zip(reports, groups, strict=True):
        report["data_remarks"] = [remark for curve in group for remark in curve.remarks]
    if as_json:
        click.echo(json.dumps({"fits": reports} if each else reports[0], indent=2))
        return
    show = _print
    if checked.floating is not None:
        from app.probe_fit import print_comparison as show
    for report in reports:
        show(report)
        for remark in report["data_remarks"]:
            click.echo(f"  {remark}")


def _compare(
    model: "Model",
    current: "CurrentData | LogCurrentData",
    sources: list[str],
    starts: int,
    plot: Path | None,
) -> dict[str, Any]:
    from analysis.fit_data import CurrentData
    from app.probe_fit import compared, comparison_report

    if not isinstance(current, CurrentData) or current.sigma_A is None:
        raise ValueError(
            "models are compared by likelihood: give several curves, or --relative-error, for an uncertainty of I"
        )
    found = compared(model, current, starts)
    report = comparison_report(found, sources)
    if plot is not None:
        from app.model_plot import save_figure
        from app.probe_fit_plot import plot_comparison

        save_figure(plot_comparison(found, report["verdict"][0]), plot)
    return report


def _problem(model: "Model", current: "CurrentData | LogCurrentData") -> "Problem":
    from analysis.fit_data import JunctionData
    from analysis.fit_problem import Problem
    from app.model_build import family_of, measured_of, molecules_of

    probe_K, substrate_K = model.file.temperatures_K
    data = JunctionData(
        current=current,
        **measured_of(model),
        temperature_probe_K=probe_K,
        temperature_substrate_K=substrate_K,
    )
    return Problem(data, family_of(model), molecules_of(model))


def _weighted(
    current: "CurrentData | LogCurrentData", relative_error: float | None
) -> "CurrentData | LogCurrentData":
    """Uncertainty by the user's word where the data have none, and no smaller than at a hundredth of full scale."""
    import numpy as np

    from analysis.fit_data import CurrentData

    if current.sigma_A is not None or relative_error is None:
        return current
    size = np.abs(current.current_A)
    return CurrentData(
        current.voltage_V, current.current_A, relative_error * np.maximum(size, 0.01 * size.max())
    )


def _fit(
    model: "Model",
    current: "CurrentData | LogCurrentData",
    sources: list[str],
    starts: int,
    profiles: tuple[str, ...],
    plot: Path | None,
) -> dict[str, Any]:
    from analysis.fit_transport import fit_thoroughly
    from analysis.profile_likelihood import profile_likelihood

    problem = _problem(model, current)
    result = fit_thoroughly(problem, starts)
    report = {**outcome(problem.data, result, sources), "model": str(model.path.resolve())}
    for name in profiles:
        found = profile_likelihood(problem, result, name)
        report.setdefault("profiles", {})[name] = {
            "low": _finite(found.low),
            "high": _finite(found.high),
            "values": found.values.tolist(),
            "chi_square": found.chi_square.tolist(),
        }
    if plot is not None:
        _plot(plot, problem, result, report)
    return report


def outcome(data: "JunctionData", result: "FitResult", sources: list[str]) -> dict[str, Any]:
    """The report that is printed; numbers that do not exist are null."""
    from analysis.landauer import linear_response

    mean_K = 0.5 * (data.temperature_probe_K + data.temperature_substrate_K)
    linear = linear_response(result.transmission, mean_K)
    return {
        "data": sources,
        "points": data.size,
        "parameters": {
            name: {"value": float(value), "error": _finite(error)}
            for name, value, error in zip(result.names, result.values, result.errors, strict=True)
        },
        "correlation": [[_finite(x) for x in row] for row in result.correlation],
        "chi_square": result.chi_square,
        "degrees_of_freedom": result.degrees_of_freedom,
        "uncertainties": "given or from repeated points"
        if result.sigma_known
        else "from the scatter about the fit",
        "converged": result.converged,
        "message": result.message,
        "at_bound": list(result.at_bound),
        "remarks": list(result.remarks),
        "conductance_G0": result.molecules * float(linear.conductance_G0),
        "seebeck_V_per_K": _finite(float(linear.seebeck_V_per_K)),
        "transition_voltage_V": _transition_voltages(data),
    }


def _transition_voltages(data: "JunctionData") -> dict[str, Any]:
    """Of the measured curve, with uncertainty, for either polarity; null where it has no such minimum."""
    from analysis.transition_voltage import transition_voltage_of_curve

    found = {}
    for word, polarity in (("positive", 1), ("negative", -1)):
        curve = data.current
        point = None
        if curve is not None:
            point = transition_voltage_of_curve(curve.voltage_V, curve.current_A, curve.sigma_A, polarity)
        found[word] = None if point is None else {"value": point.value, "error": point.sigma}
    return found


def _finite(value: float) -> float | None:
    return float(value) if abs(value) < float("inf") else None


def _plot(path: Path, problem: "Problem", result: "FitResult", report: dict[str, Any]) -> None:
    from app.model_plot import plot_fit, save_figure

    shown = [
        f"{name} = {x['value']:.4g}" + ("" if x["error"] is None else f" ± {x['error']:.2g}")
        for name, x in report["parameters"].items()
    ]
    save_figure(plot_fit(result.transmission, problem.data, result.molecules, ", ".join(shown)), path)


def _print(report: dict[str, Any]) -> None:
    click.echo(f"{', '.join(report['data'])}: {report['points']} points")
    for name, x in report["parameters"].items():
        error = "not fixed by these data" if x["error"] is None else f"± {x['error']:.2g}"
        click.echo(f"  {name} = {x['value']:.6g} {error}")
    if report["degrees_of_freedom"] > 0 and report["uncertainties"].startswith("given"):
        click.echo(f"  chi^2 = {report['chi_square']:.4g}, degrees of freedom {report['degrees_of_freedom']}")
    else:
        click.echo(f"  uncertainties {report['uncertainties']}")
    for word, point in report["transition_voltage_V"].items():
        if point is not None:
            click.echo(f"  transition voltage, {word}: {point['value']:.4g} ± {point['error']:.2g} V")
    for name, profile in report.get("profiles", {}).items():
        low, high = ("open" if profile[side] is None else f"{profile[side]:.5g}" for side in ("low", "high"))
        click.echo(f"  profile likelihood of {name}: {low} to {high} (68 %)")
    if not report["converged"]:
        click.echo(f"  not converged: {report['message']}")
    for remark in report["remarks"]:
        click.echo(f"  {remark}")
