"""List of records that are kept on disk, as those of a day's run exceed the memory."""

import math
import pickle
import tempfile
import threading
import weakref
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class _Place:
    """Position of an array among the bytes of its record."""

    at: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def array_in(self, data: bytes) -> NDArray[Any]:
        """Return the array, read-only."""
        return np.frombuffer(data, self.dtype, math.prod(self.shape), self.at).reshape(self.shape)


class DiskBackedList(Generic[Record]):
    """List of dataclass records in a temporary file, deleted together with the list.

    Memory keeps only two numbers of each record. One thread may add records while others read them.

    Parameters
    ----------
    shared : tuple of str
        Fields with values that many records share; equal values are kept once, in memory, and must be hashable.
    """

    def __init__(self, *shared: str) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  it lives as long as the list
        self._close = weakref.finalize(self, self._file.close)
        self._lock = threading.Lock()
        self._shared = shared
        self._known: dict[Any, int] = {}
        self._kinds: dict[type[Record], list[str]] = {}
        self._rest = array("q")  # place in the file of the other values of each record, after its arrays
        self._stops = array("q", [0])
        self._at = 0  # place in the file; a seek without need would write out what is buffered

    def __len__(self) -> int:
        return len(self._stops) - 1

    def __iter__(self) -> Iterator[Record]:
        for index in range(len(self)):
            yield self[index]

    def __getitem__(self, index: int) -> Record:
        index = range(len(self))[index]
        start, stop = self._stops[index], self._stops[index + 1]
        data = self._read(start, stop)
        number, content = pickle.loads(memoryview(data)[self._rest[index] - start :])
        kind = list(self._kinds)[number]
        for name in self._shared:
            content[name] = list(self._known)[content[name]]
        return kind(
            **{
                name: value.array_in(data) if isinstance(value, _Place) else value
                for name, value in content.items()
            }
        )

    @property
    def bytes_on_disk(self) -> int:
        """Length of the temporary file."""
        return self._stops[-1]

    def add(self, record: Record) -> int:
        """Add a record and return its index. Raises ``OSError`` if the disk is full."""
        kind = type(record)
        if kind not in self._kinds:
            self._kinds[kind] = [field.name for field in fields(record)]  # type: ignore[arg-type]
        values = {name: getattr(record, name) for name in self._kinds[kind]}
        for name in self._shared:
            values[name] = self._known.setdefault(values[name], len(self._known))
        content = bytearray()
        for name, value in values.items():
            if isinstance(value, np.ndarray):
                content += bytes(-len(content) % value.itemsize)
                values[name] = _Place(len(content), value.shape, value.dtype)
                content += value.tobytes()
        arrays = len(content)
        content += pickle.dumps((list(self._kinds).index(kind), values), pickle.HIGHEST_PROTOCOL)
        with self._lock:
            start = self._stops[-1]
            self._go_to(start)
            self._file.write(content)
            self._at = start + len(content)
            self._rest.append(start + arrays)
            self._stops.append(self._at)
            return len(self) - 1

    def close(self) -> None:
        """Close the file; records can no longer be read."""
        self._close()

    def _read(self, start: int, stop: int) -> bytes:
        with self._lock:
            self._go_to(start)
            data = self._file.read(stop - start)
            self._at = stop
            return data

    def _go_to(self, place: int) -> None:
        if self._at != place:
            self._file.seek(place)
        self._at = -1  # unknown if what follows fails
