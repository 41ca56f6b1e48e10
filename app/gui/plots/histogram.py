"""Conductance histograms: in one dimension with fitted peaks, and over displacement."""

from operator import attrgetter

import numpy as np
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from analysis.records import FloatArray
from app.gui.plots.axis import Quantity
from app.gui.plots.counts import Image, Steps
from app.gui.plots.layers import DASHED, DOTTED, SOLID, Layer, Line
from app.gui.plots.marks import Note, Rule, Window
from app.gui.plots.numbers import with_error
from app.gui.plots.panel import PlotPanel
from app.gui.plots.ranges import Range
from app.gui.plots.strips import CONDUCTANCE
from app.gui.plots.trace import DISPLACEMENT
from app.gui.plots.view import View
from app.gui.theme import Theme
from app.views.histogram_snapshot import HistogramSnapshot, MapSnapshot, Peak

COUNTS = Quantity("counts per bin and trace", "counts per bin and trace")
EMPTY = "The conductance histogram grows here, trace by trace: run a break-junction measurement, or open one."
EMPTY_MAP = "Traces, aligned where they break, pile up here."
QUANTA = 5.0
"""Linear bins are shown up to here."""
NO_EDGE = Qt.PenStyle.NoPen
HIGH_G0 = 10.0


class HistogramView(View[HistogramSnapshot]):
    """Counts per bin with the peaks found in them. The x axis, logarithmic or linear, chooses the bins."""

    title = "Histogram"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.panel = PlotPanel(theme, "conductance histogram", CONDUCTANCE, COUNTS, EMPTY, zero=True)
        self.counts = self.panel.add(Steps("histogram", attrgetter("data")))
        self.noise = self.panel.add(
            Rule("noise", attrgetter("neutral"), at=float("nan"), upright=True, word="noise")
        )
        self.peaks: list[Layer] = []
        self.map = MapPanel(theme)
        self._lay_out(QHBoxLayout(self), self.panel, self.map)
        self.panel.scale_changed.connect(self.redraw)
        self._tell(self.panel, self.map)

    def draw(self, snapshot: HistogramSnapshot) -> None:
        """Counts of the bins that are chosen, and the peaks found in these bins."""
        log = self.panel.x_axis.log
        centres, counts = (
            (snapshot.log10_G, snapshot.log_counts) if log else (snapshot.G_G0, snapshot.linear_counts)
        )
        edges = edges_of(centres)
        self.counts.set(10.0**edges if log else edges, counts)
        self.noise.set(10.0**snapshot.noise_log10_G if log else float("nan"))
        for layer in self.peaks:
            self.panel.remove(layer)
        scale = "log" if log else "linear"
        self.peaks = []
        for peak in snapshot.peaks:
            if peak.scale == scale:
                self._add_peak(peak, log)
        self.panel.empty_text = snapshot.problem or EMPTY
        self.panel.set_count(_counted(snapshot))
        self._home(snapshot, edges, counts)
        self.map.show_map(snapshot.map)

    def _add_peak(self, peak: Peak, log: bool) -> None:
        x = 10.0**peak.x if log else peak.x
        model = attrgetter("data_model")
        stretch = Window(f"standard error of {peak.label}", attrgetter("warning"), 0.45, NO_EDGE)
        stretch.set(peak.conductance_G0 - peak.uncertainty_G0, peak.conductance_G0 + peak.uncertainty_G0)
        spread = Window(f"spread of {peak.label}", attrgetter("warning"), 0.2, NO_EDGE)
        spread.set(peak.conductance_G0 - peak.spread_G0, peak.conductance_G0 + peak.spread_G0)
        fit = Line(f"fit {peak.label}", model, SOLID if peak.trusted else DASHED, width=2)
        fit.set(x, peak.fit)
        below = Line(f"background of {peak.label}", model, DOTTED)
        below.set(x, peak.background)
        note = Note(f"peak {peak.label}", model)
        words = f"{with_error(peak.conductance_G0, peak.uncertainty_G0)} G₀" + ("" if peak.trusted else " ?")
        note.set(peak.conductance_G0, float(np.max(peak.fit, initial=0.0)), words)
        for layer in (spread, stretch, below, fit, note):
            self.peaks.append(self.panel.add(layer))

    def _home(self, snapshot: HistogramSnapshot, edges: FloatArray, counts: FloatArray) -> None:
        """Between the open junction's pile of samples and the closed contact's."""
        used = np.flatnonzero(counts)
        if not used.size:
            return
        log = self.panel.x_axis.log
        low, high = float(edges[used[0]]), float(edges[used[-1] + 1])
        if log:
            x: Range = (10.0**low, 10.0 ** min(high, np.log10(HIGH_G0)))
            floor = snapshot.noise_log10_G + 0.7 if np.isfinite(snapshot.noise_log10_G) else low
            between = (edges[:-1] > floor) & (edges[:-1] < np.log10(QUANTA))
        else:
            x = (0.0, min(high, QUANTA))
            between = (edges[:-1] > 0.3) & (edges[:-1] < QUANTA)
        tall = float(counts[between].max(initial=0.0)) or float(counts.max())
        self.panel.set_home(x=x, y=(0.0, _round_up(1.25 * tall)))


class MapPanel(PlotPanel):
    """Samples over displacement from the break and log G."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(
            theme, "two-dimensional histogram", DISPLACEMENT, CONDUCTANCE, EMPTY_MAP, parent=parent
        )
        self.image = self.add(Image("samples per cell"))
        self.grid_lines.setZValue(-10)

    def show_map(self, counted: MapSnapshot | None) -> None:
        """Other counts."""
        if counted is None:
            self.image.set([], [], np.empty((0, 0)))
            return
        nx, ny = counted.counts.shape
        y_edges = 10.0 ** np.linspace(*counted.log10_G, ny + 1)
        x_edges = np.linspace(*counted.displacement_nm, nx + 1)
        self.image.set(x_edges, y_edges, counted.counts)
        used = np.flatnonzero(counted.counts.any(axis=1))
        right = float(x_edges[used[-1] + 1]) if used.size else float(x_edges[-1])
        self.set_home(x=(float(x_edges[0]), right), y=(float(y_edges[0]), float(y_edges[-1])))
        left_out = f", {counted.not_aligned} not aligned" if counted.not_aligned else ""
        self.set_count(f"{counted.traces} traces{left_out}, up to {self.image.highest:.0f} a cell")


def edges_of(centres: FloatArray) -> FloatArray:
    """Edges of even bins."""
    if centres.size < 2:
        return np.empty(0)
    half = (centres[1] - centres[0]) / 2
    return np.append(centres - half, centres[-1] + half)


def _counted(snapshot: HistogramSnapshot) -> str:
    words = f"{snapshot.kept} traces"
    if snapshot.rejected:
        words += f", {snapshot.rejected} left out"
    if snapshot.peaks and snapshot.fitted_traces != snapshot.kept:
        words += f" (fit: {snapshot.fitted_traces})"
    return words


def _round_up(value: float) -> float:
    """To two digits: an axis that moves in steps."""
    if value <= 0:
        return 1.0
    step = 10.0 ** np.floor(np.log10(value)) / 5.0
    return float(np.ceil(value / step) * step)
