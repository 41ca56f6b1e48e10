"""Button that starts something once for each press, of a heavy hand too."""

from PyQt6.QtGui import QKeyEvent, QMouseEvent
from PyQt6.QtWidgets import QPushButton


class StartButton(QPushButton):
    """Default button, which Enter presses; neither a key that is held down nor a double click presses it twice."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setDefault(True)
        self.setAutoDefault(True)

    def keyPressEvent(self, a0: QKeyEvent | None) -> None:
        """Leave out the repeats of a key."""
        if a0 is None or not a0.isAutoRepeat():
            super().keyPressEvent(a0)

    def mouseDoubleClickEvent(self, a0: QMouseEvent | None) -> None:
        """Leave out the second press."""
