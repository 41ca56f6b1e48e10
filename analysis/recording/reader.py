"""Reading a recording: finished, still being written, or left by a killed process."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import numpy as np

from analysis.recording.errors import OutsideRecording, RecordingError, damage_told
from analysis.recording.header import TraceEntry
from analysis.recording.opened import RECOVER, OpenedFile, open_recording
from analysis.recording.opened_log import OpenedLog
from analysis.records import Block, Event, EventKind, FloatArray, Trace

T = TypeVar("T")


class Recording:
    """A recording, opened for reading. Use it as a context manager, or `close` it.

    A file that is being written shows the data committed when it was opened; open it again to see more.

    Parameters
    ----------
    path : Path
        The recording, or its log.
    before : Recording
        An earlier opening; check sums compared then are not compared again.

    Attributes
    ----------
    header : RunHeader
    status : str
        "finished", "aborted", "recovered", or "unfinished" (being written, or its writer was killed).
    storage : str
        "compressed", or "plain, as recorded" with the reason.

    Raises
    ------
    RecordingError
        If the file does not exist, is damaged, or is not a recording; the message is one sentence.
    """

    def __init__(self, path: Path | str, before: "Recording | None" = None) -> None:
        self.path = Path(path)
        self._opened = open_recording(self.path, None if before is None else before.opened)
        self.header = self._opened.header
        self.status = self._opened.status
        self.storage = self._opened.storage
        self._segments = self._opened.segments
        self._damaged_lines: list[slice] = []
        self._damage: list[Event] = []
        self._lists_left_out: set[str] = set()

    @property
    def opened(self) -> OpenedFile | OpenedLog:
        """The open file or log below."""
        return self._opened

    @property
    def sealed(self) -> bool:
        """True if the recording has a seal, with which everything read is compared."""
        return self._opened.sealed

    @property
    def run(self) -> bytes:
        """Mark of the run; empty in recordings of format 1."""
        return self._opened.run

    @property
    def result(self) -> str:
        """Result in a line; "" without one."""
        return self._opened.result

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels."""
        return self.header.channel_names

    @property
    def rate_Hz(self) -> float:
        """Samples per second and channel; NaN if unknown."""
        return self.header.rate_Hz

    @property
    def n_samples(self) -> int:
        """Number of samples of each channel."""
        return sum(stop - first for first, stop, _ in self._segments)

    @property
    def first(self) -> int:
        """Index of the first sample."""
        return self._segments[0][0] if self._segments else 0

    @property
    def stop(self) -> int:
        """Index after the last sample; larger than ``first + n_samples`` if there are gaps."""
        return self._segments[-1][1] if self._segments else 0

    @property
    def gaps(self) -> tuple[tuple[int, int], ...]:
        """(start, stop) of each range of missing samples."""
        pairs = zip(self._segments, self._segments[1:], strict=False)
        return tuple((before[1], after[0]) for before, after in pairs)

    def samples(self, start: int, stop: int, channels: Sequence[str] | None = None) -> FloatArray:
        """Return samples ``start <= index < stop``, shape (n_channels, stop - start); NaN in gaps.

        Raises
        ------
        OutsideRecording
            For a range outside the recording; also an ``IndexError``.
        NoSuchChannel
            For an unknown channel; also a ``KeyError``.
        RecordingError
            For damaged samples.
        """
        if not self.first <= start <= stop <= self.stop:
            raise OutsideRecording(
                f"{self.path}: samples {start} to {stop} are not within {self.first} to {self.stop}"
            )
        names = self._names(channels)
        data = np.full((len(names), stop - start), np.nan)
        for first, end, row in self._segments:
            lo, hi = max(first, start), min(end, stop)
            if lo < hi:
                for name, out in zip(names, data, strict=True):
                    self._opened.read(name, row + lo - first, row + hi - first, out[lo - start : hi - start])
        return data

    def blocks(
        self,
        size: int = 65536,
        channels: Sequence[str] | None = None,
        start: int | None = None,
        stop: int | None = None,
    ) -> Iterator[Block]:
        """Yield the samples ``start <= index < stop`` in order, in blocks of at most ``size``; no block spans a gap."""
        names = self._names(channels)
        for segment_first, segment_stop, segment_row in self._segments:
            begin = segment_first if start is None else max(segment_first, start)
            end = segment_stop if stop is None else min(segment_stop, stop)
            for first in range(begin, end, size):
                at, n = segment_row + first - segment_first, min(size, end - first)
                data = np.empty((len(names), n))
                for name, out in zip(names, data, strict=True):
                    self._opened.read(name, at, at + n, out)
                yield Block(first, self.rate_Hz, names, data)

    def _names(self, channels: Sequence[str] | None) -> tuple[str, ...]:
        names = self.channels if channels is None else tuple(channels)
        return tuple(self.header.channel(name).name for name in names)

    @cached_property
    def _journal(self) -> list[dict[str, Any]]:
        damaged = [lines for _, lines in self._opened.damaged()]
        if len(damaged) > len(self._damaged_lines):
            raise RecordingError(f"{self.path}: its list of events and traces is damaged. {RECOVER}")
        return self._opened.journal(damaged)

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """All events, in the order in which they were added."""
        events = self._read_whole(self._read_events, "its list of events")
        return (*events, *self._opened.damage, *self._damage)

    @cached_property
    def traces(self) -> tuple[TraceEntry, ...]:
        """The index of traces by number, kept and rejected."""
        latest = {entry.number: entry for entry in self._read_whole(self._read_traces, "its index of traces")}
        return tuple(latest[number] for number in sorted(latest))

    def _read_whole(self, read: Callable[[], list[T]], what: str) -> list[T]:
        """Read a list; return an empty one if it is damaged and an event has reported this."""
        if what in self._lists_left_out:
            return []
        with damage_told(self.path, what, RECOVER):
            return read()

    def _read_events(self) -> list[Event]:
        if self._opened.journalled:
            rows: Any = [item["event"] for item in self._journal if "event" in item]
        else:
            rows = self._opened.table("events")
            for row, payload in zip(rows, _loads(row["payload"] for row in rows), strict=True):
                row["payload"] = payload
        return [_event(row) for row in rows]

    def _read_traces(self) -> list[TraceEntry]:
        if self._opened.journalled:
            return [TraceEntry.from_json(item["trace"]) for item in self._journal if "trace" in item]
        rows = self._opened.table("traces")
        for name in ("flags", "settings"):
            for row, value in zip(rows, _loads(row[name] for row in rows), strict=True):
                row[name] = value
        for row in rows:
            row["kept"] = bool(row["kept"])
        return [TraceEntry.from_json(row) for row in rows]

    @cached_property
    def _entries(self) -> dict[int, TraceEntry]:
        return {entry.number: entry for entry in self.traces}

    def trace(self, number: int) -> Trace:
        """Return a trace whose conductance is recorded directly, as in imported files.

        The displacement is the change of the channel "extension" (m) from its start, if there is one, with the sign
        that makes it grow (some piezos retract with rising volts, some with falling); otherwise it follows from
        ``settings["opening_speed_m_per_s"]`` and the rate; otherwise it is NaN.

        Raises
        ------
        LookupError
            If there is no such trace, or the recording holds raw volts instead of conductance.
        """
        entry = self._entries.get(number)
        if entry is None:
            raise LookupError(f"{self.path}: there is no trace {number}")
        if "conductance" not in self.channels:
            raise LookupError(f"{self.path}: no recorded conductance; calculate it from the raw samples")
        stored = [name for name in ("conductance", "extension") if name in self.channels]
        data = self.samples(entry.start, entry.stop, stored)
        if (
            "extension" in stored
            and self.header.channel("extension").unit == "m"
            and np.isfinite(data[1]).any()
        ):
            moved = data[1] - data[1, 0]
            displacement = -moved if moved[-1] < 0 else moved
        else:
            settings = {"rate_Hz": self.rate_Hz, **self.header.settings, **entry.settings}
            speed, rate = (settings.get(name) or np.nan for name in ("opening_speed_m_per_s", "rate_Hz"))
            displacement = np.arange(data.shape[1]) * (speed / rate)
        return Trace(
            entry.number,
            (entry.start, entry.stop),
            displacement,
            data[0],
            entry.bias_V,
            entry.ended,
            entry.flags,
        )

    def verify(self) -> None:
        """Compare everything with its check sums. Raises `RecordingError` naming the damaged rows."""
        for event in self._opened.damage:
            raise RecordingError(f"{self.path}: {event.name}: {dict(event.payload)}. {RECOVER}")
        for rows, _ in self._opened.damaged():
            raise RecordingError(f"{self.path}: rows {rows.start} to {rows.stop} are damaged. {RECOVER}")

    def leave_out_damaged(self) -> None:
        """Compare everything with its check sums, and treat damaged samples as gaps from now on.

        An event of kind FAULT reports each of these gaps.
        """
        for rows, lines in self._opened.damaged():
            self._damaged_lines.append(lines)
            pieces = []
            for first, stop, row in self._segments:
                lo = min(max(first + rows.start - row, first), stop)
                hi = min(max(first + rows.stop - row, lo), stop)
                if lo < hi:
                    self._damage.append(
                        Event(lo, EventKind.FAULT, "damaged samples left out", {"start": lo, "stop": hi})
                    )
                pieces += [(first, lo, row), (hi, stop, row + hi - first)]
            self._segments = [piece for piece in pieces if piece[0] < piece[1]]
        lists: dict[str, Callable[[], list[Any]]] = {
            "its list of events": self._read_events,
            "its index of traces": self._read_traces,
        }
        for what, read in lists.items():
            self._forget()
            try:
                self._read_whole(read, what)
            except RecordingError as error:
                self._lists_left_out.add(what)
                self._damage.append(
                    Event(self.first, EventKind.FAULT, "damaged list left out", {"told": str(error)})
                )
        self._forget()

    def _forget(self) -> None:
        for cached in ("_journal", "events", "traces", "_entries"):
            self.__dict__.pop(cached, None)

    def again(self) -> "Recording":
        """Open the file again, which may have grown; check sums already compared are not compared again."""
        return Recording(self.path, self)

    def close(self) -> None:
        """Close the file."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _event(row: Mapping[str, Any]) -> Event:
    sample, name, payload = row["sample"], row["name"], row["payload"]
    if not (isinstance(sample, int) and isinstance(name, str) and isinstance(payload, Mapping)):
        raise TypeError(f"an event at {sample!r} named {name!r}")
    return Event(sample, EventKind(row["kind"]), name, payload)


def _loads(texts: Iterable[str]) -> list[Any]:
    """Parse many JSON texts together, which takes a tenth of the time."""
    whole: list[Any] = json.loads(f"[{','.join(texts)}]")
    return whole
