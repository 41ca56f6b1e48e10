"""`hotjunction predict`: charge and heat currents of a transmission model, or of a junction with probes."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.console.errors import Command

if TYPE_CHECKING:
    from analysis.transport.landauer import Currents, LinearResponse
    from app.models.schema import Model
    from app.models.terminals import TerminalModel


@click.command(cls=Command)
@click.argument("model", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--compare", is_flag=True, help="Compare voltage probes with voltage-temperature probes.")
@click.option(
    "--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw to this file (.png, .pdf, .svg)."
)
def command(model: Path, as_json: bool, compare: bool, plot: Path | None) -> None:
    """Conductance, thermopower, and at each bias of MODEL (TOML) the current and the heat in either electrode.

    Positive bias: substrate higher than the grounded probe. Free numbers have their start values.

    A MODEL with terminals describes a junction with Buettiker probes: at each level alignment the particles and
    the heat into every terminal, where the probes settle, and the entropy production.
    """
    from app.config.toml import FileError
    from app.models.schema import load_model
    from app.models.terminals import TerminalModel

    checked = load_model(model)
    if isinstance(checked, TerminalModel):
        _with_probes(checked, as_json, compare, plot)
    elif compare:
        raise FileError(f"{model}: terminals: are missing; --compare is for junctions with probes")
    else:
        _two_electrodes(checked, as_json, plot)


def _two_electrodes(checked: "Model", as_json: bool, plot: Path | None) -> None:
    import json

    from analysis.fitting.families import starts_of
    from analysis.transport.landauer import currents, linear_response
    from app.config.toml import FileError
    from app.models.build import family_of, molecules_of

    if not checked.voltages_V:
        raise FileError(f"{checked.path}: voltage_V: is missing")
    family = family_of(checked)
    transmission = family.transmission(starts_of(family))
    molecules = molecules_of(checked)
    count = molecules if isinstance(molecules, float) else molecules.start
    temperatures = checked.file.temperatures_K
    result = currents(transmission, checked.voltages_V, *temperatures)
    linear = linear_response(transmission, 0.5 * sum(temperatures))
    resistance = checked.file.probe.thermal_resistance_K_per_W if checked.file.probe else None
    report = prediction(linear, result, count, resistance)
    if as_json:
        click.echo(json.dumps(report, indent=2))
    else:
        _print(report, temperatures)
    if plot is not None:
        from app.models.plot import plot_prediction, save_figure

        save_figure(plot_prediction(transmission, temperatures, checked.voltages_V, count), plot)


def _with_probes(model: "TerminalModel", as_json: bool, compare: bool, plot: Path | None) -> None:
    import json

    from app.models.probe_report import print_report, probe_kinds_report, report_of

    junctions = [model.junction, *(model.both() if compare else ())]
    try:
        own, *both = model.circuit.solved(junctions, model.level_alignment_eV)
    except ValueError as error:
        raise click.ClickException(f"{model.path}: {error}") from None
    report = probe_kinds_report(model, own, both[0], both[1]) if both else report_of(model, own)
    if as_json:
        click.echo(json.dumps(report, indent=2))
    else:
        print_report(report)
    if plot is not None:
        from app.models.plot import save_figure
        from app.models.probe_plot import plot_probes

        save_figure(plot_probes(report), plot)


def prediction(
    linear: "LinearResponse", result: "Currents", molecules: float, resistance_K_per_W: float | None
) -> dict[str, Any]:
    """Return the printed values to 15 digits; undefined ones (S without conductance) are null."""
    from app.models.fields import digits

    rows = []
    columns = (
        result.bias_V,
        result.current_A,
        result.heat_probe_W,
        result.heat_substrate_W,
        result.heat_total_W,
    )
    for bias, current, probe, substrate, total in zip(*(x.tolist() for x in columns), strict=True):
        row = {
            "voltage_V": bias,
            "current_A": molecules * current,
            "heat_probe_W": molecules * probe,
            "heat_substrate_W": molecules * substrate,
            "heat_total_W": molecules * total,
        }
        if resistance_K_per_W is not None:
            row["temperature_rise_K"] = molecules * probe * resistance_K_per_W
        rows.append({key: digits(value) for key, value in row.items()})
    accuracy = float(max(linear.accuracy, result.accuracy.max()))
    report: dict[str, Any] = {
        "conductance_G0": digits(molecules * float(linear.conductance_G0)),
        "seebeck_V_per_K": digits(float(linear.seebeck_V_per_K)),
        "thermal_conductance_W_per_K": digits(molecules * float(linear.thermal_conductance_W_per_K)),
        "accuracy": digits(float(f"{accuracy:.1e}")),
        "rows": rows,
    }
    if accuracy > 1e-10:
        report["note"] = _note_on_accuracy(linear, result)
    return report


def _note_on_accuracy(linear: "LinearResponse", result: "Currents") -> str:
    """Return a note on the accuracy: limits by interpolation and range of a table, or unknown."""
    import numpy as np

    known = np.append(result.accuracy[np.isfinite(result.accuracy)], linear.accuracy)
    known = known[np.isfinite(known)]
    if not known.size:
        return (
            "relative accuracy unknown: the interpolation error of a table of two points can't be estimated; "
            "give more points"
        )
    remarks = []
    lost = result.bias_V[~np.isfinite(result.accuracy)]
    if lost.size:
        remarks.append(
            f"relative accuracy unknown at {', '.join(f'{x:g}' for x in lost)} V: the current or heat depends "
            "on the transmission outside the table"
        )
    worst = float(known.max())
    if worst > 1e-10:
        size = f"{worst:.1e}" if worst < 1 else "worse than the numbers themselves"
        remarks.append(
            f"relative accuracy {size}: the table is coarse or too narrow, so that interpolation "
            "or the transmission outside it limits the result"
        )
    return "; ".join(remarks)


def _print(report: dict[str, Any], temperatures_K: tuple[float, float]) -> None:
    from rich.console import Console
    from rich.table import Table

    click.echo(f"G = {report['conductance_G0']:.6g} G0 (zero bias, {0.5 * sum(temperatures_K):g} K)")
    if report["seebeck_V_per_K"] is not None:
        click.echo(f"S = {1e6 * report['seebeck_V_per_K']:+.6g} uV/K")
        click.echo(
            f"electronic thermal conductance = {1e12 * report['thermal_conductance_W_per_K']:.6g} pW/K"
        )
    headings = {
        "voltage_V": ("V", 1.0),
        "current_A": ("I (A)", 1.0),
        "heat_probe_W": ("Q_P (W)", 1.0),
        "heat_substrate_W": ("Q_S (W)", 1.0),
        "heat_total_W": ("Q_total (W)", 1.0),
        "temperature_rise_K": ("dT (mK)", 1e3),
    }
    shown = [key for key in headings if key in report["rows"][0]]
    table = Table(*(headings[key][0] for key in shown), box=None, header_style="")
    for row in report["rows"]:
        table.add_row(*(f"{headings[key][1] * row[key]:.6g}" for key in shown))
    Console(width=110, highlight=False).print(table)
    if "note" in report:
        click.echo(f"note: {report['note']}")
