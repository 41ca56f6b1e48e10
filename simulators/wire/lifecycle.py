"""Life cycle of every wire: it serves from ``start`` to ``stop``, or during a ``with`` block."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Serving(ABC):
    """Base of services that are started and stopped."""

    @abstractmethod
    def start(self) -> None:
        """Start to serve. Raises ``OSError`` on failure."""

    @abstractmethod
    def stop(self) -> None:
        """Stop and end all threads. Does nothing if not started."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
