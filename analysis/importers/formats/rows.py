"""Text with one trace in each row, padded with NaN or empty fields, or of different lengths."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.importers.decoding import read_lines, take_lines
from analysis.importers.fields import Dialect, dialect_of, is_comment, number_in
from analysis.importers.formats.boundaries import Line
from analysis.importers.formats.endings import WholeLines
from analysis.importers.formats.text import SUFFIXES
from analysis.importers.imported import ForeignFile, Piece
from analysis.importers.options import Layout, Orientation
from analysis.importers.orientation import LEAST_FIELDS, Guess, guess, rises_evenly
from analysis.importers.quantities import ImportedColumn
from analysis.importers.registry import Importer

_LOOK_AT_LINES = 200
_LOOK_AT_FIELDS = 2000
_FEWEST = 5
"""Rows from which on a first one, or a first column, is recognised."""


def holds_rows(path: Path) -> bool:
    """Return True if the file begins with a line of many numbers and no names, and its rows are traces.

    Raises
    ------
    ForeignFile
        If it is not text.
    """
    found = look_at(path)
    return found is not None and found.orientation is not Orientation.COLUMNS


def look_at(path: Path) -> Guess | None:
    """Return the arrangement of a file that begins with many numbers and no names; None for any other text."""
    rows = first_rows(path)
    return guess(rows) if rows else None


def first_rows(path: Path, skip: int = 0) -> list[NDArray[np.float64]]:
    """Return the beginnings of the first rows of many numbers; none if other lines than short ones are above them."""
    lines = [line for _, line in take_lines(read_lines(path, skip), _LOOK_AT_LINES) if not is_comment(line)]
    dialect = dialect_of(lines[-20:])
    while lines and len(dialect.split(lines[0])) < LEAST_FIELDS:
        lines = lines[1:]
    if not lines or dialect.numbers(lines[0]) is None:
        return []
    return [np.array(row[:_LOOK_AT_FIELDS]) for line in lines if (row := dialect.numbers(line)) is not None]


def read_rows(path: Path, layout: Layout) -> Iterator[Piece]:
    """Yield one trace from each line; these files do not name the quantity.

    Empty fields at the end are padding, like NaN. Lines of text above the first numbers are skipped.

    Raises
    ------
    ForeignFile
        If the file is not text, or a field is not a number.
    """
    reason = "as stated" if layout.orientation is Orientation.ROWS else ""
    if not reason:
        found = look_at(path)
        if found is not None and found.orientation is Orientation.AUTO:
            raise ForeignFile(f"{path}: {found.reason}: give --rows or --columns")
        reason = found.reason if found else "a trace a line"
    whole = WholeLines(path, read_lines(path, layout.skip_lines))
    lines = (line for line in whole if not is_comment(line[1]))
    sample = take_lines(lines, 20)
    dialect = dialect_of([line for _, line in sample])
    begun, place = False, 0
    axis, numbered, remarks = beside_traces(first_rows(path, layout.skip_lines))
    for number, line in chain(sample, lines):
        values = _values(path, (number, line), dialect, strict=begun)
        if values is None:
            continue
        begun, place = True, place + 1
        if axis and place == 1:
            continue
        yield Piece(
            path.name,
            (ImportedColumn("", values[1:] if numbered else values),),
            f"row {place}",
            remarks=(f"each row is a trace ({reason})", *remarks),
        )
    if whole.remark and begun:
        nothing = (ImportedColumn("", np.empty(0)),)
        yield Piece(path.name, nothing, remarks=(whole.remark,), continues=True)
    if not begun:
        raise ForeignFile(f"{path}: no row of numbers in the file")


def beside_traces(rows: list[NDArray[np.float64]]) -> tuple[bool, bool, tuple[str, ...]]:
    """Return True for a first row, and for a first column, that are no samples, and remarks."""
    if len(rows) < _FEWEST or min(map(len, rows)) < 2:
        return False, False, ()
    axis = rises_evenly(rows[0]) and not rises_evenly(rows[1])
    first, second = (np.array([row[i] for row in rows[axis:]]) for i in range(2))
    numbered = rises_evenly(first) and not rises_evenly(second)
    remarks = [
        "row 1 rises evenly and is not a trace; for the displacement give --rate-Hz and --speed-nm-per-s"
    ] * axis
    return axis, numbered, (*remarks, *["column 1 numbers the rows and is no sample"] * numbered)


def _values(path: Path, line: Line, dialect: Dialect, *, strict: bool) -> NDArray[np.float64] | None:
    number, text = line
    fields = dialect.split(text)
    try:
        return np.array(fields, dtype=float)
    except ValueError:
        pass
    try:
        return np.array([number_in(field, dialect.decimal) for field in fields])
    except ValueError as error:
        if strict or sum(_is_number(field) for field in fields) > len(fields) / 2:
            raise ForeignFile(f"{path}: line {number} is not a row of numbers ({error})") from None
        return None


def _is_number(field: str) -> bool:
    try:
        number_in(field)
    except ValueError:
        return False
    return True


IMPORTER = Importer("csv", read_rows, SUFFIXES, holds_rows)
