"""Ordering of pushed blocks and events, the counterpart of `analysis.reduce.reduce` for live streams."""

from bisect import insort
from collections.abc import Callable

from analysis.records import Block, Event


class InOrder:
    """Passes samples and events on in exact order, independent of the division into blocks.

    An event that arrives before its samples waits for them. Unlike `analysis.reduce.reduce`, it tolerates repeated
    samples, which are dropped, and late events, which are passed on at once.

    Parameters
    ----------
    on_block, on_event : callable
    longest : int
        Maximum number of samples passed on at a time, so that no call takes long.
    """

    def __init__(
        self, on_block: Callable[[Block], None], on_event: Callable[[Event], None], longest: int = 8192
    ) -> None:
        self._on_block, self._on_event, self._longest = on_block, on_event, longest
        self._waiting: list[Event] = []
        self.next_sample = 0
        """Index after the last sample passed on."""

    def feed(self, block: Block) -> None:
        """Pass on the next samples, with the events between them."""
        if block.first < self.next_sample:
            block = block.part(self.next_sample, block.stop)
        if not len(block):
            return
        while self._waiting and self._waiting[0].sample < block.stop:
            event = self._waiting.pop(0)
            self._tell(block.part(self.next_sample, event.sample))
            self._on_event(event)
        self._tell(block.part(self.next_sample, block.stop))

    def _tell(self, block: Block) -> None:
        for start in range(block.first, block.stop, self._longest):
            self._on_block(block.part(start, start + self._longest))
        if len(block):
            self.next_sample = block.stop

    def on_event(self, event: Event) -> None:
        """Pass on an event before its own sample."""
        if event.sample <= self.next_sample and not self._waiting:
            self._on_event(event)
        else:
            insort(self._waiting, event, key=lambda each: each.sample)
            self._overdue()

    def _overdue(self) -> None:
        while self._waiting and self._waiting[0].sample <= self.next_sample:
            self._on_event(self._waiting.pop(0))

    def close(self) -> None:
        """Pass on the waiting events at the end of the stream."""
        while self._waiting:
            self._on_event(self._waiting.pop(0))

    def jump(self) -> None:
        """Continue at another position; drop waiting events."""
        self._waiting.clear()
        self.next_sample = 0
