"""Report of `hotjunction predict` on a junction with probes, as JSON and as tables."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from analysis.buettiker.terminals import relative_error_percent
from app.models.fields import digits
from app.models.probe_circuit import Solved
from app.models.terminals import TerminalModel

Report = dict[str, Any]
CURRENTS = ("particle_current_per_s", "heat_current_W")
POTENTIALS = ("mu_eV", "temperature_K")
MODELS = {"voltage": "voltage probe", "voltage-temperature": "voltage-temperature probe"}


def report_of(model: TerminalModel, solved: Solved) -> Report:
    """Return the report on the circuit of the file, numbers to 15 digits; undefined ones are null."""
    circuit = model.circuit
    return {
        "regime": circuit.regime,
        "circuit": circuit.kind,
        "reference_temperature_K": circuit.reference_temperature_K,
        "accuracy": float(f"{solved.accuracy:.1e}"),
        "rows": rows_of(model, solved),
    }


def rows_of(model: TerminalModel, solved: Solved) -> list[Report]:
    """Return one row per alignment: a table per terminal, and values of the whole circuit."""
    c = solved.currents
    rows = []
    for i, alignment in enumerate(model.level_alignment_eV.tolist()):
        row: Report = {"level_alignment_eV": alignment}
        for k, name in enumerate(c.names):
            row[name] = {key: digits(float(getattr(c, key)[k, i])) for key in (*CURRENTS, *POTENTIALS)}
        row["entropy_production_W_per_K"] = digits(float(c.entropy_production_W_per_K[i]))
        row["seebeck_V_per_K"] = digits(float(solved.seebeck_V_per_K[i]))
        rows.append(row)
    return rows


def probe_kinds_report(model: TerminalModel, own: Solved, voltage: Solved, thermalised: Solved) -> Report:
    """Return both kinds of probe under ``models``; ``rows`` are the file's own, each with ``relative_error_percent``.

    That is 100 (X_VTP - X_VP)/X_VP of both currents of each terminal and of the Seebeck coefficient; null where X_VP
    is zero.
    """
    report = report_of(model, own)
    for row, errors in zip(report["rows"], _errors(voltage, thermalised), strict=True):
        row["relative_error_percent"] = errors
    both = zip(MODELS, (voltage, thermalised), strict=True)
    report["models"] = {name: {"rows": rows_of(model, solved)} for name, solved in both}
    return report


def _errors(voltage: Solved, thermalised: Solved) -> list[Report]:
    first, second = voltage.currents, thermalised.currents
    of = {key: relative_error_percent(getattr(first, key), getattr(second, key)) for key in CURRENTS}
    seebeck = relative_error_percent(voltage.seebeck_V_per_K, thermalised.seebeck_V_per_K)
    rows = []
    for i in range(seebeck.size):
        row: Report = {
            name: {key: digits(float(of[key][k, i])) for key in CURRENTS}
            for k, name in enumerate(first.names)
        }
        rows.append({**row, "seebeck_V_per_K": digits(float(seebeck[i]))})
    return rows


def print_report(report: Report) -> None:
    """Print tables of currents and potentials, and the differences between the kinds of probe."""
    console = Console(width=120, highlight=False)
    console.print(_headline(report))
    if "models" not in report:
        console.print(_table(report["rows"]))
        return
    for name, model in report["models"].items():
        console.print(f"\n{MODELS[name]}")
        console.print(_table(model["rows"]))
    console.print("\nerror of the voltage probe: 100 (VTP - VP)/VP")
    console.print(_error_table(report["rows"]))


def _headline(report: Report) -> str:
    where = (
        f"linear response about {report['reference_temperature_K']:g} K"
        if report["regime"] == "linear"
        else "non-linear"
    )
    return f"{report['circuit']} circuit, {where}; currents into the terminals, mu from mu0"


def _table(rows: list[Report]) -> Table:
    names = terminals_of(rows[0])
    known = rows[0]["seebeck_V_per_K"] is not None
    heads = ("level (eV)", "terminal", "I (1/s)", "J (W)", "mu (meV)", "T (K)", "entropy (W/K)")
    table = Table(*heads, *(("S (uV/K)",) if known else ()), box=None, header_style="")
    for row in rows:
        whole = [row["entropy_production_W_per_K"], _times(row["seebeck_V_per_K"], 1e6)]
        for first, name in zip(_first(names), names, strict=True):
            x = row[name]
            cells = [x["particle_current_per_s"], x["heat_current_W"], _times(x["mu_eV"], 1e3)]
            table.add_row(
                f"{row['level_alignment_eV']:.6g}" if first else "",
                name,
                *(_shown(cell) for cell in cells),
                _shown(x["temperature_K"], 8),
                *(_shown(x) if first else "" for x in (whole if known else whole[:1])),
            )
    return table


def _error_table(rows: list[Report]) -> Table:
    errors = [row["relative_error_percent"] for row in rows]
    known = any(x["seebeck_V_per_K"] is not None for x in errors)
    heads = ("level (eV)", "terminal", "I (%)", "J (%)", *(("S (%)",) if known else ()))
    table = Table(*heads, box=None, header_style="")
    for row, error in zip(rows, errors, strict=True):
        names = terminals_of(row)
        for first, name in zip(_first(names), names, strict=True):
            table.add_row(
                f"{row['level_alignment_eV']:.6g}" if first else "",
                name,
                *(_shown(error[name][key]) for key in CURRENTS),
                *((_shown(error["seebeck_V_per_K"]) if first else "",) if known else ()),
            )
    return table


def terminals_of(row: Report) -> list[str]:
    """Return the names of the terminals in a row."""
    return [key for key, value in row.items() if isinstance(value, dict) and key != "relative_error_percent"]


def _first(names: list[str]) -> Iterable[bool]:
    return np.arange(len(names)) == 0


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else factor * value


def _shown(value: float | None, figures: int = 6) -> str:
    return "-" if value is None else f"{value:.{figures}g}"
