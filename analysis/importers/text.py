"""Plain columns of text, with or without a line of headers."""

import re
from pathlib import Path

import numpy as np

from analysis.importers.imported import ForeignFile, Piece
from analysis.importers.quantities import (
    OVERLOAD,
    ImportedColumn,
    channel_name,
    known_unit,
    number_in,
    split_header,
)
from analysis.importers.registry import Importer

SUFFIXES = (".csv", ".txt", ".dat", ".tsv")

_COMMENT = ("#", "%", "//")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")


def read_lines(path: Path) -> list[str]:
    """Return the lines that are not empty. Raises `ForeignFile` for a file that is not text, or empty."""
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")  # "µ" as older programs write it
    except OSError as error:
        raise ForeignFile(f"{path}: cannot be read ({error.strerror})") from error
    if "\0" in text:
        raise ForeignFile(f"{path}: not a text file")
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise ForeignFile(f"{path}: an empty file")
    return lines


def split_fields(line: str) -> list[str]:
    """Split a line into fields at tabs, semicolons, commas or blanks, in this order of preference."""
    for separator in ("\t", ";", ","):
        if separator in line and not (separator == "," and _all_decimal_commas(line)):
            return [field.strip() for field in line.split(separator)]
    return line.split()


def _all_decimal_commas(line: str) -> bool:
    words = line.split()
    return len(words) > 1 and all(_DECIMAL_COMMA.fullmatch(word) for word in words)


def read_text(path: Path) -> list[Piece]:
    """Read the columns as the quantities of one trace.

    The last line above the numbers, commented out or not, gives names and units of the columns (or the last two,
    one for each). All lines above the numbers are kept as a setting of the trace.

    Raises
    ------
    ForeignFile
        If the file is not text, has no numbers, or has lines of different lengths.
    """
    lines = read_lines(path)
    start = next((i for i, line in enumerate(lines) if _numbers(line) is not None), len(lines))
    rows = [_numbers(line) for line in lines[start:] if not line.lstrip().startswith(_COMMENT)]
    if not rows:
        raise ForeignFile(f"{path}: no columns of numbers in the file")
    width = len(rows[0] or [])
    for place, row in enumerate(rows, start + 1):
        if row is None or len(row) != width:
            raise ForeignFile(f"{path}: line {place} (not counting empty ones) does not hold {width} numbers")
    columns = np.array(rows, dtype=float).T
    if width > 1 and np.isnan(columns[-1]).all():  # a separator at the end of every line
        columns, width = columns[:-1], width - 1
    names, remarks = _names(_headers(lines[:start], width), width)
    quantities = tuple(
        ImportedColumn(name, values, unit) for (name, unit), values in zip(names, columns, strict=True)
    )
    return [
        Piece(
            path.name, quantities, settings={"lines_above": lines[:start]} if start else {}, remarks=remarks
        )
    ]


def _numbers(line: str) -> list[float] | None:
    """Return the numbers of a line (decimal commas and meters' words for overload allowed); None for other lines."""
    try:
        numbers = [number_in(field) for field in split_fields(line)]
    except ValueError:
        return None
    return None if all(abs(value) == OVERLOAD for value in numbers) else numbers  # a line of dashes


def _headers(above: list[str], width: int) -> list[str] | None:
    """Return the headings of the columns: the last line above the numbers, or names and units in the last two.

    A comment that is only a number, such as the count of points below, is skipped.
    """
    while above and _bare(above[-1]).isdigit():
        above = above[:-1]
    lines = [_words(line, width) for line in above[-2:]]
    if not lines or lines[-1] is None:
        return None
    names = lines[0]
    if len(lines) == 2 and names is not None and all(known_unit(word) for word in lines[1] or []):
        return [f"{name} ({unit})" for name, unit in zip(names, lines[1] or [], strict=True)]
    return lines[-1]


def _bare(line: str) -> str:
    return line.strip().lstrip("".join(_COMMENT)).strip()


def _words(line: str, width: int) -> list[str] | None:
    bare = _bare(line)
    for words in (split_fields(bare), re.findall(r"[^\s(\[]+\s*(?:[(\[][^)\]]*[)\]])?", bare)):
        if len(words) == width:
            return words
    return None


def _names(headers: list[str] | None, width: int) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    if headers is None:
        return [(f"column_{i}" if width > 1 else "", "") for i in range(width)], ("columns without names",)
    ending = _common_ending(headers)
    names: list[tuple[str, str]] = []
    for header in headers:
        name, unit = split_header(header.removesuffix(ending))
        channel = channel_name(name)
        if any(channel == other for other, _ in names):
            channel = f"{channel}_{len(names)}"
        names.append((channel, unit))
    return names, (f"columns {', '.join(header.removesuffix(ending) for header in headers)}",)


def _common_ending(headers: list[str]) -> str:
    """Return the common ending of all names, such as "_C10SH_Au_J10"; "" for one column, and for a unit."""
    length = 0
    while length < min(map(len, headers)) and len({header[-length - 1 :] for header in headers}) == 1:
        length += 1
    common = headers[0][len(headers[0]) - length :]
    ending = common[common.index("_") :] if "_" in common and len(headers) > 1 else ""
    return "" if known_unit(ending[1:]) else ending


IMPORTER = Importer("text", read_text, SUFFIXES)
