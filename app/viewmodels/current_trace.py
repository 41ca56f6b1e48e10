"""Current and last traces, aligned at their break."""

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.recording import RunHeader
from analysis.records import Event, EventKind, FloatArray, Trace
from analysis.traces.histogram import last_opening
from analysis.traces.noise_floor import floor_of, open_parts
from app.viewmodels.min_max_decimator import interleaved, least_and_largest
from app.viewmodels.signals import NM, UNKNOWN_RATE_HZ, SampledSignals, log10_G
from app.viewmodels.view import AS_PLAYED, StreamView

OPEN = ("open", "unknown")
"""Endings of traces that may have reached the noise."""

MOST_COLUMNS = 2048
"""Maximum number of columns of the current trace; when it is reached, the columns double in width."""

COLUMNS_BEHIND = 512
"""Number of columns of a finished trace."""


@dataclass(frozen=True, eq=False)
class TraceLine:
    """Trace as a line.

    Parameters
    ----------
    number : int
        Number of the trace.
    x : ndarray, shape (2 n,)
        Displacement in nm, growing as the junction opens, 0 at the last break (before it, at the newest sample); time
        in s if the displacement is unknown, samples if the rate is unknown, too.
    log10_G : ndarray, shape (2 n,)
        Minimum and maximum of each column.
    axis : "displacement", "time" or "sample"
    broken : bool
        True if the trace has fallen through the break conductance.
    ended : str
        Why the trace ended; "" while it is recorded.
    """

    number: int
    x: FloatArray
    log10_G: FloatArray
    axis: Literal["displacement", "time", "sample"]
    broken: bool
    ended: str


@dataclass(frozen=True, eq=False)
class TraceSnapshot:
    """Current trace, last traces (the newest last), number of traces, and conductance at which they are aligned.

    ``noise_log10_G`` is the noise limit; NaN before the first trace.
    """

    under_way: TraceLine | None
    last: tuple[TraceLine, ...]
    traces: int
    break_G0: float
    noise_log10_G: float = float("nan")


class CurrentTrace(StreamView[TraceSnapshot]):
    """View of the current trace, built from samples, and of the last finished traces.

    Parameters
    ----------
    last : int
        Number of finished traces to keep.
    break_G0 : float
        Conductance at which a contact breaks: traces are aligned at their last fall through it.
    step : str
        Name of the step that records a trace.
    """

    plot = "app.gui.plots.trace:TraceView"

    @staticmethod
    def replay_texts(header: RunHeader, filled: Collection[str]) -> Mapping[str, str]:
        """Return the texts of the empty plots of a recording, by their titles."""
        return {"traces": f"Each opening of a junction appears here {AS_PLAYED}"}

    def __init__(self, last: int = 10, break_G0: float = 0.5, step: str = "withdraw") -> None:
        super().__init__()
        self._break_G0, self._step = break_G0, step
        self._last: deque[TraceLine] = deque(maxlen=last)
        self._open: deque[FloatArray] = deque(maxlen=last)
        self._noise_log10_G: float | None = float("nan")
        """None after another open trace, until a picture needs it."""
        self._traces = 0
        self._growing: _Growing | None = None

    def feed(self, signals: SampledSignals) -> None:
        """Add the next samples."""
        with self._lock:
            if self._growing is not None and len(signals):
                self._growing.feed(signals)
                self._drawn = None

    def event(self, event: Event) -> None:
        """Begin or end a trace."""
        if event.kind is not EventKind.STEP or event.name != self._step:
            return
        with self._lock:
            begins = event.payload.get("phase") == "begin"
            self._growing = _Growing(event.sample, self._break_G0) if begins else None
            self._drawn = None

    def trace(self, trace: Trace, rate_Hz: float = UNKNOWN_RATE_HZ) -> None:
        """Add a finished trace."""
        line, parts = _line_of(trace, self._break_G0, rate_Hz), _open_parts(trace)
        with self._lock:
            self._hear(parts)
            self._last.append(line)
            self._traces += 1
            self._drawn = None

    def align(self, break_G0: float, last: Sequence[Trace], rate_Hz: float = UNKNOWN_RATE_HZ) -> None:
        """Align the last traces at another conductance."""
        lines = [_line_of(trace, break_G0, rate_Hz) for trace in last[-self.kept :]]
        with self._lock:
            self._break_G0 = break_G0
            self._last.clear()
            self._last.extend(lines)
            self._drawn = None

    @property
    def kept(self) -> int:
        """Number of finished traces that are kept."""
        return self._last.maxlen or 0

    def jump(self, traces: int, last: Sequence[Trace] = (), rate_Hz: float = UNKNOWN_RATE_HZ) -> None:
        """Continue at another position, given the number of traces before it and the last of them."""
        lines = [_line_of(trace, self._break_G0, rate_Hz) for trace in last[-self.kept :]]
        heard = [_open_parts(trace) for trace in last[-self.kept :]]
        with self._lock:
            for parts in heard:
                self._hear(parts)
            self._traces, self._growing = traces, None
            self._last.clear()
            self._last.extend(lines)
            self._drawn = None

    def _draw(self) -> TraceSnapshot:
        line = self._growing.line(self._traces) if self._growing is not None else None
        return TraceSnapshot(line, tuple(self._last), self._traces, self._break_G0, self._noise())

    def _hear(self, parts: FloatArray) -> None:
        if len(parts):
            self._open.append(parts)
            self._noise_log10_G = None

    def _noise(self) -> float:
        """Return the noise limit of the last open traces, as `analysis.traces.noise_floor` does."""
        if self._noise_log10_G is None:
            limit = floor_of(self._open).limit_G0
            self._noise_log10_G = float(np.log10(limit)) if limit > 0.0 else float("nan")
        return self._noise_log10_G


