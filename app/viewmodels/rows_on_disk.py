"""Rows of statistics in a temporary file: those of a day's traces take tens of megabytes."""

import pickle
import tempfile
import weakref
from collections.abc import Iterable, Mapping
from typing import Any


class RowsOnDisk:
    """Rows of several statistics for each record; the file is deleted together with this.

    Used by one thread.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  it lives as long as the rows
        weakref.finalize(self, self._file.close)
        self._places: list[dict[str, int]] = []

    def __len__(self) -> int:
        return len(self._places)

    def put(self, index: int, rows: Mapping[str, bytes]) -> None:
        """Keep the rows of a record, made by `packed`; ``index`` is that of an earlier one, or their number so far."""
        places = {}
        for name, content in rows.items():
            places[name] = self._file.seek(0, 2)
            self._file.write(content)
        self._places[index : index + 1] = [places]

    def of(self, name: str, indices: Iterable[int]) -> list[Any]:
        """Return the rows of a statistic for some records."""
        rows = []
        for index in indices:
            self._file.seek(self._places[index][name])
            rows.append(pickle.load(self._file))
        return rows


def packed(row: Any) -> bytes:
    """Return a row as it is kept."""
    return pickle.dumps(row, pickle.HIGHEST_PROTOCOL)
