"""The log of a run in progress, or of one whose program died, opened for reading below `Recording`."""

import json
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.recording import layout, lock
from analysis.recording.errors import RecordingError, damage_told
from analysis.recording.header import RunHeader
from analysis.recording.log_frames import (
    ALIGNMENT,
    COMMIT,
    SAMPLES,
    Damage,
    Frame,
    Kind,
    Scanner,
    chained,
    run_of,
)
from analysis.records import Event, EventKind

LEFT_OUT = "damaged samples left out"
LISTS_LEFT_OUT = "damaged list left out"
CUT_OFF = "the end of the recording was cut off or damaged"


@dataclass
class Index:
    """Content of a log up to its last commit.

    Parameters
    ----------
    run : bytes
    at : int
        Offset behind the last commit.
    sequence, chain : int
        Number of the next frame; chain of check sums there.
    """

    run: bytes
    at: int = 0
    sequence: int = 0
    chain: int = 0
    header: Mapping[str, Any] | None = None
    pieces: list[tuple[int, int, int]] = field(default_factory=list)
    """(first sample, samples, offset of their values in the file)."""
    lines: list[bytes] = field(default_factory=list)
    counted: int = 0
    """Samples of each channel that were written, according to the last commit."""
    counted_lines: int = 0
    """The same for the bytes of lines."""
    ended: Mapping[str, Any] = field(default_factory=dict)
    damage: list[Event] = field(default_factory=list)

    @property
    def next_sample(self) -> int:
        """Index after the last sample."""
        return self.pieces[-1][0] + self.pieces[-1][1] if self.pieces else 0


