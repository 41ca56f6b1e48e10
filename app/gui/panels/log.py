"""What happened, in sentences, with its time; as much of it as one wants to see."""

import logging
from bisect import insort
from dataclasses import dataclass
from datetime import datetime
from html import escape

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from app.gui.theme import MEDIUM, SMALL, Theme, tabular

KEPT = 5000
LEAST_LINES = 1
FILL_MS = 200
"""Time between two sortings of sentences that are told late."""
LEVELS = {"everything": logging.INFO, "warnings and errors": logging.WARNING, "errors": logging.ERROR}
COLOURS = {logging.WARNING: "warning", logging.ERROR: "danger", logging.CRITICAL: "danger"}


@dataclass(frozen=True)
class Entry:
    """One sentence; ``time_s`` since 1970 is when it happened, which may be long before it was told."""

    level: int
    time_s: float
    text: str


class LogPanel(QWidget):
    """The log in the order of what happened, the newest at the bottom.

    Parameters
    ----------
    theme : Theme
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.entries: list[Entry] = []
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setMaximumBlockCount(KEPT)
        self.text.setFont(tabular(self.text.font()))
        self.text.setPlaceholderText("What happens and what goes wrong appears here.")
        self.text.setMinimumHeight(LEAST_LINES * self.text.fontMetrics().height())
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
        self._fill_soon = QTimer(self)
        self._fill_soon.setSingleShot(True)
        self._fill_soon.timeout.connect(self._fill)
        theme.changed.connect(self._fill)

    def add(self, level: int | str, time_s: float, text: str) -> None:
        """Take a sentence; one that is told late stands where it belongs."""
        number = (
            level
            if isinstance(level, int)
            else logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
        )
        entry = Entry(number, time_s, text)
        late = bool(self.entries) and time_s < self.entries[-1].time_s
        insort(self.entries, entry, key=lambda one: one.time_s)
        del self.entries[:-KEPT]
        if late and not self._fill_soon.isActive():
            self._fill_soon.start(FILL_MS)
        if late:
            return
        if self._wanted(entry):
            self.text.appendHtml(self._html(entry))

    def _wanted(self, entry: Entry) -> bool:
        return entry.level >= LEVELS[self.choice.currentText()]

    def _html(self, entry: Entry) -> str:
        colours = self.theme.palette
        colour = getattr(colours, COLOURS.get(entry.level, "text"))
        text = escape(entry.text).replace("\n", "<br>")
        when = clock(entry.time_s)
        return f'<span style="color:{colours.quiet}">{when}</span>&nbsp; <span style="color:{colour}">{text}</span>'

    def _fill(self) -> None:
        self._fill_soon.stop()
        bar = self.text.verticalScrollBar()
        assert bar is not None
        place = None if bar.value() == bar.maximum() else bar.value()
        self.text.clear()
        for entry in self.entries:
            if self._wanted(entry):
                self.text.appendHtml(self._html(entry))
        if place is not None:
            bar.setValue(place)


def clock(time_s: float, now_s: float | None = None) -> str:
    """Return the time of day, with the day where it is not that of ``now_s`` (by default, today)."""
    when = datetime.fromtimestamp(time_s)
    now = datetime.now() if now_s is None else datetime.fromtimestamp(now_s)
    return when.strftime("%H:%M:%S" if when.date() == now.date() else "%Y-%m-%d %H:%M:%S")
