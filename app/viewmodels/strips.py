"""Strip charts of conductance, tip, thermocouple and bias: minimum and maximum in each column of the last seconds.

The whole run is shown, too, with columns that grow with it.

Columns begin at multiples of their width, so that a column depends only on its samples, and the plot moves by whole
columns without flicker.
"""

import math
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from analysis.recording import RunHeader
from analysis.records import FloatArray
from app.viewmodels.min_max_decimator import MinMaxDecimator, WholeDecimator, interleaved
from app.viewmodels.signals import NM, SampledSignals, log10_G
from app.viewmodels.view import AS_PLAYED, StreamView

WHOLE_RUN = math.inf
"""Time span that grows with the run."""
WINDOWS_S = (10.0, 30.0, 120.0, WHOLE_RUN)
STRIPS = ("log10_G", "tip_nm", "thermocouple_uV", "bias_V")

COLUMNS = 4096
"""Number of columns for each time span; a narrower plot shows groups of them."""

MOST_WAITING = 8192
"""Number of samples that wait for a picture before they are put into columns."""

_SPARE = 64  # older columns, which complete the first group of a plot
_NARROWEST = 32


@dataclass(frozen=True, eq=False)
class StripsSnapshot:
    """Last seconds of a run. A line through (``time_s``, any signal) shows every spike; NaN is a gap.

    Parameters
    ----------
    now_s : float
        Time of the newest sample since the run began.
    window_s : float
        Length of the plots: draw from ``-window_s`` to 0.
    time_s : ndarray, shape (2 n,)
        Time before the newest sample (not above 0), each column twice, for its minimum and maximum.
    log10_G, tip_nm, thermocouple_uV, bias_V : ndarray, shape (2 n,)
        log10 G/G0; extension of the piezo towards the sample; thermocouple at the preamplifier's input; bias.
    gaps_s : tuple of (float, float)
        Ends of gaps in the samples, in the units of ``time_s``.
    extents : mapping of str to (float, float)
        Visible minimum and maximum of each recorded signal.
    column_s : float
        Width of a column.
    timed : bool
        False if the rate is unknown; "seconds" are then thousands of samples.
    extras, units : mapping of str to ndarray, to str
        Channels of the rig beyond these four as lines, shape (2 n,), and their units.
    """

    now_s: float
    window_s: float
    time_s: FloatArray
    log10_G: FloatArray
    tip_nm: FloatArray
    thermocouple_uV: FloatArray
    bias_V: FloatArray
    gaps_s: tuple[tuple[float, float], ...]
    extents: Mapping[str, tuple[float, float]]
    column_s: float
    timed: bool = True
    extras: Mapping[str, FloatArray] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)

    def line(self, name: str) -> FloatArray:
        """Return the line of a signal."""
        return self.extras[name] if name in self.extras else getattr(self, name)


