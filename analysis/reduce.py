"""One loop for live runs and for files: blocks and events in, records out.

The order of events against samples is exact: a reducer sees every sample before an event's index, then the
event, then the samples from its index on, however the samples were cut into blocks.
"""

from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Protocol

from analysis.records import Block, Event


class Reducer(Protocol):
    """What turns samples and events into records. Must not care how the samples are cut into blocks."""

    def feed(self, block: Block) -> Iterable[Any]:
        """Take the next samples; return the records that they complete."""
        ...

    def event(self, event: Event) -> Iterable[Any]:
        """Take an event that stands between the samples before and after this call."""
        ...

    def close(self) -> Iterable[Any]:
        """There is no more; return what was still open."""
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
        How many of the newest samples wait for late events: in a live run an event (the end of a ramp, known
        only once its task was aborted) may arrive after the samples that it precedes.

    Yields
    ------
    record
        Whatever the reducers return, by order of the samples, then of the reducers. Events of the same
        sample keep the order in which they came.

    Raises
    ------
    ValueError
        If a block overlaps an earlier one, or an event precedes samples that were reduced already.
    """
    waiting: list[Event] = []
    held: list[Block] = []
    reduced = 0
    for item in stream:
        if isinstance(item, Event):
            if item.sample < reduced:
                raise ValueError(
                    f"event {item.name!r} at sample {item.sample} came after sample {reduced - 1}"
                )
            insort(waiting, item, key=_sample)
            continue
        if item.first < (held[-1].stop if held else reduced):
            raise ValueError(f"block from sample {item.first} overlaps what came before it")
        held.append(item)
        release = item.stop - hold_back
        while held and held[0].first < release:
            ready = held[0].part(held[0].first, release)
            held[0] = held[0].part(release, held[0].stop)
            if not len(held[0]):
                del held[0]
            yield from _in_order(ready, waiting, reducers)
            reduced = ready.stop
    for block in held:
        yield from _in_order(block, waiting, reducers)
    for event in waiting:
        yield from _tell(event, reducers)
    yield from chain.from_iterable(reducer.close() for reducer in reducers)


def _sample(event: Event) -> int:
    return event.sample


def _in_order(block: Block, waiting: list[Event], reducers: Sequence[Reducer]) -> Iterator[Any]:
    """Feed one block, split where the waiting events stand; those that were told leave the list."""
    while waiting and waiting[0].sample < block.stop:
        event = waiting.pop(0)
        if event.sample > block.first:
            yield from _feed(block.part(block.first, event.sample), reducers)
            block = block.part(event.sample, block.stop)
        yield from _tell(event, reducers)
    yield from _feed(block, reducers)


def _feed(block: Block, reducers: Sequence[Reducer]) -> Iterator[Any]:
    return chain.from_iterable(reducer.feed(block) for reducer in reducers)


def _tell(event: Event, reducers: Sequence[Reducer]) -> Iterator[Any]:
    return chain.from_iterable(reducer.event(event) for reducer in reducers)
