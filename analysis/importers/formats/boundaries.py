"""Places in a table of text where the next trace begins: its headings again, or blank lines and a distance anew."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from analysis.importers.fields import Dialect, is_comment
from analysis.importers.headings import names_with_units, naming_lines
from analysis.importers.imported import ForeignFile

Line = tuple[int, str]
"""Number of a line in its file, and the line."""

_NUMBERS = frozenset("0123456789+-.,\N{MINUS SIGN}")


class Boundaries:
    """Division of the lines of numbers into traces, a block of lines at a time.

    Parameters
    ----------
    path : Path
        For messages.
    above : sequence of str
        Lines above the first numbers. The same lines once more, whatever numbers are in them, begin another trace; so
        does "&" (xmgrace).
    first : sequence of Line
        First lines of numbers: they tell how many blank lines usually are between two.
    width : int
        Number of columns.
    dialect : Dialect
    """

    def __init__(
        self, path: Path, above: Sequence[str], first: Sequence[Line], width: int, dialect: Dialect
    ) -> None:
        naming = naming_lines(above, width, dialect)
        self._titles = {"&"} | {_plain(line) for line in above if not is_comment(line) or line in naming}
        gaps = [b - a for (a, _), (b, _) in pairwise(first[:40])]
        self._usual = min(gaps, default=1)
        self._path, self._width, self._dialect = path, width, dialect
        self._before: list[Line] = []

    def parts(self, block: Sequence[Line]) -> Iterator[tuple[bool, list[Line]]]:
        """Yield the lines of numbers up to the next boundary, and True if they begin a trace."""
        part: list[Line] = []
        begins = False
        for line in block:
            title = line[1].lstrip()[:1] not in _NUMBERS and _plain(line[1]) in self._titles
            if title or self._after_blank(line):
                if part:
                    yield begins, part
                part, begins = [], True
                self._before = []
            if not title and is_comment(line[1]):
                self._demand_no_names(line)
            elif not title:
                part.append(line)
                self._before = [*self._before[-1:], line]
        if part:
            yield begins, part

    def _demand_no_names(self, line: Line) -> None:
        """Raise `ForeignFile` for a comment that gives the columns other names or units than the first lines do."""
        if names_with_units(line[1], self._width, self._dialect):
            raise ForeignFile(
                f"{self._path}: line {line[0]} gives the columns other names or units than the first lines do: "
                f"{line[1].strip()[:60]!r}; split the file there"
            )

    def _after_blank(self, line: Line) -> bool:
        """Return True after more blank lines than usual, where the first column does not go on."""
        if len(self._before) < 2 or line[0] - self._before[-1][0] <= self._usual:
            return False
        first = [numbers[0] for _, text in (*self._before, line) if (numbers := self._dialect.numbers(text))]
        if len(first) < 3:
            return False
        step, jump = first[1] - first[0], first[2] - first[1]
        return step * jump < 0 and abs(jump) > 10 * abs(step)


def _plain(line: str) -> str:
    """Return a line without blanks at its ends, and with one digit for each number."""
    return re.sub(r"\d+(\.\d+)?", "0", line.strip())
