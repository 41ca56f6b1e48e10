"""Conductance histograms in one dimension, with fitted peaks, and in two, over displacement."""

from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter

import numpy as np
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from analysis.numbers import significant, with_error
from analysis.records import FloatArray
from app.gui.plots.axis import AxisQuantity
from app.gui.plots.captions import Caption, Tick
from app.gui.plots.colour_bar import ColourBar
from app.gui.plots.counts import Image, Steps
from app.gui.plots.histogram_range import METAL_G0, QUANTA_G0, ROOM, shown_part
from app.gui.plots.layers import DASHED, DOTTED, SOLID, Band, LineLayer
from app.gui.plots.marks import StraightLine, Veil
from app.gui.plots.panel import PlotPanel
from app.gui.plots.ranges import Range, held
from app.gui.plots.reused import ReusedLayers
from app.gui.plots.strips import CONDUCTANCE
from app.gui.plots.trace import DISPLACEMENT
from app.gui.plots.view import View
from app.gui.widgets.theme import Palette, Theme, tabular
from app.viewmodels.histogram_snapshot import HistogramSnapshot, MapSnapshot, Peak

COUNTS = AxisQuantity("counts per bin and trace", "counts per bin and trace")
CELLS = "counts per cell"
EMPTY = (
    "The conductance histogram appears here, trace by trace. Run Break junction or open a recording of it."
)
EMPTY_MAP = "The two-dimensional histogram of traces, aligned at their break, appears here."
NO_DISPLACEMENT = "These traces cannot be aligned: their displacement is unknown."
NEVER_BREAK = "These traces cannot be aligned: none of them falls through the break conductance."
LINEAR_FROM = 0.3
"""Conductance in G0 below which linear bins hold the samples of the open junction."""
SMALL_PEAK = 0.1
"""Height, relative to the highest molecular peak, below which a peak is not labelled."""
MODEL, QUIET, SPREAD = attrgetter("data_model"), attrgetter("quiet"), attrgetter("warning")


