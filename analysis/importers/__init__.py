"""Import of files from other programs. Each format is a module with an `Importer`; `read_file` chooses one."""

import errno
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from analysis.importers.arrange import arranged
from analysis.importers.decoding import encoding_of
from analysis.importers.gather import gathered
from analysis.importers.imported import ForeignFile, ImportOptions, Piece
from analysis.importers.options import Orientation
from analysis.importers.registry import IMPORTERS, importers
from analysis.importers.spool import Spool
from analysis.recording.names import by_number, why_no_text

__all__ = ["IMPORTERS", "ForeignFile", "ImportOptions", "Piece", "Spool", "files_in", "kind_of", "read_file"]


_OF_ROWS, _OF_COLUMNS = "csv", "text"

MOST_TRACES = 500_000
"""Traces of one file; each takes some kilobytes of memory."""

MOST_TIMES, FREE_BYTES = 100, 2**30
"""Bytes of numbers that a file may hold, in its own bytes; not asked for below ``FREE_BYTES``."""


_PACKED = "is packed: unpack it, then import what is in it"
_ARRAYS = "holds arrays of Python: write them as text (numpy.savetxt, a trace a column), then import that"
_TABLE = "is a spreadsheet: save it as CSV there, then import that"
_OTHER = {
    **dict.fromkeys((".zip", ".gz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".tgz"), _PACKED),
    **dict.fromkeys(
        (".parquet", ".pq", ".feather", ".arrow", ".orc"),
        "is a table of pandas or Arrow: write it as text (DataFrame.to_csv), then import that",
    ),
    **dict.fromkeys((".npy", ".npz", ".pkl", ".pickle"), _ARRAYS),
    **dict.fromkeys((".xls", ".xlsx", ".xlsm", ".ods", ".opj", ".opju"), _TABLE),
    **dict.fromkeys(
        (".json", ".jsonl", ".ndjson"),
        "is JSON, whose layout is free: write its numbers as columns of text, then import that",
    ),
    **dict.fromkeys(
        (".h5", ".hdf5", ".hdf", ".nxs", ".nc"),
        "is HDF5: a recording of hotjunction needs no import (hotjunction analyze); from a file of another program "
        "write the numbers as columns of text (h5dump, or h5py and numpy.savetxt), then import that",
    ),
}
"""Advice for files that have no importer, by suffix."""


def kind_of(path: Path, orientation: Orientation = Orientation.AUTO) -> str:
    """Return the format of a file, from its suffix, and from its content where several share one.

    An orientation that the user states decides between rows and columns of text.

    Raises
    ------
    ForeignFile
        If no format has the suffix.
    """
    suffix = path.suffix.lower()
    sharing = [x for x in importers() if suffix in x.suffixes]
    if not sharing and _OTHER.get(suffix) == _TABLE and _is_text(path):  # LabVIEW names tables of text .xls
        return _OF_COLUMNS
    if not sharing and suffix in _OTHER:
        raise ForeignFile(f"{path}: {_OTHER[suffix]}")
    if not sharing:
        raise ForeignFile(
            f"{path}: unknown format (known suffixes: {', '.join(_suffixes())}); choose the format with --kind"
        )
    stated = orientation is not Orientation.AUTO
    asked = [x for x in sharing if not (stated and x.name == _OF_ROWS)]
    recognised = (x for x in asked if x.recognises is not None and x.recognises(path))
    others = (x for x in sharing if x.recognises is None)
    found = next(recognised, None) or next(others, None)
    if found is None:
        raise ForeignFile(f"{path}: not a file of {' or '.join(x.name for x in sharing)}")
    return _OF_ROWS if found.name == _OF_COLUMNS and orientation is Orientation.ROWS else found.name


def _is_text(path: Path) -> bool:
    """Return True for a file that begins as text; a spreadsheet is binary or packed."""
    try:
        with path.open("rb") as file:
            sample = file.read(4096)
        encoding_of(sample)
    except (OSError, ValueError):
        return False
    return bool(sample) and not sample.startswith((b"PK", b"\xd0\xcf\x11\xe0"))


def read_file(
    path: Path, kind: str = "auto", options: ImportOptions | None = None, spool: Spool | None = None
) -> list[Piece]:
    """Read one file. The library of its format is imported only here.

    Parameters
    ----------
    path : Path
    kind : str
        Format; "auto" recognises it.
    options : ImportOptions, optional
    spool : Spool, optional
        Place for columns beyond the memory; without one everything stays in memory.

    Raises
    ------
    ForeignFile
        If the file cannot be read; the message is one line with the file and the reason.
    """
    options = options or ImportOptions()
    if not path.is_file():
        raise ForeignFile(f"{path}: there is no such file")
    if why := why_no_text(path):
        raise ForeignFile(why)
    importer = IMPORTERS[kind_of(path, options.layout.orientation) if kind == "auto" else kind]
    if not path.stat().st_size:
        raise ForeignFile(f"{path}: an empty file")
    before = _stamp(path)
    try:
        pieces = arranged(gathered(_bounded(path, importer.read(path, options.layout)), spool), options)
    except MemoryError:
        raise ForeignFile(f"{path}: too large for the memory of this computer") from None
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise ForeignFile(
            f"{path}: the disk with temporary files ({tempfile.gettempdir()}) is full; free space there, or set TMPDIR "
            "(TEMP on Windows) to another folder"
        ) from error
    if _stamp(path) != before:
        raise ForeignFile(
            f"{path}: changed while it was read: another program writes to it; import it when that has ended"
        )
    return pieces


def _stamp(path: Path) -> tuple[int, int]:
    """Return size and time of the last change, which differ after another program has written."""
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def _bounded(path: Path, pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield the pieces of a file. Raises `ForeignFile` if they are more than a file of measurements holds."""
    most = max(MOST_TIMES * path.stat().st_size, FREE_BYTES)
    traces = size = 0
    for piece in pieces:
        traces += not piece.continues
        size += sum(column.values.nbytes for column in piece.quantities if hasattr(column.values, "nbytes"))
        if traces > MOST_TRACES:
            raise ForeignFile(
                f"{path}: more than {MOST_TRACES} traces; if they are none: --columns; otherwise split the file"
            )
        if size > most:
            raise ForeignFile(
                f"{path}: holds more than {size / 1e9:.3g} GB of numbers in a file of "
                f"{path.stat().st_size / 1e6:.3g} MB; not read, because it would fill the disk"
            )
        yield piece


def files_in(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Return the files; a folder stands for the files of known formats in it, sorted by name and number.

    A link in a folder that leads out of it is passed over.

    Returns
    -------
    files, skipped : list of Path
        Files to read, and files in folders of unknown format.
    """
    known = _suffixes()
    files: list[Path] = []
    skipped: list[Path] = []
    for path in paths:
        inside = (
            sorted((p for p in path.iterdir() if _inside(p, path)), key=by_number)
            if path.is_dir()
            else [path]
        )
        for file in inside:
            (files if path == file or file.suffix.lower() in known else skipped).append(file)
    return files, skipped


def _inside(file: Path, folder: Path) -> bool:
    """Return True for a file of a folder; a link that leads out of it is none."""
    return file.is_file() and (not file.is_symlink() or file.resolve().is_relative_to(folder.resolve()))


def _suffixes() -> list[str]:
    return list(dict.fromkeys(suffix for x in importers() for suffix in x.suffixes))