def _open_parts(trace: Trace) -> FloatArray:
    """Return the most open parts of a trace; none of one that can't have reached the noise."""
    return open_parts(trace.conductance_G0 if trace.ended in OPEN else np.empty(0), trace.averaged)


class _Growing:
    """Columns of the current trace: minimum and maximum of log10 G and of the extension in m."""

    def __init__(self, start: int, break_G0: float) -> None:
        self._start, self._break_G0 = start, break_G0
        self._width = 1
        self._least = self._largest = np.empty((2, 0))
        self._n = 0  # columns begun
        self._above = False
        self._opening_m = float("nan")
        self._opening: int | None = None
        self._stop = start
        self._newest_m = float("nan")
        self._rate_Hz = UNKNOWN_RATE_HZ

    def feed(self, signals: SampledSignals) -> None:
        self._see_openings(signals)
        rows = np.stack([log10_G(signals.conductance_G0), signals.extension_m])
        at, given = signals.first - self._start, 0
        while given < rows.shape[1]:
            room = MOST_COLUMNS * self._width - at
            if room <= 0:
                self._halve()
                continue
            part = rows[:, given : given + room]
            self._put(at, part)
            at, given = at + part.shape[1], given + part.shape[1]
        self._stop, self._rate_Hz = signals.stop, signals.rate_Hz
        self._newest_m = float(signals.extension_m[-1])

    def _put(self, at: int, rows: FloatArray) -> None:
        column = at // self._width
        least, largest = least_and_largest(rows, at % self._width, self._width)
        end = column + least.shape[1]
        self._reach(end)
        places = slice(column, end)
        self._least[:, places] = np.fmin(self._least[:, places], least)
        self._largest[:, places] = np.fmax(self._largest[:, places], largest)
        self._n = end

    def _reach(self, columns: int) -> None:
        """Allocate columns up to a number; columns without samples are NaN."""
        more = columns - self._least.shape[1]
        if more > 0:
            room = ((0, 0), (0, max(more, self._least.shape[1])))
            self._least = np.pad(self._least, room, constant_values=np.nan)
            self._largest = np.pad(self._largest, room, constant_values=np.nan)

    def _halve(self) -> None:
        """Merge pairs of columns into columns of twice the width."""
        self._reach(self._n + self._n % 2)
        used = self._n + self._n % 2
        self._least = np.fmin(self._least[:, 0:used:2], self._least[:, 1:used:2])
        self._largest = np.fmax(self._largest[:, 0:used:2], self._largest[:, 1:used:2])
        self._n, self._width = used // 2, 2 * self._width

    def _see_openings(self, signals: SampledSignals) -> None:
        above = np.concatenate([[self._above], signals.conductance_G0 >= self._break_G0])
        below = signals.conductance_G0 < self._break_G0
        falls = np.flatnonzero(above[:-1] & below)
        if falls.size:
            self._opening = signals.first + int(falls[-1])
            self._opening_m = float(signals.extension_m[falls[-1]])
        self._above = bool(above[-1])

    def line(self, number: int) -> TraceLine:
        least, largest = self._least[:, : self._n], self._largest[:, : self._n]
        broken = self._opening is not None
        displaced = bool(np.isfinite(self._newest_m))
        if displaced:
            x = ((self._opening_m if broken else self._newest_m) - interleaved(least[1], largest[1])) / NM
        else:
            sample = np.repeat(self._width * np.arange(self._n), 2)
            zero = (self._opening if self._opening is not None else self._stop) - self._start
            x = (sample - zero) / self._rate_Hz
        return TraceLine(
            number, x, interleaved(least[0], largest[0]), "displacement" if displaced else "time", broken, ""
        )


def _line_of(trace: Trace, break_G0: float, rate_Hz: float) -> TraceLine:
    n = trace.conductance_G0.size
    width = max(1, -(-n // COLUMNS_BEHIND))
    opening = last_opening(trace.conductance_G0, break_G0)
    zero = n - 1 if opening is None else opening
    displaced = n > 0 and bool(np.isfinite(trace.displacement_m[zero]))
    timed = rate_Hz > 0
    x = trace.displacement_m / NM if displaced else np.arange(n) / (rate_Hz if timed else 1.0)
    if not n:
        return TraceLine(trace.number, np.empty(0), np.empty(0), "time", False, trace.ended)
    rows = np.stack([log10_G(trace.conductance_G0), x - x[zero]])
    least, largest = least_and_largest(rows, 0, width)
    return TraceLine(
        trace.number,
        interleaved(least[1], largest[1]),
        interleaved(least[0], largest[0]),
        "displacement" if displaced else "time" if timed else "sample",
        opening is not None,
        trace.ended,
    )
