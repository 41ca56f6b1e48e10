"""Label of several sentences, the most important first, for a place that may be too low for all of them."""

import re

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QLabel, QWidget

BETWEEN = re.compile(r"(?<=(?<!et al)\.) ")
MORE = "…"
LEAST_LINES = 2


class Sentences(QLabel):
    """Label that leaves out its last sentences where they do not fit; the tool tip then has them all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.whole = ""
        """All sentences."""
        self._room = 0
        self.setWordWrap(True)
        self.setMinimumHeight(LEAST_LINES * self.fontMetrics().height())
        self.setAlignment(Qt.AlignmentFlag.AlignTop)

    def tell(self, text: str) -> None:
        """Set the sentences."""
        self.whole = text
        self._fit()

    def limit(self, height: int) -> None:
        """Set the largest height, in pixels; 0 for any: then all sentences are whole, whatever gives way."""
        if height != self._room:
            self._room = height
            self._fit()

    def resizeEvent(self, a0: QResizeEvent | None) -> None:
        """Leave out what no longer fits."""
        super().resizeEvent(a0)
        self._fit()

    def _fit(self) -> None:
        sentences = BETWEEN.split(self.whole)
        shown = self.whole
        while len(sentences) > 1 and 0 < self._room < self._height(shown):
            sentences.pop()
            shown = " ".join((*sentences, MORE))
        if shown != self.text():
            self.setText(shown)
        self.setToolTip("" if shown == self.whole else self.whole)
        least = LEAST_LINES * self.fontMetrics().height()
        self.setMinimumHeight(least if self._room else max(least, self._height(shown)))

    def _height(self, text: str) -> int:
        wraps = Qt.TextFlag.TextWordWrap
        return self.fontMetrics().boundingRect(0, 0, max(self.width(), 1), 10_000, wraps, text).height()
