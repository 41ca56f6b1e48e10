"""The open file below `Recording`: its valid part, and its damaged rows."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from analysis.recording import layout, manifest
from analysis.recording.byte_seal import holds
from analysis.recording.commits import Commits
from analysis.recording.errors import BROKEN, RecordingError, damage_told, reason
from analysis.recording.header import RunHeader
from analysis.recording.opened_log import OpenedLog
from analysis.recording.run_log import SUFFIX, log_of
from analysis.recording.structure import Structure
from analysis.recording.unfinished import UnmarkedView

_ATTEMPTS = 20
"""Attempts to open a file; its writer may be in the middle of a write or of closing, and done at the next attempt."""

RECOVER = "`hotjunction recover` copies the undamaged part to a new file."


def open_recording(path: Path, before: "OpenedFile | OpenedLog | None" = None) -> "OpenedFile | OpenedLog":
    """Open a recording for reading; where there is a log, it counts, and the file beside it is only a view.

    ``before`` is an earlier opening, whose comparisons with check sums are taken over. Raises `RecordingError` with
    one sentence.
    """
    if path.is_dir():
        raise RecordingError(f"{path}: a folder, not a recording")
    log = path if path.suffix == SUFFIX else log_of(path)
    if log.is_file():
        with suppress(FileNotFoundError):  # the run has just ended, and the finished file is in its place
            return _log_or_finished(path, log, before)
    if not path.is_file():
        raise RecordingError(f"{path}: {_no_file(path)}")
    opened = _open_file(path)
    if isinstance(before, OpenedFile):
        opened.take_over(before)
    return opened


def _no_file(path: Path) -> str:
    if path.is_symlink():
        return "a link that leads to no file"
    return "a device or a pipe, not a file" if path.exists() else "there is no such file"


def _log_or_finished(
    path: Path, log: Path, before: "OpenedFile | OpenedLog | None"
) -> "OpenedFile | OpenedLog":
    """Open a log; or the finished file that was built from it, if the program died before it removed the log."""
    opened = OpenedLog(log, before if isinstance(before, OpenedLog) else None)
    with suppress(RecordingError, OSError):
        if path != log and opened.index.ended and path.is_file():
            finished = _open_file(path)
            if finished.run == opened.index.run and holds(path):
                opened.close()
                return finished
            finished.close()
    return opened


def _open_file(path: Path) -> "OpenedFile":
    for _ in range(_ATTEMPTS - 1):
        with suppress(*BROKEN):
            return OpenedFile(path)
    try:
        return OpenedFile(path)
    except BROKEN as error:
        why = f"{path}: not an HDF5 file, or damaged ({reason(error)})"
        if path.suffix.lower() not in (".h5", ".hdf5", ".nxs"):
            why += "; `hotjunction import` reads files of other programs"
        raise RecordingError(why) from error


class OpenedFile:
    """An open HDF5 file that is a recording.

    Attributes
    ----------
    entry : h5py.Group
    header : RunHeader
    status, storage : str
    datasets : dict of str to h5py.Dataset
        One for each channel.
    run : bytes
        Run that the file belongs to; empty in files of format 1.
    journalled : bool
        True if events and traces are lines of a journal; a finished file has tables.
    damage : tuple
        Empty: damage is found when something is read.
    commits : Commits or None
        Valid commits; None for a finished file, which has none.
    rows : int
        Valid samples of each channel.
    lines : int
        Valid bytes of journal lines.
    segments : list of (first sample index, stop index, row of the first)
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._view = UnmarkedView(path)
        self._file: h5py.File | None = None
        try:
            self._file = h5py.File(self._view, "r")
            self._read(self._file)
        except BaseException:
            self.close()
            raise

    def _read(self, file: h5py.File) -> None:
        if file.attrs.get("format") != layout.FORMAT:
            raise RecordingError(f"{self.path}: an HDF5 file, but not a recording of hotjunction")
        version = int(file.attrs["format_version"])
        if version > layout.FORMAT_VERSION:
            raise RecordingError(
                f"{self.path}: written by a newer hotjunction (format {version}); update this program"
            )
        self._structure = structure = Structure(self.path, file)
        with damage_told(self.path, "its seal"):
            self._manifest = manifest.read(file)
        self._checked: dict[str, set[int]] = {name: set() for name in (self._manifest or {}).get("rows", ())}
        self.entry = structure.group("entry")
        for name in ("header", "status", "storage", "segments"):
            with damage_told(self.path, f"its {name}"):
                self._demand_sealed(f"entry/{name}")
        with damage_told(self.path, "its header"):
            self.header = RunHeader.from_json(json.loads(structure.dataset("entry/header").asstr()[()]))
        self.status = layout.STATUS_UNFINISHED if self._view.marked else self._word("status")
        self.storage = self._word("storage")
        self.result = str(self.entry.attrs.get("result", ""))
        self.run = bytes.fromhex(str(file.attrs.get("run", "")))
        self.damage = ()
        self.journalled = unfinished = "journal" in self.entry
        self.datasets = structure.channels(self.header.channel_names, equal=not unfinished)
        self.commits = Commits(structure, list(self.datasets.values())) if unfinished else None
        starts = structure.dataset("entry/segments")
        if self.commits is None:
            self.rows, self.lines = len(self.datasets[self.header.channel_names[0]]), 0
            self.segments = structure.segments(starts[:], self.rows)
        else:
            last = self.commits.last
            self.rows, self.lines = int(last["samples"]), int(last["lines"])
            self.segments = structure.segments(starts[: int(last["segments"])], self.rows)

    @property
    def sealed(self) -> bool:
        """True if the file has a seal, with which everything read is compared."""
        return self._manifest is not None

    def _demand_sealed(self, name: str) -> None:
        if self._manifest is not None:
            manifest.demand(self._structure.dataset(name), name, self._manifest)

    def _word(self, name: str) -> str:
        return bytes(self._structure.dataset(f"entry/{name}")[()]).decode()

    def damaged(self) -> Iterator[tuple[slice, slice]]:
        """Compare everything with its check sums; yield rows and bytes of journal lines that differ."""
        if self.commits is not None:
            yield from self.commits.all_damaged()
            return
        for start in range(0, self.rows, layout.FINISHED_CHUNK):
            rows = slice(start, min(start + layout.FINISHED_CHUNK, self.rows))
            try:
                for name, dataset in self.datasets.items():  # HDF5 compares the check sum of each chunk
                    if not self._matches(name, rows.start // layout.FINISHED_CHUNK, dataset[rows]):
                        yield rows, slice(0, 0)
                        break
            except BROKEN:
                yield rows, slice(0, 0)

    def take_over(self, before: "OpenedFile") -> None:
        """Take over the comparisons with check sums from an earlier opening of the same file."""
        if self.commits is not None and before.commits is not None:
            self.commits.take_over(before.commits)

    def read(self, name: str, start: int, stop: int, out: NDArray[np.float64]) -> None:
        """Read rows of one channel into ``out``, shape (stop - start,), after comparing their check sums."""
        if self._file is None:
            raise RecordingError(f"{self.path}: the recording is closed")
        if stop <= start:
            return
        for rows, _ in self.commits.damaged(start, stop) if self.commits is not None else ():
            raise RecordingError(f"{self.path}: rows {rows.start} to {rows.stop} are damaged. {RECOVER}")
        with damage_told(self.path, f"rows {start} to {stop}", RECOVER):
            if name not in self._checked:
                self.datasets[name].read_direct(out, np.s_[start:stop])
                return
            for chunk in range(start // layout.FINISHED_CHUNK, -(-stop // layout.FINISHED_CHUNK)):
                self._read_chunk(name, chunk, start, stop, out)

    def _read_chunk(self, name: str, chunk: int, start: int, stop: int, out: NDArray[np.float64]) -> None:
        """Read the part of one chunk that lies within ``start`` to ``stop``; compare the chunk once with its digest."""
        first = chunk * layout.FINISHED_CHUNK
        lo, hi = max(start, first), min(stop, first + layout.FINISHED_CHUNK)
        if chunk in self._checked[name]:
            self.datasets[name].read_direct(out, np.s_[lo:hi], np.s_[lo - start : hi - start])
            return
        values = self.datasets[name][first : first + layout.FINISHED_CHUNK]
        if not self._matches(name, chunk, values):
            raise RecordingError(f"{self.path}: rows {first} to {first + len(values)} are damaged. {RECOVER}")
        out[lo - start : hi - start] = values[lo - first : hi - first]

    def _matches(self, name: str, chunk: int, values: NDArray[Any]) -> bool:
        """Compare the samples of a chunk with the seal, and remember that they match; True without a seal."""
        if self._manifest is None or name not in self._checked:
            return True
        matches: bool = manifest.digest(values) == self._manifest["rows"][name][chunk]
        if matches:
            self._checked[name].add(chunk)
        return matches

    def journal(self, leave_out: list[slice]) -> list[dict[str, Any]]:
        """Return the valid journal lines, except those in the given ranges of bytes."""
        content = bytearray(self.entry["journal/lines"][: self.lines].tobytes())
        for part in sorted(leave_out, key=lambda part: part.start, reverse=True):
            del content[part]
        lines: list[dict[str, Any]] = json.loads(b"[" + b",".join(content.splitlines()) + b"]")
        return lines

    def table(self, name: str) -> list[dict[str, Any]]:
        """Return the rows of a table of a finished file."""
        names = self._structure.names(f"entry/{name}")
        columns = [self.column(f"{name}/{column}") for column in names]
        return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]

    def column(self, name: str) -> list[Any]:
        """Return one column of a table of a finished file ("traces/kept")."""
        dataset = self._structure.dataset(f"entry/{name}")
        column = dataset[:]
        if self._manifest is not None:
            manifest.demand(dataset, f"entry/{name}", self._manifest, column)
        text = h5py.check_string_dtype(dataset.dtype)
        values: list[Any] = column.tolist()
        return values if text is None else [value.decode(text.encoding) for value in values]

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._view.close()
