"""Arrangement of traces in a table: a trace a row, a trace a column, or the quantities of one trace."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.importers.headings import free_name
from analysis.importers.imported import ForeignFile, Piece
from analysis.importers.options import Layout, Orientation
from analysis.importers.quantities import AXES, BASES, ImportedColumn, channel_name, linear_name

LEAST_FIELDS = 16
"""Least number of columns of a table of traces; a table of quantities has fewer."""

_CLEARLY = 1.25
"""Ratio of the roughness in two directions above which the smoother one is taken as along the traces."""

_END = 0.1
"""Share of a row or column that counts as its end."""

_LEAST_FALL = 0.2
_TIMES_THE_OTHER = 3.0
"""Rank by which ends differ along the traces, as a share of all values, and against the other direction."""


@dataclass(frozen=True)
class Guess:
    """Arrangement, or AUTO if it is unclear, with the reason."""

    orientation: Orientation
    reason: str


def guess(rows: Sequence[NDArray[np.float64]]) -> Guess:
    """Return the arrangement of rows of numbers.

    Rows of different lengths, or padded at their ends, are traces. Otherwise traces run in the direction in which
    the two ends differ (a contact, an open junction), or else in the one that is smoother: both are judged by the
    ranks of the values, the roughness by their mean difference between neighbours.
    """
    if (
        len(rows) > 3 and rises_evenly(rows[0]) and not rises_evenly(rows[1])
    ):  # a distance, or numbers of columns
        rows = rows[1:]
    if len(rows) < 3 or len({len(row) for row in rows}) > 1:
        return Guess(Orientation.ROWS, "the rows have different lengths" if len(rows) > 2 else "few rows")
    table = np.array(rows)
    padded = np.isnan(table)
    if padded[:, -1].any() and not padded[-1].all():
        return Guess(Orientation.ROWS, "rows are padded at their ends")
    if padded[-1].any() and not padded[:, -1].any():
        return Guess(Orientation.COLUMNS, "columns are padded at their ends")
    ranks = np.argsort(np.argsort(table, axis=None)).reshape(table.shape).astype(float)
    if rises_evenly(table[:, 0]) and not rises_evenly(table[:, 1]):
        if guess(list(table[:, 1:])).orientation is Orientation.ROWS:
            return Guess(Orientation.ROWS, "column 1 numbers the rows; otherwise: --columns")
        return Guess(
            Orientation.COLUMNS, "column 1 rises evenly, as a time or displacement; otherwise: --rows"
        )
    fall, fall_down = _difference_of_ends(ranks), _difference_of_ends(ranks.T)
    if fall > max(_LEAST_FALL, _TIMES_THE_OTHER * fall_down):
        return Guess(Orientation.ROWS, "the two ends of the rows differ most; otherwise: --columns")
    if fall_down > max(_LEAST_FALL, _TIMES_THE_OTHER * fall):
        return Guess(Orientation.COLUMNS, "the two ends of the columns differ most; otherwise: --rows")
    along = float(np.mean(np.abs(np.diff(ranks, axis=1))))
    down = float(np.mean(np.abs(np.diff(ranks, axis=0))))
    found = f"neighbours differ {max(along, down) / max(min(along, down), 1e-9):.2g} times less along"
    if down > _CLEARLY * along:
        return Guess(Orientation.ROWS, f"{found} the rows; otherwise: --columns")
    if along > _CLEARLY * down:
        return Guess(Orientation.COLUMNS, f"{found} the columns; otherwise: --rows")
    return Guess(
        Orientation.AUTO, "cannot tell whether a row or a column is a trace, both are equally smooth"
    )


def _difference_of_ends(ranks: NDArray[np.float64]) -> float:
    """Return the difference between the first and the last columns, as a share of all ranks."""
    share = max(1, int(_END * ranks.shape[1]))
    ends = np.median(ranks[:, :share]) - np.median(ranks[:, -share:])
    return float(abs(ends) / ranks.size)


def spread(piece: Piece, layout: Layout) -> list[Piece]:
    """Return the traces of a table: itself, or one for each column, or for each repetition of the quantities.

    Raises
    ------
    ForeignFile
        If the table does not have the arrangement that the user states.
    """
    if piece.group:  # it is a quantity of one trace
        return [piece]
    piece = _without_count(piece)
    match layout.orientation:
        case Orientation.COLUMNS:
            return _columns(piece, "as stated")
        case Orientation.PAIRS:
            return _pairs(piece)
        case Orientation.AUTO if _repeats(piece):
            remark = "distance and value repeat, once for each trace; otherwise: --table"
            return [replace(each, remarks=(*each.remarks, remark)) for each in _pairs(piece)]
        case Orientation.AUTO if reason := _reason_for_columns(piece):
            return _columns(piece, reason)
        case _:
            return [piece]


def quantity_of(column: ImportedColumn) -> str:
    """Return the quantity of a column without the number that tells it from others."""
    name = column.name if column.stated else channel_name(re.sub(r"\d+$", "", column.heading.strip()) or "x")
    named = column.name if column.name in BASES else re.sub(r"_\d+$", "", column.name)
    return named if named in BASES or not column.heading else name


def _reason_for_columns(piece: Piece) -> str:
    numbers = Counter(quantity_of(column) for column in piece.quantities)
    most, count = numbers.most_common(1)[0]
    if (
        count >= 3
        and linear_name(most) in BASES
        and most not in AXES
        and all(n == 1 or q == most for q, n in numbers.items())
    ):
        return f"{count} columns of {most}; otherwise: --table"
    if len(piece.quantities) >= LEAST_FIELDS and set(numbers) == {"column"}:
        return "many columns without names; otherwise: --rows"
    return ""


def _without_count(piece: Piece) -> Piece:
    """Return a table whose quantities repeat without a first column that only counts the rows: Index, V, I, V, I."""
    rest = replace(piece, quantities=piece.quantities[1:])
    counts = len(rest.quantities) > 1 and linear_name(quantity_of(piece.quantities[0])) not in BASES
    return rest if counts and _repeats(rest) else piece


def _repeats(piece: Piece) -> bool:
    """Return True for columns that are a distance or time and a value, twice or more: x, y, x, y."""
    names = [linear_name(quantity_of(column)) for column in piece.quantities]
    one = names[: names.index(names[0], 1)] if names.count(names[0]) > 1 else names
    times, rest = divmod(len(names), len(one))
    kinds = {name in AXES for name in one if name in BASES}
    return times > 1 and not rest and names == one * times and len(kinds) == 2 and len(set(one)) == len(one)


def _columns(piece: Piece, reason: str) -> list[Piece]:
    shared = [column for column in piece.quantities if quantity_of(column) in AXES]
    values = [column for column in piece.quantities if column not in shared]
    remarks = [f"each column is a trace ({reason})"]
    if not shared and len(values) > 2 and _rises_alone(values):
        remarks.append(
            "column 1 rises evenly and is not a trace; if it is the time or displacement: --column time=1:s"
        )
        values = values[1:]
    if not values:
        raise ForeignFile(f"{piece.file}: no column but those of {', '.join(q.name for q in shared)}")
    names = {quantity_of(column) for column in values}
    nameless = len(names) == 1 and not any(linear_name(name) in BASES for name in names)
    pieces = []
    for number, column in enumerate(values, 1):
        renamed = replace(column, name="" if nameless else quantity_of(column))
        label = column.heading or column.name.replace("_", " ")
        place = f"{piece.place} {label}".strip() if label else f"column {number}"
        kept = tuple(replace(axis, name=quantity_of(axis)) for axis in shared)
        pieces.append(replace(piece, quantities=(renamed, *kept), place=place, group="",
                              remarks=(*piece.remarks, *remarks)))  # fmt: skip
    return pieces


def _rises_alone(columns: Sequence[ImportedColumn]) -> bool:
    """Return True if the first column rises in equal steps and the second does not."""
    first, second = (np.asarray(column.values[:1000], dtype=float) for column in columns[:2])
    return rises_evenly(first) and not rises_evenly(second)


def rises_evenly(values: NDArray[np.float64]) -> bool:
    """Return True for values that rise in equal steps, from the first that is defined."""
    steps = np.diff(values[np.isnan(values[:1]).sum() :])
    return bool(
        len(steps) > 3 and steps[0] > 0 and np.all(np.abs(steps - steps.mean()) < 0.05 * steps.mean())
    )


def _pairs(piece: Piece) -> list[Piece]:
    names = [quantity_of(column) for column in piece.quantities]
    period = names[1:].index(names[0]) + 1 if names[0] in names[1:] else len(names)
    if set(names) == {"column"}:
        period = 2
    if len(names) % period or names != names[:period] * (len(names) // period) or period == len(names):
        raise ForeignFile(f"{piece.file}: --pairs: the columns ({', '.join(names)}) do not repeat")
    pieces = []
    for number in range(len(names) // period):
        columns: list[ImportedColumn] = []
        for column, name in zip(
            piece.quantities[number * period : (number + 1) * period], names, strict=False
        ):
            plain = f"column_{len(columns) + 1}" if name == "column" else name
            columns.append(replace(column, name=free_name(plain, columns)))
        pieces.append(replace(piece, quantities=tuple(columns), place=f"{piece.place} traces {number + 1}".strip(),
                              group=""))  # fmt: skip
    return pieces
