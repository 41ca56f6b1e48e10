"""Backlog of a run for clients that connect later: header, samples and events from the start.

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

from analysis.json_data import to_json
from analysis.recording import Recording, RecordingError, RunHeader
from analysis.records import Block, Event

PAGE_SAMPLES = 20_000
"""Maximum number of samples of a page; short enough not to disturb a run in the same process."""

PAGE_EVENTS = 2000

RECENT_SAMPLES = 60_000
"""Number of newest samples kept in memory: more than the recorder holds back from the file."""

LOOK_AGAIN_S = 0.5
"""Minimum time between two openings of a growing file."""


@dataclass(frozen=True)
class Page:
    """Part of a run. ``events`` are numbered from ``first_event`` on and belong before the samples of ``blocks``."""

    blocks: tuple[Block, ...]
    events: tuple[dict[str, Any], ...]
    first_event: int


class Feed:
    """Backlog of one run while it grows. Every method may be called from any thread."""

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
        """Number of events so far."""
        return len(self._events)

    def feed(self, block: Block) -> None:
        """Add samples."""
        with self._lock:
            self._recent.append(block)
            while block.stop - self._recent[0].stop >= RECENT_SAMPLES:
                self._recent.popleft()
            self.stop = block.stop

    def on_event(self, event: Event) -> int:
        """Add an event; return its number."""
        return self._events.append(event)

    def finishing(self) -> None:
        """Close the file, which the finished one will replace; from now on open it only while reading."""
        with self._reading:
            self._keep_open = False
            self._close_file()
        with self._lock:
            self._recent.clear()

    def close(self) -> None:
        """Close all files."""
        self.finishing()
        self._events.close()

    def page(self, first: int, first_event: int) -> Page:
        """Return samples from ``first`` and events from number ``first_event``, as many as fit into one reply.

        Recorded samples that have left memory but have not reached the file come with a later page.
        """
        blocks = self._recent_from(first)
        if blocks is None:
            blocks = self._recorded_from(first)
        stop = blocks[-1].stop if blocks else max(first, self.stop)
        return Page(tuple(blocks), tuple(self._events.upto(first_event, stop)), first_event)

    def _recent_from(self, first: int) -> list[Block] | None:
        """Return the blocks in memory from ``first`` on; None if they are no longer complete."""
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
                self._close_file()  # read while the finished file replaces it
                return []
            finally:
                if not self._keep_open:
                    self._close_file()

    def _opened(self, first: int) -> Recording | None:
        """Return the file, reopened if need be to include ``first``; None if it is too early to reopen it."""
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
    """Return the samples of a page in blocks without gaps."""
    edges = [file.first, *(edge for gap in file.gaps for edge in gap), file.stop]
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if first < stop:
            start = max(first, start)
            stop = min(stop, start + PAGE_SAMPLES)
            return [Block(start, file.rate_Hz, file.channels, file.samples(start, stop))]
    return []


def _limited(blocks: list[Block]) -> list[Block]:
    """Return as many contiguous blocks as fit a page, joined into one."""
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
    """Events of a run in a temporary file, so that a long run takes no memory."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  closed by `close`
        self._starts = array("Q", [0])
        self._samples = array("q")
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._samples)

    def append(self, event: Event) -> int:
        line = json.dumps(to_json(event)).encode()
        with self._lock:
            self._file.seek(self._starts[-1])
            self._file.write(line)
            self._starts.append(self._starts[-1] + len(line))
            self._samples.append(event.sample)
            return len(self._samples) - 1

    def upto(self, first: int, sample: int) -> list[dict[str, Any]]:
        """Return the events from number ``first`` on up to ``sample``."""
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
