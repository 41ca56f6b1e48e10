"""`hotjunction fit`: fit the free numbers of a transmission model to I-V data."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.commands.errors import Command
from app.commands.units import Units

if TYPE_CHECKING:
    from analysis.fit_data import CurrentData, JunctionData, LogCurrentData
    from analysis.fit_problem import Problem
    from analysis.fit_transport import FitResult
    from analysis.iv_curves import Curves
    from analysis.junction_curves import Average, JunctionCurves
    from app.model_file import Model

    Current = CurrentData | LogCurrentData


@click.command(cls=Command)
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
    average: "Average",
    relative_error: float | None,
    profile: tuple[str, ...],
    starts: int,
    units: tuple[tuple[str, str], ...],
    as_json: bool,
    plot: Path | None,
) -> None:
    """Fit MODEL to the I-V curves in DATA: recordings, or text and CSV with columns of voltage and current.

    Numbers that are written as { start =, min =, max = } in the model are free. Of several curves the mean is fitted,
    weighed with its error; a file of columns counts as one junction, and the errors come from junctions left out in
    turn. The curve of a single junction gives errors by its column of uncertainties, or by the scatter about the fit.

    Where MODEL has a section floating_probe, the junction is fitted without a probe, with a voltage probe and with a
    voltage-temperature probe, and the three are compared.
    """
    import json

    from analysis.iv_curves import read_curves
    from app.fit_report import print_fit
    from app.model_file import load_model
    from app.toml_file import FileError

    checked = load_model(model)
    if checked.floating is not None and (profile or average == "log"):
        raise FileError(f"{model}: floating_probe: such a fit takes neither --profile nor --average log")
    try:
        files = [[path] for path in data] if each else [data]
        groups = [read_curves(paths, dict(units)) for paths in files]
        reports = []
        for number, group in enumerate(groups):
            name = plot
            if plot is not None and len(groups) > 1:
                name = plot.with_stem(f"{plot.stem}-{number + 1}")
            current, curves = _current(group, average, relative_error)
            sources = list(group.sources)
            if checked.floating is not None:
                reports.append(_compare(checked, current, curves, sources, starts, name))
            else:
                reports.append(_fit(checked, current, curves, relative_error, sources, starts, profile, name))
    except ValueError as error:
        raise FileError(str(error)) from None
    for report, group in zip(reports, groups, strict=True):
        report.setdefault("data_remarks", list(group.notes))
    if as_json:
        click.echo(json.dumps({"fits": reports} if each else reports[0], indent=2))
        return
    show = print_fit
    if checked.floating is not None:
        from app.probe_fit import print_comparison as show
    for report in reports:
        show(report)
        for remark in report["data_remarks"]:
            click.echo(f"  {remark}")


def _current(
    found: "Curves", average: "Average", relative_error: float | None
) -> "tuple[Current, JunctionCurves | None]":
    """The curve to be fitted, and the junctions whose mean it is; None where a single curve brings its errors."""
    import numpy as np

    from analysis.fit_data import CurrentData
    from analysis.iv_curves import junction_curves

    only = found.curves[0]
    if len(found.curves) == 1 and only.sigma_A is not None:
        good = np.isfinite(only.voltage_V) & np.isfinite(only.current_A)
        return CurrentData(only.voltage_V[good], only.current_A[good], only.sigma_A[good]), None
    curves = junction_curves(found.curves, average, found.notes)
    return _weighted(curves.mean(), relative_error), curves


def _compare(
    model: "Model",
    current: "Current",
    curves: "JunctionCurves | None",
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
    independent = None if curves is None or curves.junctions < 2 else curves.independent
    found = compared(model, current if independent is None else current.worth(independent), starts)
    report = comparison_report(found, sources, independent)
    if plot is not None:
        from app.model_plot import save_figure
        from app.probe_fit_plot import plot_comparison

        save_figure(plot_comparison(found, report["verdict"][0]), plot)
    return report


def _problem(model: "Model", current: "Current") -> "Problem":
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


def _weighted(current: "Current", relative_error: float | None) -> "Current":
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
    current: "Current",
    curves: "JunctionCurves | None",
    relative_error: float | None,
    sources: list[str],
    starts: int,
    profiles: tuple[str, ...],
    plot: Path | None,
) -> dict[str, Any]:
    from dataclasses import replace

    from analysis.fit_transport import fit_thoroughly
    from analysis.profile_likelihood import profile_likelihood
    from app.fit_report import finite, outcome

    plain = _problem(model, current)
    replicas = () if curves is None else tuple(_weighted(x, relative_error) for x in curves.replicas())
    problem = plain
    if curves is not None and replicas and plain.data.joint:
        worth = curves.independent
        problem = replace(plain, data=replace(plain.data, current=current.worth(worth)))
        replicas = tuple(x.worth(worth) for x in replicas)
    result = fit_thoroughly(problem, starts, replicas)
    report = {**outcome(problem, result, curves, sources), "model": str(model.path.resolve())}
    if curves is not None:
        report["data_remarks"] = list(curves.notes)
    for name in profiles:
        found = profile_likelihood(problem, result, name)
        report.setdefault("profiles", {})[name] = {
            "low": finite(found.low),
            "high": finite(found.high),
            "values": found.values.tolist(),
            "chi_square": found.chi_square.tolist(),
        }
    if plot is not None:
        _plot(plot, plain.data, result, report)
    return report


def _plot(path: Path, data: "JunctionData", result: "FitResult", report: dict[str, Any]) -> None:
    from app.fit_report import error_words
    from app.model_plot import plot_fit, save_figure

    shown = [
        f"{name} = {x['value']:.4g} {error_words(x['error'])}" for name, x in report["parameters"].items()
    ]
    save_figure(plot_fit(result.transmission, data, result.molecules, ", ".join(shown)), path)
