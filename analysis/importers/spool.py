"""Columns that are longer than the memory: kept in a temporary file, read in parts."""

import errno
import os
import shutil
import tempfile
from bisect import bisect_right
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

BLOCK = 2**18
"""Samples of a column that are read and converted at a time."""

RESERVE_BYTES = 2**28
"""Space that the temporary file leaves on its disk, for a run that may be recorded there."""

_LOOK_EVERY_BYTES = 2**24

IN_MEMORY_BYTES = 32 * 2**20
"""Bytes of all columns of an import that stay in memory."""


class StoredColumn:
    """Values of a column in a `Spool`; a slice of it is an array."""

    def __init__(self, spool: "Spool", dtype: np.dtype[Any]) -> None:
        self._spool = spool
        self._at: list[int] = []  # position in the file of each part
        self._firsts: list[int] = []  # first value of each part
        self.dtype = dtype
        self._length = 0

    @property
    def shape(self) -> tuple[int]:
        """Number of values, as of an array."""
        return (self._length,)

    def __len__(self) -> int:
        return self._length

    def append(self, values: NDArray[Any]) -> None:
        """Add values at the end."""
        self._at.append(self._spool.write(np.asarray(values, dtype=self.dtype)))
        self._firsts.append(self._length)
        self._length += len(values)

    def __getitem__(self, part: slice) -> NDArray[Any]:
        start, stop, step = part.indices(self._length)
        if step != 1:
            return np.asarray(self[:])[part]
        found = []
        for i in range(max(bisect_right(self._firsts, start) - 1, 0), len(self._firsts)):
            first = self._firsts[i]
            after = self._firsts[i + 1] if i + 1 < len(self._firsts) else self._length
            begin, end = max(start, first), min(stop, after)
            if begin >= end:
                break
            at = self._at[i] + (begin - first) * self.dtype.itemsize
            found.append(self._spool.read(at, end - begin, self.dtype))
        if len(found) == 1:
            return found[0]
        return np.concatenate(found) if found else np.empty(0, self.dtype)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self[:], dtype=dtype)


Values = NDArray[Any] | StoredColumn
"""Values of a column; a slice of either is an array."""


class Spool:
    """Temporary file of the columns of one import, deleted when it is closed.

    Parameters
    ----------
    in_memory_bytes : int
        Whole columns stay arrays up to this number of bytes in all.
    """

    def __init__(self, in_memory_bytes: int = IN_MEMORY_BYTES) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  it lives as long as the spool
        self._end = 0
        self._room = in_memory_bytes
        self._look_at = 0

    def keep(self, values: NDArray[Any]) -> Values:
        """Return the same values, in memory while there is room, otherwise on the disk."""
        if values.nbytes <= self._room:
            self._room -= values.nbytes
            return values
        return self.store(values)

    def store(self, values: Values) -> StoredColumn:
        """Return the same values on the disk."""
        if isinstance(values, StoredColumn):
            return values
        column = StoredColumn(self, values.dtype)
        column.append(values)
        return column

    def write(self, values: NDArray[Any]) -> int:
        """Write values at the end of the file; return their position. Raises ``OSError`` if the disk is full."""
        at = self._end
        if at + values.nbytes > self._look_at:
            self._look_at = at + values.nbytes + _LOOK_EVERY_BYTES
            if shutil.disk_usage(tempfile.gettempdir()).free < values.nbytes + RESERVE_BYTES:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._file.seek(at)
        data = np.ascontiguousarray(values)
        self._file.write(data.data if data.size else b"")
        self._end += data.nbytes
        return at

    def read(self, at: int, count: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Return values from a position of the file."""
        self._file.seek(at)
        return np.frombuffer(self._file.read(count * dtype.itemsize), dtype)

    def close(self) -> None:
        """Delete the file; its columns can no longer be read."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
