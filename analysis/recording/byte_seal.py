"""Seal over every byte of a finished file: finds damage anywhere, HDF5's own structure included, and repairs it.

The seal is one contiguous dataset, found by its magic without HDF5. It holds the SHA-256 of every byte outside
itself, a CRC-32 of each block of 4 KiB, and one block of parity (XOR) for each sixteen blocks, which lie far from
each other. One damaged block among sixteen is repaired byte for byte.
"""

import hashlib
import shutil
import struct
import zlib
from array import array
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np
from numpy.typing import NDArray

from analysis.recording.errors import RecordingError
from analysis.shared_files import remove_file

MAGIC = b"\x89HJSEAL2\r\n\x1a\n\0\0\0\0"
HEAD = struct.Struct("<16sQQQQQ32sIII")
HEAD_SIZE = 128
BLOCK = 4096
MEMBERS = 16
"""Blocks that share one block of parity."""

_AT_A_TIME = 256
"""Blocks in memory."""

DATASET = "seal/bytes"


@dataclass(frozen=True)
class Head:
    """Place and content of a seal.

    Parameters
    ----------
    at, length : int
        The seal's bytes in the file.
    size : int
        Length of the file.
    blocks, groups : int
        Blocks in the file, and blocks of parity.
    digest : bytes
        SHA-256 of every byte outside the seal.
    table_crc : int
        CRC-32 of the table.
    """

    at: int
    length: int
    size: int
    blocks: int
    groups: int
    digest: bytes
    table_crc: int

    def packed(self) -> bytes:
        """Return the head as it is in the file."""
        start = HEAD.pack(
            MAGIC,
            self.at,
            self.length,
            self.size,
            self.blocks,
            self.groups,
            self.digest,
            self.table_crc,
            0,
            0,
        )[:-4]
        return (start + struct.pack("<I", zlib.crc32(start))).ljust(HEAD_SIZE, b"\0")

    @property
    def table_size(self) -> int:
        """Bytes of the table of check sums of blocks and of parity."""
        return 4 * (self.blocks + self.groups)

    @property
    def parity_at(self) -> int:
        """Place of the first block of parity."""
        return self.at + HEAD_SIZE + self.table_size


@dataclass(frozen=True)
class Findings:
    """Result of comparing a file with its seal.

    Parameters
    ----------
    damaged : list of (start, stop)
        Bytes outside the seal that differ.
    seal_damaged : bool
        True if the seal itself is damaged, in part.
    repairable : bool
        True if everything damaged can be repaired.
    """

    damaged: list[tuple[int, int]]
    seal_damaged: bool
    repairable: bool


