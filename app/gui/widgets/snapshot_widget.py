"""Widget that draws immutable snapshots, and only while it is visible."""

from typing import Generic, TypeVar

from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QWidget

from app.gui.widgets.theme import Theme

Snapshot = TypeVar("Snapshot")


class SnapshotWidget(QWidget, Generic[Snapshot]):
    """Widget that draws the newest snapshot of one view model.

    Parameters
    ----------
    theme : Theme
    """

    title = ""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._given: Snapshot | None = None
        self._drawn: Snapshot | None = None

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
        """Show the content of a snapshot."""
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

    def redraw(self) -> None:
        """Draw the last snapshot again after a display setting has changed."""
        if self._drawn is not None:
            self._draw_given()
