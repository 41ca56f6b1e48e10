"""What every wire has: it serves from ``start`` to ``stop``, or for as long as a ``with`` block lasts."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Serving(ABC):
    """Something that is started and stopped."""

    @abstractmethod
    def start(self) -> None:
        """Serve. Raises ``OSError`` if that can't be."""

    @abstractmethod
    def stop(self) -> None:
        """End; no thread is left. Does nothing where nothing was started."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
