"""Text for spreadsheets, Origin and Igor Pro: a file for each table, its provenance at its head or beside it."""

import csv
import json
from collections.abc import Sequence
from math import isnan
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from app.export.content import Content, Variable

PROVENANCE = "provenance.json"


def write_csv(content: Content, folder: Path) -> None:
    """Write a comma-separated file for each table, with the names of the columns in the first line."""
    for name, columns in _tables(content):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            _write_lines(file, ",", [[column.name for column in columns]], columns)
    _write_provenance(content, folder)


def write_origin(content: Content, folder: Path) -> None:
    """Write a tab-separated file for each table, headed by Origin's long names, units and comments."""
    for name, columns in _tables(content):
        heads = [
            [column.name for column in columns],
            [column.unit for column in columns],
            [column.label for column in columns],
        ]
        with (folder / f"{name}.txt").open("w", encoding="utf-8-sig", newline="") as file:
            _write_lines(file, "\t", heads, columns)
    _write_provenance(content, folder)


def write_itx(content: Content, out: Path) -> None:
    """Write waves as Igor text, with units; matrices for two-dimensional arrays. The provenance is in each note."""
    note = _igor_text(content.history)
    with out.open("w", encoding="utf-8", newline="") as file:
        file.write("IGOR\r\n")
        for group in content.groups:
            for variable in (*group.coordinates, *group.variables):
                _write_wave(file, f"{group.name}_{variable.name}"[:200], variable, note)


def _write_wave(file: TextIO, name: str, variable: Variable, note: str) -> None:
    values = variable.values
    if values.dtype.kind in "US":
        file.write(f"WAVES/T {name}\r\nBEGIN\r\n")
        file.writelines(f'\t"{text}"\r\n' for text in values)
    else:
        shape = f"/N=({','.join(map(str, values.shape))})" if values.ndim == 2 else ""
        file.write(f"WAVES/D{shape} {name}\r\nBEGIN\r\n")
        rows = values if values.ndim == 2 else values[:, None]
        file.writelines("\t" + "\t".join(_igor_number(x) for x in row) + "\r\n" for row in rows.tolist())
    file.write("END\r\n")
    if values.dtype.kind not in "US":
        file.write(f'X SetScale d 0,0,"{variable.unit if variable.unit != "1" else ""}",{name}\r\n')
    pieces = [note[i : i + 300] for i in range(0, len(note), 300)]  # a command line of Igor is short
    file.writelines(f'X Note/NOCR {name}, "{piece}"\r\n' for piece in pieces)


def _igor_text(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', "'")


def _igor_number(value: float) -> str:
    return (
        "NaN" if isnan(value) else "INF" if value == np.inf else "-INF" if value == -np.inf else repr(value)
    )


def _tables(content: Content) -> list[tuple[str, list[Variable]]]:
    return [table for group in content.groups for table in group.tables()]


def _write_lines(
    file: TextIO, separator: str, heads: Sequence[Sequence[str]], columns: Sequence[Variable]
) -> None:
    writer = csv.writer(file, delimiter=separator, lineterminator="\n")
    writer.writerows(heads)
    writer.writerows(zip(*(map(_cell, column.values.tolist()) for column in columns), strict=True))


def _cell(value: Any) -> Any:
    """Return the shortest text that reads back as the same number; "" where there is none."""
    if isinstance(value, float):
        return "" if isnan(value) else repr(value)
    return value


def _write_provenance(content: Content, folder: Path) -> None:
    tables = [
        {
            "table": name,
            "columns": [{"name": c.name, "unit": c.unit, "meaning": c.label} for c in columns],
        }
        for name, columns in _tables(content)
    ]
    text = json.dumps({**content.provenance, "tables": tables}, indent=1, ensure_ascii=False)
    (folder / PROVENANCE).write_text(text, encoding="utf-8")
