"""A run as those get it who come later: its header, its samples and its events from the start.

Samples come from the recording itself, the newest from memory; nothing of a long run is kept twice.
"""

import json
import tempfile
import threading
import time
from array import array
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from analysis.recording import Recording, RecordingError, RunHeader
from analysis.records import Block, Event
from app.server.protocol import event_fields

PAGE_SAMPLES = 20_000
"""Samples at one go: short enough that a run in the same process does not notice."""

PAGE_EVENTS = 2000

RECENT_SAMPLES = 60_000
"""So many of the newest are in memory: more than the recorder keeps from the file."""

LOOK_AGAIN_S = 0.5
"""A file that grows is opened anew only so often."""


@dataclass(frozen=True)
class Page:
    """Part of a run. ``events`` are numbered from ``first_event`` on and belong before the samples of ``blocks``."""

    blocks: tuple[Block, ...]
    events: tuple[dict[str, Any], ...]
    first_event: int


class Feed:
    """One run, as it grows. Every method may be called from any thread."""

    def __init__(self, job: int, header: RunHeader, path: Path) -> None:
        self.job = job
        self.header = header
        self.path = path
        self.stop = 0
        self._events = _Events()
        self._recent: deque[Block] = deque()
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._file: Recording | None = None
        self._keep_open = True
        self._looked_s = -np.inf

    @property
    def events(self) -> int:
        """Get how many events there are."""
        return len(self._events)

    def feed(self, block: Block) -> None:
        """Take samples."""
        with self._lock:
            self._recent.append(block)
            while block.stop - self._recent[0].stop >= RECENT_SAMPLES:
                self._recent.popleft()
            self.stop = block.stop

    def on_event(self, event: Event) -> int:
        """Take an event; returns its number."""
        return self._events.append(event)

    def finishing(self) -> None:
        """Let go of the file: another will take its place. From now on it is open only while it is read."""
        with self._reading:
            self._keep_open = False
            self._close_file()
        with self._lock:
            self._recent.clear()

    def close(self) -> None:
        """Let go of everything."""
        self.finishing()
        self._events.close()

    def page(self, first: int, first_event: int) -> Page:
        """Samples from ``first`` on and events from number ``first_event`` on, as many as fit into one reply.

        Samples that are recorded but neither in the file yet nor any more in memory come with a later page.
        """
        blocks = self._recent_from(first)
        if blocks is None:
            blocks = self._recorded_from(first)
        stop = blocks[-1].stop if blocks else max(first, self.stop)
        return Page(tuple(blocks), tuple(self._events.upto(first_event, stop)), first_event)

    def _recent_from(self, first: int) -> list[Block] | None:
        """From memory; None if what comes at ``first`` is not there any more."""
        with self._lock:
            if first >= self.stop:
                return []
            if not self._recent or first < self._recent[0].first:
                return None
            recent = [block for block in self._recent if block.stop > first]
        return _limited([recent[0].part(first, recent[0].stop), *recent[1:]])

    def _recorded_from(self, first: int) -> list[Block]:
        with self._reading:
            try:
                file = self._opened(first)
                return [] if file is None else _limited(_read(file, first))
            except RecordingError:
                self._close_file()  # met in the moment when the finished file takes its place
                return []
            finally:
                if not self._keep_open:
                    self._close_file()

    def _opened(self, first: int) -> Recording | None:
        """The file, opened late enough to hold ``first``; None if it is too early to look again."""
        if self._file is not None and first < self._file.stop:
            return self._file
        if self._keep_open and time.monotonic() - self._looked_s < LOOK_AGAIN_S:
            return None
        self._close_file()
        self._looked_s = time.monotonic()
        self._file = Recording(self.path)
        return self._file

    def _close_file(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()


def _read(file: Recording, first: int) -> list[Block]:
    """The samples of a page, without gaps inside of blocks."""
    edges = [file.first, *(edge for gap in file.gaps for edge in gap), file.stop]
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if first < stop:
            start = max(first, start)
            stop = min(stop, start + PAGE_SAMPLES)
            return [Block(start, file.rate_Hz, file.channels, file.samples(start, stop))]
    return []


def _limited(blocks: list[Block]) -> list[Block]:
    """As many as make a page, those that follow each other made one."""
    taken: list[Block] = []
    size = 0
    for block in blocks:
        if taken and (size + len(block) > PAGE_SAMPLES or block.first != taken[-1].stop):
            break
        taken.append(block)
        size += len(block)
    if len(taken) < 2:
        return taken
    first = taken[0]
    return [
        Block(first.first, first.rate_Hz, first.channels, np.concatenate([b.data for b in taken], axis=1))
    ]


class _Events:
    """Events of a run in a temporary file, so that a long one takes no memory."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  closed by `close`
        self._starts = array("Q", [0])
        self._samples = array("q")
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._samples)

    def append(self, event: Event) -> int:
        line = json.dumps(event_fields(event)).encode()
        with self._lock:
            self._file.seek(self._starts[-1])
            self._file.write(line)
            self._starts.append(self._starts[-1] + len(line))
            self._samples.append(event.sample)
            return len(self._samples) - 1

    def upto(self, first: int, sample: int) -> list[dict[str, Any]]:
        """Events from number ``first`` on that stand at ``sample`` or before."""
        with self._lock:
            last = first = max(first, 0)
            while last < min(len(self._samples), first + PAGE_EVENTS) and self._samples[last] <= sample:
                last += 1
            if last == first:
                return []
            starts = self._starts[first : last + 1]
            self._file.seek(starts[0])
            data = self._file.read(starts[-1] - starts[0])
        return [json.loads(data[a - starts[0] : b - starts[0]]) for a, b in pairwise(starts)]

    def close(self) -> None:
        with suppress(OSError):
            self._file.close()
