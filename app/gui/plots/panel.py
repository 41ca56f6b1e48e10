"""The panel that every plot of the window is: axes with units, a crosshair, a menu, exports.

It is drawn for pixels: ranges are fixed by who draws, lines are thinned to what can be seen, pens are one
pixel wide and not smoothed where the lines are long.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import log10
from typing import Any, TypeVar

import pyqtgraph as pg
from PyQt6.QtCore import QEvent, QPoint, Qt, pyqtSignal
from PyQt6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent
from PyQt6.QtWidgets import QWidget

from app.gui.plots.axis import Grid, Quantity, ReadableAxis
from app.gui.plots.layers import Frame, Layer, union
from app.gui.plots.menu import PanelMenu
from app.gui.plots.overlay import Overlay
from app.gui.plots.ranges import Range, held
from app.gui.theme import LIGHT, MEDIUM, SMALL, Palette, Theme, tabular

AXIS_WIDTH = 64
"""Of every left axis, in pixels: plots above each other are aligned, and no number moves them."""
SMALL_PLOT = 250.0
"""A plot that is less high has no legend."""
CROSSHAIR_STEP = 0.01
L = TypeVar("L", bound=Layer)


class PanelView(pg.ViewBox):
    """What is inside the axes: a double click resets it, a right click asks for the menu."""

    reset_asked = pyqtSignal()
    menu_asked = pyqtSignal(QPoint)

    def __init__(self) -> None:
        super().__init__(enableMenu=True, defaultPadding=0.0)

    def raiseContextMenu(self, ev: Any) -> None:
        """Ask for the menu, where the mouse is."""
        self.menu_asked.emit(ev.screenPos().toPoint())

    def mouseClickEvent(self, ev: Any) -> None:
        """A double click resets."""
        if ev.button() == Qt.MouseButton.LeftButton and ev.double():
            ev.accept()
            self.reset_asked.emit()
            return
        super().mouseClickEvent(ev)


class PlotPanel(pg.PlotWidget):
    """A plot.

    Parameters
    ----------
    theme : Theme
    title : str
        What it is, in a few words: for file names and for screen readers.
    x, y : Quantity
    empty_text : str
        What will appear here and how to get it; shown as long as there is nothing to see.
    legend : tuple of float or None
        Where the legend stands, (0, 0) the upper left and (1, 1) the lower right corner.
    zero : bool
        Counts: the axis upward begins at zero.
    """

    said = pyqtSignal(str)
    """A sentence about what was done, for the log."""
    scale_changed = pyqtSignal()
    """An axis was made logarithmic or linear."""
    crosshair_moved = pyqtSignal(object)
    """Coordinate across, or None when the crosshair goes away."""

    def __init__(
        self,
        theme: Theme,
        title: str,
        x: Quantity,
        y: Quantity,
        empty_text: str = "",
        *,
        legend: tuple[float, float] | None = None,
        zero: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        self.inside = PanelView()
        self.x_axis, self.y_axis = ReadableAxis("bottom", x), ReadableAxis("left", y)
        axes = {"bottom": self.x_axis, "left": self.y_axis}
        super().__init__(parent, viewBox=self.inside, axisItems=axes, enableMenu=False)
        self.theme, self.title, self.empty_text = theme, title, empty_text
        self.setAccessibleName(title)
        self.layers: list[Layer] = []
        self._legend_names: tuple[str, ...] | None = None
        self._count_rows: tuple[str, ...] = ()
        self._homes: list[Range | None] = [None, None]
        self._fixed = [False, False]
        self._zero = zero
        self._zoomed = False
        self.grid_lines = Grid(self.x_axis, self.y_axis)
        self._build(legend)
        self._connect()
        self.recolour()

    def _build(self, legend: tuple[float, float] | None) -> None:
        self.y_axis.setWidth(AXIS_WIDTH)
        self.hideButtons()
        self.plotItem.layout.setContentsMargins(0, MEDIUM, MEDIUM, SMALL)
        self.inside.disableAutoRange()
        self.inside.addItem(self.grid_lines, ignoreBounds=True)
        self.cross = (pg.InfiniteLine(angle=90), pg.InfiniteLine(angle=0))
        for line in self.cross:
            line.setZValue(500)
            line.hide()
            self.inside.addItem(line, ignoreBounds=True)
        self.count = Overlay(self.inside, (1.0, 0.0))
        self.legend = Overlay(self.inside, legend or (0.0, 0.0))
        self._has_legend = legend is not None
        self._legend_on_top = legend is not None and legend[1] == 0.0
        self.reading = Overlay(self.inside, (1.0, 1.0))
        self.hint = Overlay(self.inside, (0.5, 0.5))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.menu = PanelMenu(self)

    def _connect(self) -> None:
        self.inside.sigRangeChangedManually.connect(self._was_zoomed)
        self.inside.sigResized.connect(lambda *_: self.refresh())
        self.inside.reset_asked.connect(self.reset)
        self.inside.menu_asked.connect(self.menu.popup)
        self.theme.changed.connect(self.recolour)
        self.scene().sigMouseMoved.connect(self._mouse_moved)

    def close(self) -> bool:
        """Close it as any widget; pyqtgraph would take it to pieces while Qt still paints it."""
        return QWidget.close(self)

    # what is drawn

    def add(self, layer: L) -> L:
        """Draw this layer too; it stays empty until it is set."""
        self.layers.append(layer)
        self.inside.addItem(layer.item, ignoreBounds=True)
        return layer

    def remove(self, layer: Layer) -> None:
        """Draw this layer no more."""
        self.layers.remove(layer)
        self.inside.removeItem(layer.item)

    def refresh(self) -> None:
        """Draw all layers as they were set: ranges first, for lines are thinned to them."""
        self._settle_ranges()
        frame = self.frame()
        for layer in self.layers:
            layer.refresh(frame)
        empty = self.is_empty
        width = max(self.inside.width() - 64.0, 80.0)
        text = f'<div align="center">{self.empty_text}</div>' if empty else ""
        self.hint.show_html(text, width if empty else None)
        self.grid_lines.setVisible(not empty)
        for axis in (self.x_axis, self.y_axis):
            axis.show_numbers(not empty)
        self._write_corners(frame.colours)

    def frame(self) -> Frame:
        """How things are shown now."""
        low, high = self.inside.viewRange()[0]
        return Frame(
            self._colours(),
            (self.x_axis.log, self.y_axis.log),
            (low, high),
            max(int(self.inside.width()), 100),
            self._thickness,
        )

    @property
    def is_empty(self) -> bool:
        """Nothing to see yet."""
        return all(layer.empty for layer in self.layers)

    def set_count(self, *rows: str) -> None:
        """How many traces, holds or samples this is of; in the corner. A small plot has the first row only."""
        self._count_rows = tuple(row for row in rows if row)

    def set_legend(self, names: Sequence[str]) -> None:
        """Only these layers stand in the legend, in this order."""
        self._legend_names = tuple(names)

    # ranges

    def set_home(self, x: Range | None = None, y: Range | None = None) -> None:
        """Fix what is shown at first and after a reset, in the axes' units; None follows the data."""
        for i, wanted in enumerate((x, y)):
            if wanted is not None:
                self._homes[i], self._fixed[i] = wanted, True

    @property
    def home(self) -> tuple[Range | None, Range | None]:
        """What is shown after a reset, across and upward."""
        return self._homes[0], self._homes[1]

    def reset(self) -> None:
        """Show everything again."""
        self._zoomed = False
        self._homes = [home if fixed else None for home, fixed in zip(self._homes, self._fixed, strict=True)]
        self.refresh()

    def set_quantity(self, axis: ReadableAxis, quantity: Quantity) -> None:
        """Show another quantity on an axis; it is as logarithmic as it was."""
        if quantity is not axis.quantity:
            axis.quantity = quantity
            axis.dress(self._colours(), tabular(self.font()))

    def set_log(self, axis: ReadableAxis, log: bool) -> None:
        """Make an axis logarithmic, or linear again."""
        axis.set_log(log)
        self.scale_changed.emit()
        self.reset()

    def _settle_ranges(self) -> None:
        if self._zoomed:
            return
        spans = [layer.spans() for layer in self.layers]
        for i, axis in enumerate((self.x_axis, self.y_axis)):
            if not self._fixed[i]:
                whole = union([one[i] for one in spans])
                self._homes[i] = self._range_of_data(axis, self._homes[i], whole, zero=self._zero and i == 1)
            home = self._homes[i]
            if home is None:
                continue
            low, high = self._coordinates(axis, home)
            if self.inside.viewRange()[i] != [low, high]:
                self.inside.setRange(
                    **{("xRange", "yRange")[i]: (low, high)}, padding=0, disableAutoRange=True
                )

    @staticmethod
    def _range_of_data(
        axis: ReadableAxis, shown: Range | None, data: Range | None, zero: bool
    ) -> Range | None:
        if not axis.log or data is None:
            return held(shown, data, zero=zero)
        low = data[0] if data[0] > 0 else max(data[1], 1e-12) * 1e-6
        shown = (log10(shown[0]), log10(shown[1])) if shown and shown[0] > 0 else None
        logs = held(shown, (log10(low), log10(max(data[1], low))))
        return None if logs is None else (10.0 ** logs[0], 10.0 ** logs[1])

    @staticmethod
    def _coordinates(axis: ReadableAxis, home: Range) -> Range:
        low, high = home
        if not axis.log:
            return low, high
        high = max(high, 1e-12)
        return log10(low if low > 0 else high * 1e-6), log10(high)

    def _was_zoomed(self, *_: object) -> None:
        self._zoomed = True
        self.refresh()

    # crosshair

    def point_at(self, x: float, y: float) -> None:
        """Put the crosshair at coordinates of the plot, and read them."""
        for line, at in zip(self.cross, (x, y), strict=True):
            line.setValue(at)
            line.show()
        self.reading.show_html(self.x_axis.reading(x) + ",&nbsp; " + self.y_axis.reading(y))
        self.crosshair_moved.emit(x)

    def point_across(self, x: float | None) -> None:
        """Show where a crosshair of a plot above or below is."""
        self.cross[0].setVisible(x is not None)
        if x is not None:
            self.cross[0].setValue(x)

    def unpoint(self) -> None:
        """Take the crosshair away."""
        for line in self.cross:
            line.hide()
        self.reading.show_html("")
        self.crosshair_moved.emit(None)

    def copy_value(self) -> None:
        """Copy what the crosshair reads."""
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None and self.reading.text:
            clipboard.setText(self.reading.text.replace("\N{NO-BREAK SPACE}", " "))
            self.said.emit(f"Copied: {clipboard.text()}")

    def _mouse_moved(self, position: Any) -> None:
        if not self.inside.sceneBoundingRect().contains(position):
            self.unpoint()
            return
        at = self.inside.mapSceneToView(position)
        self.point_at(at.x(), at.y())

    def leaveEvent(self, ev: QEvent | None) -> None:
        """The mouse has gone."""
        self.unpoint()
        super().leaveEvent(ev)

    def keyPressEvent(self, ev: QKeyEvent) -> None:
        """Alt and arrows move the crosshair, R resets, Ctrl+C copies the value."""
        move = {
            Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Down: (0, -1), Qt.Key.Key_Up: (0, 1)
        }.get(Qt.Key(ev.key()))  # fmt: skip
        modifiers = ev.modifiers()
        if move and modifiers & Qt.KeyboardModifier.AltModifier:
            self._nudge(*move, 10.0 if modifiers & Qt.KeyboardModifier.ShiftModifier else 1.0)
        elif ev.key() == Qt.Key.Key_C and modifiers & Qt.KeyboardModifier.ControlModifier:
            self.copy_value()
        elif ev.key() == Qt.Key.Key_R and not modifiers:
            self.reset()
        else:
            ev.ignore()
            return
        ev.accept()

    def _nudge(self, across: int, up: int, steps: float) -> None:
        (x0, x1), (y0, y1) = self.inside.viewRange()
        shown = self.cross[0].isVisible() and self.cross[1].isVisible()
        x, y = (self.cross[0].value(), self.cross[1].value()) if shown else ((x0 + x1) / 2, (y0 + y1) / 2)
        step = CROSSHAIR_STEP * steps
        x, y = x + across * step * (x1 - x0), y + up * step * (y1 - y0)
        self.point_at(min(max(x, x0), x1), min(max(y, y0), y1))

    def contextMenuEvent(self, ev: QContextMenuEvent | None) -> None:
        """The menu key opens the menu; the mouse's right button comes through the scene."""
        if ev is not None and ev.reason() == QContextMenuEvent.Reason.Keyboard:
            self.menu.popup(self.mapToGlobal(self.rect().center()))
            ev.accept()

    def focusInEvent(self, ev: Any) -> None:
        """Show that keys go here."""
        super().focusInEvent(ev)
        self.inside.setBorder(pg.mkPen(self.theme.palette.accent, width=1))

    def focusOutEvent(self, ev: Any) -> None:
        """Keys go elsewhere."""
        super().focusOutEvent(ev)
        self.inside.setBorder(None)

    # colours

    def recolour(self) -> None:
        """Take the theme's colours."""
        self._dress(self.theme.palette)
        self.refresh()

    @contextmanager
    def on_paper(self, thickness: float = 1.0) -> Iterator[None]:
        """Inside, the plot is drawn as it is exported: on white, without the crosshair."""
        self._paper, self._thickness = LIGHT, thickness
        self.inside.setBorder(None)
        pointed = [line for line in self.cross if line.isVisible()]
        for line in pointed:
            line.hide()
        reading = self.reading.toHtml() if self.reading.text else ""
        self.reading.show_html("")
        self._dress(LIGHT)
        self.refresh()
        try:
            yield
        finally:
            self._paper, self._thickness = None, 1.0
            for line in pointed:
                line.show()
            self.reading.show_html(reading)
            self.recolour()

    _paper: Palette | None = None
    _thickness = 1.0

    def _colours(self) -> Palette:
        return self._paper or self.theme.palette

    def _dress(self, colours: Palette) -> None:
        self.setBackground(colours.surface)
        font = tabular(self.font())
        for axis in (self.x_axis, self.y_axis):
            axis.dress(colours, font)
        self.grid_lines.dress(colours)
        for line in self.cross:
            line.setPen(pg.mkPen(colours.accent, width=1))
        for overlay, colour in (
            (self.count, colours.quiet),
            (self.legend, colours.text),
            (self.reading, colours.accent),
            (self.hint, colours.quiet),
        ):
            overlay.dress(colours, font, colour)

    def _write_corners(self, colours: Palette) -> None:
        """Count and legend; a small plot says in its tool tip what has no room in it."""
        small = self.inside.height() < SMALL_PLOT
        rows = self._count_rows[:1] if small else self._count_rows
        self.count.show_html(f'<div align="right">{"<br>".join(rows)}</div>' if rows else "")
        legend = "" if self.is_empty else self._legend(colours)
        self.legend.show_html("" if small else legend)
        crowded = self.count.boundingRect().width() + self.legend.boundingRect().width() > self.inside.width()
        self.legend.lower(self.count.boundingRect().height() if crowded and self._legend_on_top else 0.0)
        self.setToolTip("<br>".join(self._count_rows[1:]) + legend if small else "")

    def _legend(self, colours: Palette) -> str:
        if not self._has_legend:
            return ""
        named = {layer.name: layer for layer in self.layers if layer.key}
        if self._legend_names is None:
            chosen = [layer for layer in named.values() if not layer.empty]
        else:
            chosen = [named[name] for name in self._legend_names if name in named]
        rows = [
            f'<tr><td align="center" style="color:{layer.colour(colours)}">{layer.key}</td>'
            f"<td>&nbsp;{layer.legend_name or layer.name}</td></tr>"
            for layer in chosen
        ]
        return f'<table cellspacing="0">{"".join(rows)}</table>' if rows else ""
