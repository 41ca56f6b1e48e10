"""Fields and numbers in a line of text, as programs and instruments of many countries write them."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from analysis.importers.quantities import OVERLOAD

COMMENT = ("#", "%", "//", "!", "*")

_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eEdD][+-]?\d+)?")
_WHOLE = re.compile(r"[+-]?\d+([eEdD][+-]?\d+)?")
_POINT = re.compile(r"\d\.\d")
_THOUSANDS = {
    ",": re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d*)?([eE][+-]?\d+)?"),
    ".": re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?([eE][+-]?\d+)?"),
}
"""Numbers with marks between thousands, by their decimal mark: "63.250,123" and "63,250.123"."""
_LARGE, _SMALL = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+"), re.compile(r"[+-]?\d{1,3}")
"""Whole numbers with commas between thousands, and below a thousand."""
_BETWEEN_THOUSANDS = re.compile("(?<=\\d)['\u2019\u00a0\u202f](?=\\d{3})")
_OVERLOAD_WORD = re.compile(
    r"[+-]?\s*(ov|ol|o\.l\.|oflow|over|ovfl|ovrng|ovrflw|ovld|ovl|overld|overload|overflow|over\s?range|-{3,}|\+{3,}|\#{3,}|"
    r"\*{3,})",
    re.IGNORECASE,
)
_MISSING = frozenset(("", "-", "--", "na", "n/a", "null", "none", "nil", "?"))
_MISSING |= {"#n/a", "#nv", "#num!", "#div/0!", "#value!", "#ref!"}  # of spreadsheets
_OF_MICROSOFT = re.compile(r"([+-]?)1\.#(inf|ind|[qs]?nan)\d*", re.IGNORECASE)
"""Infinite and undefined numbers as older C programs of Windows print them."""
_FORTRAN = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:[dD]([+-]?\d+)|([+-]\d{3}))")
_PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
"""Number that needs no closer look where the decimal mark is a point: nearly all of a file, in a third of the time."""
_ORIGIN = datetime(2000, 1, 1)
_DATE_FORMS = {
    "/": ("%Y/%m/%d", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y"),
    ".": ("%d.%m.%Y", "%d.%m.%y"),
    "-": ("%d-%b-%Y", "%d-%b-%y"),
}
"""Dates beside those of ISO 8601, by their mark."""
_DATE = re.compile(r"\d{1,4}([-./])(\d{1,2}|[A-Za-z]{3})\1\d{2,4}")
_DAY_KNOWN = re.compile(r"\s*(\d{4}\D|\d+\.\d+\.\d+|.*[A-Za-z]{3})")
"""Beginning of a date whose day cannot be taken for its month."""


_FULL_OF_STARS = re.compile(r"\*{3,}(\s+[-+]?[\d.*][-+.\d*eEdD]*)+\s*")
"""Line of numbers the first of which was too wide for its Fortran format."""


def is_comment(line: str) -> bool:
    """Return True for a line that is commented out."""
    text = line.lstrip()
    return text.startswith(COMMENT) and not _FULL_OF_STARS.fullmatch(text)


@dataclass(frozen=True)
class Dialect:
    """Separator of the fields of a file (" " for any blanks), and its decimal mark."""

    separator: str = " "
    decimal: str = "."

    def split(self, line: str) -> list[str]:
        """Return the fields of a line, without quotes and blanks around them."""
        if '"' in line:
            quoted = line.strip() if self.separator == " " else line
            return [field.strip() for field in next(csv.reader([quoted], delimiter=self.separator,
                                                               skipinitialspace=True))]  # fmt: skip
        fields = line.split() if self.separator == " " else line.split(self.separator)
        return [field.strip() for field in fields]

    def numbers(self, line: str) -> list[float] | None:
        """Return the numbers of a line; None for a line of anything else, or of dashes only."""
        try:
            numbers = [number_in(field, self.decimal) for field in self.split(line)]
        except ValueError:
            return None
        return None if all(abs(value) == OVERLOAD for value in numbers) else numbers

    def block(self, lines: Sequence[str], width: int) -> NDArray[np.float64] | None:
        """Return plain numbers of many lines, shape (lines, width), quickly; None if one needs a closer look."""
        plain = [line.replace('"', "") for line in lines] if self._may_unquote(lines[0]) else list(lines)
        if self.decimal == ",":
            if any("." in line for line in plain):  # between thousands
                return None
            plain = [line.replace(",", ".") for line in plain]
        if self.separator != " ":
            plain = [line.rstrip().rstrip(self.separator) for line in plain]
        if re.search(r"\d[dD][+-]?\d", plain[0]):
            plain = [re.sub(r"(?<=[\d.])[dD](?=[+-]?\d)", "e", line) for line in plain]
        try:
            rows = np.loadtxt(
                plain, delimiter=None if self.separator == " " else self.separator, ndmin=2, comments=None
            )
        except ValueError:
            return None
        return rows if rows.shape == (len(lines), width) else None

    def _may_unquote(self, line: str) -> bool:
        return '"' in line and not (self.separator == "," and self.decimal == ",")


def dialect_of(lines: Sequence[str]) -> Dialect:
    """Return the separator and decimal mark of a file, from some of its lines.

    Tabs, semicolons and commas are separators in this order, if at least half of the lines have one outside of
    quotes; a comma is the decimal mark if numbers have it and none has a point.
    """
    bare = [re.sub(r'"[^"]*"', '"', line) for line in lines]
    enough = max(1, len(lines) / 2)
    for separator in ("\t", ";"):
        if sum(separator in line for line in bare) >= enough:
            return Dialect(separator, _decimal([line.split(separator) for line in lines]))
    commas = [line for line in bare if "," in line]
    if len(commas) >= enough and not all(_all_decimal_commas(line) for line in commas):
        return Dialect(",", _decimal([re.findall(r'"([^"]*)"', line) for line in lines]))
    return Dialect(" ", "," if _comma_wins([field for line in lines for field in line.split()]) else ".")


def number_in(field: str, decimal: str = ",") -> float:
    """Return the number in a field: NaN if there is none, `OVERLOAD` for a meter's word for it.

    Decimal commas, marks between thousands, exponents of Fortran ("1.5D-09", "1.5-109") and the Unicode minus sign are
    read.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    if decimal == "." and _PLAIN.fullmatch(field):
        return float(field)
    field = field.replace("\N{MINUS SIGN}", "-")
    if _OVERLOAD_WORD.fullmatch(field):
        return -OVERLOAD if re.match(r"-\s*[a-z]", field, re.IGNORECASE) else OVERLOAD
    if field.lower() in _MISSING:
        return np.nan
    if (odd := _OF_MICROSOFT.fullmatch(field)) is not None:
        return float(f"{odd[1]}inf") if odd[2].lower() == "inf" else np.nan
    if "_" in field:
        raise ValueError(f"{field!r} is not a number")
    field = _BETWEEN_THOUSANDS.sub("", field)
    if _THOUSANDS[decimal].fullmatch(field):
        field = field.replace("." if decimal == "," else ",", "")
    plain = field.replace(",", ".") if decimal == "," else field
    fortran = _FORTRAN.fullmatch(plain)
    return float(f"{fortran[1]}e{fortran[2] or fortran[3]}" if fortran else plain)


