"""Banner beside the menus that says what is wrong and what to do about it; its place is always kept free."""

from dataclasses import dataclass

from PyQt6.QtCore import QRect, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetrics, QPalette, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from app.gui.widgets.theme import LARGE, MEDIUM, Theme, tabular

SENTENCES_PT = (13.0, 11.5, 10.0, 9.0)
"""Sizes of the text; the largest that fits is used."""
HEIGHT = 38
"""Height in pixels, which the window always keeps free: two rows of the smallest text."""


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
    """Banner of constant height, hidden while all is well.

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
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
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
        row.setContentsMargins(LARGE, 1, MEDIUM, 1)
        row.addWidget(self.words, 1)
        row.addWidget(self.close_button)
        self.setFixedHeight(HEIGHT)
        policy = self.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.setSizePolicy(policy)
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
        self._fit()
        self.words.setToolTip(self.text())
        self.setAccessibleName(self.text())
        self.close_button.setVisible(notice is not None and notice.job is not None)
        self._colour()
        self.setVisible(notice is not None)

    def _fit(self) -> None:
        """Show the text in the largest size that fits; cut it if none does (the tool tip has all of it)."""
        room, text = self.words.size(), self.text()
        font = self.font()
        for points in SENTENCES_PT:
            font = tabular(self.font(), points, QFont.Weight.Medium)
            if _height(text, font, room.width()) <= room.height():
                break
        while " " in text and _height(text, font, room.width()) > room.height():
            text = f"{text.removesuffix(' …').rpartition(' ')[0]} …"
        self.words.setFont(font)
        self.words.setText(text)

    def resizeEvent(self, a0: QResizeEvent | None) -> None:
        """Fit the text to the new width."""
        super().resizeEvent(a0)
        self._fit()

    def showEvent(self, a0: QShowEvent | None) -> None:
        """Fit the text to the width."""
        super().showEvent(a0)
        self.layout().activate()  # type: ignore[union-attr]
        self._fit()

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


def _height(text: str, font: QFont, width: int) -> int:
    wrapped = Qt.TextFlag.TextWordWrap
    return QFontMetrics(font).boundingRect(QRect(0, 0, max(width, 1), 10_000), wrapped, text).height()
