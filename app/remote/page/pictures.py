"""Pictures of the page, drawn on request: the last traces, the histogram, the heat in the tip."""

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from app.figure_style import DARK, LIGHT, Style, drawn_in, svg_text
from app.viewmodels.current_trace import TraceSnapshot
from app.viewmodels.heating_view import HeatingSnapshot
from app.viewmodels.histogram_snapshot import HistogramSnapshot
from app.viewmodels.session import Session

STYLES = {"light": LIGHT, "dark": DARK}
LEAST_S = 2.0
"""Shortest time between two drawings of a picture: the run's computer has other things to do."""

SIZE_IN = 6.0, 3.2

LOWEST_LOG10_G, HIGHEST_LOG10_G = -6.5, 1.3
"""Range of traces while their noise is unknown, and top of all: what rails the amplifier lies above it."""


def trace_figure(snapshot: TraceSnapshot, style: Style) -> Figure | None:
    """Draw the trace that is being recorded over the last ones; None without any."""
    lines = [*snapshot.last[-5:], *((snapshot.under_way,) if snapshot.under_way is not None else ())]
    shown = [line for line in lines if line.x.size]
    if not shown:
        return None
    figure = Figure(figsize=SIZE_IN)
    axes = figure.add_subplot()
    for line in shown:
        newest = line is shown[-1]
        axes.plot(
            line.x,
            line.log10_G,
            color=style.data if newest else style.quiet,
            alpha=1.0 if newest else 0.45,
            linewidth=1.2 if newest else 0.7,
        )
    unit = {"displacement": "displacement (nm)", "time": "time (s)", "sample": "samples"}[shown[-1].axis]
    axes.set_xlabel(unit)
    axes.set_ylabel(r"$\log_{10}\,G/G_0$")
    noise = snapshot.noise_log10_G
    axes.set_ylim(noise - 1.0 if np.isfinite(noise) else LOWEST_LOG10_G, HIGHEST_LOG10_G)
    axes.set_title(f"trace {shown[-1].number}", loc="right", color=style.quiet, fontsize=9)
    return figure


def histogram_figure(snapshot: HistogramSnapshot, style: Style) -> Figure | None:
    """Draw the logarithmic histogram with its fitted peaks; None before the first trace."""
    if not snapshot.kept or not snapshot.log_counts.size:
        return None
    figure = Figure(figsize=SIZE_IN)
    axes = figure.add_subplot()
    x, counts = snapshot.log10_G, snapshot.log_counts
    axes.fill_between(x, counts, step="mid", color=style.data, alpha=0.35, linewidth=0)
    axes.step(x, counts, where="mid", color=style.data, linewidth=0.8)
    for peak in snapshot.peaks:
        if peak.scale == "log":
            axes.plot(
                peak.x, peak.fit, color=style.fit, linewidth=1.6, linestyle="-" if peak.trusted else "--"
            )
    seen = x > snapshot.noise_log10_G if np.isfinite(snapshot.noise_log10_G) else np.ones(x.size, dtype=bool)
    height = float(np.max(counts[seen], initial=0.0)) or float(counts.max())
    axes.set_ylim(0.0, 1.15 * height)
    used = np.flatnonzero(counts)
    axes.set_xlim(float(x[used[0]]), float(x[used[-1]]))
    axes.set_xlabel(r"$\log_{10}\,G/G_0$")
    axes.set_ylabel("counts per bin and trace")
    left_out = f", {snapshot.rejected} left out" if snapshot.rejected else ""
    axes.set_title(f"{snapshot.kept} traces{left_out}", loc="right", color=style.quiet, fontsize=9)
    return figure


def heating_figure(snapshot: HeatingSnapshot, style: Style) -> Figure | None:
    """Draw the heat in the tip against the power, on the symmetric line; None without points."""
    points = snapshot.points
    if not points.amplitude_V.size:
        return None
    figure = Figure(figsize=SIZE_IN)
    axes = figure.add_subplot()
    for sign, colour, marker, word in (
        ("pos", style.positive, "o", "positive bias"),
        ("neg", style.negative, "s", "negative bias"),
    ):
        total, probe, total_error, probe_error = (
            getattr(points, f"{name}_{sign}_uW")
            for name in ("q_total", "q_probe", "sigma_total", "sigma_probe")
        )
        axes.errorbar(
            total,
            probe,
            probe_error,
            total_error,
            fmt=marker,
            color=colour,
            markersize=5,
            capsize=2,
            label=word,
        )
    axes.plot(
        snapshot.symmetric_total_uW, snapshot.symmetric_probe_uW, color=style.quiet, linewidth=1.0,
        label="half of the power",
    )  # fmt: skip
    axes.set_xlabel(r"$Q_\mathrm{Total}$ (µW)")
    axes.set_ylabel(r"$Q_\mathrm{P}$ (µW)")
    axes.legend(loc="upper left")
    axes.set_title(f"{snapshot.used} holds", loc="right", color=style.quiet, fontsize=9)
    return figure


PICTURES: dict[str, tuple[Callable[[Session], Any], Callable[[Any, Style], Figure | None]]] = {
    "trace": (lambda session: session.trace.snapshot(), trace_figure),
    "histogram": (lambda session: session.histogram.snapshot(), histogram_figure),
    "heating": (lambda session: session.heating.snapshot(), heating_figure),
}
"""Snapshot and drawing of each picture, by its name in the address."""


class Gallery:
    """Draws pictures of a session, each again only when its snapshot has changed and not too often."""

    def __init__(
        self, session: Callable[[], Session | None], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._session = session
        self._now = now
        self._lock = threading.Lock()  # matplotlib draws one figure at a time
        self._drawn: dict[tuple[str, str], tuple[object, float, str]] = {}

    def svg(self, name: str, style_name: str) -> str:
        """Return a picture as SVG; "" while there is nothing to draw. Raises ``KeyError`` for an unknown name."""
        see, draw = PICTURES[name]
        style = STYLES[style_name]
        session = self._session()
        if session is None:
            return ""
        with self._lock:
            snapshot = see(session)
            before, drawn_s, svg = self._drawn.get((name, style_name), (None, -np.inf, ""))
            if before is snapshot or self._now() - drawn_s < LEAST_S:
                return svg
            with drawn_in(style):
                figure = draw(snapshot, style)
                svg = "" if figure is None else svg_text(figure)
            self._drawn[name, style_name] = snapshot, self._now(), svg
            return svg
