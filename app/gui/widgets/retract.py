"""Retract button, always visible and enabled, and its keyboard shortcut."""

from PyQt6.QtCore import QEvent, QObject, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QKeyEvent, QPainter, QPaintEvent, QWindow
from PyQt6.QtWidgets import QPushButton, QSizePolicy, QWidget

from app.gui.widgets.theme import RADIUS, SMALL, Theme, tabular

TWICE_WITHIN_MS = 1000


LARGEST = 1.3
"""Largest scale of the word, in a high button."""


class RetractButton(QPushButton):
    """Large red button that is never disabled."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("RETRACT", parent)
        self.theme = theme
        self.setToolTip(
            "Set the bias to 0 V, stop the modulation and pull the tip back immediately, whatever is running.\n"
            "Pressing Esc twice within a second does the same from any window."
        )
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard focus where it was
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Return a size larger than everything else on the line."""
        return QSize(168, 56)

    def minimumSizeHint(self) -> QSize:
        """Return the full size: the button does not shrink."""
        return self.sizeHint()

    def keyPressEvent(self, a0: QKeyEvent | None) -> None:
        """Click on Return and Enter, too."""
        if a0 is not None and a0.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(a0)

    def paintEvent(self, ev: QPaintEvent | None) -> None:
        """Draw the label and the shortcut below it."""
        colours = self.theme.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill = QColor(colours.danger_fill)
        painter.setBrush(
            fill.darker(125) if self.isDown() else fill.lighter(108) if self.underMouse() else fill
        )
        painter.setPen(QColor(colours.text) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        painter.setPen(QColor(colours.on_danger))
        large = min(self.height() / self.sizeHint().height(), LARGEST)
        painter.setFont(tabular(self.font(), 16 * large, QFont.Weight.Bold))
        word = QRectF(self.rect()).adjusted(0, SMALL, 0, -self.height() * 0.38)
        painter.drawText(word, Qt.AlignmentFlag.AlignCenter, self.text())
        painter.setFont(tabular(self.font(), 9 * large))
        key = QRectF(self.rect()).adjusted(0, self.height() * 0.60, 0, -SMALL)
        painter.drawText(key, Qt.AlignmentFlag.AlignCenter, "Esc Esc")
        painter.end()


class DoubleEscFilter(QObject):
    """Event filter that reports two presses of Esc within a second in any window or dialog; passes all keys on.

    Install it on the application with ``installEventFilter``.
    """

    pressed = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._last_ms: int | None = None

    def eventFilter(self, a0: QObject | None, a1: QEvent | None) -> bool:
        """Check key presses as they reach a window, before any widget handles them."""
        if (
            isinstance(a1, QKeyEvent)  # first: every event of the program passes here
            and a1.type() == QEvent.Type.KeyPress
            and isinstance(a0, QWindow)
            and not a1.isAutoRepeat()
        ):
            self.see(a1.key(), a1.timestamp())
        return False

    def see(self, key: int, time_ms: int) -> None:
        """Process a key press at a time in ms."""
        if key != Qt.Key.Key_Escape:
            self._last_ms = None
        elif self._last_ms is not None and time_ms - self._last_ms <= TWICE_WITHIN_MS:
            self._last_ms = None
            self.pressed.emit()
        else:
            self._last_ms = time_ms
