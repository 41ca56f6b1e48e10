"""Blocks and events in their order, pushed: what `analysis.reduce.reduce` does for a stream that can be waited for."""

from bisect import insort
from collections.abc import Callable

from analysis.records import Block, Event


class InOrder:
    """Tells samples and events to a listener in exact order, however the samples were cut into blocks.

    An event that comes before its samples waits for them. Unlike a reducer of a file, a view puts up with what comes
    twice (samples that were told are left out) or late (an event is told at once).

    Parameters
    ----------
    on_block, on_event : callable
    longest : int
        Samples told at a time: no listener is busy for long.
    """

    def __init__(
        self, on_block: Callable[[Block], None], on_event: Callable[[Event], None], longest: int = 8192
    ) -> None:
        self._on_block, self._on_event, self._longest = on_block, on_event, longest
        self._waiting: list[Event] = []
        self.told = 0
        """Samples before this one were told."""

    def block(self, block: Block) -> None:
        """Take the next samples."""
        if block.first < self.told:
            block = block.part(self.told, block.stop)
        if not len(block):
            return
        while self._waiting and self._waiting[0].sample < block.stop:
            event = self._waiting.pop(0)
            self._tell(block.part(self.told, event.sample))
            self._on_event(event)
        self._tell(block.part(self.told, block.stop))

    def _tell(self, block: Block) -> None:
        for start in range(block.first, block.stop, self._longest):
            self._on_block(block.part(start, start + self._longest))
        if len(block):
            self.told = block.stop

    def event(self, event: Event) -> None:
        """Take an event; it is told before the samples from its own on."""
        if event.sample <= self.told and not self._waiting:
            self._on_event(event)
        else:
            insort(self._waiting, event, key=lambda one: one.sample)
            self._overdue()

    def _overdue(self) -> None:
        while self._waiting and self._waiting[0].sample <= self.told:
            self._on_event(self._waiting.pop(0))

    def close(self) -> None:
        """There is no more: tell the events that wait."""
        while self._waiting:
            self._on_event(self._waiting.pop(0))

    def jump(self) -> None:
        """What follows is from elsewhere."""
        self._waiting.clear()
        self.told = 0
