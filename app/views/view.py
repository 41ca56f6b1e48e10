"""What all views have in common: one thread feeds, another asks for the picture and must never wait long."""

import threading
from abc import ABC, abstractmethod
from typing import Generic, TypeVar

Snapshot = TypeVar("Snapshot")


class StreamView(ABC, Generic[Snapshot]):
    """A view of the samples themselves: changed under its lock, drawn when somebody looks.

    Two calls of `snapshot` with nothing new between them return the same object.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._drawn: Snapshot | None = None

    def snapshot(self) -> Snapshot:
        """The picture as it stands; immutable."""
        with self._lock:
            if self._drawn is None:
                self._drawn = self._draw()
            return self._drawn

    @abstractmethod
    def _draw(self) -> Snapshot:
        """The picture, made under the lock."""


class RecordView(ABC, Generic[Snapshot]):
    """A view of records (traces, holds, sweeps): its work is done by a worker, its picture swapped whole."""

    def __init__(self, empty: Snapshot) -> None:
        self._shown = empty

    def snapshot(self) -> Snapshot:
        """The picture as last finished; immutable."""
        return self._shown

    @abstractmethod
    def work(self, thorough: bool = False) -> None:
        """Take in what has come since the last call; ``thorough`` leaves nothing for later."""


class Growth:
    """Says when a result that costs something is due again: not for each new record, but when they are 5 % more.

    Parameters
    ----------
    share : float
        By which the count must have grown.
    least : int
        Count below which there is nothing to be evaluated.
    step : int
        By which the count must have grown at least.
    """

    def __init__(self, share: float = 0.05, least: int = 1, step: int = 1) -> None:
        self._share, self._least, self._step = share, least, step
        self.at = 0
        """Count at the last evaluation."""

    def due(self, count: int, thorough: bool = False) -> bool:
        """Whether it is time; if so, the count is remembered."""
        wanted = (
            count > self.at if thorough else count >= max(self.at + self._step, self.at * (1.0 + self._share))
        )
        if count < self._least or not wanted:
            return False
        self.at = count
        return True

    def reset(self) -> None:
        """Nothing was evaluated."""
        self.at = 0