def time_in(field: str) -> float | None:
    """Return a date, a time of day or both in seconds from an arbitrary origin; None for other text."""
    text = field.strip()
    if _DATE.fullmatch(text):
        return _seconds(text, "")
    if ":" not in text:
        return None
    match = re.fullmatch(r"(.*:\d\d)(\.\d+)?(?:\s*([AaPp][Mm])|Z|[+-]\d\d:?\d\d)?", text.replace(",", "."))
    if match is None:
        return None
    half_day = match[3] or ""
    seconds = _seconds(f"{match[1]} {half_day}".rstrip(), "%I:%M:%S %p" if half_day else "%H:%M:%S")
    return None if seconds is None else seconds + float(match[2] or 0.0)


def _seconds(text: str, time_form: str) -> float | None:
    """Return a date with a time of this form in seconds; a time alone is that of the first day."""
    with suppress(ValueError):
        return (datetime.fromisoformat(text).replace(tzinfo=None) - _ORIGIN).total_seconds()
    dates = next((forms for mark, forms in _DATE_FORMS.items() if mark in text), ("",))
    for date in dates:
        with suppress(ValueError):
            moment = datetime.strptime(text, f"{date} {time_form}".strip())
            return ((moment if date else moment.replace(year=_ORIGIN.year)) - _ORIGIN).total_seconds()
    return None


def day_known(field: str) -> bool:
    """Return True for a time with a date, day and month of which cannot be confused."""
    return _DAY_KNOWN.match(field) is not None


def _decimal(rows: Sequence[Sequence[str]]) -> str:
    """Return the decimal mark of rows of fields."""
    columns = [[field.strip(' "') for field in column if field] for column in zip_longest(*rows)]
    if any(map(_has_thousands, columns)):
        return "."
    return "," if _comma_wins([field for column in columns for field in column]) else "."


def _has_thousands(column: Sequence[str]) -> bool:
    """Return True for whole numbers of which those from a thousand on, and only those, have commas."""
    large = [field for field in column if _LARGE.fullmatch(field)]
    return 0 < len(large) < len(column) and all(_SMALL.fullmatch(x) for x in column if x not in large)


def _comma_wins(fields: Sequence[str]) -> bool:
    for mark, other in (",.", ".,"):  # a number with both marks decides
        if any(mark in field and other in field and _THOUSANDS[mark].fullmatch(field) for field in fields):
            return mark == ","
    marks = Counter(
        "," if _DECIMAL_COMMA.fullmatch(field) else "." if _POINT.search(field) else "" for field in fields
    )
    return marks[","] > 0 and not marks["."]


def _all_decimal_commas(line: str) -> bool:
    """Return True for numbers between blanks, some of which may be whole."""
    words = line.split()
    return len(words) > 1 and all(_DECIMAL_COMMA.fullmatch(word) or _WHOLE.fullmatch(word) for word in words)
