"""A fast run of which a recording keeps a lock-in's points, and a second one the samples of some traces.

Everything behind the runner gets points: recorder, reducers, views of a window. Live and replay are then the same.
"""

from collections import deque
from dataclasses import replace
from pathlib import Path

from analysis.recording import RunHeader
from analysis.records import Block, Event, EventKind
from analysis.spectra.demodulated import Demodulator, Points
from procedures.sample_reader import Sink

TRACE = "withdraw"
"""Name of the steps that are traces."""

EVERY = 50
"""Every 50th trace is kept as samples, the first among them."""

BEFORE_FAULT_S = 10.0
"""Longest time before a fault of which the samples are kept."""

RAW = "raw samples of "
"""Beginning of the name of a procedure, in a recording of some of its samples."""


def raw_path(recording: Path) -> Path:
    """Return the path of the samples beside a demodulated recording."""
    return recording.with_name(f"{recording.stem}.raw{recording.suffix}")


def raw_header(header: RunHeader, recording: Path) -> RunHeader:
    """Return the header of the samples beside a demodulated recording; no evaluation takes them for a run."""
    name = f"{RAW}{header.procedure}"
    what = f"every {EVERY}th trace and what came before faults; the whole run is in {recording.name}, demodulated"
    return replace(
        header, procedure=name, title=f"{name}: {what}", unknowns=(*header.unknowns, f"all but {what}")
    )


class RawKeeper:
    """Selector of the samples that are kept: those of every 50th trace, and of the last ten seconds before a fault.

    Parameters
    ----------
    sink : Sink
        Gets these samples, all settings and faults, and a mark at each trace that is kept.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._recent: deque[Block] = deque()
        self._keeps = False
        self._traces = 0
        self.faulty = False
        """True after a fault."""

    def feed(self, block: Block) -> None:
        """Keep the samples, or remember them in case of a fault."""
        if self._keeps:
            self._sink.feed(block)
            return
        self._recent.append(block)
        while block.stop - self._recent[0].stop > BEFORE_FAULT_S * block.rate_Hz:
            self._recent.popleft()

    def on_event(self, event: Event) -> None:
        """Begin or end a trace, or save what was remembered before a fault."""
        if event.kind is EventKind.STEP and event.name == TRACE:
            self._trace(event)
        elif event.kind is EventKind.FAULT:
            self.faulty = True
            self._save(0)
            self._sink.on_event(event)
        elif event.kind is EventKind.SETTING:
            self._sink.on_event(event)

    def _trace(self, event: Event) -> None:
        if event.payload.get("phase") != "begin":
            self._keeps = False
            return
        self._keeps = self._traces % EVERY == 0
        if self._keeps:
            self._sink.on_event(
                Event(event.sample, EventKind.MARK, "trace kept as samples", {"trace": self._traces})
            )
            self._save(event.sample)
        self._traces += 1

    def _save(self, since: int) -> None:
        """Pass on the remembered samples from an index on, and forget them."""
        for block in self._recent:
            if len(rest := block.part(since, block.stop)):
                self._sink.feed(rest)
        self._recent.clear()


class DemodulatingSink:
    """Sink of a run's samples and events that passes on points, and to a keeper the samples themselves.

    Parameters
    ----------
    points : Points
    sink : Sink
        Gets the points, and events with their indices.
    raw : RawKeeper
    """

    def __init__(self, points: Points, sink: Sink, raw: RawKeeper) -> None:
        self._points, self._sink, self._raw = points, sink, raw
        self._demodulator = Demodulator(points)

    def feed(self, block: Block) -> None:
        """Take the next samples."""
        self._raw.feed(block)
        points = self._demodulator.feed(block)
        if points is not None:
            self._sink.feed(points)

    def on_event(self, event: Event) -> None:
        """Take an event."""
        self._raw.on_event(event)
        self._sink.on_event(self._points.event(event))
