"""What the widgets of all view models have in common: a picture comes, and is drawn only when somebody can see it."""

from typing import Generic, TypeVar

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QBoxLayout, QWidget

from app.gui.plots.panel import PlotPanel
from app.gui.theme import MEDIUM, Theme

Snapshot = TypeVar("Snapshot")


class View(QWidget, Generic[Snapshot]):
    """One or more panels that show the snapshots of one view model.

    Parameters
    ----------
    theme : Theme
    """

    title = ""
    said = pyqtSignal(str)
    """A sentence about what was done with one of its plots, for the log."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._given: Snapshot | None = None
        self._drawn: Snapshot | None = None
        self.waiting = ""
        """What is waited for, in place of how to get something; "" where nothing is under way."""

    @property
    def panels(self) -> tuple[PlotPanel, ...]:
        """Its plots."""
        return tuple(self.findChildren(PlotPanel))

    def present(self, snapshot: Snapshot) -> bool:
        """Draw this, now if it can be seen, otherwise when it is shown; True if something was drawn."""
        self._given = snapshot
        if snapshot is self._drawn or not self._seen:
            return False
        self._draw_given()
        return True

    @property
    def _seen(self) -> bool:
        window = self.window()
        return self.isVisible() and not (window is not None and window.isMinimized())

    def draw(self, snapshot: Snapshot) -> None:
        """Put the snapshot's numbers into the panels."""
        raise NotImplementedError

    def showEvent(self, ev: QShowEvent | None) -> None:
        """Catch up."""
        super().showEvent(ev)
        if self._given is not self._drawn:
            self._draw_given()

    def _draw_given(self) -> None:
        assert self._given is not None
        self._drawn = self._given
        self.draw(self._given)
        for panel in self.panels:
            panel.refresh()

    def redraw(self) -> None:
        """Draw the last snapshot again: something about how it is shown has changed."""
        if self._drawn is not None:
            self._draw_given()

    def wait_for(self, words: str) -> None:
        """Say this while there is nothing to see."""
        if words != self.waiting:
            self.waiting = words
            if self._seen and any(panel.is_empty for panel in self.panels):
                self.redraw()

    def _tell(self, *panels: PlotPanel) -> None:
        for panel in panels:
            panel.said.connect(self.said)

    def _lay_out(self, layout: QBoxLayout, *panels: QWidget) -> None:
        """Panels one after the other, with the usual distance."""
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(MEDIUM)
        for panel in panels:
            layout.addWidget(panel, 1)


def in_sight(widget: QWidget) -> bool:
    """Whether any of it can be seen; a dock behind a tab is visible to Qt, but lies outside of its window.

    ``QWidget.visibleRegion`` is of no use: it leaves out what children cover.
    """
    if not widget.isVisible() or widget.window() is None or widget.window().isMinimized():  # type: ignore[union-attr]
        return False
    seen, at = widget.rect(), widget
    while not at.isWindow():
        seen = seen.translated(at.pos())
        parent = at.parentWidget()
        if parent is None:
            break
        at = parent
        seen &= at.rect()
    return not seen.isEmpty()


LEFT_TO_RIGHT, TOP_DOWN = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
