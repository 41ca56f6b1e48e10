"""Import of files from other programs. Each format has its module; `read_file` chooses one."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from analysis.importers.imported import ForeignFile, ImportOptions, Piece

KINDS = ("igor", "csv", "tdms", "text")

SUFFIXES = {".ibw": "igor", ".tdms": "tdms", ".csv": "csv", ".txt": "text", ".dat": "text", ".tsv": "text"}
"""Format by suffix. Tables in .csv files, and rows in others, are recognised by their content."""

__all__ = ["KINDS", "SUFFIXES", "ForeignFile", "ImportOptions", "Piece", "files_in", "kind_of", "read_file"]


def kind_of(path: Path) -> str:
    """Return the format of a file, from its suffix, and for text from its first line. Raises `ForeignFile` if
    unknown.
    """
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        suffixes = ", ".join(SUFFIXES)
        raise ForeignFile(
            f"{path}: unknown format (known suffixes: {suffixes}); choose the format with --kind"
        )
    if kind in ("csv", "text"):
        from analysis.importers.csv_rows import holds_rows

        return "csv" if holds_rows(path) else "text"
    return kind


def read_file(path: Path, kind: str = "auto") -> list[Piece]:
    """Read one file. The library of the reader is imported only here.

    Raises
    ------
    ForeignFile
        If the file cannot be read; the message is one line with the file and the reason.
    """
    if not path.is_file():
        raise ForeignFile(f"{path}: there is no such file")
    return _reader(kind_of(path) if kind == "auto" else kind)(path)


def files_in(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Return the files; a folder stands for the files of known formats in it, sorted by name and number.

    Returns
    -------
    files, skipped : list of Path
        Files to read, and files in folders of unknown format.
    """
    files: list[Path] = []
    skipped: list[Path] = []
    for path in paths:
        inside = (
            sorted((p for p in path.iterdir() if p.is_file()), key=_by_number) if path.is_dir() else [path]
        )
        for file in inside:
            (files if path == file or file.suffix.lower() in SUFFIXES else skipped).append(file)
    return files, skipped


def _by_number(path: Path) -> list[tuple[int, str]]:
    return [
        (int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", path.name.lower())
    ]


def _reader(kind: str) -> Callable[[Path], list[Piece]]:
    if kind == "igor":
        from analysis.importers.igor import read_igor

        return read_igor
    if kind == "tdms":
        from analysis.importers.tdms import read_tdms

        return read_tdms
    if kind == "csv":
        from analysis.importers.csv_rows import read_csv_rows

        return read_csv_rows
    from analysis.importers.text import read_text

    return read_text
