"""Reading what other programs recorded. Each format has its module; `read_file` chooses one."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from analysis.importers.imported import ForeignFile, ImportOptions, Piece

KINDS = ("igor", "csv", "tdms", "text")

SUFFIXES = {".ibw": "igor", ".tdms": "tdms", ".csv": "csv", ".txt": "text", ".dat": "text", ".tsv": "text"}
"""What a name's ending says of the format. Tables in .csv files, and rows in others, are told by their content."""

__all__ = ["KINDS", "SUFFIXES", "ForeignFile", "ImportOptions", "Piece", "files_in", "kind_of", "read_file"]


def kind_of(path: Path) -> str:
    """The format of a file, by its name, and for text by its first line. Raises `ForeignFile` for none known."""
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        known = ", ".join(SUFFIXES)
        raise ForeignFile(f"{path}: no known format (known: {known}); --kind says which it is")
    if kind in ("csv", "text"):
        from analysis.importers.csv_rows import holds_rows

        return "csv" if holds_rows(path) else "text"
    return kind


def read_file(path: Path, kind: str = "auto") -> list[Piece]:
    """Read one file. The reader's library is imported only now.

    Raises
    ------
    ForeignFile
        One line: which file, and why it cannot be read.
    """
    if not path.is_file():
        raise ForeignFile(f"{path}: there is no such file")
    return _reader(kind_of(path) if kind == "auto" else kind)(path)


def files_in(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Files as given; a folder stands for the files of known formats in it, sorted by name and number.

    Returns
    -------
    files, skipped : list of Path
        Those to read, and those in folders whose format is not known.
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
