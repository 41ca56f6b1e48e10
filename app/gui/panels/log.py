"""What happened, in sentences, with its time; as much of it as one wants to see."""

import logging
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from html import escape

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from app.gui.theme import MEDIUM, SMALL, Theme, tabular

KEPT = 5000
LEVELS = {"everything": logging.INFO, "warnings and errors": logging.WARNING, "errors": logging.ERROR}
COLOURS = {logging.WARNING: "warning", logging.ERROR: "danger", logging.CRITICAL: "danger"}


@dataclass(frozen=True)
class Entry:
    """One sentence; ``time_s`` since 1970."""

    level: int
    time_s: float
    text: str


class LogPanel(QWidget):
    """The log, the newest at the bottom.

    Parameters
    ----------
    theme : Theme
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.entries: deque[Entry] = deque(maxlen=KEPT)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setMaximumBlockCount(KEPT)
        self.text.setFont(tabular(self.text.font()))
        self.text.setPlaceholderText("What the bench does and what goes wrong is told here.")
        self.text.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.choice = QComboBox()
        self.choice.addItems(list(LEVELS))
        self.choice.currentIndexChanged.connect(self._fill)
        self.choice.setToolTip("How much of the log is shown; nothing of it is lost.")
        label = QLabel("S&how")
        label.setBuddy(self.choice)
        head = QHBoxLayout()
        head.setSpacing(MEDIUM)
        head.addWidget(label)
        head.addWidget(self.choice)
        head.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(MEDIUM, SMALL, MEDIUM, MEDIUM)
        whole.setSpacing(SMALL)
        whole.addLayout(head)
        whole.addWidget(self.text, 1)
        theme.changed.connect(self._fill)

    def add(self, level: int | str, time_s: float, text: str) -> None:
        """Take a sentence."""
        number = (
            level
            if isinstance(level, int)
            else logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
        )
        entry = Entry(number, time_s, text)
        self.entries.append(entry)
        if self._wanted(entry):
            self.text.appendHtml(self._html(entry))

    def _wanted(self, entry: Entry) -> bool:
        return entry.level >= LEVELS[self.choice.currentText()]

    def _html(self, entry: Entry) -> str:
        colours = self.theme.palette
        when = datetime.fromtimestamp(entry.time_s).strftime("%H:%M:%S")
        colour = getattr(colours, COLOURS.get(entry.level, "text"))
        text = escape(entry.text).replace("\n", "<br>")
        return f'<span style="color:{colours.quiet}">{when}</span>&nbsp; <span style="color:{colour}">{text}</span>'

    def _fill(self) -> None:
        self.text.clear()
        for entry in self.entries:
            if self._wanted(entry):
                self.text.appendHtml(self._html(entry))