class OpenedLog:
    """An open log. Raises ``RecordingError`` if it has no readable header.

    Attributes
    ----------
    header : RunHeader
    status, storage : str
    rows : int
        Readable samples of each channel.
    segments : list of (first sample index, stop index, row of the first)
    damage : tuple of Event
        Reports of what is missing: samples, lists, the end.
    """

    journalled = True
    sealed = False

    def __init__(self, path: Path, before: "OpenedLog | None" = None) -> None:
        self.path = path
        self._file = path.open("rb")
        self.index: Index
        self.identity: tuple[int, int]
        self._uncommitted = 0
        try:
            with damage_told(path, "its log"):
                self._read(before)
        except struct.error as error:
            self.close()
            raise RecordingError(f"{path}: a frame of its log is not of this format ({error})") from error
        except BaseException:
            self.close()
            raise

    def _read(self, before: "OpenedLog | None") -> None:
        stat = os.fstat(self._file.fileno())
        size, self.identity = stat.st_size, (stat.st_dev, stat.st_ino)
        if before is not None and before.identity == self.identity and before.index.at <= size:
            self.index = before.index
        else:
            run = run_of(self._file, size)
            if run is None:
                raise RecordingError(
                    f"{self.path}: not the log of a recording, or damaged from its beginning on"
                )
            self.index = Index(run)
        self._take(Scanner(self._file, size, self.index.run, self.index.at))
        if self.index.header is None:
            raise RecordingError(f"{self.path}: its header is damaged, in both copies")
        with damage_told(self.path, "its header"):
            self.header = RunHeader.from_json(self.index.header)
        self._types = [np.dtype(f"<{channel.dtype}") for channel in self.header.channels]
        self._lines = len(self.index.lines)
        self._starts = np.cumsum([0, *(n for _, n, _ in self.index.pieces)])
        self.rows = int(self._starts[-1])
        self.segments = self._segments()
        self.status = self.index.ended.get("status", layout.STATUS_UNFINISHED)
        self.result = self.index.ended.get("result", "")
        self.storage = self.index.ended.get("storage", layout.STORED_PLAIN)
        self.run = self.index.run
        cut_off = self._uncommitted and not (self.index.ended or lock.is_held(self.path))
        self.damage = (*self.index.damage, *((self._cut_off(),) if cut_off else ()))

    def _take(self, scanner: Scanner) -> None:
        """Take the frames up to the last commit into the index; later ones do not count."""
        waiting: list[Frame | Damage] = []
        for found in scanner:
            if isinstance(found, Frame) and found.sequence < self.index.sequence:
                continue  # a copy of what was there before
            waiting.append(found)
            if isinstance(found, Frame) and found.kind == Kind.COMMIT:
                _commit(self.index, waiting)
                waiting = []
        self._uncommitted = sum(
            (found.stop - found.at) for found in waiting if isinstance(found, Damage) or found.payload
        )

    def _cut_off(self) -> Event:
        return Event(self.index.next_sample, EventKind.FAULT, CUT_OFF, {"bytes": self._uncommitted})

    def _segments(self) -> list[tuple[int, int, int]]:
        segments: list[tuple[int, int, int]] = []
        for (first, n, _), row in zip(self.index.pieces, self._starts.tolist(), strict=False):
            if segments and segments[-1][1] == first:
                segments[-1] = (segments[-1][0], first + n, segments[-1][2])
            else:
                segments.append((first, first + n, row))
        if any(before[1] > after[0] for before, after in pairwise(segments)):
            raise RecordingError(f"{self.path}: its samples are not in order; another program wrote it")
        return segments

    def damaged(self) -> Iterator[tuple[slice, slice]]:
        """Yield nothing: everything was compared with its check sums on opening; ``damage`` reports the rest."""
        return iter(())

    def take_over(self, before: Any) -> None:
        """Do nothing; the index is taken over on opening."""

    def read(self, name: str, start: int, stop: int, out: NDArray[np.float64]) -> None:
        """Read rows of one channel into ``out``, shape (stop - start,)."""
        if self._file.closed:
            raise RecordingError(f"{self.path}: the recording is closed")
        channel = self.header.channel_names.index(name)
        number = int(np.searchsorted(self._starts, start, side="right")) - 1
        while start < stop:
            (_, n, at), row = self.index.pieces[number], int(self._starts[number])
            lo, hi = start - row, min(stop - row, n)
            out[: hi - lo] = self._values(at, n, channel, lo, hi)
            out, start, number = out[hi - lo :], row + hi, number + 1

    def _values(self, at: int, n: int, channel: int, lo: int, hi: int) -> NDArray[Any]:
        kind = self._types[channel]
        before = sum(n * earlier.itemsize for earlier in self._types[:channel])
        self._file.seek(at + before + lo * kind.itemsize)
        content = self._file.read((hi - lo) * kind.itemsize)
        if len(content) < (hi - lo) * kind.itemsize:
            raise RecordingError(f"{self.path}: was cut by another program while it was read")
        return np.frombuffer(content, kind)

    def journal(self, leave_out: list[slice]) -> list[dict[str, Any]]:
        """Return the lines of events and traces."""
        content = b"".join(self.index.lines[: self._lines])  # later openings share and extend the index
        lines: list[dict[str, Any]] = json.loads(b"[" + b",".join(content.splitlines()) + b"]")
        return lines

    def table(self, name: str) -> list[dict[str, Any]]:
        """Raise ``LookupError``: a log has lines in place of tables."""
        raise LookupError(name)

    def column(self, name: str) -> list[Any]:
        """Raise ``LookupError``: a log has lines in place of tables."""
        raise LookupError(name)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _commit(index: Index, found: list[Frame | Damage]) -> None:
    """Take the frames that end with a commit into the index, and report those that are missing."""
    *frames, commit = (frame for frame in found if isinstance(frame, Frame))
    counted, lines, chain, _ = COMMIT.unpack(commit.payload)
    lost = _Lost(index.next_sample)
    for frame in frames:
        _take_frame(index, frame, lost)
    rows, bytes_ = counted - index.counted - lost.taken_rows, lines - index.counted_lines - lost.taken_bytes
    if rows > 0:
        start, stop = lost.gap or (index.next_sample, index.next_sample + rows)
        index.damage.append(
            Event(start, EventKind.FAULT, LEFT_OUT, {"start": start, "stop": stop, "samples": rows})
        )
    if bytes_ > 0 or (rows <= 0 and index.chain != chain):
        lost_bytes = f"{max(bytes_, 0)} bytes of events and traces are damaged"
        index.damage.append(Event(index.next_sample, EventKind.FAULT, LISTS_LEFT_OUT, {"told": lost_bytes}))
    index.counted, index.counted_lines, index.chain = counted, lines, chain
    index.sequence, index.at = commit.sequence + 1, commit.stop + -commit.stop % ALIGNMENT


@dataclass
class _Lost:
    """Account of one commit: rows and bytes of lines taken, and the first gap before one of its pieces."""

    expected: int
    taken_rows: int = 0
    taken_bytes: int = 0
    gap: tuple[int, int] | None = None


def _take_frame(index: Index, frame: Frame, lost: _Lost) -> None:
    index.chain = chained(frame.crc, index.chain)
    if frame.kind == Kind.SAMPLES:
        first, _, n = SAMPLES.unpack_from(frame.payload)
        if first > lost.expected and lost.gap is None:
            lost.gap = lost.expected, first
        lost.expected = first + n
        lost.taken_rows += n
        index.pieces.append((first, n, frame.start + SAMPLES.size))
    elif frame.kind == Kind.LINES:
        lost.taken_bytes += len(frame.payload)
        index.lines.append(frame.payload)
    elif frame.kind == Kind.HEADER and index.header is None:
        index.header = json.loads(frame.payload)
    elif frame.kind == Kind.END:
        index.ended = json.loads(frame.payload)
