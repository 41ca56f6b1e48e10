"""Rows of statistics in a temporary file: those of a day's traces take tens of megabytes."""

import pickle
import tempfile
import weakref
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any


class RowsOnDisk:
    """Rows of several statistics for each record; the file is deleted together with this.

    Used by one thread.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  it lives as long as the rows
        weakref.finalize(self, self._file.close)
        self._places: defaultdict[str, array[int]] = defaultdict(lambda: array("q"))
        self._rows = 0

    def __len__(self) -> int:
        return self._rows

    def put(self, index: int, rows: Mapping[str, bytes]) -> None:
        """Keep the rows of a record, made by `packed`; ``index`` is that of an earlier one, or their number so far."""
        for name, content in rows.items():
            self._places[name][index : index + 1] = array("q", [self._file.seek(0, 2)])
            self._file.write(content)
        self._rows = max(self._rows, index + 1)

    def of(self, name: str, indices: Iterable[int]) -> list[Any]:
        """Return the rows of a statistic for some records."""
        rows, places = [], self._places[name]
        for index in indices:
            self._file.seek(places[index])
            rows.append(pickle.load(self._file))
        return rows


def packed(row: Any) -> bytes:
    """Return a row as it is kept."""
    return pickle.dumps(row, pickle.HIGHEST_PROTOCOL)
