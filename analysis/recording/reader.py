"""Reading a recording: finished, still being written, or left by a killed process."""

import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import h5py
import numpy as np
from numpy.typing import NDArray

from analysis.recording import layout
from analysis.recording.errors import RecordingError, reason
from analysis.recording.header import RunHeader, TraceEntry
from analysis.recording.unfinished import UnmarkedView, is_marked_open
from analysis.records import Block, Event, EventKind, FloatArray, Trace

_BROKEN = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError)
"""What h5py raises for a damaged or foreign file."""

_ATTEMPTS = 20
"""A writer at work can be met in the middle of a write; the next look finds it done."""


class Recording:
    """A recording, opened for reading. Use it as a context manager, or `close` it.

    Of a file that is being written it shows what was committed when it was opened; open it again to see more.

    Parameters
    ----------
    path : Path

    Raises
    ------
    RecordingError
        No such file, broken, or not a recording; the message is one sentence.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise RecordingError(f"{path}: there is no such file")
        for attempt in range(_ATTEMPTS):
            try:
                self._open()
                return
            except _BROKEN as error:
                self.close()
                if attempt == _ATTEMPTS - 1 or not is_marked_open(self.path):
                    raise RecordingError(
                        f"{path}: not an HDF5 file, or a damaged one ({reason(error)})"
                    ) from error
            except RecordingError:
                self.close()
                raise

    def _open(self) -> None:
        self._view: UnmarkedView | None = None
        self._file: h5py.File | None = None
        if is_marked_open(self.path):
            self._view = UnmarkedView(self.path)
            self._file = h5py.File(self._view, "r")
        else:
            self._file = h5py.File(self.path, "r")
        if self._file.attrs.get("format") != layout.FORMAT:
            raise RecordingError(f"{self.path}: an HDF5 file, but not a recording of hotjunction")
        version = int(self._file.attrs["format_version"])
        if version > layout.FORMAT_VERSION:
            raise RecordingError(
                f"{self.path}: written by a newer hotjunction (format {version}); update this one"
            )
        self._entry = self._file["entry"]
        self.header = RunHeader.from_json(json.loads(self._entry["header"].asstr()[()]))
        self.status = "unfinished" if self._view else self._entry["status"][()].decode()
        """"finished", "aborted", "recovered", or "unfinished": being written, or its writer was killed."""
        self.storage: str = self._entry["storage"][()].decode()
        self._datasets = {name: self._entry["raw"][name] for name in self.header.channel_names}
        self._commits = self._read_commits()
        if self._commits is None:
            self.n_samples = len(self._datasets[self.header.channel_names[0]])
            segments = self._entry["segments"][:]
        else:
            last = self._commits[-1] if len(self._commits) else np.zeros((), layout.COMMIT)
            self.n_samples = int(last["samples"])
            segments = self._entry["segments"][: last["segments"]]
        self._segments = self._with_ends(segments)

    def _read_commits(self) -> NDArray[np.void] | None:
        """The commits that can be trusted; None for a file that has none because it was finished."""
        if "journal" not in self._entry:
            return None
        rows: NDArray[np.void] = self._entry["journal/commits"][:]
        good = rows["check"] == layout.commit_check(rows)
        count = len(rows) if good.all() else int(np.argmin(good))
        while count and not self._commit_holds(rows, count - 1):
            count -= 1
        return rows[:count]

    def _commit_holds(self, rows: NDArray[np.void], i: int) -> bool:
        try:
            return layout.crc(self._added_by(rows, i)) == int(rows["crc"][i])
        except _BROKEN:
            return False

    def _added_by(self, rows: NDArray[np.void], i: int) -> Iterator[Any]:
        """What commit ``i`` says was added, in the order in which its check sum was made."""
        before = rows[i - 1] if i else np.zeros((), layout.COMMIT)
        now = rows[i]
        if now["samples"] > before["samples"]:
            for dataset in self._datasets.values():
                yield dataset[before["samples"] : now["samples"]]
        yield self._entry["segments"][before["segments"] : now["segments"]]
        yield self._entry["journal/lines"][before["lines"] : now["lines"]]

    def _with_ends(self, segments: NDArray[np.int64]) -> list[tuple[int, int, int]]:
        """(first sample index, stop index, row of the first) of each gap-free segment."""
        ends = np.append(segments[1:, 1], self.n_samples)[: len(segments)]
        return [(int(f), int(f + e - r), int(r)) for (f, r), e in zip(segments, ends, strict=True)]

    def verify(self) -> None:
        """Compare everything with its check sums. Raises `RecordingError` naming the first samples that differ."""
        if self._commits is None:
            for start in range(0, self.n_samples, layout.FINISHED_CHUNK):
                self._rows(
                    start, start + layout.FINISHED_CHUNK, self.channels
                )  # HDF5 checks each chunk itself
            return
        for i in range(len(self._commits)):
            if not self._commit_holds(self._commits, i):
                start = self._commits["samples"][i - 1] if i else 0
                raise RecordingError(
                    f"{self.path}: samples {start} to {self._commits['samples'][i]} are damaged"
                )

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels."""
        return self.header.channel_names

    @property
    def rate_Hz(self) -> float:
        """Samples per second and channel; NaN where unknown."""
        return self.header.rate_Hz

    @property
    def first(self) -> int:
        """Index of the first sample."""
        return self._segments[0][0] if self._segments else 0

    @property
    def stop(self) -> int:
        """Index after the last sample; larger than ``first + n_samples`` where there are gaps."""
        return self._segments[-1][1] if self._segments else 0

    @property
    def gaps(self) -> tuple[tuple[int, int], ...]:
        """(start, stop) of each range of samples that is missing."""
        pairs = zip(self._segments, self._segments[1:], strict=False)
        return tuple((before[1], after[0]) for before, after in pairs)

    @cached_property
    def _lines(self) -> list[dict[str, Any]]:
        commits = self._commits
        end = int(commits["lines"][-1]) if commits is not None and len(commits) else 0
        return [json.loads(line) for line in self._entry["journal/lines"][:end].tobytes().splitlines()]

    def _columns(self, table: str) -> Iterator[dict[str, Any]]:
        group = self._entry[table]
        columns = [
            (d.asstr()[:] if h5py.check_string_dtype(d.dtype) else d[:]).tolist() for d in group.values()
        ]
        return (dict(zip(group, values, strict=True)) for values in zip(*columns, strict=True))

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """All events, in the order in which they were added."""
        if self._commits is not None:
            found: Any = (item["event"] for item in self._lines if "event" in item)
        else:
            found = ({**row, "payload": json.loads(row["payload"])} for row in self._columns("events"))
        return tuple(Event(e["sample"], EventKind(e["kind"]), e["name"], e["payload"]) for e in found)

    @cached_property
    def traces(self) -> tuple[TraceEntry, ...]:
        """The index of traces, by number; the kept and the rejected."""
        if self._commits is not None:
            found = [TraceEntry.from_json(item["trace"]) for item in self._lines if "trace" in item]
        else:
            found = [
                TraceEntry.from_json(
                    {**row, **{name: json.loads(row[name]) for name in ("flags", "settings")}}
                )
                for row in self._columns("traces")
            ]
        latest = {entry.number: entry for entry in found}
        return tuple(latest[number] for number in sorted(latest))

    def _rows(self, start: int, stop: int, channels: Sequence[str]) -> FloatArray:
        stop = min(stop, self.n_samples)
        data = np.empty((len(channels), stop - start))
        try:
            for i, name in enumerate(channels):
                self._dataset(name).read_direct(data, np.s_[start:stop], np.s_[i])
        except (OSError, RuntimeError) as error:
            raise RecordingError(
                f"{self.path}: samples {start} to {stop} cannot be read ({reason(error)})"
            ) from error
        return data

    def _dataset(self, name: str) -> h5py.Dataset:
        self.header.channel(name)
        if self._file is None:
            raise RecordingError(f"{self.path}: the recording is closed")
        return self._datasets[name]

    def samples(self, start: int, stop: int, channels: Sequence[str] | None = None) -> FloatArray:
        """Samples ``start <= index < stop``, shape (n_channels, stop - start); NaN where a gap is.

        Raises ``IndexError`` for a range outside the recording, ``KeyError`` for an unknown channel.
        """
        if not self.first <= start <= stop <= self.stop:
            raise IndexError(f"samples {start} to {stop} are not within {self.first} to {self.stop}")
        names = self.channels if channels is None else tuple(channels)
        data = np.full((len(names), stop - start), np.nan)
        for first, end, row in self._segments:
            lo, hi = max(first, start), min(end, stop)
            if lo < hi:
                data[:, lo - start : hi - start] = self._rows(row + lo - first, row + hi - first, names)
        return data

    def blocks(self, size: int = 65536, channels: Sequence[str] | None = None) -> Iterator[Block]:
        """The samples in order, in blocks of at most ``size``; no block spans a gap."""
        names = self.channels if channels is None else tuple(channels)
        for first, end, row in self._segments:
            for start in range(first, end, size):
                at, n = row + start - first, min(size, end - start)
                yield Block(start, self.rate_Hz, names, self._rows(at, at + n, names))

    def trace(self, number: int) -> Trace:
        """A trace whose conductance is itself recorded, as in imported files.

        The displacement is the channel "extension" (m) where there is one, else it follows from
        ``settings["opening_speed_m_per_s"]`` and the rate, else it is NaN.

        Raises
        ------
        LookupError
            No such trace, or the recording holds raw volts from which conductance is yet to be calculated.
        """
        entry = next((e for e in self.traces if e.number == number), None)
        if entry is None:
            raise LookupError(f"{self.path}: there is no trace {number}")
        if "conductance" not in self.channels:
            raise LookupError(f"{self.path}: no recorded conductance; calculate it from the raw samples")
        stored = [name for name in ("conductance", "extension") if name in self.channels]
        data = self.samples(entry.start, entry.stop, stored)
        if "extension" in stored and self.header.channel("extension").unit == "m":
            displacement = data[1]
        else:
            speed = {**self.header.settings, **entry.settings}.get("opening_speed_m_per_s") or np.nan
            displacement = np.arange(data.shape[1]) * (speed / self.rate_Hz)
        return Trace(
            entry.number,
            (entry.start, entry.stop),
            displacement,
            data[0],
            entry.bias_V,
            entry.ended,
            entry.flags,
        )

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._view is not None:
            self._view.close()
            self._view = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
