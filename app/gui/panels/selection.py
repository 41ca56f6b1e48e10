"""Quiet colours for selected rows; the accent colour is reserved for active elements."""

from PyQt6.QtGui import QColor, QPalette
from PyQt6.QtWidgets import QAbstractItemView

from app.gui.widgets.theme import Theme


def calm(view: QAbstractItemView, theme: Theme) -> None:
    """Show the selection of a list or table in the theme's edge colour."""

    def colour() -> None:
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.Highlight, QColor(theme.palette.edge))
        palette.setColor(QPalette.ColorRole.HighlightedText, QColor(theme.palette.text))
        view.setPalette(palette)

    colour()
    theme.changed.connect(colour)
