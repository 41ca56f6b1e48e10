"""LabVIEW measurement files (.lvm): text with headers, in one or more segments."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.importers.decoding import BLOCK_LETTERS, read_lines
from analysis.importers.fields import Dialect
from analysis.importers.formats.boundaries import Line
from analysis.importers.formats.endings import WholeLines
from analysis.importers.formats.text import parsed
from analysis.importers.headings import free_name
from analysis.importers.imported import ForeignFile, Piece
from analysis.importers.options import Layout
from analysis.importers.quantities import ImportedColumn, channel_in, channel_name, split_header
from analysis.importers.registry import Importer

_END = "***End_of_Header***"
_BLOCK_LINES = 20_000
_SEPARATORS = {"tab": "\t", "comma": ",", "semicolon": ";", "space": " "}


@dataclass
class _Header:
    """Keys of a header, each with its values (one for each channel)."""

    keys: dict[str, list[str]]

    def first(self, key: str, otherwise: str = "") -> str:
        return next((value for value in self.keys.get(key, []) if value), otherwise)

    @property
    def is_timed(self) -> bool:
        """True if the samples follow each other in time."""
        return self.first("X_Dimension", "Time").lower() == "time"

    @property
    def rate_Hz(self) -> float:
        """Samples per second; NaN if unknown, or different for the channels."""
        steps = {float(step.replace(",", ".")) for step in self.keys.get("Delta_X", []) if step}
        return 1.0 / steps.pop() if self.is_timed and len(steps) == 1 and min(steps) > 0 else float("nan")

    @property
    def samples(self) -> int:
        """Number of samples that the segment should have; 0 if unknown."""
        return max((int(n) for n in self.keys.get("Samples", []) if n.isdecimal()), default=0)


def read_lvm(path: Path, layout: Layout) -> Iterator[Piece]:
    """Yield the channels of each segment as the quantities of a trace.

    Units come from ``Y_Unit_Label``, the rate from ``Delta_X``; the text of the column Comment is not read.

    Raises
    ------
    ForeignFile
        If the file is no LabVIEW measurement file, or a value is not a number.
    """
    lines = WholeLines(path, read_lines(path))
    first = next(lines)[1]
    if not first.startswith("LabVIEW Measurement"):
        raise ForeignFile(f"{path}: not a LabVIEW measurement file, which begins with those words")
    file, _ = _header(path, lines, first)
    separator = _SEPARATORS.get(file.first("Separator", "Tab").lower(), "\t")
    dialect = Dialect(separator, file.first("Decimal_Separator", "."))
    header, own = _header(path, lines, "")
    number = 0
    while own:
        number += 1
        names = next(lines, (0, ""))[1]
        columns = _columns(header, names, dialect)
        following: Line | None = None
        rows, used = 0, list[int]()
        while True:
            block, following = _block(lines)
            if block:
                values = _values(path, block, dialect, len(columns))
                if not rows:  # X_Columns No: the column of x is there, and empty
                    used = [
                        i
                        for i, column in enumerate(columns)
                        if not (_is_x(column.heading) and np.isnan(values[:, i]).all())
                    ]
                yield _piece(
                    path, header, [columns[i] for i in used], values[:, used], number, continues=rows > 0
                )
                rows += len(block)
            if following is not None or not block:
                break
        cut = lines.remark
        if 0 < rows < header.samples:
            cut = (
                f"the file ends inside a segment (cut short); it has {rows} of {header.samples} samples of it"
            )
        if cut and rows:
            rest = [columns[i] for i in used], np.empty((0, len(used)))
            last = _piece(path, header, *rest, number, continues=True)
            yield replace(last, remarks=(cut,))
        header, own = _header(path, lines, following[1]) if following is not None else (header, False)
    if not number:
        raise ForeignFile(f"{path}: a LabVIEW measurement file without data")


def _header(path: Path, lines: Iterator[Line], first: str) -> tuple[_Header, bool]:
    """Return the keys up to the end of a header, and True if there was an end."""
    keys: dict[str, list[str]] = {}
    line = first
    while True:
        words = [word.strip() for word in line.replace(",", "\t" if "\t" not in line else ",").split("\t")]
        if words[0] == _END:
            return _Header(keys), True
        keys.setdefault(words[0], words[1:])
        following = next(lines, None)
        if following is None:
            return _Header(keys), False
        line = following[1]


def _columns(header: _Header, names: str, dialect: Dialect) -> list[ImportedColumn]:
    """Return the columns of a segment; those without a name of their own are times."""
    headings = dialect.split(names)
    units = header.keys.get("Y_Unit_Label", [])
    if sum(map(_is_x, headings)) > 1 and not any(units[1::2]):
        units = units[::2]  # X_Columns Multi: each unit stands above a pair of columns
    x_unit = header.first("X_Unit_Label", "s" if header.is_timed else "")
    columns: list[ImportedColumn] = []
    channel = 0
    for heading in headings:
        if heading.lower() == "comment" or not heading:
            continue
        if _is_x(heading):
            name, unit = channel_name(header.first("X_Dimension", "Time")), x_unit
        else:
            word, unit = split_header(heading)
            unit = unit or (units[channel] if channel < len(units) else "")
            name, channel = channel_in(word, unit), channel + 1
        columns.append(ImportedColumn(free_name(name, columns), (), unit, heading))
    return columns


def _is_x(heading: str) -> bool:
    return heading.lower().startswith("x_value")


def _block(lines: Iterator[Line]) -> tuple[list[Line], Line | None]:
    """Return lines of numbers, and the line that begins the next header."""
    block: list[Line] = []
    room = BLOCK_LETTERS
    while len(block) < _BLOCK_LINES and room > 0 and (line := next(lines, None)) is not None:
        if line[1].startswith(("Channels", "***")):
            return block, line
        block.append(line)
        room -= len(line[1])
    return block, None


def _values(path: Path, block: Sequence[Line], dialect: Dialect, width: int) -> NDArray[np.float64]:
    return parsed(path, [(at, _without_comment(line, dialect, width)) for at, line in block], dialect, width)


def _piece(
    path: Path,
    header: _Header,
    columns: Sequence[ImportedColumn],
    values: NDArray[np.float64],
    number: int,
    *,
    continues: bool,
) -> Piece:
    filled = [replace(column, values=values[:, i].copy()) for i, column in enumerate(columns)]
    return Piece(
        path.name,
        tuple(filled),
        f"segment {number}",
        header.rate_Hz,
        remarks=("rate from Delta_X",) if header.rate_Hz > 0 else (),
        continues=continues,
    )


def _without_comment(line: str, dialect: Dialect, width: int) -> str:
    fields = dialect.split(line)
    if dialect.separator == " " or len(fields) <= width:
        return line
    return dialect.separator.join(fields[:width])


def is_lvm(path: Path) -> bool:
    """Return True if the file begins as one of LabVIEW. Raises `ForeignFile` if it is not text."""
    return next(read_lines(path))[1].startswith("LabVIEW Measurement")


IMPORTER = Importer("lvm", read_lvm, (".lvm", ".txt"), is_lvm)
