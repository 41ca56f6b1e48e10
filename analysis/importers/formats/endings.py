"""End of a text whose program was interrupted: a line without its end, or zero bytes in place of the last lines."""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from analysis.importers.fields import dialect_of
from analysis.importers.formats.boundaries import Line

_LAST_BYTES = 4096
_ZEROS = b"\0" * 4
"""More zero bytes than a letter of UTF-32 ends with."""
_FEWEST, _COMPARED = 3, 20
"""Least and most lines above the last to which it is compared."""


class WholeLines:
    """Lines of a file without a last one that was cut.

    Parameters
    ----------
    path : Path
    lines : iterator of Line
        Its lines.

    Attributes
    ----------
    remark : str
        What is missing, once all lines are read; "" if nothing is.
    """

    def __init__(self, path: Path, lines: Iterator[Line]) -> None:
        self.remark = ""
        self._end = _end_of(path)
        self._lines = lines if self._end.endswith((b"\n", b"\r")) else self._without_cut_line(lines)

    def __iter__(self) -> Iterator[Line]:
        return self

    def __next__(self) -> Line:
        return next(self._lines)

    def _without_cut_line(self, lines: Iterator[Line]) -> Iterator[Line]:
        before: deque[Line] = deque(maxlen=_COMPARED)
        for line in lines:
            if before:
                yield before[-1]
            before.append(line)
        if not before:
            return
        if self._end.endswith(_ZEROS):
            self.remark = "the file ends with zero bytes (cut short): what was written last is lost"
        elif _is_cut(before[-1][1], [line for _, line in before][:-1]):
            self.remark = f"the file ends inside line {before[-1][0]} (cut short), which is left out"
            return
        yield before[-1]


def _end_of(path: Path) -> bytes:
    """Return the last bytes, without the zeros of a letter of UTF-16 or UTF-32."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _LAST_BYTES))
        end = file.read()
    return end if end.endswith(_ZEROS) else end.rstrip(b"\0")


def _is_cut(line: str, before: Sequence[str]) -> bool:
    """Return True for a line that holds fewer fields, or whose last field is shorter, than those before it do."""
    if len(before) < _FEWEST:
        return False
    dialect = dialect_of(before)
    rows = [[field for field in dialect.split(text) if field] for text in before]
    fields = [field for field in dialect.split(line) if field]
    if not fields or len({len(row) for row in rows}) > 1 or len(fields) > len(rows[0]):
        return False
    form, forms = _form(fields[-1]), {_form(row[-1]) for row in rows}
    return len(fields) < len(rows[0]) or (
        form not in forms and any(other.startswith(form) for other in forms)
    )


def _form(field: str) -> str:
    """Return a number without its sign and with a zero for each digit."""
    return re.sub(r"\d", "0", field.lstrip("+-"))
