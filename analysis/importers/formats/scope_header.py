"""Headers of oscilloscopes above the samples: names, units and interval where each maker puts them."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.importers.fields import Dialect, number_in

_INCREMENT = re.compile(r"tInc\s*=\s*([^\s;]*\d)", re.IGNORECASE)
_CHANNEL_UNIT = re.compile(r"(CH\d+|MATH\d*)\(?(V|A|W)\)?", re.IGNORECASE)


@dataclass(frozen=True)
class ScopeHeader:
    """A heading for each column, and the rate, NaN if only a column of times tells it."""

    headings: tuple[str, ...]
    rate_Hz: float = math.nan


def scope_header(above: Sequence[str], width: int, dialect: Dialect) -> ScopeHeader | None:
    """Return what the lines above the samples of an oscilloscope tell; None for any other text.

    Known are Rigol ("X,CH1,Start,Increment", and "t0 = ..., tInc = ..."), the MSO series of Tektronix ("Sample
    Interval" and "Vertical Units" above the names), LeCroy (times in seconds; no unit of the values is written) and
    Keysight ("x-axis" over "second").
    """
    rows = [fields for fields in map(dialect.split, above) if any(fields)]
    for read in (_start_and_increment, _t0_and_increment, _tektronix, _lecroy, _keysight):
        found = read(rows, dialect) if rows else None
        if found is not None and len(found.headings) == width:
            return found
    return None


def _start_and_increment(rows: Sequence[list[str]], dialect: Dialect) -> ScopeHeader | None:
    names = [field.casefold() for field in rows[-2]] if len(rows) > 1 else []
    if names[:1] != ["x"] or "start" not in names or "increment" not in names:
        return None
    columns, interval = names.index("start"), names.index("increment")
    if len(rows[-1]) <= max(columns, interval):
        return None
    pairs = zip(rows[-2][1:columns], rows[-1][1:columns], strict=True)
    return ScopeHeader(
        (rows[-1][0], *(_with_unit(*pair) for pair in pairs)), _rate_Hz(rows[-1][interval], dialect)
    )


def _t0_and_increment(rows: Sequence[list[str]], dialect: Dialect) -> ScopeHeader | None:
    columns = next((i for i, field in enumerate(rows[-1]) if re.match(r"t0\s*=", field)), 0)
    increment = _INCREMENT.search(";".join(rows[-1]))
    if not columns or increment is None:
        return None
    units = [_CHANNEL_UNIT.fullmatch(field) for field in rows[-1][:columns]]
    headings = (
        _with_unit(match[1], match[2]) if match else field
        for match, field in zip(units, rows[-1], strict=False)
    )
    return ScopeHeader(tuple(headings), _rate_Hz(increment[1], dialect))


def _tektronix(rows: Sequence[list[str]], dialect: Dialect) -> ScopeHeader | None:
    words = {row[0].casefold(): row[1:] for row in rows}
    if "sample interval" not in words or "vertical units" not in words:
        return None
    names = [name for name in rows[-1] if name]
    time = [name for name in names[:1] if name.casefold() == "time"]
    channels = names[len(time) :]
    units = (words["vertical units"] + [""] * len(channels))[: len(channels)]
    headings = (*(_with_unit(name, "s") for name in time), *map(_with_unit, channels, units))
    return ScopeHeader(headings, _rate_Hz((words["sample interval"] or [""])[0], dialect))


def _lecroy(rows: Sequence[list[str]], dialect: Dialect) -> ScopeHeader | None:
    if not rows[0][0].casefold().startswith("lecroy") or rows[-1][0].casefold() != "time":
        return None
    return ScopeHeader((_with_unit("Time", "s"), *rows[-1][1:]))


def _keysight(rows: Sequence[list[str]], dialect: Dialect) -> ScopeHeader | None:
    if len(rows) < 2 or rows[-2][0].casefold() != "x-axis" or rows[-1][0].casefold() != "second":
        return None
    if len(rows[-2]) != len(rows[-1]):
        return None
    names = (f"CH{name}" if name.isdigit() else name for name in rows[-2][1:])  # a number would be a column's
    return ScopeHeader((_with_unit("Time", "s"), *map(_with_unit, names, rows[-1][1:])))


def _with_unit(name: str, unit: str) -> str:
    return f"{name} ({unit})" if unit else name


def _rate_Hz(interval: str, dialect: Dialect) -> float:
    """Return the rate of an interval in s; NaN for what is none."""
    try:
        interval_s = number_in(interval, dialect.decimal)
    except ValueError:
        return math.nan
    return 1.0 / interval_s if 0.0 < interval_s < math.inf else math.nan
