"""Lines of a text file in any encoding that measurement programs write."""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from analysis.importers.imported import ForeignFile

_SAMPLE_BYTES = 2**16

MOST_LETTERS = 2**26
"""Longest line of a text, and most letters of lines that are looked at together."""

MOST_FIELDS = 2**22
"""Most fields of a line: samples of a trace in a row."""

BLOCK_LETTERS = 2**24
"""Letters of the lines that are converted together."""

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding_of(sample: bytes) -> str:
    """Return the encoding of the beginning of a text.

    A byte-order mark decides; else UTF-16 by its zero bytes at odd or even places; else UTF-8 if it is valid; else
    cp1252, the "ANSI" of Windows. Statistical guesses are avoided: they take a "µA" for Chinese.

    Raises
    ------
    ValueError
        If the bytes are not text.
    """
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return encoding
    even, odd = sample[0::2], sample[1::2]
    if b"\0" in sample:
        for zeros, others, encoding in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
            if 2 * zeros.count(0) > len(zeros) and not others.count(0):
                return encoding
        raise ValueError("not a text file")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)  # a character may be cut at the end
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def read_lines(path: Path, skip: int = 0) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not empty, with their numbers from 1; zero bytes at the end are passed over.

    Raises
    ------
    ForeignFile
        For a file that is not text, is empty, has a line without an end, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            encoding = encoding_of(file.read(_SAMPLE_BYTES).rstrip(b"\0"))
        empty = True
        with path.open(encoding=encoding, errors="replace", newline=None) as text:
            for number, line in enumerate(_bounded_lines(text), 1):
                if "\0" in line:
                    _demand_end(text, number)
                    break
                if line.strip() and number > skip:
                    empty = False
                    yield number, line.rstrip("\n")
    except ValueError as error:
        raise ForeignFile(f"{path}: {error}") from None
    except OSError as error:
        raise ForeignFile(f"{path}: cannot be read ({error.strerror})") from error
    if empty:
        raise ForeignFile(f"{path}: an empty file")


def _demand_end(text: TextIO, number: int) -> None:
    """Raise ``ValueError`` unless a line with zero bytes is the last, as an interrupted program leaves it."""
    if text.read(1):
        raise ValueError(f"line {number} holds zero bytes: the file is damaged, or no text")


def _bounded_lines(text: TextIO) -> Iterator[str]:
    """Yield the lines of a text. Raises ``ValueError`` for one that is too long to be a line of a table."""
    number = 0
    while line := text.readline(MOST_LETTERS + 1):
        number += 1
        for most, unit, found in (
            (MOST_LETTERS, "letters", len(line)),
            (MOST_FIELDS, "fields", _fields(line)),
        ):
            if found > most:
                raise ValueError(
                    f"line {number} has more than {most / 1e6:.3g} million {unit}: it is no table of numbers"
                )
        yield line


def _fields(line: str) -> int:
    """Return the number of fields of a line by the separator that occurs most; 0 for one too short to count."""
    return 0 if len(line) <= MOST_FIELDS else 1 + max(map(line.count, "\t;, "))


def take_lines(
    lines: Iterator[tuple[int, str]], count: int, letters: int = BLOCK_LETTERS
) -> list[tuple[int, str]]:
    """Return the next lines: at most ``count``, and none after ``letters`` are exceeded; empty at the end."""
    taken: list[tuple[int, str]] = []
    while len(taken) < count and letters > 0 and (line := next(lines, None)) is not None:
        taken.append(line)
        letters -= len(line[1])
    return taken
