"""Plot with a crosshair on its points, moved by the mouse, by keys, or by a linked plot above or below."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QEvent, QPoint, Qt, pyqtSignal
from PyQt6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent
from PyQt6.QtWidgets import QWidget

from app.gui.plots.axis import AxisQuantity, HiddenAxis, ReadableAxis
from app.gui.plots.layers import Frame, Layer
from app.gui.plots.menu import PanelMenu
from app.gui.plots.nearest import Datum, along, beside, nearest
from app.gui.plots.overlay import Overlay
from app.gui.widgets.theme import Theme

CROSSHAIR_STEP = 0.01
"""Step of the crosshair per key press, as a share of the visible points of a curve."""
SAME_POINT = 2.0
"""Distance in pixels within which a chosen point is found again after the axes have changed."""


class PanelView(pg.ViewBox):
    """Area inside the axes: a double click resets the plot, a right click opens the menu."""

    reset_asked = pyqtSignal()
    menu_asked = pyqtSignal(QPoint)

    def __init__(self) -> None:
        super().__init__(enableMenu=False, defaultPadding=0.0)

    def mouseClickEvent(self, ev: Any) -> None:
        """Reset on a double click; request the menu at the position of the mouse on a right click."""
        if ev.button() == Qt.MouseButton.LeftButton and ev.double():
            ev.accept()
            self.reset_asked.emit()
        elif ev.button() == Qt.MouseButton.RightButton:
            ev.accept()
            self.menu_asked.emit(ev.screenPos().toPoint())


class PointedPlot(pg.PlotWidget):
    """Plot with readable axes, a crosshair that reads in their units, and keyboard shortcuts."""

    message = pyqtSignal(str)
    """Message about an action on the plot, for the log."""
    crosshair_moved = pyqtSignal(object)
    """Horizontal coordinate of the crosshair; None when it is hidden."""
    menu: PanelMenu

    def __init__(self, theme: Theme, x: AxisQuantity, y: AxisQuantity, parent: QWidget | None = None) -> None:
        self.layers: list[Layer] = []
        self.inside = PanelView()
        self.x_axis, self.y_axis = ReadableAxis("bottom", x), ReadableAxis("left", y)
        hidden = {side: HiddenAxis(side) for side in ("top", "right")}
        axes = {"bottom": self.x_axis, "left": self.y_axis, **hidden}
        super().__init__(parent, viewBox=self.inside, axisItems=axes, enableMenu=False)
        for side in hidden:
            self.hideAxis(side)  # pyqtgraph shows an axis that it was given
        self.theme = theme
        self.cross = (pg.InfiniteLine(angle=90), pg.InfiniteLine(angle=0))
        for line in self.cross:
            line.setZValue(500)
            line.hide()
            self.inside.addItem(line, ignoreBounds=True)
        self.reading = Overlay(self.inside, (1.0, 1.0))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._mouse: Any = None
        self._datum: Datum | None = None
        self._read: tuple[float, float] | None = None
        self.scene().sigMouseMoved.connect(self._mouse_moved)
        self.inside.sigRangeChanged.connect(self.follow)

    def frame(self) -> Frame:
        """Return the current colours, scales and ranges."""
        raise NotImplementedError

    @property
    def is_empty(self) -> bool:
        """True if there is nothing to read."""
        return False

    def reset(self) -> None:
        """Reset the ranges."""
        raise NotImplementedError

    def read(self, datum: Datum | None) -> None:
        """Move the crosshair to a point and show its values; None hides it."""
        if datum is None:
            self.unpoint()
            return
        self._read = (self.x_axis.value(datum.x), self.y_axis.value(datum.y))
        for line, at in zip(self.cross, (datum.x, datum.y), strict=True):
            line.setValue(at)
            line.show()
        layer = datum.layer
        curves = [each for each in self.layers if not each.empty and each.reach[0]]
        words = [self.x_axis.reading(datum.x), self.y_axis.reading(datum.y)]
        remark = layer.remark(datum.index, self.y_axis.quantity.unit)
        if remark.startswith("±"):
            words[-1] += f" {remark}"
        elif remark:
            words.append(remark)
        if len(curves) > 1:
            words.append(layer.name)
        self.reading.show_html(",&nbsp; ".join(words))
        self.crosshair_moved.emit(datum.x)

    def point_at(self, x: float, y: float) -> None:
        """Read the point nearest to coordinates of the plot, if one is near."""
        self._datum = nearest(self.layers, self.frame(), (x, y), self._pixel)
        self.read(self._datum)

    @property
    def _pixel(self) -> tuple[float, float]:
        """Width and height of a pixel, in coordinates of the plot."""
        width, height = self.inside.viewPixelSize()
        return abs(width) or 1.0, abs(height) or 1.0

    def point_across(self, x: float | None) -> None:
        """Show the crosshair of a linked plot; None hides it."""
        self.cross[0].setVisible(x is not None)
        if x is not None:
            self.cross[0].setValue(x)

    def unpoint(self) -> None:
        """Hide the crosshair."""
        self._read = self._datum = None
        self._hide_cross()
        self.crosshair_moved.emit(None)

    def _hide_cross(self) -> None:
        for line in self.cross:
            line.hide()
        self.reading.show_html("")

    def copy_value(self) -> None:
        """Copy the reading of the crosshair."""
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None and self.reading.text:
            clipboard.setText(self.reading.text.replace("\N{NO-BREAK SPACE}", " "))
            self.message.emit(f"Copied: {clipboard.text()}")

    def _mouse_moved(self, position: Any) -> None:
        self._mouse = position
        if self.is_empty or not self.inside.sceneBoundingRect().contains(position):
            self.unpoint()
            return
        at = self.inside.mapSceneToView(position)
        self.point_at(at.x(), at.y())

    def follow(self, *_: object) -> None:
        """Read again after data or axes have changed; hide a crosshair whose point is gone."""
        if self._mouse is not None:
            self._mouse_moved(self._mouse)
        elif self._read is not None:
            frame = self.frame()
            x, y = (float(f(np.array([v]))[0]) for f, v in zip((frame.x, frame.y), self._read, strict=True))
            width, height = self._pixel
            datum = nearest(self.layers, frame, (x, y), (width, height))
            gone = (
                datum is None
                or abs(datum.x - x) > SAME_POINT * width
                or abs(datum.y - y) > SAME_POINT * height
            )
            self._datum = None if gone else datum
            self.read(self._datum)

    def viewportEvent(self, ev: QEvent | None) -> bool:
        """Suppress the tool tip of the tab, which would hide the data; show those of marks and of the plot."""
        handled: bool = super().viewportEvent(ev)
        if ev is not None and ev.type() == QEvent.Type.ToolTip and not ev.isAccepted() and not self.toolTip():
            ev.accept()
            return True
        return handled

    def leaveEvent(self, ev: QEvent | None) -> None:
        """Hide the crosshair when the mouse leaves."""
        self._mouse = None
        self.unpoint()
        super().leaveEvent(ev)

    def keyPressEvent(self, ev: QKeyEvent) -> None:
        """Move the crosshair with Alt+arrows, copy its reading with Ctrl+C, do what the menu says for other keys."""
        move = {
            Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Down: (0, -1), Qt.Key.Key_Up: (0, 1)
        }.get(Qt.Key(ev.key()))  # fmt: skip
        modifiers = ev.modifiers()
        if move and modifiers & Qt.KeyboardModifier.AltModifier:
            self._nudge(*move, 10.0 if modifiers & Qt.KeyboardModifier.ShiftModifier else 1.0)
        elif ev.key() == Qt.Key.Key_C and modifiers & Qt.KeyboardModifier.ControlModifier:
            self.copy_value()
        elif not modifiers and (action := self.menu.keys.get(ev.text().upper())) is not None:
            action.trigger()
        else:
            ev.ignore()
            return
        ev.accept()

    def _nudge(self, across: int, up: int, steps: float) -> None:
        """Go to the next point of a curve, or to another curve."""
        self._mouse = None
        frame = self.frame()
        if self._datum is None or up:
            self._datum = beside(self.layers, frame, self._datum, up)
        else:
            self._datum = along(self._datum, frame, across * CROSSHAIR_STEP * steps)
        self.read(self._datum)

    def contextMenuEvent(self, ev: QContextMenuEvent | None) -> None:
        """Open the menu on the menu key; the right mouse button is handled by the scene."""
        if ev is not None and ev.reason() == QContextMenuEvent.Reason.Keyboard:
            self.menu.popup(self.mapToGlobal(self.rect().center()))
            ev.accept()

    def focusInEvent(self, ev: Any) -> None:
        """Outline the plot that has the keyboard focus."""
        super().focusInEvent(ev)
        self.inside.setBorder(pg.mkPen(self.theme.palette.accent, width=1))

    def focusOutEvent(self, ev: Any) -> None:
        """Remove the outline."""
        super().focusOutEvent(ev)
        self.inside.setBorder(None)
