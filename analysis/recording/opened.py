"""The open file below `Recording`: what of it can be trusted, and which rows of it are damaged."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from analysis.recording import layout
from analysis.recording.errors import RecordingError, reason
from analysis.recording.header import RunHeader
from analysis.recording.unfinished import UnmarkedView

BROKEN = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError)
"""What h5py raises for a damaged or foreign file."""

_ATTEMPTS = 20
"""A writer at work can be met in the middle of a write or of closing; the next look finds it done."""


def open_recording(path: Path) -> "OpenedFile":
    """Open a recording for reading. Raises `RecordingError` with one sentence."""
    if not path.is_file():
        raise RecordingError(f"{path}: there is no such file")
    for _ in range(_ATTEMPTS - 1):
        with suppress(*BROKEN):
            return OpenedFile(path)
    try:
        return OpenedFile(path)
    except BROKEN as error:
        raise RecordingError(f"{path}: not an HDF5 file, or a damaged one ({reason(error)})") from error


class OpenedFile:
    """An HDF5 file that was found to be a recording.

    Attributes
    ----------
    entry : h5py.Group
    header : RunHeader
    status, storage : str
    datasets : dict of str to h5py.Dataset
        One a channel.
    commits : ndarray of `layout.COMMIT` or None
        Those that can be trusted; None for a finished file, which has none.
    rows : int
        Samples of each channel that count.
    lines : int
        Bytes of journal lines that count.
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
            raise RecordingError(f"{self.path}: of a newer hotjunction (format {version}); update this one")
        self.entry = file["entry"]
        self.header = RunHeader.from_json(json.loads(self.entry["header"].asstr()[()]))
        self.status = layout.STATUS_UNFINISHED if self._view.marked else self.entry["status"][()].decode()
        self.storage: str = self.entry["storage"][()].decode()
        self.datasets = {name: self.entry["raw"][name] for name in self.header.channel_names}
        self.commits = self._read_commits()
        if self.commits is None:
            self.rows, self.lines = len(self.datasets[self.header.channel_names[0]]), 0
            starts = self.entry["segments"][:]
        else:
            last = self.commits[-1] if len(self.commits) else np.zeros((), layout.COMMIT)
            self.rows, self.lines = int(last["samples"]), int(last["lines"])
            starts = self.entry["segments"][: last["segments"]]
        ends = np.append(starts[1:, 1], self.rows)[: len(starts)]
        self.segments = [
            (int(first), int(first + end - row), int(row))
            for (first, row), end in zip(starts, ends, strict=True)
        ]

    def _read_commits(self) -> NDArray[np.void] | None:
        if "journal" not in self.entry:
            return None
        rows: NDArray[np.void] = self.entry["journal/commits"][:]
        good = rows["check"] == layout.commit_check(rows)
        count = len(rows) if good.all() else int(np.argmin(good))
        while count and not self._holds(rows, count - 1):
            count -= 1
        return rows[:count]

    def _holds(self, commits: NDArray[np.void], i: int) -> bool:
        """Whether what this commit added has its check sum."""
        before = commits[i - 1] if i else np.zeros((), layout.COMMIT)
        now = commits[i]

        def added() -> Iterator[Any]:
            if now["samples"] > before["samples"]:
                for dataset in self.datasets.values():
                    yield dataset[before["samples"] : now["samples"]]
            yield self.entry["segments"][before["segments"] : now["segments"]]
            yield self.entry["journal/lines"][before["lines"] : now["lines"]]

        try:
            return layout.crc(added()) == int(now["crc"])
        except BROKEN:
            return False

    def damaged(self) -> Iterator[tuple[slice, slice]]:
        """Compare everything with its check sums; yields rows and bytes of journal lines that differ."""
        if self.commits is None:
            for start in range(0, self.rows, layout.FINISHED_CHUNK):
                rows = slice(start, min(start + layout.FINISHED_CHUNK, self.rows))
                try:
                    for dataset in self.datasets.values():
                        dataset[rows]  # HDF5 compares the check sum of each chunk
                except (OSError, RuntimeError):
                    yield rows, slice(0, 0)
            return
        before = np.zeros((), layout.COMMIT)
        for i, now in enumerate(self.commits):
            if not self._holds(self.commits, i):
                yield (
                    slice(int(before["samples"]), int(now["samples"])),
                    slice(int(before["lines"]), int(now["lines"])),
                )
            before = now

    def read(self, name: str, start: int, stop: int, out: NDArray[np.float64]) -> None:
        """Read rows of one channel into ``out``, shape (stop - start,)."""
        if self._file is None:
            raise RecordingError(f"{self.path}: the recording is closed")
        try:
            if stop > start:
                self.datasets[name].read_direct(out, np.s_[start:stop])
        except (OSError, RuntimeError) as error:
            raise RecordingError(
                f"{self.path}: rows {start} to {stop} cannot be read ({reason(error)})"
            ) from error

    def journal(self, leave_out: list[slice]) -> list[dict[str, Any]]:
        """The journal lines that count, but for those in the given ranges of bytes."""
        content = bytearray(self.entry["journal/lines"][: self.lines].tobytes())
        for part in sorted(leave_out, key=lambda part: part.start, reverse=True):
            del content[part]
        found: list[dict[str, Any]] = json.loads(b"[" + b",".join(content.splitlines()) + b"]")
        return found

    def table(self, name: str) -> list[dict[str, Any]]:
        """The rows of a table of a finished file."""
        group = self.entry[name]
        columns = [
            (d.asstr()[:] if h5py.check_string_dtype(d.dtype) else d[:]).tolist() for d in group.values()
        ]
        names = list(group)
        return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._view.close()