def needed(size: int) -> int:
    """Return the length of the seal of a file of this size, the seal included."""
    blocks = -(-size // BLOCK)
    groups = -(-blocks // MEMBERS)
    return 2 * HEAD_SIZE + 2 * 4 * (blocks + groups) + groups * BLOCK


def reserve(file: h5py.File) -> None:
    """Create the dataset of the seal; everything else must have been written."""
    file.flush()
    without = file.id.get_filesize() + 4 * BLOCK
    length = needed(without)
    while length < needed(without + length):
        length = needed(without + length)
    kind = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    kind.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    kind.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    group = file.require_group("seal")
    h5py.h5d.create(group.id, b"bytes", h5py.h5t.STD_U8LE, h5py.h5s.create_simple((length,)), kind)


def write(path: Path) -> None:
    """Write the seal of a closed file that has room for it. Raises ``RecordingError``, ``OSError``."""
    with h5py.File(path, "r") as file:
        dataset = file[DATASET]
        at, length = dataset.id.get_offset(), len(dataset)
    size = path.stat().st_size
    if at is None or needed(size) > length:
        raise RecordingError(f"{path}: there is no room for its seal")
    blocks = -(-size // BLOCK)
    bare = Head(at, length, size, blocks, -(-blocks // MEMBERS), b"", 0)
    with path.open("r+b") as raw:
        digest, sums = _sums(raw, bare)
        for group, parity in _parities(raw, bare):
            sums.extend(map(zlib.crc32, parity))
            raw.seek(bare.parity_at + group * BLOCK)
            raw.write(parity.data)
        table = np.array(sums, "<u4").tobytes()
        head = replace(bare, digest=digest, table_crc=zlib.crc32(table))
        before, behind = _around_parity(head, table)
        raw.seek(at + length - len(behind))
        raw.write(behind)
        raw.seek(at)
        raw.write(before)


def holds(path: Path) -> bool:
    """Return True if the file has a seal and nothing in it is damaged."""
    with suppress(OSError), path.open("rb") as raw:
        head = find(raw, path.stat().st_size)
        if head is None or head.size != path.stat().st_size:
            return False
        return _digest(raw, head) == head.digest
    return False


def find(raw: BinaryIO, size: int) -> Head | None:
    """Return a readable head of the seal, searched from the end of the file on; None without one."""
    piece_size = 1 << 20
    for start in range(max(size - piece_size, 0), -piece_size, -piece_size):
        raw.seek(max(start, 0))
        piece = raw.read(piece_size + HEAD_SIZE)
        found = piece.rfind(MAGIC)
        while found >= 0:
            head = _unpacked(piece[found : found + HEAD.size])
            if head is not None:
                return head
            found = piece.rfind(MAGIC, 0, found)
    return None


def moved(path: Path, file: h5py.File) -> bool:
    """Return True if the seal is no longer where it was written: another program has written the file anew."""
    with path.open("rb") as raw:
        head = find(raw, path.stat().st_size)
    return head is not None and DATASET in file and file[DATASET].id.get_offset() != head.at


def check(path: Path) -> Findings | None:
    """Compare a file with its seal; return None if it has none that can be read."""
    size = path.stat().st_size
    with path.open("rb") as raw:
        head = find(raw, size)
        if head is None:
            return None
        table = _table(raw, head)
        if table is None:
            return Findings([], seal_damaged=True, repairable=False) if holds(path) else None
        bad = _bad_blocks(raw, head, table)
        parity = _bad_parity(raw, head, table)
        groups = [int(block) % head.groups for block in bad]
        repairable = len(set(groups)) == len(groups) and not set(groups) & set(parity.tolist())
        damaged = _ranges(bad, head)
        whole_seal = not len(parity) and size == head.size and _as_written(raw, head, table)
        return Findings(damaged, not whole_seal, bool(repairable))


def repair(path: Path, target: Path) -> None:
    """Write a repaired copy of a file. Raises ``RecordingError`` if it cannot be repaired, or has no seal."""
    findings = check(path)
    if findings is None or not findings.repairable:
        raise RecordingError(f"{path}: damaged in too many places, or its seal is; it cannot be repaired")
    shutil.copyfile(path, target)
    with target.open("r+b") as copy:
        head = find(copy, path.stat().st_size)
        assert head is not None
        table = _table(copy, head)
        assert table is not None
        copy.truncate(head.size)
        for block in _bad_blocks(copy, head, table).tolist():
            rebuilt = _rebuilt(copy, head, block)
            start = block * BLOCK
            for lo, hi in _outside(start, min(start + BLOCK, head.size), head):
                copy.seek(lo)
                copy.write(rebuilt[lo - start : hi - start].tobytes())
        whole = _digest(copy, head) == head.digest
    if not whole:
        remove_file(target)
        raise RecordingError(f"{path}: could not be repaired")
    write(target)


def _rebuilt(raw: BinaryIO, head: Head, block: int) -> NDArray[np.uint8]:
    """Return a block from its group's parity and the group's other blocks."""
    group = block % head.groups
    raw.seek(head.parity_at + group * BLOCK)
    rebuilt = np.frombuffer(raw.read(BLOCK), np.uint8).copy()
    for member in range(group, head.blocks, head.groups):
        if member != block:
            rebuilt ^= _padded(_masked(raw, head, member * BLOCK, BLOCK))[0]
    return rebuilt


def _masked(raw: BinaryIO, head: Head, start: int, n: int) -> bytes:
    """Read bytes of the file, zeros in place of the seal and of what was cut off."""
    n = min(n, head.size - start)
    raw.seek(start)
    content = bytearray(raw.read(n).ljust(n, b"\0"))
    lo, hi = max(head.at, start) - start, min(head.at + head.length, start + n) - start
    if lo < hi:
        content[lo:hi] = bytes(hi - lo)
    return bytes(content)


def _unpacked(content: bytes) -> Head | None:
    if len(content) < HEAD.size:
        return None
    _, at, length, size, blocks, groups, digest, table_crc, _, crc = HEAD.unpack(content)
    if zlib.crc32(content[: HEAD.size - 4]) != crc:
        return None
    return Head(at, length, size, blocks, groups, digest, table_crc)


def _digest(raw: BinaryIO, head: Head) -> bytes:
    """Return the SHA-256 of every byte outside the seal."""
    sha = hashlib.sha256()
    for start, content in _pieces(raw, head):
        for lo, hi in _outside(start, start + len(content), head):
            sha.update(content[lo - start : hi - start])
    return sha.digest()


def _sums(raw: BinaryIO, head: Head) -> tuple[bytes, "array[int]"]:
    """Return the SHA-256 of every byte outside the seal, and the check sum of each block."""
    sha, sums = hashlib.sha256(), array("I")
    for start, content in _pieces(raw, head):
        for lo, hi in _outside(start, start + len(content), head):
            sha.update(content[lo - start : hi - start])
        sums.extend(map(zlib.crc32, _padded(content)))
    return sha.digest(), sums


def _parities(raw: BinaryIO, head: Head) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Yield the parity of some groups at a time, shape (groups, BLOCK), and the first of them."""
    for first in range(0, head.groups, _AT_A_TIME):
        parity = np.zeros((min(_AT_A_TIME, head.groups - first), BLOCK), np.uint8)
        for start in range(first * BLOCK, head.size, head.groups * BLOCK):
            rows = _padded(_masked(raw, head, start, parity.size))
            parity[: len(rows)] ^= rows
        yield first, parity


def _pieces(raw: BinaryIO, head: Head) -> Iterator[tuple[int, bytes]]:
    """Yield the file in pieces of some blocks, with zeros in place of the seal."""
    size = _AT_A_TIME * BLOCK
    for start in range(0, head.size, size):
        yield start, _masked(raw, head, start, size)


def _padded(content: bytes) -> NDArray[np.uint8]:
    whole = content + bytes(-len(content) % BLOCK)
    return np.frombuffer(whole, np.uint8).reshape(-1, BLOCK)


def _outside(start: int, stop: int, head: Head) -> Iterator[tuple[int, int]]:
    """Yield the parts of a range of bytes that lie outside the seal."""
    for lo, hi in ((start, min(stop, head.at)), (max(start, head.at + head.length), stop)):
        if lo < hi:
            yield lo, hi


def _around_parity(head: Head, table: bytes) -> tuple[bytes, bytes]:
    """Return the bytes of a seal before its parity, and behind it: head and table once more at its end."""
    before, behind = head.packed() + table, table + head.packed()
    return before, behind.rjust(head.length - len(before) - head.groups * BLOCK, b"\0")


def _as_written(raw: BinaryIO, head: Head, table: NDArray[Any]) -> bool:
    """Return True if every byte of a seal with whole parity is as it was written."""
    before, behind = _around_parity(head, table.tobytes())
    raw.seek(head.at)
    first = raw.read(len(before))
    raw.seek(head.at + head.length - len(behind))
    return (first, raw.read(len(behind))) == (before, behind)


def _table(raw: BinaryIO, head: Head) -> NDArray[Any] | None:
    """Return the table of check sums; None if both copies are damaged."""
    for at in (head.at + HEAD_SIZE, head.at + head.length - HEAD_SIZE - head.table_size):
        raw.seek(at)
        copy = raw.read(head.table_size)
        if len(copy) == head.table_size and zlib.crc32(copy) == head.table_crc:
            return np.frombuffer(copy, "<u4")
    return None


def _bad_blocks(raw: BinaryIO, head: Head, table: NDArray[Any]) -> NDArray[np.int64]:
    rows = (row for _, content in _pieces(raw, head) for row in _padded(content))
    return np.flatnonzero(np.fromiter(map(zlib.crc32, rows), "<u4", head.blocks) != table[: head.blocks])


def _bad_parity(raw: BinaryIO, head: Head, table: NDArray[Any]) -> NDArray[np.int64]:
    raw.seek(head.parity_at)
    rows = (raw.read(BLOCK).ljust(BLOCK, b"\0") for _ in range(head.groups))
    return np.flatnonzero(np.fromiter(map(zlib.crc32, rows), "<u4", head.groups) != table[head.blocks :])


def _ranges(bad: NDArray[np.int64], head: Head) -> list[tuple[int, int]]:
    """Return the damaged bytes outside the seal, neighbours joined."""
    ranges: list[tuple[int, int]] = []
    for block in bad.tolist():
        for lo, hi in _outside(block * BLOCK, min((block + 1) * BLOCK, head.size), head):
            if ranges and ranges[-1][1] == lo:
                ranges[-1] = (ranges[-1][0], hi)
            else:
                ranges.append((lo, hi))
    return ranges
