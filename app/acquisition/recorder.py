"""Threads behind a run: one writes everything to the file, one cuts traces from it while it goes on.

The recorder is critical: when it fails, the run must end. The reducers are not: they may lag, and what they
did not do can be done again from the file.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from analysis.recording import RecordingWriter, TraceEntry
from analysis.records import Block, Event, Trace
from analysis.reduce import reduce
from analysis.traces.segmenter import Segmenter
from app.console.terminal import join

log = logging.getLogger(__name__)

SAVE_EVERY_S = 0.4
"""Wall time between two flushes; a killed run loses what came since the last one."""

QUEUE_ITEMS = 2000
"""Blocks and events that may wait. A full queue holds the acquisition back, whose own buffer is seconds long."""

_END = object()


class RecorderFailed(Exception):
    """The recording could not go on. The message says why and what to do."""


class Recorder:
    """A sink of samples and events that writes them from a thread of its own.

    ``feed`` and ``on_event`` raise ``RecorderFailed`` once writing has failed, so that the run ends.
    """

    def __init__(self, writer: RecordingWriter, clock: Callable[[], float] = time.monotonic) -> None:
        self._writer = writer
        self._clock = clock
        self._queue: queue.Queue[Any] = queue.Queue(QUEUE_ITEMS)
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
        self._thread.start()

    def feed(self, block: Block) -> None:
        """Take samples."""
        self._put(block)

    def on_event(self, event: Event) -> None:
        """Take an event."""
        self._put(event)

    def on_trace(self, entry: TraceEntry) -> None:
        """Take a line of the index of traces."""
        self._put(entry)

    def finish(self) -> None:
        """Write what waits and end the thread. Raises ``RecorderFailed`` if anything could not be written."""
        if self._thread.is_alive():
            self._queue.put(_END)
            join(self._thread)
        self._raise_failure()

    def _put(self, item: Block | Event | TraceEntry) -> None:
        self._raise_failure()
        self._queue.put(item)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise RecorderFailed(str(self._failure)) from self._failure

    def _work(self) -> None:
        try:
            self._write_until_end()
        except Exception as error:
            self._failure = error
            while self._queue.get() is not _END:  # let nobody wait for room in the queue
                pass

    def _write_until_end(self) -> None:
        saved_at = self._clock()
        while True:
            with suppress(queue.Empty):
                item = self._queue.get(timeout=SAVE_EVERY_S)
                if item is _END:
                    break
                self._write(item)
            if self._clock() - saved_at >= SAVE_EVERY_S:
                self._writer.flush()
                saved_at = self._clock()
        self._writer.flush()

    def _write(self, item: Block | Event | TraceEntry) -> None:
        if isinstance(item, Block):
            self._writer.append(item)
        elif isinstance(item, Event):
            self._writer.add_event(item)
        else:
            self._writer.add_trace(item)


class Reducers:
    """A sink that cuts traces from the run, in a thread of its own, and gives each to ``on_trace``.

    A failure here never ends the run; it is kept in ``failure``.
    """

    def __init__(self, segmenter: Segmenter, on_trace: Callable[[Trace], None]) -> None:
        self.failure: Exception | None = None
        self._segmenter = segmenter
        self._on_trace = on_trace
        self._queue: queue.Queue[Any] = queue.Queue(QUEUE_ITEMS)
        self._thread = threading.Thread(target=self._work, name="reducers", daemon=True)
        self._thread.start()

    def feed(self, item: Block | Event) -> None:
        """Take samples or an event."""
        if self.failure is None:
            self._queue.put(item)

    def finish(self) -> None:
        """Reduce what waits and end the thread."""
        self._queue.put(_END)
        join(self._thread)

    def _stream(self) -> Iterator[Block | Event]:
        while (item := self._queue.get()) is not _END:
            yield item

    def _work(self) -> None:
        try:
            for trace in reduce(self._stream(), [self._segmenter]):
                self._on_trace(trace)
        except Exception as error:
            self.failure = error
            log.warning(
                "Traces are no longer cut while the run goes on; its file will give them.", exc_info=True
            )


def index_entry(trace: Trace) -> TraceEntry:
    """The line of the recording's index that stands for a trace."""
    start, stop = trace.samples
    return TraceEntry(trace.number, start, stop, trace.ended, trace.flags, bias_V=trace.bias_V)
