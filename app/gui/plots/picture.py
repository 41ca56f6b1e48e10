"""Panel that draws the pictures of statistics, which are data."""

from functools import cache
from operator import attrgetter

import numpy as np

from analysis.numbers import significant
from analysis.records import FloatArray
from analysis.statistics.result import Curve, LinePicture, MapPicture, PictureAxis
from app.gui.plots.axis import AxisQuantity
from app.gui.plots.cells import Cells
from app.gui.plots.layers import DASHED, DOTTED, SOLID, Band, Colour, LineLayer, Points
from app.gui.plots.marks import StraightLine
from app.gui.plots.panel import PlotPanel
from app.gui.plots.reused import ReusedLayers
from app.gui.widgets.theme import Palette, Theme

ROOM = 1.08
"""Vertical range as a multiple of the largest value."""
NEUTRAL, QUIET = attrgetter("neutral"), attrgetter("quiet")


class PicturePanel(PlotPanel):
    """Plot of one picture; a later version of it replaces the layers."""

    def __init__(self, theme: Theme, picture: LinePicture | MapPicture) -> None:
        super().__init__(
            theme,
            picture.title,
            _quantity(picture.x),
            _quantity(picture.y),
            "No data yet.",
            legend=True,
        )
        self._reused = ReusedLayers(self)

    def show_picture(self, picture: LinePicture | MapPicture) -> None:
        """Draw a picture."""
        self._reused.clear()
        if isinstance(picture, MapPicture):
            self._show_map(picture)
        else:
            self._show_lines(picture)
        self.refresh()

    def _show_map(self, picture: MapPicture) -> None:
        cells = self._reused.take(Cells, picture.label)
        cells.set(
            picture.x_edges,
            picture.y_edges,
            picture.values,
            signed=picture.signed,
            grey_below=picture.grey_below,
        )
        low = f"−{significant(cells.top, 2)}" if picture.signed else "0"
        self.set_count(f"{low} to {significant(cells.top, 2)}, {picture.label}")
        self.set_home(
            x=(float(picture.x_edges[0]), float(picture.x_edges[-1])),
            y=(float(picture.y_edges[0]), float(picture.y_edges[-1])),
        )

    def _show_lines(self, picture: LinePicture) -> None:
        x_range, y_range = _ranges(picture)
        for i, (low, high) in enumerate(picture.hatched):
            name = f"not to be read {i + 1}" if i else "not to be read"
            band = self._reused.take(Band, name, NEUTRAL)
            band.set([low, high], [y_range[0]] * 2, [y_range[1]] * 2)
        for i, curve in enumerate(picture.curves):
            self._add_curve(curve, _colour(i))
        for name, level in picture.levels:
            line = self._reused.take(StraightLine, name, QUIET, at=0.0, upright=False, style=DOTTED)
            line.set(level)
        names = [curve.name for curve in picture.curves]
        self.set_legend([*names, *(name for name, _ in picture.levels)])
        self.set_home(x=x_range, y=y_range)

    def _add_curve(self, curve: Curve, colour: Colour) -> None:
        """Add a curve: band or error bars, and line, points or outline of bins."""
        take = self._reused.take
        if curve.style == "points":
            error = None
            if curve.low is not None and curve.high is not None:
                error = (curve.high - curve.low) / 2.0
            take(Points, curve.name, colour, size=6).set(curve.x, curve.y, error)
            return
        if curve.low is not None and curve.high is not None:
            take(Band, f"{curve.name}, interval", colour).set(curve.x, curve.low, curve.high)
        line = take(LineLayer, curve.name, colour, DASHED if curve.style == "dashed" else SOLID, width=1.5)
        if curve.style == "steps":
            line.set(np.repeat(curve.x, 2)[1:-1], np.repeat(curve.y, 2))
        else:
            line.set(curve.x, curve.y)


def _quantity(axis: PictureAxis) -> AxisQuantity:
    unit = axis.unit.replace("G0", "G₀")
    symbol = "<i>G</i>" if axis.label == "G" else axis.label.replace("G0", "G₀")
    return AxisQuantity(axis.label, symbol, unit, axis.log)


@cache
def _colour(number: int) -> Colour:
    def colour(colours: Palette) -> str:
        return colours.sequence[number % len(colours.sequence)]

    return colour


def _ranges(picture: LinePicture) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the ranges of the data, the vertical one from zero if nothing is negative or logarithmic."""
    x = np.concatenate([curve.x for curve in picture.curves] or [np.array([0.0, 1.0])])
    y = np.concatenate(
        [
            part[np.isfinite(part)]
            for curve in picture.curves
            for part in (curve.y, curve.low, curve.high)
            if part is not None
        ]
        or [np.array([0.0, 1.0])]
    )
    y = np.append(y, [level for _, level in picture.levels])
    return _room(x, picture.x.log, zero=False), _room(y, picture.y.log, zero=True)


def _room(values: FloatArray, log: bool, zero: bool) -> tuple[float, float]:
    good = values[np.isfinite(values) & ((values > 0) if log else True)]
    if not good.size:
        return (0.1, 1.0) if log else (0.0, 1.0)
    low, high = float(good.min()), float(good.max())
    if log:
        return low / 1.1, high * 1.1
    near_zero = zero and 0.0 <= low < 0.5 * high
    margin = (ROOM - 1.0) * ((high - low) or abs(high) or 1.0)
    return (0.0 if near_zero else low - margin), high + margin
