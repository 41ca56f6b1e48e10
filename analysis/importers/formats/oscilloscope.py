"""Text of oscilloscopes whose header stands beside the samples (Tektronix): Record Length,2500,Points,-0.005,0.02."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby
from pathlib import Path

from analysis.importers.decoding import read_lines, take_lines
from analysis.importers.fields import Dialect, dialect_of, is_comment
from analysis.importers.formats.boundaries import Line
from analysis.importers.formats.text import SUFFIXES, columns_of
from analysis.importers.imported import Piece
from analysis.importers.options import Layout
from analysis.importers.registry import Importer

_LOOKED_AT = 60
_FEWEST = 20


@dataclass(frozen=True)
class _Beside:
    """Columns of samples, and the header beside them.

    Parameters
    ----------
    dialect : Dialect
    columns : tuple of int
    headings : str
        Line with a heading for each column; "" if the header does not tell.
    header : tuple of str
        Its lines.
    """

    dialect: Dialect
    columns: tuple[int, ...]
    headings: str
    header: tuple[str, ...]

    def samples(self, line: str) -> str:
        """Return a line without the header."""
        fields = self.dialect.split(line)
        return self.dialect.separator.join(fields[i] for i in self.columns if i < len(fields))


def _beside(lines: Sequence[Line]) -> _Beside | None:
    """Return the arrangement of a file from its first lines; None if no header stands beside the samples.

    Its first column holds words in some lines and nothing in the last, while others hold a number in every line.
    """
    texts = [line for _, line in lines]
    if len(texts) < _FEWEST or any(map(is_comment, texts)):
        return None
    dialect = dialect_of(texts)
    if dialect.separator == " ":
        return None
    rows = [dialect.split(text) for text in texts]
    width = min(map(len, rows))
    numeric = [all(row[i] and dialect.numbers(row[i]) is not None for row in rows) for i in range(width)]
    if not any(numeric) or numeric[0] or rows[-1][0] or dialect.numbers(rows[0][0] or "0") is not None:
        return None
    headings: list[str] = []
    for is_data, group in groupby(range(width), lambda i: numeric[i]):
        places = list(group)
        if not is_data:
            words = {row[places[0]].casefold(): row[places[0] + 1 : places[-1] + 1] for row in rows}
        else:
            headings += _headings(words, len(places))
    header = (dialect.separator.join(row[: numeric.index(True)]).rstrip(dialect.separator) for row in rows)
    columns = tuple(i for i, is_data in enumerate(numeric) if is_data)
    return _Beside(dialect, columns, dialect.separator.join(headings), tuple(text for text in header if text))


def _headings(words: dict[str, list[str]], count: int) -> list[str]:
    """Return the headings of a time and of the values beside one header; none if it does not name their units."""
    units = {name: next(iter(fields), "") for name, fields in words.items()}
    if count < 2 or "vertical units" not in units:
        return []
    source = units.get("source") or "values"
    time = f"Time ({units.get('horizontal units') or 's'})"
    return [time, *[f"{source} ({units['vertical units']})"] * (count - 1)]


def read_oscilloscope(path: Path, layout: Layout) -> Iterator[Piece]:
    """Yield the columns of samples; names and units come from the header beside them.

    Raises
    ------
    ForeignFile
        As `read_text`.
    """
    lines = read_lines(path)
    first = take_lines(lines, _LOOKED_AT)
    beside = _beside(first)
    if beside is None:
        yield from columns_of(path, chain(first, lines), layout)
        return
    picked = ((number, beside.samples(line)) for number, line in chain(first, lines))
    headings = [(0, beside.headings)] if beside.headings else []
    remark = f"header beside the samples, {len(beside.header)} lines"
    if layout.skip_lines:
        remark += "; no line is skipped, as there are samples in each"
    for piece in columns_of(path, chain(headings, picked), replace(layout, skip_lines=0)):
        settings = {**piece.settings, "lines_above": list(beside.header)}
        yield replace(piece, settings=settings, remarks=(remark, *piece.remarks))


def stands_beside(path: Path) -> bool:
    """Return True if a header stands beside the samples. Raises `ForeignFile` if the file is not text."""
    return _beside(take_lines(read_lines(path), _LOOKED_AT)) is not None


IMPORTER = Importer("oscilloscope", read_oscilloscope, SUFFIXES, stands_beside)
