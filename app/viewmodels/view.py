"""Base of all view models: one thread feeds, another requests snapshots and must never wait long."""

import threading
from abc import ABC, abstractmethod
from typing import Generic, TypeVar

Snapshot = TypeVar("Snapshot")


class StreamView(ABC, Generic[Snapshot]):
    """View of samples: changed under its lock, drawn on request.

    Two calls of `snapshot` without a change between them return the same object.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._drawn: Snapshot | None = None

    def snapshot(self) -> Snapshot:
        """Return an immutable snapshot of the current state."""
        with self._lock:
            if self._drawn is None:
                self._drawn = self._draw()
            return self._drawn

    @abstractmethod
    def _draw(self) -> Snapshot:
        """Make a snapshot; called under the lock."""


class RecordView(ABC, Generic[Snapshot]):
    """View of records (traces, holds, sweeps): a worker updates it and replaces the whole snapshot."""

    def __init__(self, empty: Snapshot) -> None:
        self._shown = empty

    def snapshot(self) -> Snapshot:
        """Return the last finished snapshot, which is immutable."""
        return self._shown

    @abstractmethod
    def work(self, thorough: bool = False) -> None:
        """Process the records added since the last call; ``thorough`` postpones nothing."""


class Growth:
    """Schedule of an expensive evaluation: due not for each new record, but when their number has grown by 5 %.

    Parameters
    ----------
    share : float
        Relative growth of the count that makes the evaluation due.
    least : int
        Minimum count for an evaluation.
    step : int
        Minimum absolute growth of the count.
    """

    def __init__(self, share: float = 0.05, least: int = 1, step: int = 1) -> None:
        self._share, self._least, self._step = share, least, step
        self.at = 0
        """Count at the last evaluation."""

    def due(self, count: int, thorough: bool = False) -> bool:
        """Return True, and remember the count, if the evaluation is due."""
        wanted = (
            count > self.at if thorough else count >= max(self.at + self._step, self.at * (1.0 + self._share))
        )
        if count < self._least or not wanted:
            return False
        self.at = count
        return True

    def reset(self) -> None:
        """Start again from a count of 0."""
        self.at = 0
