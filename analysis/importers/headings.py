"""Names and units of columns in the lines above the numbers."""

import re
from collections.abc import Sequence

from analysis.importers.fields import COMMENT, Dialect
from analysis.importers.quantities import (
    BASES,
    ImportedColumn,
    channel_in,
    channel_name,
    known_unit,
    split_header,
)

_SHOWN = 12
"""Headings that the summary lists."""

_NEAR = 6
"""Lines above the numbers among which the headings are sought."""


def headings_in(
    above: Sequence[str], width: int, dialect: Dialect, stated: str | None = None
) -> list[str] | None:
    """Return the headings of the columns; None if the lines above the numbers hold none.

    Among the last lines with a word for each column, the lowest of those wins that name the most known quantities or
    units; if there are none, the last line does. A line of units below it, or above it, is joined to the names.
    """
    if stated is not None:
        return words_of(stated, width, dialect)
    while above and re.fullmatch(
        r"[\d\s,;]+", bare(above[-1])
    ):  # the number of points below, or of each column
        above = above[:-1]
    near = [words_of(line, width, dialect) for line in above[-_NEAR:]]
    known = [sum(map(_tells, words)) if words is not None else 0 for words in near]
    if not any(known):
        return near[-1] if near else None
    last = max(i for i, count in enumerate(known) if count == max(known))
    names = near[last] or []
    below = near[last + 1] if last + 1 < len(near) else None
    if below is not None and _only_units(below) and not _only_units(names):
        return _with_units(names, below)
    above_it = near[last - 1] if last else None
    if not _only_units(names) or above_it is None or any(not word for word in above_it):
        return names
    return _with_units(above_it, names)


def _only_units(words: Sequence[str]) -> bool:
    """Return True for a line of units, also in brackets, and empty fields."""
    units = [_unbracketed(word) for word in words]
    return any(units) and all(known_unit(unit) or not unit for unit in units)


def _with_units(names: Sequence[str], units: Sequence[str]) -> list[str]:
    plain = map(_unbracketed, units)
    return [f"{name} ({unit})" if unit else name for name, unit in zip(names, plain, strict=True)]


def _unbracketed(word: str) -> str:
    """Return "nm" for "[nm]" and "(nm)"."""
    match = re.fullmatch(r"\[(.*)\]|\((.*)\)", word)
    return (match[1] or match[2] or "").strip() if match else word


def naming_lines(above: Sequence[str], width: int, dialect: Dialect) -> list[str]:
    """Return the lines above the numbers that name a known quantity or unit for a column."""
    return [line for line in above if any(map(_tells, words_of(line, width, dialect) or ()))]


def names_with_units(line: str, width: int, dialect: Dialect) -> bool:
    """Return True for a line that names a known quantity together with a unit for one of the columns."""
    headings = map(split_header, words_of(line, width, dialect) or ())
    return any(channel_name(name) in BASES and known_unit(unit) for name, unit in headings)


def words_of(line: str, width: int, dialect: Dialect) -> list[str] | None:
    """Return the words of a line if there is one for each column; None otherwise."""
    text = bare(line)
    groups = re.findall(r"[^\s(\[]+\s*(?:[(\[][^)\]]*[)\]])?", text)
    quoted = re.findall(r'"([^"]*)"', text)
    for words in (dialect.split(text), text.split("\t"), quoted, text.split(","), text.split(), groups):
        words = [word.strip().strip('"').strip() for word in words]
        while len(words) > width and not words[-1]:
            words = words[:-1]
        if len(words) == width:
            return words
    return None


def bare(line: str) -> str:
    """Return a line without the marks of a comment."""
    return line.strip().lstrip("".join(COMMENT)).strip()


def named_columns(headings: Sequence[str] | None, width: int) -> tuple[list[ImportedColumn], tuple[str, ...]]:
    """Return columns with names, units and headings but without values, and a remark."""
    if headings is None:
        names = [f"column_{i}" if width > 1 else "" for i in range(1, width + 1)]
        return [ImportedColumn(name, ()) for name in names], ("columns without names",)
    ending = _common_ending(headings)
    columns: list[ImportedColumn] = []
    for heading in headings:
        name, unit = split_header(heading.removesuffix(ending))
        columns.append(ImportedColumn(free_name(channel_in(name, unit), columns), (), unit, heading))
    shown = [heading.removesuffix(ending) for heading in headings[:_SHOWN]]
    more = f" and {len(headings) - _SHOWN} more" if len(headings) > _SHOWN else ""
    return columns, (f"columns {', '.join(shown)}{more}",)


def free_name(channel: str, columns: Sequence[ImportedColumn]) -> str:
    """Return a name that no column has: the channel, with a number after it if necessary."""
    if all(channel != other.name for other in columns):
        return channel
    return f"{channel}_{len(columns) + 1}"


def _tells(word: str) -> bool:
    word = _unbracketed(word)
    name, unit = split_header(word)
    return bool(unit and known_unit(unit)) or known_unit(word) or channel_name(name) in BASES


def _common_ending(headings: Sequence[str]) -> str:
    """Return the common ending of all names, such as "_C10SH_Au_J10"; "" for one column, and for a unit."""
    length = 0
    while length < min(map(len, headings)) and len({heading[-length - 1 :] for heading in headings}) == 1:
        length += 1
    common = headings[0][len(headings[0]) - length :]
    ending = common[common.index("_") :] if "_" in common and len(headings) > 1 else ""
    return "" if known_unit(ending[1:]) else ending
