"""A sentence over the whole width that nobody overlooks: what is wrong, and what to do."""

from dataclasses import dataclass

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QFont, QPalette
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from app.gui.theme import LARGE, MEDIUM, SMALL, Theme, tabular

SENTENCE_PT = 13.0


@dataclass(frozen=True)
class Notice:
    """Something that must not be overlooked.

    Parameters
    ----------
    text : str
    danger : bool
        Red; otherwise amber.
    job : int or None
        Run whose end it is about: once it has been read it can be dismissed. None lasts as long as its cause.
    """

    text: str
    danger: bool = True
    job: int | None = None


class Alarm(QWidget):
    """Below the status line; not there while nothing is wrong.

    Parameters
    ----------
    theme : Theme
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.notice: Notice | None = None
        self._dismissed: int | None = None
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setFont(tabular(self.font(), SENTENCE_PT, QFont.Weight.Medium))
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.close_button = QToolButton()
        self.close_button.setText("×")
        self.close_button.setAutoRaise(True)
        self.close_button.setToolTip("Dismiss: the log has it.")
        self.close_button.setAccessibleName("dismiss")
        self.close_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.close_button.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(LARGE, SMALL, MEDIUM, SMALL)
        row.addWidget(self.words, 1)
        row.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        self.setAutoFillBackground(True)
        self.hide()
        theme.changed.connect(self._colour)

    def text(self) -> str:
        """Return what it says; "" when all is well."""
        return self.notice.text if self.notice is not None else ""

    def tell(self, notice: Notice | None) -> None:
        """Show it, unless it was dismissed; None when all is well."""
        if notice is not None and notice.job is not None and notice.job == self._dismissed:
            notice = None
        if notice == self.notice:
            return
        self.notice = notice
        self.words.setText(self.text())
        self.setAccessibleName(self.text())
        self.close_button.setVisible(notice is not None and notice.job is not None)
        self._colour()
        self.setVisible(notice is not None)

    def dismiss(self) -> None:
        """Hide it: it was read."""
        if self.notice is not None and self.notice.job is not None:
            self._dismissed = self.notice.job
            self.tell(None)

    def _colour(self) -> None:
        colours, palette = self.theme.palette, self.palette()
        danger = self.notice is None or self.notice.danger
        fill, words = (
            (colours.danger_fill, colours.on_danger) if danger else (colours.warning_fill, colours.on_warning)
        )
        palette.setColor(QPalette.ColorRole.Window, QColor(fill))
        for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
            palette.setColor(role, QColor(words))
        self.setPalette(palette)