class StripCharts(StreamView[StripsSnapshot]):
    """Rolling strip charts; the cost is that of the new samples, and all time spans are available at any time.

    Parameters
    ----------
    window_s : float
        Time span, one of `WINDOWS_S`.
    pixels : int
        Width of the plots.
    timed : bool
        True if the rate of the recording is known.
    units : mapping of str to str, optional
        Units of the channels beyond the four signals.
    """

    plot = "app.gui.plots.strips:StripsView"

    @staticmethod
    def replay_texts(header: RunHeader, filled: Collection[str]) -> Mapping[str, str]:
        """Return the texts of the empty plots of a recording, by their titles."""
        return {"strip of conductance": f"The last seconds of all signals appear here {AS_PLAYED}"}

    def __init__(
        self,
        window_s: float = 30.0,
        pixels: int = 900,
        *,
        timed: bool = True,
        units: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__()
        self._units = dict(units)
        self._names = (*STRIPS, *units)
        self._timed = timed
        self._rings: dict[float, MinMaxDecimator] = {}
        self._whole = WholeDecimator(len(self._names), COLUMNS)
        self._rate_Hz = float("nan")
        self._stop = 0
        self._waiting: list[FloatArray] = []  # newest samples, without a gap, that are in no column yet
        self._gaps: deque[tuple[int, int]] = deque(maxlen=COLUMNS)
        self._window_s, self._pixels = WINDOWS_S[0], COLUMNS
        self.show(window_s, pixels)

    def show(self, window_s: float, pixels: int) -> None:
        """Set the time span and the width in pixels. Raises ``ValueError`` for a span not in `WINDOWS_S`."""
        if window_s not in WINDOWS_S:
            allowed = ", ".join(words_of(window) for window in WINDOWS_S)
            raise ValueError(f"time span of strip charts: {window_s:g} s; allowed: {allowed}")
        chosen = window_s, max(pixels, _NARROWEST)
        with self._lock:
            if chosen != (self._window_s, self._pixels):
                self._window_s, self._pixels = chosen
                self._drawn = None

    def feed(self, signals: SampledSignals) -> None:
        """Add the next samples."""
        if not len(signals):
            return
        rows = np.stack(
            [
                log10_G(signals.conductance_G0),
                signals.extension_m / NM,
                signals.thermocouple_V * 1e6,
                signals.bias_V,
                *(signals.extras.get(name, np.full(len(signals), np.nan)) for name in self._units),
            ]
        )
        with self._lock:
            if signals.rate_Hz != self._rate_Hz:
                self._begin(signals.rate_Hz)
                self._whole = WholeDecimator(len(self._names), COLUMNS)
            elif signals.first > self._stop:
                self._take_waiting()
                self._gaps.append((self._stop, signals.first))
            self._waiting.append(rows)
            self._stop = signals.stop
            if sum(each.shape[1] for each in self._waiting) >= MOST_WAITING:
                self._take_waiting()
            self._drawn = None

    def _take_waiting(self) -> None:
        """Put the waiting samples into columns, all at once: many short blocks would cost more."""
        if not self._waiting:
            return
        rows = np.concatenate(self._waiting, axis=1)
        self._waiting.clear()
        first = self._stop - rows.shape[1]
        for ring in self._rings.values():
            ring.feed(first, rows)
        self._whole.feed(first, rows)

    def jump(self, at: int = 0) -> None:
        """Continue at another sample of the recording; the whole run keeps what it has."""
        with self._lock:
            self._take_waiting()
            self._begin(self._rate_Hz)
            self._stop = at
            self._drawn = None

    def _begin(self, rate_Hz: float) -> None:
        self._rate_Hz = rate_Hz
        self._waiting.clear()
        self._gaps.clear()
        if rate_Hz > 0:
            widths = {window: math.ceil(window * rate_Hz / COLUMNS) for window in WINDOWS_S[:-1]}
            self._rings = {
                w: MinMaxDecimator(len(self._names), n, COLUMNS + _SPARE) for w, n in widths.items()
            }

    def _columns(self) -> tuple[int, float, FloatArray, FloatArray]:
        """Return the index of the first column shown, the width of a column in s, minima and maxima."""
        if self._window_s == WHOLE_RUN:
            group = math.ceil(max(self._stop, 1) / self._whole.width / self._pixels)
            return 0, group * self._whole.width / self._rate_Hz, *self._whole.until(self._stop, group)
        ring = self._rings.get(self._window_s)
        if ring is None:
            return 0, math.nan, np.empty((len(self._names), 0)), np.empty((len(self._names), 0))
        columns = math.ceil(self._window_s * self._rate_Hz / ring.width)
        group = math.ceil(columns / self._pixels)
        column, least, largest = ring.last(min(columns + 1, COLUMNS), group)
        return column, group * ring.width / self._rate_Hz, least, largest

    def _draw(self) -> StripsSnapshot:
        self._take_waiting()
        window_s = self._window_s
        now_s = self._stop / self._rate_Hz
        column, column_s, least, largest = self._columns()
        if window_s == WHOLE_RUN:
            window_s = _round_up(now_s)
        time_s = (column + np.arange(least.shape[1]) + 0.5) * column_s - now_s
        strips = dict(zip(self._names, interleaved(least, largest), strict=True))
        gaps_s = [(a / self._rate_Hz - now_s, b / self._rate_Hz - now_s) for a, b in self._gaps]
        return StripsSnapshot(
            now_s=now_s,
            window_s=window_s,
            time_s=np.repeat(np.minimum(time_s, 0.0), 2),
            gaps_s=tuple(gap for gap in gaps_s if gap[1] > -window_s),
            extents={name: extent for name, line in strips.items() if (extent := _extent(line)) is not None},
            column_s=column_s,
            timed=self._timed,
            extras={name: strips[name] for name in self._units},
            units=self._units,
            **{name: strips[name] for name in STRIPS},
        )


def _extent(line: FloatArray) -> tuple[float, float] | None:
    finite = line[np.isfinite(line)]
    return (float(finite.min()), float(finite.max())) if finite.size else None


def _round_up(now_s: float) -> float:
    """Return a time span for a run of this length: the next multiple of half a decade."""
    if not now_s > 10.0:
        return 10.0
    step = 10.0 ** math.floor(math.log10(now_s)) / 2.0
    return math.ceil(now_s / step) * step


def words_of(window_s: float) -> str:
    """Return a time span as text: "30 s" or "whole run"."""
    return "whole run" if window_s == WHOLE_RUN else f"{window_s:g} s"
