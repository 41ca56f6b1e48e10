"""Banner across the window that says what is wrong and what to do about it."""

from dataclasses import dataclass

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QFont, QPalette
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from app.gui.widgets.theme import LARGE, MEDIUM, SMALL, Theme, tabular

SENTENCE_PT = 13.0


@dataclass(frozen=True)
class Notice:
    """Text of the alarm.

    Parameters
    ----------
    text : str
    danger : bool
        Red if True, else amber.
    job : int or None
        Run that ended; its alarm can be dismissed. An alarm without a job lasts as long as its cause.
    """

    text: str
    danger: bool = True
    job: int | None = None


class Alarm(QWidget):
    """Banner below the status line, hidden while all is well.

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
        self.close_button.setToolTip("Dismiss (the message stays in the log)")
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
        """Return the text of the alarm; "" when all is well."""
        return self.notice.text if self.notice is not None else ""

    def tell(self, notice: Notice | None) -> None:
        """Show an alarm unless the user has dismissed it; hide the banner if ``notice`` is None."""
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
        """Hide the alarm of a run that ended."""
        if self.notice is not None and self.notice.job is not None:
            self._dismissed = self.notice.job
            self.tell(None)

    def _colour(self) -> None:
        colours, palette = self.theme.palette, self.palette()
        danger = self.notice is None or self.notice.danger
        fill, text = (
            (colours.danger_fill, colours.on_danger) if danger else (colours.warning_fill, colours.on_warning)
        )
        palette.setColor(QPalette.ColorRole.Window, QColor(fill))
        for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
            palette.setColor(role, QColor(text))
        self.setPalette(palette)
