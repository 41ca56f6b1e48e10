"""Axes of a plot: quantity, label and readable ticks."""

from dataclasses import dataclass
from html import escape
from itertools import pairwise
from math import ceil, floor, log10
from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtGui import QColor, QFont, QPainter

from analysis.numbers import PLAIN_FROM, PLAIN_TO, fixed_decimals, minus, power, significant
from app.gui.plots.heading import without_markup
from app.gui.plots.overlay import unclipped
from app.gui.widgets.theme import Palette

Ticks = list[tuple[float | None, list[float]]]

PIXELS_A_TICK = {"left": 26.0, "bottom": 72.0}
"""Minimum distance of labelled ticks, in pixels."""
LABEL = {"left": 14.0, "bottom": 40.0}
"""Approximate size of a label along its axis, in pixels."""
FINER = (1.6, 2.5, 4.0, 6.0)
"""Factors by which the number of ticks is raised until two labels fit: a single one shows no scale."""
MOST_TICKS = 8.0
FEW_DECADES = 2.2
"""Range below which 2 and 5 times a power of ten are labelled, too."""
SUB_TICKS = {1.0: 5, 2.0: 4, 5.0: 5}


@dataclass(frozen=True)
class AxisQuantity:
    """Quantity on an axis.

    Parameters
    ----------
    name : str
        Name in words, as in the head of a column.
    symbol : str
        Symbol as in the paper, rich text.
    unit : str
        Unit of the axis; empty for a pure number.
    log : bool
        True if the axis is logarithmic at first.
    letter : str
        Symbol in the reading of the crosshair, rich text, if ``symbol`` is a phrase.
    """

    name: str
    symbol: str
    unit: str = ""
    log: bool = False
    letter: str = ""

    @property
    def label(self) -> str:
        """Label of the axis, rich text."""
        return f"{self.symbol} ({self.unit})" if self.unit else self.symbol

    @property
    def labels(self) -> list[str]:
        """Labels from the longest to the shortest: whole, without the words, the unit; else fewer and fewer words."""
        if self.unit:
            return list(dict.fromkeys((self.label, f"{self.letter or self.symbol} ({self.unit})", self.unit)))
        words = without_markup(self.label).split()
        ends = [
            n for n in range(len(words) - 1, 0, -1) if words[n - 1].isalpha() and words[n - 1] not in HANGING
        ]
        return [self.label, *(escape(" ".join(words[:n])) for n in ends)]

    @property
    def column(self) -> str:
        """Head of a table column, rich text."""
        return f"{self.name} ({self.unit})" if self.unit else self.name


class HiddenAxis(pg.AxisItem):
    """Axis at the top or right: pyqtgraph makes them for every plot and writes their empty labels again and again."""

    def _updateLabel(self) -> None:
        """Leave the label empty."""


KNOWN = 8
"""Number of ranges whose ticks an axis remembers: it and the grid ask for them at every picture."""
LOW_ROW = 24
"""Height of an axis, in pixels, below which its unit stands upright."""
HANGING = ("a", "and", "between", "from", "in", "of", "per", "than", "the", "to", "with")
"""Words that end no label."""
LABEL_BEYOND = 8
"""Number of pixels by which a label may be longer than its axis."""


