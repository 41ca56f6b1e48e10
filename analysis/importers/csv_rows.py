"""Text with one trace in each row (.csv), padded with NaN or empty fields, or of different lengths."""

from pathlib import Path

import numpy as np

from analysis.importers.imported import ForeignFile, Piece
from analysis.importers.quantities import ImportedColumn, number_in
from analysis.importers.registry import Importer
from analysis.importers.text import SUFFIXES, read_lines, split_fields

LEAST_FIELDS = 16
"""Least number of numbers in the first line of a file of traces; a table has fewer columns."""


def holds_rows(path: Path) -> bool:
    """Return True if the file begins with a line of many numbers and no names. Raises `ForeignFile` if it is
    not text.
    """
    lines = read_lines(path)
    fields = split_fields(lines[0])
    return len(fields) >= LEAST_FIELDS and all(_is_number(field) for field in fields)


def read_csv_rows(path: Path) -> list[Piece]:
    """Read one trace from each line; these files do not name the quantity.

    Empty fields at the end are padding, like NaN.

    Raises
    ------
    ForeignFile
        If the file is not text, or a field is not a number.
    """
    pieces = []
    for place, line in enumerate(read_lines(path), 1):
        try:
            values = np.array([number_in(field) for field in split_fields(line)])
        except ValueError as error:
            raise ForeignFile(f"{path}: line {place} is not a row of numbers ({error})") from error
        pieces.append(
            Piece(path.name, (ImportedColumn("", values),), f"row {place}", remarks=("a trace a row",))
        )
    return pieces


def _is_number(field: str) -> bool:
    try:
        number_in(field)
    except ValueError:
        return False
    return True


IMPORTER = Importer("csv", read_csv_rows, SUFFIXES, holds_rows)
