"""Last message at the bottom of a window: an error stays until it is dismissed, other messages fade."""

import logging

from PyQt6.QtCore import QEvent, QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QColor, QMouseEvent, QPalette, QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QStatusBar, QToolButton, QWidget

from app.gui.widgets.theme import MEDIUM, SMALL, Theme, tabular

FADES_MS = {logging.INFO: 10_000, logging.WARNING: 30_000}
"""Time for which a message of a level is shown; an error stays."""
COLOURS = {logging.INFO: "text", logging.WARNING: "warning"}


class MessageLine(QStatusBar):
    """Line of constant height.

    Parameters
    ----------
    theme : Theme
    """

    log_asked = pyqtSignal()
    """The message was clicked: show it in full in the log."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.text, self.level = "", logging.INFO
        self._errors = 0
        self.label = QLabel()
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setFont(tabular(self.label.font()))
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.label.installEventFilter(self)
        self.close_button = QToolButton()
        self.close_button.setText("×")
        self.close_button.setAutoRaise(True)
        self.close_button.setAccessibleName("dismiss the message")
        self.close_button.setToolTip("Dismiss (the message stays in the log)")
        self.close_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.close_button.clicked.connect(self.dismiss)
        policy = self.close_button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.close_button.setSizePolicy(policy)
        inside = QWidget()
        row = QHBoxLayout(inside)
        row.setContentsMargins(MEDIUM, 0, SMALL, 0)
        row.addWidget(self.label, 1)
        row.addWidget(self.close_button)
        self.setSizeGripEnabled(False)
        self.addWidget(inside, 1)
        self._fade = QTimer(self)
        self._fade.setSingleShot(True)
        self._fade.timeout.connect(self.dismiss)
        theme.changed.connect(self._show)
        self._show()

    def tell(self, level: int, text: str) -> None:
        """Show a message; only another error replaces an error that has not been dismissed."""
        error = level >= logging.ERROR
        if self._errors and not error:
            return
        self._errors += error
        self.level, self.text = level, text
        self._fade.stop()
        if not error:
            self._fade.start(FADES_MS[logging.WARNING if level >= logging.WARNING else logging.INFO])
        self._show()

    def dismiss(self) -> None:
        """Clear the message."""
        self._fade.stop()
        self._errors, self.level, self.text = 0, logging.INFO, ""
        self._show()

    def stop(self) -> None:
        """Stop the timer as the window closes."""
        self._fade.stop()

    def _show(self) -> None:
        more = f"  ({self._errors - 1} more in the log)" if self._errors > 1 else ""
        message = " ".join(self.text.split())
        room = self.label.width() - self.label.fontMetrics().horizontalAdvance(more)
        self.label.setText(
            self.label.fontMetrics().elidedText(message, Qt.TextElideMode.ElideRight, room) + more
        )
        self.label.setToolTip(f"{self.text}\n\nClick to show the log" if self.text else "")
        self.label.setAccessibleName(self.text)
        self.close_button.setVisible(bool(self.text))
        palette = self.label.palette()
        colour = getattr(self.theme.palette, COLOURS.get(self.level, "danger"))
        palette.setColor(QPalette.ColorRole.WindowText, QColor(colour))
        self.label.setPalette(palette)

    def resizeEvent(self, a0: QResizeEvent | None) -> None:
        """Cut the message to the new width."""
        super().resizeEvent(a0)
        self._show()

    def eventFilter(self, a0: QObject | None, a1: QEvent | None) -> bool:
        """Show the log and clear the message when it is clicked."""
        if a0 is self.label and isinstance(a1, QMouseEvent) and a1.type() == QEvent.Type.MouseButtonRelease:
            if self.text:
                self.log_asked.emit()
                self.dismiss()
            return True
        if a0 is self.label and a1 is not None and a1.type() == QEvent.Type.Resize:
            self._show()
        return super().eventFilter(a0, a1)
