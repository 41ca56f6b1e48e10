"""Base of the widgets of all view models; a snapshot is drawn only when the widget is visible."""

from collections.abc import Mapping
from typing import Generic, TypeVar
from weakref import ref

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QBoxLayout, QWidget

from app.gui.plots.panel import PlotPanel
from app.gui.plots.result_rows import Results
from app.gui.widgets.theme import MEDIUM, Theme

Snapshot = TypeVar("Snapshot")


class View(QWidget, Generic[Snapshot]):
    """Widget with one or more plots of the snapshots of one view model.

    Parameters
    ----------
    theme : Theme
    """

    title = ""
    message = pyqtSignal(str)
    """Message about an action on one of the plots, for the log."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._given: Snapshot | None = None
        self._drawn: Snapshot | None = None
        self._panels: list[PlotPanel] = []
        self.about: Mapping[str, str] = {}
        """Origin of the data, which exports contain."""
        self.waiting = ""
        """Text of empty plots during a run: what it is doing until data appear; "" without a run."""

    @property
    def panels(self) -> tuple[PlotPanel, ...]:
        """Plots of the view."""
        return tuple(self._panels or self.findChildren(PlotPanel))

    def present(self, snapshot: Snapshot) -> bool:
        """Draw a snapshot, at once if the view is visible, else when it is shown; return True if it was drawn."""
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
        """Set the data of the panels from a snapshot."""
        raise NotImplementedError

    def showEvent(self, ev: QShowEvent | None) -> None:
        """Draw the newest snapshot."""
        super().showEvent(ev)
        if self._given is not self._drawn:
            self._draw_given()

    def _draw_given(self) -> None:
        assert self._given is not None
        self._drawn = self._given
        self.draw(self._given)
        for panel in self.panels:
            panel.refresh()

    def origin(self) -> Mapping[str, str]:
        """Return the origin of the data and the results shown above the plots, for exports."""
        results = [text for label in self.findChildren(Results) if (text := label.plain)]
        return {**self.about, "Results": "; ".join(results)} if results else self.about

    def redraw(self) -> None:
        """Draw the last snapshot again after a display setting has changed."""
        if self._drawn is not None:
            self._draw_given()

    def wait_for(self, words: str) -> None:
        """Set the text of empty plots during a run."""
        if words != self.waiting:
            self.waiting = words
            if self._seen and any(panel.is_empty for panel in self.panels):
                self.redraw()

    def _tell(self, *panels: PlotPanel) -> None:
        """Take plots into the view: it refreshes them and passes their messages on."""
        this = ref(self)  # a plot must not keep its view

        def origin() -> Mapping[str, str]:
            view = this()
            return view.origin() if view is not None else {}

        for panel in panels:
            panel.message.connect(self.message)
            panel.origin = origin
            self._panels.append(panel)

    def _lay_out(self, layout: QBoxLayout, *panels: QWidget) -> None:
        """Add panels to a layout with the default spacing."""
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(MEDIUM)
        for panel in panels:
            layout.addWidget(panel, 1)


def in_sight(widget: QWidget) -> bool:
    """Return True if any part of a widget is visible.

    Qt reports a dock behind a tab as visible, although it lies outside of its window, and ``QWidget.visibleRegion``
    leaves out parts covered by children.
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
