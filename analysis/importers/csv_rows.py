"""Text with a trace a row (.csv), padded with NaN or nothing, or of different lengths."""

from pathlib import Path

import numpy as np

from analysis.importers.imported import ForeignFile, Piece
from analysis.importers.quantities import Quantity, number
from analysis.importers.text import read_lines, split_fields

LEAST_FIELDS = 16
"""A first line of so many numbers is a trace, not a line of a table with as many columns."""


def holds_rows(path: Path) -> bool:
    """Whether the file begins with a line of many numbers and no names. Raises `ForeignFile` for no text."""
    lines = read_lines(path)
    fields = split_fields(lines[0])
    return len(fields) >= LEAST_FIELDS and all(_is_number(field) for field in fields)


def read_csv_rows(path: Path) -> list[Piece]:
    """Read one trace from each line; what the numbers are, no such file tells.

    Empty fields at the end are padding, like NaN.

    Raises
    ------
    ForeignFile
        Not text, or a field that is no number.
    """
    pieces = []
    for place, line in enumerate(read_lines(path), 1):
        try:
            values = np.array([number(field) for field in split_fields(line)])
        except ValueError as error:
            raise ForeignFile(f"{path}: line {place} is not a row of numbers ({error})") from error
        pieces.append(Piece(path.name, (Quantity("", values),), f"row {place}", remarks=("a trace a row",)))
    return pieces


def _is_number(field: str) -> bool:
    try:
        number(field)
    except ValueError:
        return False
    return True
