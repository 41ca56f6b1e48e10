"""Log of commits of a file whose writer was killed or is still writing, and its verification."""

from collections.abc import Iterator
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from analysis.recording import layout
from analysis.recording.errors import BROKEN
from analysis.recording.structure import Structure

BATCH = 64
"""Number of commits that are compared together: half a minute of a run."""

_UNKNOWN, _HOLDS, _DIFFERS = 0, 1, 2


class Commits:
    """Commits of a file, up to the last one whose data match their check sum.

    The earlier ones are compared when their samples, or the journal, are read; each once.

    Parameters
    ----------
    structure : Structure
    channels : sequence of h5py.Dataset
        In the order of the header.
    """

    def __init__(self, structure: Structure, channels: list[h5py.Dataset]) -> None:
        self._parts = [
            *((dataset, "samples") for dataset in channels),
            (structure.dataset("entry/segments"), "segments"),
            (structure.dataset("entry/journal/lines"), "lines"),
        ]
        rows: NDArray[Any] = structure.dataset("entry/journal/commits")[:]
        if rows.dtype != layout.COMMIT or rows.ndim != 1:
            raise ValueError("the log of commits has another format")
        self._edges = np.concatenate((np.zeros(1, layout.COMMIT), rows))
        self._state = np.full(len(rows), _UNKNOWN, dtype=np.uint8)
        self._keep(self._in_order(rows))
        while len(self) and not self._compared(len(self) - 1, len(self)).all():
            self._keep(len(self) - 1)

    def __len__(self) -> int:
        return len(self._state)

    @property
    def last(self) -> NDArray[Any]:
        """The last commit; zeros if there is none."""
        return self._edges[-1]

    def damaged(self, start: int, stop: int) -> Iterator[tuple[slice, slice]]:
        """Yield rows, and bytes of journal lines, of each damaged commit that adds rows in a range."""
        ends = self._edges["samples"]
        first = int(np.searchsorted(ends[1:], start, side="right"))
        yield from self._differing(first, int(np.searchsorted(ends[:-1], stop)))

    def all_damaged(self) -> Iterator[tuple[slice, slice]]:
        """Yield the same for every damaged commit, also for those that add no rows."""
        yield from self._differing(0, len(self))

    def take_over(self, before: "Commits") -> None:
        """Take over the comparisons of the same commits from an earlier opening of the file."""
        edges, state = before.known
        n = min(len(self), len(state))
        same = self._edges[: n + 1] == edges[: n + 1]
        n = n if same.all() else int(np.argmin(same)) - 1
        self._state[:n] = np.maximum(self._state[:n], state[:n])

    @property
    def known(self) -> tuple[NDArray[Any], NDArray[np.uint8]]:
        """Cumulative counts of the commits, starting with zeros, and the state of each commit as compared so far."""
        return self._edges, self._state

    def _differing(self, first: int, stop: int) -> Iterator[tuple[slice, slice]]:
        for begin in range(first, stop, BATCH):
            end = min(begin + BATCH, stop)
            for i in begin + np.flatnonzero(~self._compared(begin, end)):
                yield self._added(int(i), "samples"), self._added(int(i), "lines")

    def _added(self, i: int, what: str) -> slice:
        return slice(int(self._edges[what][i]), int(self._edges[what][i + 1]))

    def _compared(self, first: int, stop: int) -> NDArray[np.bool_]:
        """Return True for each commit that matches its check sum, and remember the result."""
        state = self._state[first:stop]
        if (state == _UNKNOWN).any():
            try:
                state[:] = self._compare(first, stop)
            except BROKEN:  # not even readable: find out which, one by one
                for i in range(first, stop):
                    self._state[i] = self._compare_one(i)
        held: NDArray[np.bool_] = state == _HOLDS
        return held

    def _compare_one(self, i: int) -> int:
        try:
            return self._compare(i, i + 1)[0]
        except BROKEN:
            return _DIFFERS

    def _compare(self, first: int, stop: int) -> list[int]:
        """Read the data that some commits added, and compare them with their check sums."""
        read = []
        for dataset, what in self._parts:
            edges = self._edges[what][first : stop + 1].astype(np.int64)
            read.append((dataset[edges[0] : edges[-1]], edges - edges[0]))
        sums = (
            layout.crc(data[edges[k] : edges[k + 1]] for data, edges in read) for k in range(stop - first)
        )
        logged = self._edges["crc"][first + 1 : stop + 1].tolist()
        return [_HOLDS if crc == right else _DIFFERS for crc, right in zip(sums, logged, strict=True)]

    def _in_order(self, rows: NDArray[Any]) -> int:
        """Count the commits before the first that is torn, or whose counts fall or exceed the data."""
        good = rows["check"] == layout.commit_check(rows)
        most = {what: min(len(d) for d, counted in self._parts if counted == what) for _, what in self._parts}
        for what, length in most.items():
            counts = self._edges[what]
            good &= (counts[1:] >= counts[:-1]) & (counts[1:] <= length)
        return len(rows) if good.all() else int(np.argmin(good))

    def _keep(self, count: int) -> None:
        self._edges, self._state = self._edges[: count + 1], self._state[:count]
