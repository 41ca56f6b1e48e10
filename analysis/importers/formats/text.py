"""Plain columns of text, with or without lines of headings."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.importers.decoding import MOST_LETTERS, read_lines, take_lines
from analysis.importers.fields import Dialect, dialect_of, is_comment, number_in, time_in
from analysis.importers.formats.boundaries import Boundaries, Line
from analysis.importers.formats.clocks import Clocks
from analysis.importers.formats.endings import WholeLines
from analysis.importers.formats.scope_header import scope_header
from analysis.importers.headings import headings_in, named_columns, words_of
from analysis.importers.imported import ForeignFile, Piece
from analysis.importers.options import Layout
from analysis.importers.registry import Importer

SUFFIXES = (".csv", ".txt", ".dat", ".tsv", ".asc", ".xy", ".lvm")

PART = "part "
"""Beginning of the place of every further trace of a file."""

_BLOCK_LINES = 20_000
_LOOKED_AT = 40
"""Lines that decide how many columns there are."""
_MOST_LINES_ABOVE = 5000
_MOST_COLUMNS = 100_000


def read_text(path: Path, layout: Layout) -> Iterator[Piece]:
    """Yield the columns as the quantities of one trace, a block of lines at a time.

    The lines above the numbers, commented out or not, give names and units of the columns; they are kept as a
    setting of the trace. Dates and times of day become seconds from the first.

    Raises
    ------
    ForeignFile
        If the file is not text, has no numbers, or has lines of different lengths.
    """
    yield from columns_of(path, read_lines(path, layout.skip_lines), layout)


def columns_of(path: Path, read: Iterator[Line], layout: Layout) -> Iterator[Piece]:
    """Yield the columns in the lines of a text as `read_text` does."""
    lines = WholeLines(path, read)
    above, first = head_and_body(path, lines, layout)
    dialect = dialect_of([line for _, line in first if not is_comment(line)])
    beginning = [dialect.split(line) for _, line in first if not is_comment(line)][:_LOOKED_AT]
    fields = beginning[0]
    width = max(1, *map(_filled, beginning))
    if width > _MOST_COLUMNS:
        raise ForeignFile(
            f"{path}: {width} columns, more than {_MOST_COLUMNS}; if each row is a trace: --rows"
        )
    clocks = Clocks(fields[:width])
    stated = next((line for number, line in above if number == layout.heading_line), None)
    if layout.heading_line and stated is None:
        raise ForeignFile(
            f"{path}: line {layout.heading_line} is not above the numbers, so it names no columns"
        )
    texts = [line for _, line in above]
    scope = scope_header(texts, width, dialect) if stated is None else None
    headings = scope.headings if scope else headings_in(texts, width, dialect, stated)
    rate_Hz = scope.rate_Hz if scope else math.nan
    columns, remarks = named_columns(headings, width)
    if rate_Hz > 0.0:
        remarks += ("rate from the oscilloscope's header",)
    columns = clocks.named(columns)
    remarks += _rows_lost(above, width, dialect)
    settings = {"lines_above": [line for _, line in above]} if above else {}
    boundaries = Boundaries(path, [line for _, line in above], first, width, dialect)
    block: Sequence[Line] = first
    number = 0
    while block:
        for begins, part in boundaries.parts(block):
            values = clocks.summed(parsed(path, part, dialect, width, clocks.places))
            filled = tuple(replace(c, values=v) for c, v in zip(columns, values, strict=True))
            new = begins or not number
            number += new
            place = f"{PART}{number}" if number > 1 else ""
            yield Piece(path.name, filled, place, rate_Hz, settings, remarks=remarks, continues=not new)
        block = take_lines(lines, _BLOCK_LINES)
    if lines.remark:
        nothing = tuple(replace(column, values=np.empty(0)) for column in columns)
        yield Piece(path.name, nothing, remarks=(lines.remark,), continues=True)


def _filled(fields: Sequence[str]) -> int:
    """Return the number of fields without the empty ones at the end, which spreadsheets add."""
    return next((i for i in range(len(fields), 0, -1) if fields[i - 1]), 0)


def head_and_body(path: Path, lines: Iterator[Line], layout: Layout) -> tuple[list[Line], list[Line]]:
    """Return the lines above the numbers, and the first block of lines from there on.

    The numbers begin at the first line of numbers that another one of as many follows, or that is the last.

    Raises
    ------
    ForeignFile
        If there are none.
    """
    read: list[Line] = []
    room = MOST_LETTERS
    for start in range(_MOST_LINES_ABOVE):
        while len(read) < start + 40 and room > 0:
            more = take_lines(lines, _BLOCK_LINES)
            if not more:
                break
            read += more
            room -= sum(len(line) for _, line in more)
        if start >= len(read):
            break
        if read[start][0] > layout.heading_line and _begins(read, start):
            return read[:start], read[start:]
    raise ForeignFile(
        f"{path}: no columns of numbers in the file{_words_in(read)}; if they begin below many lines of text: "
        "--skip-lines"
    )


def _rows_lost(above: Sequence[Line], width: int, dialect: Dialect) -> tuple[str, ...]:
    """Return a remark on rows between the headings and the numbers in which most fields are numbers."""
    lost = list(
        takewhile(lambda line: _is_mostly_numbers(dialect.split(line[1]), width, dialect), reversed(above))
    )
    if not lost or len(lost) == len(above) or words_of(above[-len(lost) - 1][1], width, dialect) is None:
        return ()
    number, line = lost[0]
    word = next(field for field in dialect.split(line) if _numbers(dialect, [field]) is None)
    return (
        f"not read, as not all of it is numbers: {len(lost)} rows down to line {number}, with {word[:20]!r}",
    )


def _is_mostly_numbers(fields: Sequence[str], width: int, dialect: Dialect) -> bool:
    """Return True for a row of which more than half, but not all, are numbers."""
    numbers = sum(bool(field) and _numbers(dialect, [field]) is not None for field in fields)
    words = sum(_numbers(dialect, [field]) is None for field in fields)
    return len(fields) == width and words > 0 and numbers > width / 2


def _words_in(read: Sequence[Line]) -> str:
    """Return the first field of the last line that is no number, if others are; "" otherwise."""
    number, line = read[-1] if read else (0, "")
    dialect = dialect_of([text for _, text in read[-20:]])
    fields = [field for field in dialect.split(line) if field]
    words = [(i, field) for i, field in enumerate(fields, 1) if _numbers(dialect, [field]) is None]
    if not words or not any(character.isdigit() for character in line):
        return ""
    place, word = words[0]
    return f" (line {number}, column {place} holds {word[:20]!r}: leave out columns of words, and units beside numbers)"


def _begins(read: Sequence[Line], start: int) -> bool:
    following = [line for _, line in read[start : start + 40] if not is_comment(line)]
    if is_comment(read[start][1]) or not following or not any(map(str.isalnum, read[start][1])):
        return False
    dialect = dialect_of(following[:20])
    counts = [_count_of_numbers(line, dialect) for line in following[:2]]
    if _counts_columns(following, dialect):
        return False
    return bool(counts[0]) and (len(counts) == 1 or (counts[1] > 0 and counts[0] == counts[1]))


def _counts_columns(lines: Sequence[str], dialect: Dialect) -> bool:
    """Return True if the first line only numbers the columns, as pandas does for those without a name: ,0,1,2."""
    counted = [[field for field in dialect.split(line) if field] for line in lines[:2]]
    if len(counted) < 2 or len(counted[0]) < 3:
        return False
    is_count = [
        any(fields == [str(i + start) for i in range(len(fields))] for start in (0, 1)) for fields in counted
    ]
    return is_count == [True, False]


def _count_of_numbers(line: str, dialect: Dialect) -> int:
    """Return the number of fields of a line of numbers; 0 for any other line."""
    if (numbers := dialect.numbers(line)) is not None:
        return len(numbers)
    fields = dialect.split(line)
    plain = [field for field in fields if time_in(field) is None]
    if len(plain) == len(fields) or dialect.numbers(dialect.separator.join(plain)) is None:
        return 0
    return len(fields)


def parsed(
    path: Path, lines: Sequence[Line], dialect: Dialect, width: int, clocks: Sequence[int] = ()
) -> NDArray[np.float64]:
    """Return the numbers of lines, shape (lines, width); times in seconds. Raises `ForeignFile`."""
    if lines and not clocks:
        quick = dialect.block([line for _, line in lines], width)
        if quick is not None:
            return quick
    rows = np.empty((len(lines), width))
    for i, (number, line) in enumerate(lines):
        values = _row(dialect, line, width, clocks)
        if values is None:
            raise ForeignFile(
                f"{path}: line {number} does not hold {width} numbers: {line.strip()[:60]!r}; if the data end above "
                "it, delete it and what follows"
            )
        rows[i] = values
    return rows


def _row(dialect: Dialect, line: str, width: int, clocks: Sequence[int]) -> list[float] | None:
    fields = dialect.split(line)
    fields = fields[: max(width, _filled(fields))]
    times = {i: time_in(fields[i]) for i in clocks if i < len(fields)}
    if None in times.values():
        return None
    rest = [field for i, field in enumerate(fields) if i not in times]
    numbers = _numbers(dialect, rest)
    if numbers is None:
        return None
    for i, seconds in sorted(times.items()):
        numbers.insert(i, math.nan if seconds is None else seconds)
    return numbers if len(numbers) == width else None


def _numbers(dialect: Dialect, fields: Sequence[str]) -> list[float] | None:
    try:
        return [number_in(field, dialect.decimal) for field in fields]
    except ValueError:
        return None


IMPORTER = Importer("text", read_text, SUFFIXES)
