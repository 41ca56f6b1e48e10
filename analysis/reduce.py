"""Reduction of blocks and events to records, in one order for live runs and for files.

The order of events against samples is exact: a reducer sees every sample before an event's index, then the
event, then the samples from its index on, however the samples were cut into blocks.
"""

import sys
from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Protocol

from analysis.records import Block, Event


class Reducer(Protocol):
    """Converter of samples and events to records; results must not depend on how the samples are cut into blocks."""

    def feed(self, block: Block) -> Iterable[Any]:
        """Take the next samples; return the records that they complete."""
        ...

    def event(self, event: Event) -> Iterable[Any]:
        """Take an event between the samples before and after this call; return the records that it completes."""
        ...

    def close(self) -> Iterable[Any]:
        """End the stream; return the records that were still open."""
        ...


class InOrder:
    """Passes pushed samples and events on in exact order, independent of the division into blocks.

    An event that arrives before its samples waits for them. Repeated samples are dropped, and late events are passed
    on at once; `reduce` refuses both.

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
            self._pass_on(block.part(self.next_sample, event.sample))
            self._on_event(event)
        self._pass_on(block.part(self.next_sample, block.stop))

    def _pass_on(self, block: Block) -> None:
        for start in range(block.first, block.stop, self._longest):
            self._on_block(block.part(start, min(start + self._longest, block.stop)))
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


def reduce(stream: Iterable[Block | Event], reducers: Sequence[Reducer], hold_back: int = 0) -> Iterator[Any]:
    """Run blocks and events through the reducers and yield their records as they are completed.

    Parameters
    ----------
    stream : iterable of Block and Event
        Blocks in order. An event may come any time before the samples that follow it: offline,
        ``chain(events, blocks)`` will do.
    reducers : sequence of Reducer
        Each gets every sample and every event.
    hold_back : int
        Number of newest samples that wait for late events: in a live run an event (the end of a ramp, known
        only once its task was aborted) may arrive after the samples that it precedes.

    Yields
    ------
    record
        Records from the reducers, in order of the samples, then of the reducers. Events of the same
        sample keep the order in which they came.

    Raises
    ------
    ValueError
        If a block overlaps an earlier one, or an event precedes samples that were reduced already.
    """
    records: list[Any] = []

    def on_block(block: Block) -> None:
        for reducer in reducers:
            records.extend(reducer.feed(block))

    def on_event(event: Event) -> None:
        for reducer in reducers:
            records.extend(reducer.event(event))

    in_order = InOrder(on_block, on_event, longest=sys.maxsize)
    pending: list[Block] = []
    for item in stream:
        if isinstance(item, Event):
            if item.sample < in_order.next_sample:
                raise ValueError(
                    f"event {item.name!r} at sample {item.sample} came after sample {in_order.next_sample - 1}"
                )
            in_order.on_event(item)
            continue
        if item.first < (pending[-1].stop if pending else in_order.next_sample):
            raise ValueError(f"block from sample {item.first} overlaps what came before it")
        pending.append(item)
        release = item.stop - hold_back
        while pending and pending[0].first < release:
            block = pending.pop(0)
            in_order.feed(block.part(block.first, release))
            if release < block.stop:
                pending.insert(0, block.part(release, block.stop))
        yield from records
        records.clear()
    for block in pending:
        in_order.feed(block)
    in_order.close()
    yield from records
    yield from chain.from_iterable(reducer.close() for reducer in reducers)