class HistogramPlot(View[HistogramSnapshot]):
    """Histogram with its fitted peaks; a logarithmic x axis shows logarithmic bins, a linear one linear bins."""

    title = "Histogram"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.panel = PlotPanel(
            theme, "conductance histogram", CONDUCTANCE, COUNTS, EMPTY, zero=True, captions=True
        )
        self.counts = self.panel.add(Steps("histogram", attrgetter("data")))
        self.noise = self.panel.add(
            StraightLine("noise", attrgetter("neutral"), at=float("nan"), upright=True)
        )
        self.peaks = ReusedLayers(self.panel)
        self.clipped = self.panel.add(Caption("cut at the top", attrgetter("quiet"), leader=False))
        self.noise_name = self.panel.add(Caption("noise", attrgetter("quiet"), leader=False))
        self._top: Range | None = None
        self.map = MapPanel(theme)
        self._lay_out(QHBoxLayout(self), self.panel, self.map)
        self.panel.scale_changed.connect(self.redraw)
        self._tell(self.panel, self.map)

    def draw(self, snapshot: HistogramSnapshot) -> None:
        """Draw the counts of the chosen bins and the peaks fitted to them."""
        log = self.panel.x_axis.log
        centres, counts = (
            (snapshot.log10_G, snapshot.log_counts) if log else (snapshot.G_G0, snapshot.linear_counts)
        )
        edges = edges_of(centres)
        noise_G0 = 10.0**snapshot.noise_log10_G
        self.counts.set(10.0**edges if log else edges, counts, noise_G0 if log else float("nan"))
        self.noise.set(noise_G0 if log else float("nan"))
        self.peaks.clear()
        peaks = [peak for peak in snapshot.peaks if peak.scale == ("log" if log else "linear")]
        tallest = max((_height(peak) for peak in peaks if peak.conductance_G0 < METAL_G0), default=0.0)
        for peak in peaks:
            self._add_peak(peak, log, small=_height(peak) < SMALL_PEAK * tallest)
        for peak in elsewhere(snapshot.peaks, peaks):
            self._mark_peak(peak, edges, counts, log)
        self.panel.empty_text = snapshot.problem or self.panel.usual_text
        self.panel.set_count(*_counted(snapshot))
        if log:
            self._home_log(snapshot, edges, peaks)
        else:
            self._home_linear(edges, counts)
        self.map.show_map(snapshot.map, snapshot.noise_log10_G)

    def _add_peak(self, peak: Peak, log: bool, small: bool) -> None:
        """Draw the fit of a peak; label it above the plot, or mark it with a tick if it is small or doubtful."""
        x = 10.0**peak.x if log else peak.x
        take = self.peaks.take
        label = f"{with_error(peak.conductance_G0, peak.uncertainty_G0)} G₀"
        take(LineLayer, f"background of {peak.label}", MODEL, DOTTED).set(x, peak.background)
        style = (SOLID, 2) if peak.trusted else (DASHED, 1)
        take(LineLayer, f"fit {peak.label}", MODEL, *style).set(x, peak.fit)
        if peak.trusted and not small:
            for name, half_G0, opacity in (
                ("spread", peak.spread_G0, 0.2),
                ("standard error", peak.uncertainty_G0, 0.45),
            ):
                band = take(Band, f"{name} of {peak.label}", SPREAD, opacity, z=6)
                part = np.linspace(peak.conductance_G0 - half_G0, peak.conductance_G0 + half_G0, 50)
                part = part[(part >= x[0]) & (part <= x[-1])]
                band.set(part, np.zeros(part.size), np.interp(part, x, peak.fit))
            height = float(np.interp(peak.conductance_G0, x, peak.fit))
            take(Caption, f"peak {peak.label}", MODEL).set(peak.conductance_G0, height, label)
        else:
            tick = take(Tick, f"peak {peak.label}", QUIET)
            why = "; ".join(peak.reasons) if not peak.trusted else "much smaller than the highest peak"
            tick.set(peak.conductance_G0, f"{label} ?\n{why}" if not peak.trusted else f"{label}\n{why}")

    def _mark_peak(self, peak: Peak, edges: FloatArray, counts: FloatArray, log: bool) -> None:
        """Label a peak that was fitted to the other kind of bins, without its curve."""
        label = f"{with_error(peak.conductance_G0, peak.uncertainty_G0)} G₀"
        bins, axis = ("linear bins", "linear") if log else ("logarithmic bins", "logarithmic")
        at = min(max(int(np.searchsorted(edges, peak_place(peak, log))) - 1, 0), counts.size - 1)
        name = f"peak {peak.label}, {bins}"
        caption, tick = self.peaks.take(Caption, name, MODEL), self.peaks.take(Tick, name, MODEL)
        caption.set(peak.conductance_G0, float(counts[at]), label)
        tick.set(peak.conductance_G0, f"{label}\nfitted to {bins}: switch to a {axis} x axis to see the fit")

    def _home_log(self, snapshot: HistogramSnapshot, edges: FloatArray, peaks: Sequence[Peak]) -> None:
        shown = shown_part(edges, snapshot.log_counts, snapshot.noise_log10_G, snapshot.kept, peaks)
        if shown is None:
            self.clipped.set(float("nan"), 0.0, "")
            return
        top = self._top = held(self._top, (0.0, shown.top), zero=True)
        self.panel.set_home(x=shown.across_G0, y=top)
        low, noise = float(np.log10(shown.across_G0[0])), snapshot.noise_log10_G
        self.noise_name.set(10.0 ** (low + (noise - low) / 3), 0.0, "noise" if noise > low else "")
        self._name_clipped(*shown.clipped or (float("nan"), 0.0), top=top[1] if top else np.inf)

    def _name_clipped(self, at: float, counts: float, top: float) -> None:
        """Label the height of a bin that exceeds the plot, at its peak's own label if that is cut, too."""
        height = f"↑ {counts:.0f}" if counts > top else ""
        cut = [layer for layer in self.peaks if isinstance(layer, Caption) and layer.at[1] > top]
        if cut and height:
            cut[0].set(*cut[0].at, f"{cut[0].text} {height}")
        self.clipped.set(at, counts, "" if cut else height)

    def _home_linear(self, edges: FloatArray, counts: FloatArray) -> None:
        self.clipped.set(float("nan"), 0.0, "")
        self.noise_name.set(float("nan"), 0.0, "")
        used = np.flatnonzero(counts)
        if not used.size:
            return
        between = (edges[:-1] > LINEAR_FROM) & (edges[:-1] < QUANTA_G0)
        tall = float(counts[between].max(initial=0.0)) or float(counts.max())
        self._top = held(self._top, (0.0, ROOM * tall), zero=True)
        self.panel.set_home(x=(0.0, min(float(edges[used[-1] + 1]), QUANTA_G0)), y=self._top)


