"""List of records whose arrays are kept on disk, as those of a day's run exceed the memory."""

import math
import tempfile
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Record = TypeVar("Record")


@dataclass(frozen=True)
class _Place:
    """Position of an array in the file."""

    at: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


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
        self._records: list[tuple[type[Record], dict[str, Any]]] = []
        self._end = 0

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Record]:
        for index in range(len(self)):
            yield self[index]

    def __getitem__(self, index: int) -> Record:
        kind, content = self._records[index]
        with self._lock:
            read = {n: self._read(v) if isinstance(v, _Place) else v for n, v in content.items()}
        return kind(**read)

    @property
    def bytes_on_disk(self) -> int:
        """Length of the temporary file."""
        return self._end

    def add(self, record: Record) -> int:
        """Add a record and return its index. Raises ``OSError`` if the disk is full."""
        content = {field.name: getattr(record, field.name) for field in fields(record)}  # type: ignore[arg-type]
        with self._lock:
            for name, value in content.items():
                if isinstance(value, np.ndarray):
                    content[name] = self._written(value)
            for name in self._shared:
                content[name] = self._known.setdefault(content[name], content[name])
            self._records.append((type(record), content))
            return len(self._records) - 1

    def close(self) -> None:
        """Close the file; records can no longer be read."""
        self._close()

    def _written(self, array: NDArray[Any]) -> _Place:
        place = _Place(self._end, array.shape, array.dtype)
        self._file.seek(self._end)
        self._file.write(np.ascontiguousarray(array).tobytes())
        self._end += array.nbytes
        return place

    def _read(self, place: _Place) -> NDArray[Any]:
        self._file.seek(place.at)
        count = math.prod(place.shape)
        data = self._file.read(count * place.dtype.itemsize)
        array = np.frombuffer(data, place.dtype).reshape(place.shape)
        array.setflags(write=False)
        return array
