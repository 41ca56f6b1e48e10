"""Reduction of blocks and events to records, in one loop for live runs and for files.

The order of events against samples is exact: a reducer sees every sample before an event's index, then the
event, then the samples from its index on, however the samples were cut into blocks.
"""

from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
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
    waiting: list[Event] = []
    pending: list[Block] = []
    reduced = 0
    for item in stream:
        if isinstance(item, Event):
            if item.sample < reduced:
                raise ValueError(
                    f"event {item.name!r} at sample {item.sample} came after sample {reduced - 1}"
                )
            insort(waiting, item, key=_sample)
            continue
        if item.first < (pending[-1].stop if pending else reduced):
            raise ValueError(f"block from sample {item.first} overlaps what came before it")
        pending.append(item)
        release = item.stop - hold_back
        while pending and pending[0].first < release:
            ready = pending[0].part(pending[0].first, release)
            pending[0] = pending[0].part(release, pending[0].stop)
            if not len(pending[0]):
                del pending[0]
            yield from _in_order(ready, waiting, reducers)
            reduced = ready.stop
    for block in pending:
        yield from _in_order(block, waiting, reducers)
    for event in waiting:
        yield from _feed_event(event, reducers)
    yield from chain.from_iterable(reducer.close() for reducer in reducers)


def _sample(event: Event) -> int:
    return event.sample


def _in_order(block: Block, waiting: list[Event], reducers: Sequence[Reducer]) -> Iterator[Any]:
    """Feed one block, split at the waiting events; remove the events that were fed from the list."""
    while waiting and waiting[0].sample < block.stop:
        event = waiting.pop(0)
        if event.sample > block.first:
            yield from _feed(block.part(block.first, event.sample), reducers)
            block = block.part(event.sample, block.stop)
        yield from _feed_event(event, reducers)
    yield from _feed(block, reducers)


def _feed(block: Block, reducers: Sequence[Reducer]) -> Iterator[Any]:
    return chain.from_iterable(reducer.feed(block) for reducer in reducers)


def _feed_event(event: Event, reducers: Sequence[Reducer]) -> Iterator[Any]:
    return chain.from_iterable(reducer.event(event) for reducer in reducers)
