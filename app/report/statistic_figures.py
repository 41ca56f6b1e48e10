"""Figures of statistics: their pictures, which are data, drawn with Matplotlib."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.statistics.result import Curve, LinePicture, MapPicture, PictureAxis
from app.figure_style import Style

LINES = ("-", "-", "-", "-", "--", "-.", ":")
DIVERGING = "RdBu_r"


def statistic_figure(picture: LinePicture | MapPicture, style: Style) -> Figure:
    """Return the figure of a picture; draw inside ``style.drawn_in``."""
    figure = Figure(figsize=(7.2, 3.6))
    axes = figure.add_subplot()
    if isinstance(picture, LinePicture):
        _draw_lines(axes, picture, style)
    else:
        _draw_map(figure, axes, picture, style)
    axes.set_xlabel(_label(picture.x))
    axes.set_ylabel(_label(picture.y))
    if picture.x.log:
        axes.set_xscale("log")
    if picture.y.log:
        axes.set_yscale("log")
    return figure


def _label(axis: PictureAxis) -> str:
    label = "$G$" if axis.label == "G" else axis.label.replace("G0", "$G_0$")
    return f"{label} ({axis.unit.replace('G0', '$G_0$')})" if axis.unit else label


def _draw_lines(axes: Axes, picture: LinePicture, style: Style) -> None:
    for i, curve in enumerate(picture.curves):
        _draw_curve(axes, curve, style.sequence[i % len(style.sequence)], LINES[i % len(LINES)])
    for low, high in picture.hatched:
        axes.axvspan(low, high, facecolor="none", edgecolor=style.quiet, hatch="///", linewidth=0.0)
    for name, level in picture.levels:
        axes.axhline(level, color=style.quiet, linewidth=0.8, linestyle=":")
        axes.annotate(
            name,
            (0.01, level),
            xycoords=("axes fraction", "data"),
            va="bottom",
            color=style.quiet,
            fontsize=8,
        )
    if len(picture.curves) > 1:
        axes.legend(fontsize=8)


def _draw_curve(axes: Axes, curve: Curve, colour: str, line: str) -> None:
    if curve.style == "steps":
        axes.stairs(curve.y, curve.x, color=colour, linewidth=1.0, label=curve.name)
        return
    if curve.style == "points":
        errors = None
        if curve.low is not None and curve.high is not None:
            errors = np.abs([curve.y - curve.low, curve.high - curve.y])
        axes.errorbar(curve.x, curve.y, errors, fmt="o", markersize=4, color=colour, label=curve.name)
        return
    axes.plot(curve.x, curve.y, line if curve.style == "line" else "--", color=colour, label=curve.name)
    if curve.low is not None and curve.high is not None:
        axes.fill_between(curve.x, curve.low, curve.high, color=colour, alpha=0.2, linewidth=0)


def _draw_map(figure: Figure, axes: Axes, picture: MapPicture, style: Style) -> None:
    values = np.ma.masked_invalid(picture.values.T)
    seen = values.compressed()
    top = float(np.percentile(np.abs(seen), 99.5)) if seen.size else 1.0
    top = top or 1.0
    cmap, low = (DIVERGING, -top) if picture.signed else (style.colormap, 0.0)
    mesh = axes.pcolormesh(
        picture.x_edges, picture.y_edges, values, cmap=cmap, vmin=low, vmax=top, rasterized=True, linewidth=0
    )
    if np.isfinite(picture.grey_below):
        veil = np.ma.masked_where(~(np.abs(values) < picture.grey_below), np.ones(values.shape))
        axes.pcolormesh(
            picture.x_edges, picture.y_edges, veil, cmap="gray", vmin=0, vmax=2, alpha=0.6, rasterized=True
        )
    for curve in picture.curves:
        line = "-" if curve.style == "line" else "--"
        axes.plot(curve.x, curve.y, line, color=style.fit, linewidth=1.2, label=curve.name)
    if picture.curves:
        axes.legend(fontsize=8)
    figure.colorbar(mesh, ax=axes, pad=0.01).set_label(picture.label)