class MapPanel(PlotPanel):
    """Two-dimensional histogram over displacement from the break and log G."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(
            theme,
            "two-dimensional histogram",
            replace(DISPLACEMENT, symbol="displacement"),
            CONDUCTANCE,
            EMPTY_MAP,
            captions=True,  # aligns its axes with those of the panel beside it
            parent=parent,
        )
        self.image = self.add(Image(CELLS))
        self.veil = self.add(Veil("noise"))
        self.noise = self.add(StraightLine("noise", attrgetter("neutral"), at=float("nan"), upright=False))
        self.bar = ColourBar(self.image, CELLS)
        self.plotItem.layout.addItem(self.bar, 2, 3)
        self.grid_lines.setZValue(-10)
        self.recolour()

    def show_map(self, counted: MapSnapshot | None, noise_log10_G: float) -> None:
        """Show a two-dimensional histogram; None for none."""
        self.empty_text = self.usual_text
        if counted is None or not counted.traces:
            self.image.set([], [], np.empty((0, 0)))
            self.veil.set(float("nan"))
            self.noise.set(float("nan"))
            self.set_count()
            if counted is not None and counted.not_aligned:
                self.empty_text = NEVER_BREAK if counted.displaced else NO_DISPLACEMENT
            return
        nx, ny = counted.counts.shape
        y_edges = 10.0 ** np.linspace(*counted.log10_G, ny + 1)
        x_edges = np.linspace(*counted.displacement_nm, nx + 1)
        known = np.isfinite(noise_log10_G)
        noise_G0 = 10.0**noise_log10_G if known else float(y_edges[0])
        self.image.set(x_edges, y_edges, counted.counts, (noise_G0, METAL_G0))
        self.veil.set(noise_G0 if known else float("nan"))
        self.noise.set(noise_G0 if known else float("nan"))
        above = counted.counts[:, y_edges[:-1] >= noise_G0] if known else counted.counts
        used = np.flatnonzero((above if above.any() else counted.counts).any(axis=1))
        right = float(x_edges[used[-1] + 1]) if used.size else float(x_edges[-1])
        self._right = held(self._right, (float(x_edges[0]), right))
        assert self._right is not None
        lowest = max(float(y_edges[0]), noise_G0 / 10.0) if known else float(y_edges[0])
        self.set_home(
            x=(float(x_edges[0]), min(self._right[1], float(x_edges[-1]))), y=(lowest, float(y_edges[-1]))
        )
        left_out = f"{counted.not_aligned} not aligned" if counted.not_aligned else ""
        self.set_count(f"{counted.traces} traces", left_out)

    bar: ColourBar | None = None
    _right: Range | None = None

    def refresh(self) -> None:
        """Draw the panel and the colour bar."""
        super().refresh()
        if self.bar is not None:
            self.bar.update()

    def _dress(self, colours: Palette) -> None:
        super()._dress(colours)
        if self.bar is not None:
            self.bar.dress(colours, tabular(self.font()))


def elsewhere(peaks: Sequence[Peak], shown: Sequence[Peak]) -> list[Peak]:
    """Return trusted peaks of the other kind of bins that have no counterpart among the shown peaks."""
    shown_G0 = [peak.conductance_G0 for peak in shown if peak.trusted]
    return [
        peak
        for peak in peaks
        if peak.trusted
        and peak not in shown
        and not any(abs(peak.conductance_G0 - other_G0) <= peak.spread_G0 for other_G0 in shown_G0)
    ]


def peak_place(peak: Peak, log: bool) -> float:
    """Return the coordinate of a peak on the axis of bins."""
    return float(np.log10(peak.conductance_G0)) if log else peak.conductance_G0


def edges_of(centres: FloatArray) -> FloatArray:
    """Return the edges of even bins."""
    if centres.size < 2:
        return np.empty(0)
    half = (centres[1] - centres[0]) / 2
    return np.append(centres - half, centres[-1] + half)


def _counted(snapshot: HistogramSnapshot) -> tuple[str, ...]:
    if snapshot.problem:
        return ()
    fitted = snapshot.peaks and snapshot.fitted_traces != snapshot.kept
    return (
        f"{snapshot.kept} traces" if snapshot.kept != 1 else "1 trace",
        f"{snapshot.rejected} left out" if snapshot.rejected else "",
        f"fit of {snapshot.fitted_traces}" if fitted else "",
        f"offset {significant(snapshot.offset_G0, 2)} G₀ not subtracted" if snapshot.offset_G0 else "",
    )


def _height(peak: Peak) -> float:
    """Return the height of a peak above its background."""
    return float(np.max(peak.fit - peak.background, initial=0.0))
