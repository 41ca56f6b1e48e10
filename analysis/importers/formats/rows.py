"""Text with one trace in each row, padded with NaN or empty fields, or of different lengths."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.importers.decoding import read_lines, take_lines
from analysis.importers.fields import Dialect, dialect_of, number_in
from analysis.importers.formats.boundaries import Line
from analysis.importers.formats.text import SUFFIXES, is_comment
from analysis.importers.imported import ForeignFile, Piece
from analysis.importers.options import Layout, Orientation
from analysis.importers.orientation import LEAST_FIELDS, Guess, guess
from analysis.importers.quantities import ImportedColumn
from analysis.importers.registry import Importer

_LOOK_AT_LINES = 200
_LOOK_AT_FIELDS = 2000


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
    lines = [line for _, line in take_lines(read_lines(path), _LOOK_AT_LINES)]
    dialect = dialect_of(lines[:20])
    first = dialect.numbers(lines[0])
    if first is None or len(first) < LEAST_FIELDS:
        return None
    rows = [np.array(row[:_LOOK_AT_FIELDS]) for line in lines if (row := dialect.numbers(line)) is not None]
    return guess(rows)


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
    lines = (line for line in read_lines(path, layout.skip_lines) if not is_comment(line[1]))
    sample = take_lines(lines, 20)
    dialect = dialect_of([line for _, line in sample])
    begun, place = False, 0
    for number, line in chain(sample, lines):
        values = _values(path, (number, line), dialect, strict=begun)
        if values is None:
            continue
        begun, place = True, place + 1
        yield Piece(
            path.name,
            (ImportedColumn("", values),),
            f"row {place}",
            remarks=(f"each row is a trace ({reason})",),
        )
    if not begun:
        raise ForeignFile(f"{path}: no row of numbers in the file")


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
