"""List of records whose arrays are kept on disk, as those of a day's run exceed the memory."""

import math
import tempfile
import threading
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class _Place:
    """Position of an array in the file."""

    at: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def stop(self) -> int:
        """Position after the array."""
        return self.at + math.prod(self.shape) * self.dtype.itemsize

    def array_in(self, data: bytes, start: int) -> NDArray[Any]:
        """Return the array, read-only, from bytes of the file that begin at ``start``."""
        count = math.prod(self.shape)
        return np.frombuffer(data, self.dtype, count, self.at - start).reshape(self.shape)


class DiskBackedList(Generic[Record]):
    """List of dataclass records with their arrays in a temporary file, deleted together with the list.

    One thread may add records while others read them.

    Parameters
    ----------
    shared : tuple of str
        Fields with values that many records share; equal values are kept once and must be hashable.
    """

    def __init__(self, *shared: str) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  it lives as long as the list
        self._close = weakref.finalize(self, self._file.close)
        self._lock = threading.Lock()
        self._shared = shared
        self._known: dict[Any, Any] = {}
        self._records: list[tuple[type[Record], tuple[Any, ...]]] = []
        self._names: dict[type[Record], list[str]] = {}
        self._end = 0
        self._at = 0  # place in the file; a seek without need would write out what is buffered

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Record]:
        for index in range(len(self)):
            yield self[index]

    def __getitem__(self, index: int) -> Record:
        kind, values = self._records[index]
        content = dict(zip(self._names[kind], values, strict=True))
        places = [value for value in values if isinstance(value, _Place)]
        if not places:
            return kind(**content)
        data = self._read(places[0].at, places[-1].stop)
        return kind(
            **{
                name: value.array_in(data, places[0].at) if isinstance(value, _Place) else value
                for name, value in content.items()
            }
        )

    @property
    def bytes_on_disk(self) -> int:
        """Length of the temporary file."""
        return self._end

    def add(self, record: Record) -> int:
        """Add a record and return its index. Raises ``OSError`` if the disk is full."""
        kind = type(record)
        if kind not in self._names:
            self._names[kind] = [field.name for field in fields(record)]  # type: ignore[arg-type]
        content = {name: getattr(record, name) for name in self._names[kind]}
        arrays = {name: value for name, value in content.items() if isinstance(value, np.ndarray)}
        with self._lock:
            content.update(self._written(arrays))
            for name in self._shared:
                content[name] = self._known.setdefault(content[name], content[name])
            self._records.append((kind, tuple(content.values())))
            return len(self._records) - 1

    def close(self) -> None:
        """Close the file; records can no longer be read."""
        self._close()

    def _written(self, arrays: Mapping[str, NDArray[Any]]) -> dict[str, _Place]:
        """Append the arrays of a record in one piece, each at a multiple of its item's size from the first."""
        places, content = {}, bytearray()
        for name, array in arrays.items():
            content += bytes(-len(content) % array.itemsize)
            places[name] = _Place(self._end + len(content), array.shape, array.dtype)
            content += array.tobytes()
        self._go_to(self._end)
        self._file.write(content)
        self._end += len(content)
        self._at = self._end
        return places

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
