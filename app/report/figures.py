"""Figures of break-junction traces: traces side by side, histograms with their fits, and the 2D histogram.

Each function takes records and a style and returns a matplotlib ``Figure``; draw inside ``style.drawn_in``.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from analysis.records import FloatArray, Trace
from analysis.traces.histogram import Histogram, Histogram2D, Scale, last_opening
from analysis.traces.kept import KeptTraces
from analysis.traces.peak_fit import PeakFit
from app.figure_style import Style

NM = 1e-9
G_LABEL = r"$G$ ($G_0$)"
CLOSED_G0, QUANTA_SHOWN, PAST_BREAK_NM = 8.0, 5.0, 2.5
LABEL_BINS = 25
"""Range about a peak's centre whose highest bin sets the height of its label."""

POINTS = 1200
"""A drawn trace has at most about this many points; decimation keeps each piece's lowest and highest sample."""


def traces_figure(traces: Sequence[Trace], style: Style, floor_G0: float, n: int = 12) -> Figure:
    """Draw some traces side by side on a logarithmic axis, aligned at the break, each moved to the right.

    Parameters
    ----------
    traces : sequence of Trace
        ``n`` of them, evenly chosen, are drawn.
    style : Style
    floor_G0 : float
        Conductance below which nothing is told from noise; the axis ends there.
    n : int
    """
    figure = Figure(figsize=(7.2, 3.6))
    axes = figure.add_subplot()
    chosen = _evenly_chosen(traces, n)
    known = all(np.isfinite(trace.displacement_m).all() for trace in chosen)
    offset = 0.0
    for i, trace in enumerate(chosen):
        x, g = _from_break(trace, known)
        seen = _seen_part(x, g, floor_G0)
        x, g = decimated_trace(x[seen], np.clip(g[seen], floor_G0, None))
        if not x.size:
            continue
        axes.plot(x - x[0] + offset, g, color=style.sequence[i % len(style.sequence)], linewidth=0.8)
        offset += 1.03 * (x[-1] - x[0]) + (0.05 if known else 20.0)
    axes.set_yscale("log")
    axes.set_ylim(floor_G0, 20)
    axes.set_ylabel(G_LABEL)
    axes.set_xlabel("displacement (nm), traces moved apart" if known else "samples, traces moved apart")
    axes.grid(axis="y")
    _note(axes, f"{len(chosen)} of {len(traces)} traces", style)
    return figure


def _evenly_chosen(traces: Sequence[Trace], n: int) -> list[Trace]:
    """Return about ``n`` of the traces; files are opened once for all of them."""
    at = np.unique(np.linspace(0, len(traces) - 1, n).astype(int)).tolist() if traces else []
    return list(traces.chosen(at)) if isinstance(traces, KeptTraces) else [traces[i] for i in at]


def _from_break(trace: Trace, known: bool) -> tuple[FloatArray, FloatArray]:
    """Return displacement from the break in nm (samples if unknown), and conductance."""
    opening = last_opening(trace.conductance_G0, 0.5) or 0
    x = trace.displacement_m / NM if known else np.arange(trace.conductance_G0.size, dtype=float)
    return x - x[opening], trace.conductance_G0


