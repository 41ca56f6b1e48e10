"""Receiver of a run's samples and events: passes them to the recorder, the reducers and the observer."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from analysis.recording import RunHeader
from analysis.records import NOTE, TIE, Block, Event, EventKind, Trace
from analysis.timebase import SET_BY, ClockWatch, RateWatch
from app.acquisition.recorder import Recorder, Reducers

FLUSH_EVERY_S = 0.1
TIE_EVERY_S = 600.0
"""Time between two marks that tie a sample to the time of day."""


@dataclass(frozen=True)
class Observer:
    """Callbacks for run progress, called from the bench's threads; they must be quick.

    ``started`` once the recording is there and before anything moves; ``finishing`` when the rig is safe and the
    recording is about to be compressed; ``amplifier`` with what the current amplifier said of itself.
    """

    on_event: Callable[[Event], None] = lambda event: None
    on_trace: Callable[[Trace], None] = lambda trace: None
    on_block: Callable[[Block], None] = lambda block: None
    on_start: Callable[[RunHeader], None] = lambda header: None
    on_finishing: Callable[[], None] = lambda: None
    on_amplifier: Callable[[Any], None] = lambda state: None


class RunSink:
    """Sink that passes samples and events to the recorder first, then to the others, which may lag.

    Samples are passed on in pieces of a tenth of a second, however short the blocks: waking a thread for less costs
    more than its work. An event may overtake samples before it, which both recorder and reducers allow.
    """

    def __init__(
        self,
        recorder: Recorder,
        reducers: Reducers,
        observer: Observer,
        counts: Callable[[Event], bool],
        check_watchdog: Callable[[], None] = lambda: None,
        first: Callable[[Event], None] = lambda event: None,
        steady_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = ClockWatch()
        self._steady_s = steady_s
        self._check_watchdog = check_watchdog
        self._first = first
        self._recorder = recorder
        self._reducers = reducers
        self._observer = observer
        self._waiting: list[Block] = []
        self._counts = counts
        self._notes: deque[str] = deque()
        self._next_tie = 0
        self._rate: RateWatch | None = None
        self.samples = 0
        self.cycles = 0

    def note(self, text: str) -> None:
        """Add a note from any thread; it becomes an event at the next samples."""
        self._notes.append(text)

    def feed(self, block: Block) -> None:
        """Add samples, then check the watchdog, at least twice a second. Raises ``WatchdogGone``."""
        if self._waiting and self._waiting[-1].stop != block.first:
            before, self._waiting = self._waiting, [block]
            self._pass_on(before)  # an error can't cost the new samples now
        else:
            self._waiting.append(block)
        if block.stop >= self._next_tie:
            self._tie(block)
        while self._notes:
            self.on_event(Event(block.stop, EventKind.MARK, NOTE, {"text": self._notes.popleft()}))
        if block.stop - self._waiting[0].first >= FLUSH_EVERY_S * block.rate_Hz:
            self.flush()
        self._check_watchdog()

    def _tie(self, block: Block) -> None:
        """Tie the next sample to the time of day; note a clock that was set, or a rate that is wrong."""
        now = datetime.now(UTC)
        by_s = self._clock.tie(now.timestamp(), self._steady_s())
        payload = {"utc": now.isoformat(), **({SET_BY: by_s} if by_s else {})}
        self.on_event(Event(block.stop, EventKind.MARK, TIE, payload))
        if by_s:
            self.note(
                f"This computer's clock was set {'forward' if by_s > 0 else 'back'} by {abs(by_s):.0f} s, or the "
                "computer slept. Times of day before this are by the old clock; samples are not affected."
            )
            self._rate = None
        self._rate = self._rate or RateWatch(block.rate_Hz)
        if wrong := self._rate.tie(block.stop, now.timestamp()):
            self.note(wrong)
        self._next_tie = block.stop + round(TIE_EVERY_S * block.rate_Hz)

    def flush(self) -> None:
        """Pass on the waiting samples."""
        blocks, self._waiting = self._waiting, []
        self._pass_on(blocks)

    def _pass_on(self, blocks: list[Block]) -> None:
        """Pass on samples that follow each other."""
        if not blocks:
            return
        first = blocks[0]
        data = np.concatenate([block.data for block in blocks], axis=1)
        block = Block(first.first, first.rate_Hz, first.channels, data)
        self._recorder.feed(block)
        self._reducers.feed(block)
        self._observer.on_block(block)
        self.samples += len(block)

    def on_event(self, event: Event) -> None:
        """Pass on an event at once."""
        self._first(event)
        self._recorder.on_event(event)
        self._reducers.feed(event)
        self._observer.on_event(event)
        self.cycles += self._counts(event)
