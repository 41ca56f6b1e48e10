"""A sentence over the whole width that nobody overlooks: what is wrong, and what to do."""

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QFont, QPalette
from PyQt6.QtWidgets import QLabel, QSizePolicy, QWidget

from app.gui.theme import LARGE, MEDIUM, Theme, tabular

SENTENCE_PT = 13.0


class Alarm(QLabel):
    """Below the status line; not there while nothing is wrong.

    Parameters
    ----------
    theme : Theme
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.setWordWrap(True)
        self.setFont(tabular(self.font(), SENTENCE_PT, QFont.Weight.Medium))
        self.setContentsMargins(LARGE, MEDIUM, LARGE, MEDIUM)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAutoFillBackground(True)
        self.hide()
        theme.changed.connect(self._colour)
        self._colour()

    def tell(self, sentence: str) -> None:
        """Show it; "" when all is well."""
        if sentence != self.text():
            self.setText(sentence)
            self.setAccessibleName(sentence)
            self.setVisible(bool(sentence))

    def _colour(self) -> None:
        colours, palette = self.theme.palette, self.palette()
        palette.setColor(QPalette.ColorRole.Window, QColor(colours.danger_fill))
        palette.setColor(QPalette.ColorRole.WindowText, QColor(colours.on_danger))
        self.setPalette(palette)
