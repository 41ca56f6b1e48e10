"""Columns as the user names them, and tables as traces."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from analysis.importers.headings import free_name
from analysis.importers.imported import ForeignFile, Piece
from analysis.importers.options import ColumnChoice, ImportOptions
from analysis.importers.orientation import spread
from analysis.importers.quantities import ImportedColumn, split_header


def arranged(pieces: Iterable[Piece], options: ImportOptions) -> list[Piece]:
    """Return the pieces of one file with the columns that the user names, and one piece for each trace of a table.

    Raises
    ------
    ForeignFile
        If no piece has a column that the user names; the message lists the columns.
    """
    pieces = list(pieces)
    missing = dict(options.columns)
    found: list[Piece] = []
    for piece in pieces:
        columns, used = with_choices(piece.quantities, options.columns)
        for name in used:
            missing.pop(name, None)
        found += spread(replace(piece, quantities=columns), options.layout)
    if missing and pieces:
        raise ForeignFile(no_such_column(pieces[0].file, next(iter(missing.values())), pieces[0].quantities))
    return found


def with_choices(
    columns: Sequence[ImportedColumn], choices: Mapping[str, ColumnChoice]
) -> tuple[tuple[ImportedColumn, ...], list[str]]:
    """Return the columns with the user's names and units, and the names of the choices that were used."""
    places = {
        name: place for name, choice in choices.items() if (place := _place(columns, choice)) is not None
    }
    stated = {place: name for name, place in places.items()}
    named: list[ImportedColumn] = []
    for i, column in enumerate(columns):
        if i in stated:
            unit = choices[stated[i]].unit
            column = replace(column, name=stated[i], unit=unit or column.unit, stated=bool(unit))
        elif column.name in places:
            column = replace(column, name=free_name(f"other_{column.name}", columns))
        named.append(column)
    return tuple(named), list(places)


def no_such_column(file: str, choice: ColumnChoice, columns: Sequence[ImportedColumn]) -> str:
    """Return the message for a column that a file does not have."""
    listed = ", ".join(f"{i} {c.heading or c.name or 'without a name'!r}" for i, c in enumerate(columns, 1))
    return f"{file}: there is no column {choice.column!r}; its columns are {listed}"


def _place(columns: Sequence[ImportedColumn], choice: ColumnChoice) -> int | None:
    """Return the index of the column that is meant: by heading, by the name in it, by channel, or by number."""
    wanted = choice.column.casefold()
    for name_of in (_heading, _name_in_heading, _channel):
        for i, column in enumerate(columns):
            if name_of(column).casefold() == wanted:
                return i
    if re.fullmatch(r"\d+", wanted) and 1 <= int(wanted) <= len(columns):
        return int(wanted) - 1
    return None


def _heading(column: ImportedColumn) -> str:
    return column.heading


def _name_in_heading(column: ImportedColumn) -> str:
    return split_header(column.heading)[0] if column.heading else ""


def _channel(column: ImportedColumn) -> str:
    return column.name
