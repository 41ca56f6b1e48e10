"""Table of the numbers quoted in the paper, as text, CSV and JSON."""

import csv
import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from analysis.shared_files import write_file
from app.paper.numbers import Number
from app.paper.setups import AMBIENT_K, BIAS_V, SOURCE, SYMMETRIC, HOPPING_eV

WIDTH = 140
"""Width of output to a file or another program."""

_STYLES = {"matched": "", "near": "yellow", "not matched": "red"}


def to_json(found: Sequence[Number]) -> dict[str, Any]:
    """Return the content for JSON."""
    return {
        "source": SOURCE,
        "relative_error": "100 (X_VTP - X_VP)/X_VP",
        "numbers": [number.to_json() for number in found],
    }


def save_table(folder: Path, found: Sequence[Number]) -> None:
    """Write numbers.json, and numbers.csv with a column for every parameter."""
    content = to_json(found)
    text = json.dumps(content, indent=2, ensure_ascii=False)
    write_file(folder / "numbers.json", text + "\n")
    rows = [row.pop("parameters") | row for row in content["numbers"]]
    keys = list(dict.fromkeys(key for row in rows for key in row))
    table = StringIO(newline="")
    writer = csv.DictWriter(table, keys)
    writer.writeheader()
    writer.writerows(rows)
    write_file(folder / "numbers.csv", table.getvalue())


def print_numbers(found: Sequence[Number]) -> None:
    """Print the table, and the remarks below it."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    console.print(_HEAD, soft_wrap=True)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for head in ("", "figure"):
        table.add_column(head, no_wrap=True)
    for head in ("paper", "here", "at (eV)", "finer steps", "non-linear"):
        table.add_column(head, justify="right", no_wrap=True)
    for head in ("", "T_L/T_R (K)", "Gamma_R", "Gamma_P (eV)"):
        table.add_column(head, no_wrap=True)
    for i, number in enumerate(found, start=1):
        table.add_row(str(i), *_cells(number), style=_STYLES[number.verdict])
    console.print(table)
    for i, number in enumerate(found, start=1):
        if number.quoted.note:
            console.print(f"{i:>2}  {number.quoted.note}", soft_wrap=True)
    console.print(_FOOT, soft_wrap=True)


_HEAD = f"""{SOURCE}
Ring of six, t = {HOPPING_eV} eV; L, R, P on sites 1, 3, 4; Gamma_L = {SYMMETRIC.gamma_left_eV} eV; \
T_P(VP) = T0 = {AMBIENT_K:g} K; {1e3 * BIAS_V:g} mV.
Charge and heat: largest 100 (VTP - VP)/VP of the current into R along the sweep, or at the node.
S: largest |S_VTP - S_VP| over largest |S_VTP|, and the difference in uV/K.
"""


_FOOT = """
Errors of 10,000 % need linear response: at this bias the Joule heat, which is of second order, is already more
than what the voltage probe lets into R at the node."""


def _cells(number: Number) -> tuple[str, ...]:
    q, of, setup = number.quoted, number.found, number.quoted.setup
    node = q.sweep == "node"
    difference = f" ({abs(1e6 * of.difference_V_per_K):.3f})" if q.what == "S" else ""
    return (
        f"{q.figure} {q.what}",
        q.text,
        _percent(of.percent) + difference,
        "node" if node else f"{of.at_eV:+.4f}",
        "" if node else _percent(number.fine.percent),
        _percent(number.nonlinear.percent),
        number.verdict,
        f"{setup.T_left_K:g}/{setup.T_right_K:g}",
        f"{setup.gamma_right_eV:g}",
        f"{setup.gamma_probe_eV:g}{' on all sites' if setup.flat else ''}",
    )


def _percent(value: float) -> str:
    """Return 0 for a rounding error about an exact zero."""
    if abs(value) < 1e-9:
        return "0 %"
    return f"{value:,.1f} %" if abs(value) >= 1000 else f"{value:.3f} %"
