"""Threads behind a run: one writes the file, one cuts traces during the run.

The recorder is critical: when it fails, the run must end. The reducers are not: they may lag, and their work can be
repeated from the file.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from analysis.recording import RecordingError, RecordingWriter, TraceEntry
from analysis.records import NOTE, Block, Event, Trace
from analysis.reduce import reduce
from analysis.traces.segmenter import Segmenter
from app.console.terminal import join

log = logging.getLogger(__name__)

SAVE_EVERY_S = 0.4
"""Wall time between two flushes; a killed run loses the samples since the last one."""

SLOW_S, STUCK_S = 2.0, 10.0
"""A flush that takes longer is logged; one that takes still longer ends the run."""

QUEUE_ITEMS = 2000
"""Maximum number of waiting blocks and events. A full queue delays the acquisition, which buffers seconds."""

_END = object()


class _Items:
    """Items on their way to a thread, the last of which is the end."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Any] = queue.Queue(QUEUE_ITEMS)
        self._ended = False

    def put(self, item: Any) -> None:
        """Add an item; wait while the queue is full."""
        self._queue.put(item)

    def take(self, timeout_s: float | None = None) -> Any:
        """Return the next item. Raises ``queue.Empty`` if none comes in time."""
        item = self._queue.get(timeout=timeout_s)
        self._ended = item is _END
        return item

    def rest(self) -> list[Any]:
        """Return everything up to the end, if that has not been taken; until then no caller waits for room."""
        items = []
        while not self._ended:
            items.append(self.take())
        return items[:-1]


class RecorderFailed(Exception):
    """The recording failed. The message gives the reason and the remedy."""


class Recorder:
    """Sink that writes samples and events from a thread of its own.

    ``feed`` and ``on_event`` raise ``RecorderFailed`` once writing has failed, so that the run ends.
    """

    def __init__(self, writer: RecordingWriter, clock: Callable[[], float] = time.monotonic) -> None:
        self._writer = writer
        self._clock = clock
        self._queue = _Items()
        self._failure: BaseException | None = None
        self._in_hand: Block | Event | TraceEntry | None = None
        self._about_rest = ""
        self._flushing_since: float | None = None
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
        self._thread.start()

    def feed(self, block: Block) -> None:
        """Queue samples."""
        self._put(block)

    def on_event(self, event: Event) -> None:
        """Queue an event."""
        self._put(event)

    def on_trace(self, entry: TraceEntry) -> None:
        """Queue an entry of the index of traces."""
        self._put(entry)

    def finish(self) -> None:
        """Write the waiting items and end the thread. Raises ``RecorderFailed`` if writing failed."""
        if self._thread.is_alive():
            self._queue.put(_END)
            join(self._thread)
        self._raise_failure()

    def _put(self, item: Block | Event | TraceEntry) -> None:
        self._raise_failure()
        self._queue.put(item)
        self._demand_disk()  # last: a disk that answers later saves these samples too

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise RecorderFailed(_said(self._failure) + self._about_rest) from self._failure

    def _demand_disk(self) -> None:
        since = self._flushing_since
        if since is not None and self._clock() - since > STUCK_S:
            raise RecorderFailed(
                f"The disk of {self._writer.path} has not answered for {STUCK_S:g} s. Check it, or record to another "
                "disk; what was saved before is safe."
            )

    def _work(self) -> None:
        try:
            self._write_until_end()
        except BaseException as error:  # a thread that died in silence would stop the run at a full queue
            self._failure = error
            self._save_rest()

    def _save_rest(self) -> None:
        """Write to another file what the recording no longer takes; what is still fed until the run ends, too."""
        items = [*([self._in_hand] if self._in_hand is not None else []), *self._queue.rest()]
        if not items:
            return
        rescued = None
        with suppress(Exception):
            rescued = self._writer.rescue(items)
        where = f"is in {rescued}; `hotjunction recover` makes a recording of it" if rescued else "is lost"
        self._about_rest = f" What was read after that {where}."

    def _write_until_end(self) -> None:
        saved_at = self._clock()
        while True:
            item = None
            with suppress(queue.Empty):
                item = self._queue.take(SAVE_EVERY_S)
                if item is _END:
                    break
                self._in_hand = item
                self._write(item)
                self._in_hand = None
            if _is_note(item) or self._clock() - saved_at >= SAVE_EVERY_S:
                self._flush()
                saved_at = self._clock()
        self._flush()

    def _flush(self) -> None:
        began = self._flushing_since = self._clock()
        try:
            self._writer.flush()
        finally:
            self._flushing_since = None
        if self._clock() - began > SLOW_S:
            log.warning("Saving took %.1f s: the disk is slow.", self._clock() - began)

    def _write(self, item: Block | Event | TraceEntry) -> None:
        if isinstance(item, Block):
            self._writer.append(item)
        elif isinstance(item, Event):
            self._writer.add_event(item)
        else:
            self._writer.add_trace(item)


def _is_note(item: Any) -> bool:
    """Return True for a note: whoever wrote it reads at once that it is recorded."""
    return isinstance(item, Event) and item.name == NOTE


def _said(failure: BaseException) -> str:
    """Return the message of a failure; most errors of Python itself have none, or one that tells the user nothing."""
    if isinstance(failure, RecordingError):
        return str(failure)
    why = "no memory is left" if isinstance(failure, MemoryError) else f"{type(failure).__name__}: {failure}"
    return f"Recording failed ({why}); what was saved before is safe. Close other programs, then start the run again."


class Reducers:
    """Sink that cuts traces in a thread of its own and passes each to ``on_trace``.

    A failure here never ends the run; it is kept in ``failure``.
    """

    def __init__(self, segmenter: Segmenter, on_trace: Callable[[Trace], None]) -> None:
        self.failure: BaseException | None = None
        self._segmenter = segmenter
        self._on_trace = on_trace
        self._queue = _Items()
        self._thread = threading.Thread(target=self._work, name="reducers", daemon=True)
        self._thread.start()

    def feed(self, item: Block | Event) -> None:
        """Queue samples or an event."""
        if self.failure is None:
            self._queue.put(item)

    def finish(self) -> None:
        """Process the waiting items and end the thread."""
        self._queue.put(_END)
        join(self._thread)

    def _stream(self) -> Iterator[Block | Event]:
        while (item := self._queue.take()) is not _END:
            yield item

    def _work(self) -> None:
        try:
            for trace in reduce(self._stream(), [self._segmenter]):
                self._on_trace(trace)
        except BaseException as error:
            self.failure = error
            log.warning(
                "Traces are no longer cut during the run; they will be cut from its file.", exc_info=True
            )
            self._queue.rest()


def index_entry(trace: Trace) -> TraceEntry:
    """Return the entry of a trace in the recording's index."""
    start, stop = trace.samples
    return TraceEntry(trace.number, start, stop, trace.ended, trace.flags, bias_V=trace.bias_V)
