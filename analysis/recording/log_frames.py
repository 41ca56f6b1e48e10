"""Frames of the log of a run in progress.

A frame is 8-byte aligned and little-endian: magic, run (8 random bytes), sequence number (u64), kind, length of the
payload, CRC-32 of the payload, CRC-32 of the head before it (u32 each), payload, zeros. A reader trusts a frame if
both check sums and the run are right, and finds the next one behind damage by its magic.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import BinaryIO

MAGIC = b"\x89HJLOG2\n"
HEAD = struct.Struct("<8s8sQIIII")
SAMPLES = struct.Struct("<qII")
"""Head of the payload of samples: index of the first, channels, samples of each; then channel after channel."""

COMMIT = struct.Struct("<qqII")
"""Payload of a commit: samples of each channel and bytes of lines so far, chain of check sums, zero."""

ALIGNMENT = 8
PIECE = 1 << 20
"""Bytes read at a time."""


class Kind(IntEnum):
    """Kind of a frame."""

    HEADER = 1
    SAMPLES = 2
    LINES = 3
    COMMIT = 4
    END = 5


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole frame.

    Parameters
    ----------
    sequence : int
    kind : int
        A `Kind`, or a number that a later version of the program has added.
    at, start, stop : int
        Offsets of the frame, of its payload, and of the byte after it, in the file.
    payload : bytes
    crc : int
        CRC-32 of the payload.
    """

    sequence: int
    kind: int
    at: int
    start: int
    stop: int
    payload: bytes
    crc: int


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes ``at`` to ``stop`` hold no whole frame; ``last`` if nothing whole follows."""

    at: int
    stop: int
    last: bool


def framed(run: bytes, sequence: int, kind: Kind, payload: bytes) -> bytes:
    """Return a frame."""
    start = HEAD.pack(MAGIC, run, sequence, kind, len(payload), zlib.crc32(payload), 0)[:-4]
    return b"".join((start, struct.pack("<I", zlib.crc32(start)), payload, bytes(-len(payload) % ALIGNMENT)))


def chained(crc: int, chain: int) -> int:
    """Return the chain of check sums with one more payload."""
    return zlib.crc32(struct.pack("<I", crc), chain)


def samples_payload(first: int, channels: Iterable[bytes], n: int) -> bytes:
    """Return the payload of ``n`` samples of each channel, given as bytes in the channels' types."""
    rows = list(channels)
    return b"".join((SAMPLES.pack(first, len(rows), n), *rows))


class Scanner:
    """Iterator over the frames of a log, from any of its frames on.

    Parameters
    ----------
    file : binary file
    size : int
        Its length; what a writer appends later is not seen.
    run : bytes
        Only frames of this run count.
    at : int
        Offset at which to begin.
    """

    def __init__(self, file: BinaryIO, size: int, run: bytes, at: int = 0) -> None:
        self._file = file
        self._size = size
        self._run = run
        self._at = at
        self._piece, self._piece_at = b"", 0

    def __iter__(self) -> Iterator[Frame | Damage]:
        while self._at < self._size:
            frame = self._frame_at(self._at)
            if frame is not None:
                self._at = frame.stop + -frame.stop % ALIGNMENT
                yield frame
                continue
            begin, following = self._at, self._next_whole(self._at + 1)
            self._at = self._size if following is None else following
            yield Damage(begin, self._at, following is None)

    def _next_whole(self, at: int) -> int | None:
        """Return the offset of the next whole frame; the stated length of a broken one is not believed."""
        while (found := self._find(at)) is not None:
            if self._frame_at(found) is not None:
                return found
            at = found + 1
        return None

    def _find(self, at: int) -> int | None:
        while at < self._size:
            piece = self._read(at, PIECE)
            found = piece.find(MAGIC)
            if found >= 0:
                return at + found
            at += max(len(piece) - len(MAGIC) + 1, 1)
        return None

    def _frame_at(self, at: int) -> Frame | None:
        head = self._read(at, HEAD.size)
        if len(head) < HEAD.size:
            return None
        magic, run, sequence, kind, length, crc, check = HEAD.unpack(head)
        start = at + HEAD.size
        if (
            magic != MAGIC
            or run != self._run
            or check != zlib.crc32(head[:-4])
            or start + length > self._size
        ):
            return None
        payload = self._read(start, length)
        if len(payload) < length or zlib.crc32(payload) != crc:
            return None
        return Frame(sequence, kind, at, start, start + length, payload, crc)

    def _read(self, at: int, n: int) -> bytes:
        n = max(min(n, self._size - at), 0)
        inside = at - self._piece_at
        if not 0 <= inside <= inside + n <= len(self._piece):
            self._file.seek(at)
            self._piece, self._piece_at = self._file.read(max(n, PIECE)), at
            inside = 0
        return self._piece[inside : inside + n]


def run_of(file: BinaryIO, size: int) -> bytes | None:
    """Return the run that a log belongs to: that of its first readable head; None if it has none."""
    at = 0
    while at < size:
        file.seek(at)
        piece = file.read(PIECE + HEAD.size)
        found = piece.find(MAGIC)
        while 0 <= found <= len(piece) - HEAD.size:
            head = piece[found : found + HEAD.size]
            if zlib.crc32(head[:-4]) == HEAD.unpack(head)[-1]:
                return head[8:16]
            found = piece.find(MAGIC, found + 1)
        at += PIECE
    return None
