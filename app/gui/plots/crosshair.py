"""Plot with a crosshair, moved by the mouse, by keys, or by a linked plot above or below."""

from typing import Any

import pyqtgraph as pg
from PyQt6.QtCore import QEvent, QPoint, Qt, pyqtSignal
from PyQt6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent
from PyQt6.QtWidgets import QMenu, QWidget

from app.gui.plots.axis import AxisQuantity, HiddenAxis, ReadableAxis
from app.gui.plots.overlay import Overlay
from app.gui.widgets.theme import Theme

CROSSHAIR_STEP = 0.01
"""Step of the crosshair per key press, as a fraction of the visible range."""


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
    menu: QMenu

    def __init__(self, theme: Theme, x: AxisQuantity, y: AxisQuantity, parent: QWidget | None = None) -> None:
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
        self.scene().sigMouseMoved.connect(self._mouse_moved)
        self.inside.sigRangeChanged.connect(self._follow)

    @property
    def is_empty(self) -> bool:
        """True if there is nothing to read."""
        return False

    def reset(self) -> None:
        """Reset the ranges."""
        raise NotImplementedError

    def point_at(self, x: float, y: float) -> None:
        """Move the crosshair to coordinates of the plot and show the reading."""
        for line, at in zip(self.cross, (x, y), strict=True):
            line.setValue(at)
            line.show()
        self.reading.show_html(self.x_axis.reading(x) + ",&nbsp; " + self.y_axis.reading(y))
        self.crosshair_moved.emit(x)

    def point_across(self, x: float | None) -> None:
        """Show the crosshair of a linked plot; None hides it."""
        self.cross[0].setVisible(x is not None)
        if x is not None:
            self.cross[0].setValue(x)

    def unpoint(self) -> None:
        """Hide the crosshair."""
        for line in self.cross:
            line.hide()
        self.reading.show_html("")
        self.crosshair_moved.emit(None)

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

    def _follow(self, *_: object) -> None:
        """Update the reading after the axes have changed; hide a crosshair outside of them."""
        if self._mouse is not None:
            self._mouse_moved(self._mouse)
        elif any(
            line.isVisible() and not low <= line.value() <= high
            for line, (low, high) in zip(self.cross, self.inside.viewRange(), strict=True)
        ):
            self.unpoint()

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
        """Move the crosshair with Alt+arrows, reset with R, copy the reading with Ctrl+C."""
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
        self._mouse = None
        (x0, x1), (y0, y1) = self.inside.viewRange()
        shown = self.cross[0].isVisible() and self.cross[1].isVisible()
        x, y = (self.cross[0].value(), self.cross[1].value()) if shown else ((x0 + x1) / 2, (y0 + y1) / 2)
        step = CROSSHAIR_STEP * steps
        x, y = x + across * step * (x1 - x0), y + up * step * (y1 - y0)
        self.point_at(min(max(x, x0), x1), min(max(y, y0), y1))

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
