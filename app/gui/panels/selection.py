"""Quiet colours for selected rows; the accent colour is reserved for active elements."""

from PyQt6.QtCore import QObject
from PyQt6.QtGui import QColor, QPalette
from PyQt6.QtWidgets import QAbstractItemView

from app.gui.widgets.theme import Theme


class CalmSelection(QObject):
    """Shows the selection of a list or table in the theme's edge colour; ends with it."""

    def __init__(self, view: QAbstractItemView, theme: Theme) -> None:
        super().__init__(view)
        self._view, self._theme = view, theme
        self._colour()
        theme.changed.connect(self._colour)

    def _colour(self) -> None:
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.Highlight, QColor(self._theme.palette.edge))
        palette.setColor(QPalette.ColorRole.HighlightedText, QColor(self._theme.palette.text))
        self._view.setPalette(palette)
