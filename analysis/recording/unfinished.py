"""Access to a recording while it is being written, or after its writer was killed.

HDF5 marks such a file in its superblock and refuses to open it, except for SWMR readers; and those retry, for minutes
in the worst case, when they find an inconsistency that a dead writer will never repair. HDF5 therefore reads every
recording through a view without the mark. The file itself is never changed, and no lock is taken that could hinder
its writer.
"""

import io
import os
from pathlib import Path
from typing import Any

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_LENGTH = 48  # superblock of version 2 or 3 with addresses of 8 bytes, HDF5 File Format Specification II.A
_HEAP, _HEAP_HEAD, _OBJECT_HEAD = (
    b"GCOL",
    16,
    16,
)  # a global heap collection, HDF5 File Format Specification III.E
_VERSION, _FLAGS, _END, _CHECKSUM = 8, 11, slice(28, 36), slice(44, 48)


class UnmarkedView(io.FileIO):
    """The file, read-only, as if its writer had closed it: no mark, and the end where it is now.

    Attributes
    ----------
    marked : bool
        True if a writer has this file open, or had it open when it died.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "rb")
        self._end = os.fstat(self.fileno()).st_size
        block = bytearray(super().read(_LENGTH))
        supported = len(block) == _LENGTH and block.startswith(_SIGNATURE) and block[_VERSION] in (2, 3)
        self.marked = supported and block[_FLAGS] != 0
        if self.marked:
            block[_FLAGS] = 0
            block[_END] = self._end.to_bytes(8, "little")
            block[_CHECKSUM] = lookup3(bytes(block[: _CHECKSUM.start])).to_bytes(4, "little")
        self._superblock = bytes(block)
        self.seek(0)

    def readinto(self, buffer: Any) -> int:
        """Read like the file, except for the superblock."""
        start = self.tell()
        view = memoryview(buffer).cast("B")
        count = super().readinto(view) or 0
        if start < _LENGTH:
            changed = self._superblock[start : start + count]
            view[: len(changed)] = changed
        if view[: len(_HEAP)] == _HEAP:
            _demand_walkable(bytes(view[:count]))
        return count

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Seek in the file with the length that it had when opened; a writer may have appended since."""
        return super().seek(self._end + offset) if whence == io.SEEK_END else super().seek(offset, whence)


def _demand_walkable(heap: bytes) -> None:
    """Raise ``OSError`` for a heap of texts with an object of size zero: HDF5 would loop over it endlessly."""
    at, end = _HEAP_HEAD, min(len(heap), int.from_bytes(heap[8:16], "little"))
    while at + _OBJECT_HEAD <= end:
        index = int.from_bytes(heap[at : at + 2], "little")
        size = int.from_bytes(heap[at + 8 : at + 16], "little")
        if index == 0 and size < _OBJECT_HEAD:
            raise OSError("a heap of texts is damaged")
        at += _OBJECT_HEAD + -(-size // 8) * 8 if index else size


def lookup3(key: bytes) -> int:
    """Return Bob Jenkins' lookup3 hash (public domain, 2006), the check sum of HDF5 metadata; initial value 0."""

    def rotated(x: int, bits: int) -> int:
        return ((x << bits) | (x >> (32 - bits))) & 0xFFFFFFFF

    a = b = c = (0xDEADBEEF + len(key)) & 0xFFFFFFFF
    padded = key.ljust(-(-len(key) // 12) * 12, b"\0")
    for i in range(0, len(padded), 12):
        words = (int.from_bytes(padded[j : j + 4], "little") for j in range(i, i + 12, 4))
        a, b, c = ((x + y) & 0xFFFFFFFF for x, y in zip((a, b, c), words, strict=True))
        if i + 12 < len(padded):
            for bits in (4, 6, 8, 16, 19, 4):  # the mix; its three variables rotate at each step
                a, b, c = b, (c + b) & 0xFFFFFFFF, ((a - c) & 0xFFFFFFFF) ^ rotated(c, bits)
        else:
            for bits in (14, 11, 25, 16, 4, 14, 24):  # the final mix, likewise
                a, b, c = b, ((c ^ b) - rotated(b, bits)) & 0xFFFFFFFF, a
    return b
