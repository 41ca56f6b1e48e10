"""Strip charts: conductance, tip, thermocouple and bias of the last seconds, as least and largest a column.

What a column shows depends on its samples alone, neither on how they came nor on how wide the plot is drawn: columns
begin at multiples of their width, so that the picture moves by whole columns and does not shimmer.
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.records import FloatArray
from app.views.columns import ColumnRing, interleaved
from app.views.signals import NM, Signals, log10_G
from app.views.view import StreamView

WINDOWS_S = (10.0, 30.0, 120.0)
STRIPS = ("log10_G", "tip_nm", "thermocouple_uV", "bias_V")

COLUMNS = 4096
"""Kept for each window; a plot that is narrower gets groups of them."""

_SPARE = 64  # older columns, so that the first group of a plot is whole
_NARROWEST = 32


@dataclass(frozen=True, eq=False)
class StripsSnapshot:
    """The last seconds of a run. A line through (``time_s``, any signal) shows every spike; NaN breaks it.

    Parameters
    ----------
    now_s : float
        Time of the newest sample since the run began.
    window_s : float
        Length of the plots: draw from ``-window_s`` to 0.
    time_s : ndarray, shape (2 n,)
        From the newest sample back (not above 0), each column twice: for its least and its largest.
    log10_G, tip_nm, thermocouple_uV, bias_V : ndarray, shape (2 n,)
        log10 G/G0; extension of the piezo toward the sample; thermocouple at the preamplifier's input; bias.
    gaps_s : tuple of (float, float)
        From where to where samples are missing, in the units of ``time_s``.
    extents : mapping of str to (float, float)
        Least and largest that is seen of each signal; absent where there is nothing.
    column_s : float
        Width of a column.
    timed : bool
        False where the rate is unknown: what is called seconds here are thousands of samples.
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


class StripCharts(StreamView[StripsSnapshot]):
    """Rolling strip charts; feeding costs the new samples only, and all windows are there at any time.

    Parameters
    ----------
    window_s : float
        One of `WINDOWS_S`.
    pixels : int
        Width of the plots.
    timed : bool
        Whether the recording says its rate.
    """

    def __init__(self, window_s: float = 30.0, pixels: int = 900, *, timed: bool = True) -> None:
        super().__init__()
        self._timed = timed
        self._rings: dict[float, ColumnRing] = {}
        self._rate_Hz = float("nan")
        self._stop = 0
        self._gaps: deque[tuple[int, int]] = deque(maxlen=COLUMNS)
        self._window_s, self._pixels = WINDOWS_S[0], COLUMNS
        self.show(window_s, pixels)

    def show(self, window_s: float, pixels: int) -> None:
        """Choose the window and say how wide it is drawn. Raises ``ValueError`` for another window."""
        if window_s not in WINDOWS_S:
            raise ValueError(
                f"a window of {window_s:g} s; there are {', '.join(f'{w:g} s' for w in WINDOWS_S)}"
            )
        chosen = window_s, max(pixels, _NARROWEST)
        with self._lock:
            if chosen != (self._window_s, self._pixels):
                self._window_s, self._pixels = chosen
                self._drawn = None

    def feed(self, signals: Signals) -> None:
        """Take the next samples."""
        if not len(signals):
            return
        rows = np.stack(
            [
                log10_G(signals.conductance_G0),
                signals.extension_m / NM,
                signals.thermocouple_V * 1e6,
                signals.bias_V,
            ]
        )
        with self._lock:
            if signals.rate_Hz != self._rate_Hz:
                self._begin(signals.rate_Hz)
            elif signals.first > self._stop:
                self._gaps.append((self._stop, signals.first))
            for ring in self._rings.values():
                ring.take(signals.first, rows)
            self._stop = signals.stop
            self._drawn = None

    def jump(self, at: int = 0) -> None:
        """What follows is from elsewhere in the recording, from this sample on."""
        with self._lock:
            self._begin(self._rate_Hz)
            self._stop = at
            self._drawn = None

    def _begin(self, rate_Hz: float) -> None:
        self._rate_Hz = rate_Hz
        self._gaps.clear()
        if rate_Hz > 0:
            widths = {window: math.ceil(window * rate_Hz / COLUMNS) for window in WINDOWS_S}
            self._rings = {w: ColumnRing(len(STRIPS), n, COLUMNS + _SPARE) for w, n in widths.items()}

    def _draw(self) -> StripsSnapshot:
        window_s, ring = self._window_s, self._rings.get(self._window_s)
        column, least, largest = 0, np.empty((len(STRIPS), 0)), np.empty((len(STRIPS), 0))
        column_s = float("nan")
        if ring is not None:
            columns = math.ceil(window_s * self._rate_Hz / ring.width)
            group = math.ceil(columns / self._pixels)
            column, least, largest = ring.last(min(columns + 1, COLUMNS), group)
            column_s = group * ring.width / self._rate_Hz
        now_s = self._stop / self._rate_Hz
        time_s = (column + np.arange(least.shape[1]) + 0.5) * column_s - now_s
        strips = dict(zip(STRIPS, interleaved(least, largest), strict=True))
        gaps_s = [(a / self._rate_Hz - now_s, b / self._rate_Hz - now_s) for a, b in self._gaps]
        return StripsSnapshot(
            now_s=now_s,
            window_s=window_s,
            time_s=np.repeat(np.minimum(time_s, 0.0), 2),
            gaps_s=tuple(gap for gap in gaps_s if gap[1] > -window_s),
            extents={name: extent for name, line in strips.items() if (extent := _extent(line)) is not None},
            column_s=column_s,
            timed=self._timed,
            **strips,
        )


def _extent(line: FloatArray) -> tuple[float, float] | None:
    finite = line[np.isfinite(line)]
    return (float(finite.min()), float(finite.max())) if finite.size else None