class ReadableAxis(pg.AxisItem):
    """Axis with round ticks or decades, labelled with its quantity."""

    def __init__(self, orientation: str, quantity: AxisQuantity) -> None:
        self.quantity = quantity  # first: pyqtgraph's constructor resizes the axis
        self._written = ""
        self._known: dict[tuple[float, float, float, bool], Ticks] = {}
        super().__init__(orientation, maxTickLength=-5)
        self.log = quantity.log
        self._bare = self._blank = False
        self.words_cut = ""
        """Label whose last words found no room; "" if all did, or if symbol or unit stand for them."""
        self.enableAutoSIPrefix(False)
        unclipped(self.label)
        self.keep_pixels(True)
        self.setStyle(tickTextOffset=5, hideOverlappingLabels=True, tickAlpha=255, maxTextLevel=0)

    def keep_pixels(self, keep: bool) -> None:
        """Keep the painted axis for the next pictures, or paint it each time, as a vector drawing needs it."""
        mode = self.CacheMode.DeviceCoordinateCache if keep else self.CacheMode.NoCache
        for item in (self, self.label):
            item.setCacheMode(mode)

    def dress(self, colours: Palette, font: QFont) -> None:
        """Apply the theme's colours and the font of the window."""
        self.setPen(pg.mkPen(colours.quiet, width=1))
        self.setTextPen(QColor(colours.quiet))
        self.setTickFont(font)
        size = f"{font.pointSizeF() + 1:g}pt"
        self.setLabel(self.quantity.label, color=colours.text, **{"font-size": size})
        self.showLabel(not self._bare)

    def drawPicture(self, p: QPainter, axisSpec: Any, tickSpecs: Any, textSpecs: Any) -> None:
        """Draw inside the axis' own rectangle (see `unclipped`)."""
        p.setClipRect(self.boundingRect().adjusted(-2.0, -2.0, 2.0, 2.0))
        super().drawPicture(p, axisSpec, tickSpecs, textSpecs)

    def _updateLabel(self) -> None:
        """Write the label if it changed: pyqtgraph sets the range of every axis ten times before it is first drawn."""
        if self.labelString() != self._written:
            self._written = self.labelString()
            super()._updateLabel()
        else:
            self._adjustSize()
            self.picture = None
            self.update()

    def labelString(self) -> str:
        """Return the label without pyqtgraph's own unit."""
        return self._styled(self.labelText)

    def _styled(self, text: str) -> str:
        style = ";".join(f"{key}: {value}" for key, value in self.labelStyle.items())
        return f"<span style='{style}'>{text}</span>"

    def bare(self, bare: bool = True) -> None:
        """Hide numbers and label if the plot below has the same axis."""
        self._bare = bare
        self.setStyle(showValues=not bare and not self._blank)
        self.showLabel(not bare)

    def show_numbers(self, shown: bool) -> None:
        """Show or hide ticks and numbers; an empty plot has none."""
        if self._blank == shown:
            self._blank = not shown
            self.setStyle(showValues=shown and not self._bare)

    def set_log(self, log: bool) -> None:
        """Label decades instead of values; the data must then be drawn at their logarithm to base 10."""
        self.log = log
        self.picture = None
        self.update()

    def value(self, coordinate: float) -> float:
        """Return the quantity at a coordinate of the plot."""
        return float(10.0**coordinate) if self.log else coordinate

    def reading(self, coordinate: float) -> str:
        """Return symbol, value and unit at a coordinate, rounded to about a pixel, as rich text."""
        if self.log:
            number = significant(self.value(coordinate))
        else:
            size = abs(self.range[1] - self.range[0]) or 1.0
            number = fixed_decimals(coordinate, 10.0 ** floor(log10(size / 300)))
        return f"{self.quantity.letter or self.quantity.symbol} = {number} {self.quantity.unit}".rstrip()

    def tickValues(self, minVal: float, maxVal: float, size: float) -> Ticks:
        """Return labelled ticks, then ticks without a label; two or more are labelled if there is room."""
        low, high = sorted((minVal, maxVal))
        if self._blank or not (np.isfinite(low) and np.isfinite(high)) or high <= low:
            return []
        key = (low, high, size, self.log)
        if key not in self._known:
            if len(self._known) >= KNOWN:
                self._known.clear()
            self._known[key] = self._tick_values(low, high, size)
        return self._known[key]

    def _tick_values(self, low: float, high: float, size: float) -> Ticks:
        most = min(max(size / PIXELS_A_TICK[self.orientation], 1.0), MOST_TICKS)
        usual = self._ticks(low, high, most)
        if len(self._seen(usual[0][1], low, high, size)) > 1:
            return usual
        for finer in FINER:
            ticks = self._ticks(low, high, most * finer)
            seen = self._seen(ticks[0][1], low, high, size)
            if len(seen) > 1:
                return [(ticks[0][0], seen), *ticks[1:]]
        return usual

    def _seen(self, values: list[float], low: float, high: float, size: float) -> list[float]:
        """Return the values whose label fits into the axis, or the first and the last if they are too close."""
        room = LABEL[self.orientation] * (high - low) / max(size, 1.0)
        inside = [x for x in values if low + room / 2 <= x <= high - room / 2]
        if len(inside) > 2 and min(b - a for a, b in pairwise(inside)) < room:
            inside = [inside[0], inside[-1]]
        return inside if len(inside) < 2 or inside[-1] - inside[0] >= room else []

    def _ticks(self, low: float, high: float, most: float) -> Ticks:
        if self.log and high - low > 1.0:
            return _decades(low, high, most)
        if self.log:
            step = round_step((10.0**high - 10.0**low) / most)
            return [(0.5, [log10(x) for x in _multiples(10.0**low, 10.0**high, step) if x > 0])]
        step = round_step((high - low) / most)
        fine = step / SUB_TICKS[round(step / 10.0 ** floor(log10(step) + 1e-9), 6)]
        return [(step, _multiples(low, high, step)), (fine, _multiples(low, high, fine, but=step))]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Return the labels of ticks."""
        if not self.log:
            return [fixed_decimals(value, spacing) for value in values]
        if spacing >= 1.0:
            return [power(round(value)) for value in values]
        numbers = [10.0**value for value in values]
        texts = [plain_number(number) for number in numbers]
        if len(set(texts)) == len(texts):
            return texts
        finest = min(b - a for a, b in pairwise(numbers))
        return [fixed_decimals(number, finest) for number in numbers]

    def resizeEvent(self, ev: Any = None) -> None:
        """Write the longest of the labels that fits the length of the axis, else nothing."""
        if self.orientation == "left" and self.label is not None:
            self._fit_label()
        super().resizeEvent(ev)
        if self.orientation == "left" and self.label is not None:
            self.label.setX(1.0)
            if not self.label.rotation():
                self.label.setY((self.size().height() - self.label.boundingRect().height()) / 2.0)

    def _fit_label(self) -> None:
        room, upright = self.size().height() + LABEL_BEYOND, self.label.setRotation
        upright(-90.0)
        short = next((x for x in self.quantity.labels if self._label_width(x) <= room), "")
        if not short and self.quantity.unit:
            short = self.quantity.unit
            upright(0.0)
        elif short == self.quantity.unit and self.size().height() < LOW_ROW:
            upright(0.0)  # V on its side is >
        self._label_width(short)
        self.words_cut = "" if self.quantity.unit or short == self.quantity.label else self.quantity.label
        low = not self.label.rotation() and self._tallest_letter() > room
        self.label.setOpacity(0.0 if low else 1.0)

    def _tallest_letter(self) -> float:
        document = self.label.document()
        return float(self.label.boundingRect().height()) - 2.0 * float(document.documentMargin())

    def _label_width(self, text: str) -> float:
        """Write the label and return its width, in pixels."""
        if self._styled(text) != self._written:
            self._written = self._styled(text)
            self.label.setHtml(self._written)
        return float(self.label.boundingRect().width())

    @property
    def ticks(self) -> list[float]:
        """Coordinates of the labelled ticks."""
        length = self.size().height() if self.orientation == "left" else self.size().width()
        levels = self.tickValues(self.range[0], self.range[1], length)
        return levels[0][1] if levels else []


def plain_number(value: float) -> str:
    """Format a number with at most three digits and no trailing zeros."""
    if PLAIN_FROM <= abs(value) < PLAIN_TO:
        return minus(f"{float(f'{value:.3g}'):.10g}")  # 5000, where .3g alone gives 5e+03
    return significant(value)


def round_step(least: float) -> float:
    """Return the smallest 1, 2 or 5 times a power of ten that is not less than ``least``."""
    decade = 10.0 ** floor(log10(least))
    return next(decade * m for m in (1.0, 2.0, 5.0, 10.0) if decade * m >= least * (1 - 1e-9))


def _multiples(low: float, high: float, step: float, but: float = 0.0) -> list[float]:
    numbers = np.arange(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)
    if but:
        numbers = numbers[numbers % round(but / step) != 0]
    return [float(n) for n in numbers * step]


def _decades(low: float, high: float, most: float) -> Ticks:
    step = ceil((high - low) / most)
    labelled = _multiples(low, high, float(step))
    if step > 1:
        return [(float(step), labelled), (1.0, _multiples(low, high, 1.0, but=float(step)))]
    if (high - low < FEW_DECADES and most >= 3) or most >= 2 * (high - low):
        labels = [n + x for n in range(floor(low), ceil(high)) for x in (0.0, log10(2.0), log10(5.0))]
        return [(0.5, [x for x in labels if low <= x <= high])]
    between = [n + float(x) for n in range(floor(low), ceil(high)) for x in np.log10(np.arange(2, 10))]
    return [(1.0, labelled), (0.1, [x for x in between if low <= x <= high])]


class Grid(pg.GraphicsObject):
    """Dotted lines at the labelled ticks, behind everything."""

    def __init__(self, across: ReadableAxis, up: ReadableAxis) -> None:
        super().__init__()
        self._across, self._up = across, up
        self._pen = pg.mkPen("#888888")
        self.setZValue(-100)

    def dress(self, colours: Palette) -> None:
        """Apply the theme's colour."""
        self._pen = pg.mkPen(colours.grid, width=1)
        self._pen.setDashPattern([1, 5])
        self.update()

    def boundingRect(self) -> Any:
        """Return the visible part of the plot."""
        return self.viewRect()

    def viewRangeChanged(self) -> None:
        """Redraw for another range."""
        self.prepareGeometryChange()
        self.update()

    def paint(self, painter: Any, *_: Any) -> None:
        """Draw the lines."""
        seen = self.viewRect()
        painter.setPen(self._pen)
        for x in self._across.ticks:
            painter.drawLine(pg.QtCore.QLineF(x, seen.top(), x, seen.bottom()))
        for y in self._up.ticks:
            painter.drawLine(pg.QtCore.QLineF(seen.left(), y, seen.right(), y))
