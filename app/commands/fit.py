"""`hotjunction fit`: fit the free numbers of a transmission model to I-V data."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.commands.import_options import profile_from, reading_options
from app.console.errors import Command
from app.console.values import Number

if TYPE_CHECKING:
    from analysis.iv.curves import IVCurves
    from analysis.iv.junction_curves import Average
    from app.models.fit import ModelFit
    from app.models.schema import Model


@click.command(cls=Command)
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--model", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Model file (TOML)."
)
@click.option("--each", is_flag=True, help="Fit each file separately instead of the mean of all.")
@click.option(
    "--relative-error",
    type=Number(min=0, min_open=True),
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
@reading_options
@click.option(
    "--import-profile",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Import profile (TOML) for the columns; options given here go before it.",
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
    import_profile: Path | None,
    as_json: bool,
    plot: Path | None,
    **reading: Any,
) -> None:
    """Fit MODEL to the I-V curves in DATA: recordings, or text and CSV with columns of voltage and current.

    Numbers written as { start =, min =, max = } in the model are free. Several curves are averaged and weighted with
    the error of the mean; a file of columns counts as one junction, and the errors come from a jackknife over
    junctions. A single curve takes its errors from its column of uncertainties, or from the scatter about the fit.

    If MODEL has a section floating_probe, the junction is fitted without a probe, with a voltage probe and with a
    voltage-temperature probe, and the three are compared.
    """
    import json

    from analysis.iv.curves import read_curves
    from app.config.toml import FileError
    from app.models.fit_report import print_fit
    from app.models.schema import load_transmission

    checked = load_transmission(model)
    if checked.file.floating_probe is not None and (profile or average == "log"):
        raise FileError(f"{model}: floating_probe: such a fit takes neither --profile nor --average log")
    options = profile_from(import_profile, reading).options()
    try:
        files = [[path] for path in data] if each else [data]
        groups = [read_curves(paths, options) for paths in files]
        reports = []
        for number, group in enumerate(groups):
            name = plot
            if plot is not None and len(groups) > 1:
                name = plot.with_stem(f"{plot.stem}-{number + 1}")
            if checked.file.floating_probe is not None:
                reports.append(_compare(checked, group, relative_error, starts, name))
            else:
                reports.append(_fit(checked, group, average, relative_error, starts, profile, name))
    except ValueError as error:
        raise FileError(str(error)) from None
    for report, group in zip(reports, groups, strict=True):
        report.setdefault("data_remarks", list(group.notes))
    if as_json:
        click.echo(json.dumps({"fits": reports} if each else reports[0], indent=2))
        return
    show = print_fit
    if checked.file.floating_probe is not None:
        from app.models.probe_fit_report import print_comparison as show
    for report in reports:
        show(report)
        for remark in report["data_remarks"]:
            click.echo(f"  {remark}")


def _compare(
    model: "Model",
    group: "IVCurves",
    relative_error: float | None,
    starts: int,
    plot: Path | None,
) -> dict[str, Any]:
    from app.models.fit import compare_models
    from app.models.probe_fit_report import comparison_report

    found, independent = compare_models(model, group, relative_error, starts)
    report = comparison_report(found, list(group.sources), independent)
    if plot is not None:
        from app.models.plot import save_figure
        from app.models.probe_fit_plot import plot_comparison

        save_figure(plot_comparison(found, report["verdict"][0]), plot)
    return report


def _fit(
    model: "Model",
    group: "IVCurves",
    average: "Average",
    relative_error: float | None,
    starts: int,
    profiles: tuple[str, ...],
    plot: Path | None,
) -> dict[str, Any]:
    from analysis.fitting.profile_likelihood import profile_likelihood
    from app.models.fit import fit_model
    from app.models.fit_report import finite, outcome

    fitted = fit_model(model, group, average, relative_error, starts)
    report = {
        **outcome(fitted.result, fitted.curves, list(group.sources)),
        "model": str(model.path.resolve()),
    }
    if fitted.curves is not None:
        report["data_remarks"] = list(fitted.curves.notes)
    for name in profiles:
        found = profile_likelihood(fitted.result, name)
        report.setdefault("profiles", {})[name] = {
            "low": finite(found.low),
            "high": finite(found.high),
            "values": found.values.tolist(),
            "chi_square": found.chi_square.tolist(),
        }
    if plot is not None:
        _plot(plot, fitted, report)
    return report


def _plot(path: Path, fitted: "ModelFit", report: dict[str, Any]) -> None:
    from app.models.fit_report import value_words
    from app.models.plot import plot_fit, save_figure

    shown = [f"{name} = {value_words(x['value'], x['error'])}" for name, x in report["parameters"].items()]
    result = fitted.result
    save_figure(plot_fit(result.transmission, fitted.data, result.molecules, ", ".join(shown)), path)