def _seen_part(x: FloatArray, g: FloatArray, floor_G0: float) -> slice:
    """Return the part from shortly before the break to the noise floor, at most 2.5 nm long."""
    above = np.flatnonzero((g > 2 * floor_G0) & (x < PAST_BREAK_NM))
    last = int(above[-1]) if above.size else 0
    return slice(int(np.argmax(g < CLOSED_G0)), min(last + max((last or g.size) // 20, 10), g.size))


def decimated_trace(x: FloatArray, y: FloatArray, points: int = POINTS) -> tuple[FloatArray, FloatArray]:
    """Return lowest and highest sample of each of ``points / 2`` pieces, in order."""
    step = int(np.ceil(2 * x.size / points))
    if step <= 2:
        return x, y
    n = x.size // step
    pieces = y[: n * step].reshape(n, step)
    both = np.sort(np.stack([pieces.argmin(axis=1), pieces.argmax(axis=1)]), axis=0) + np.arange(n) * step
    keep = both.T.ravel()
    return x[keep], y[keep]


def histogram_figure(histogram: Histogram, peaks: Sequence[PeakFit], style: Style, floor_G0: float) -> Figure:
    """Draw a histogram with the fits made on its scale, untrusted ones dashed. Its height is that of what
    stands above ``floor_G0``.
    """
    figure = Figure(figsize=(7.2, 3.4))
    axes = figure.add_subplot()
    log = histogram.axis.scale is Scale.LOG
    axes.stairs(
        histogram.counts_per_trace, histogram.axis.edges, fill=True, color=style.data, alpha=0.35, linewidth=0
    )
    axes.stairs(histogram.counts_per_trace, histogram.axis.edges, color=style.data, linewidth=0.8)
    for peak in peaks:
        if peak.scale is histogram.axis.scale:
            _draw_fit(axes, peak, histogram, style)
    if log:
        axes.set_xscale("log")
    axes.set_xlim(*_shown_range(histogram))
    axes.set_ylim(0, _shown_height(histogram, 5 * floor_G0))
    axes.set_xlabel(G_LABEL)
    axes.set_ylabel("counts per bin and trace")
    _note(axes, f"{histogram.n_traces} traces, {'log' if log else 'linear'} bins", style)
    return figure


def _draw_fit(axes: Axes, peak: PeakFit, histogram: Histogram, style: Style) -> None:
    low, high = peak.window_G0
    near = (
        np.abs(histogram.axis.coordinates - histogram.axis.coordinate(peak.conductance_G0))
        < LABEL_BINS * histogram.axis.step
    )
    g = np.geomspace(low, high, 200) if peak.scale is Scale.LOG else np.linspace(low, high, 200)
    whole, background = peak.curve(g)
    axes.plot(g, whole, color=style.fit, linewidth=1.6, linestyle="-" if peak.trusted else "--")
    axes.plot(g, background, color=style.fit, linewidth=0.8, linestyle=":")
    axes.annotate(
        f"{peak.conductance_G0:.4g}" + (" $G_0$" if peak.trusted else " $G_0$ ?"),
        (
            peak.conductance_G0,
            float(max(np.max(whole), np.max(histogram.counts_per_trace[near], initial=0.0))),
        ),
        xytext=(0, 4),
        textcoords="offset points",
        ha="center",
        color=style.fit,
        fontsize=9,
    )


def _shown_range(histogram: Histogram) -> tuple[float, float]:
    """Set the limits: all filled bins on a log axis, the first few quanta on a linear one."""
    used = np.flatnonzero(histogram.counts)
    edges = histogram.axis.edges
    if not used.size:
        return float(edges[0]), float(edges[-1])
    if histogram.axis.scale is Scale.LINEAR:
        return float(edges[0]), min(float(edges[used[-1] + 1]), QUANTA_SHOWN)
    return float(edges[used[0]]), float(edges[used[-1] + 1])


def _shown_height(histogram: Histogram, low: float) -> float:
    """Set the upper limit to the highest bin between the open junction and the closed contact."""
    counts, centres = histogram.counts_per_trace, histogram.axis.centres
    between = (centres > (0.3 if histogram.axis.scale is Scale.LINEAR else low)) & (centres < QUANTA_SHOWN)
    highest = float(counts[between].max(initial=0.0)) or float(counts.max(initial=0.0))
    return 1.25 * (highest or 1.0)


def histogram_2d_figure(histogram: Histogram2D, style: Style) -> Figure:
    """Draw counts over displacement from the break and log10 G; empty cells show the page."""
    figure = Figure(figsize=(7.2, 3.8))
    axes = figure.add_subplot()
    counts = np.ma.masked_less_equal(histogram.counts.T, 0)
    x, y = histogram.displacement.edges / NM, histogram.conductance.edges
    highest = max(float(np.percentile(counts.compressed(), 99.5)), 2.0) if counts.count() else 2.0
    mesh = axes.pcolormesh(
        x, y, counts, norm=LogNorm(1, highest), cmap=style.colormap, rasterized=True, linewidth=0
    )
    used = np.flatnonzero(histogram.counts.any(axis=1))
    axes.set_xlim(x[0], x[used[-1] + 1] if used.size else x[-1])
    axes.set_yscale("log")
    axes.set_xlabel("displacement from the break at 0.5 $G_0$ (nm)")
    axes.set_ylabel(G_LABEL)
    bar = figure.colorbar(mesh, ax=axes, pad=0.01)
    bar.set_label("samples per cell")
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    bar.ax.minorticks_off()
    left_out = f", {histogram.not_aligned} not aligned" if histogram.not_aligned else ""
    _note(axes, f"{histogram.n_traces} traces{left_out}", style)
    return figure


def _note(axes: Axes, text: str, style: Style) -> None:
    axes.set_title(text, loc="right", color=style.quiet, fontsize=9)
