"""Log of events with their times, filtered by level."""

import logging
from bisect import insort
from dataclasses import dataclass
from datetime import datetime
from html import escape

from PyQt6.QtCore import QTimer
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QBoxLayout, QComboBox, QLabel, QPlainTextEdit, QWidget

from app.gui.widgets.theme import MEDIUM, SMALL, Theme, tabular

KEPT = 5000
LEAST_LINES = 1
NARROW = 420
"""Width in pixels below which the filter stands under the text."""
FILL_MS = 200
"""Interval at which the text is rebuilt after messages have arrived late."""
LEVELS = {"everything": logging.INFO, "warnings and errors": logging.WARNING, "errors": logging.ERROR}
COLOURS = {logging.WARNING: "warning", logging.ERROR: "danger", logging.CRITICAL: "danger"}


@dataclass(frozen=True)
class Entry:
    """Log message with the time of the event in s since 1970, which may be long before the message arrived."""

    level: int
    time_s: float
    text: str


class LogPanel(QWidget):
    """Log in the order of the events, the newest at the bottom.

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
        self.text.setPlaceholderText("Events, warnings and errors appear here.")
        self.text.setMinimumHeight(LEAST_LINES * self.text.fontMetrics().height())
        self.choice = QComboBox()
        self.choice.addItems(list(LEVELS))
        self.choice.currentIndexChanged.connect(self._fill)
        self.choice.setToolTip("Filter the log by level; hidden messages are kept.")
        label = QLabel("Displa&y")
        label.setBuddy(self.choice)
        self._filter = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._filter.setSpacing(SMALL)
        self._filter.addWidget(label)
        self._filter.addWidget(self.choice)
        self._filter.addStretch(1)
        self._whole = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._whole.setContentsMargins(MEDIUM, SMALL, MEDIUM, MEDIUM)
        self._whole.setSpacing(MEDIUM)
        self._whole.addWidget(self.text, 1)
        self._whole.addLayout(self._filter)
        self._fill_soon = QTimer(self)
        self._fill_soon.setSingleShot(True)
        self._fill_soon.timeout.connect(self._fill)
        theme.changed.connect(self._fill)

    def resizeEvent(self, a0: QResizeEvent | None) -> None:
        """Put the filter beside the text, as a low panel needs its lines, or below it in a narrow one."""
        super().resizeEvent(a0)
        narrow = self.width() < NARROW
        beside, below = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._whole.setDirection(below if narrow else beside)
        self._filter.setDirection(beside if narrow else below)

    def add(self, level: int | str, time_s: float, text: str) -> None:
        """Add a message; a late one is sorted in by its time."""
        number = (
            level
            if isinstance(level, int)
            else logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
        )
        entry = Entry(number, time_s, text)
        late = bool(self.entries) and time_s < self.entries[-1].time_s
        insort(self.entries, entry, key=lambda each: each.time_s)
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
        when = time_of_day(entry.time_s)
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


def time_of_day(time_s: float, now_s: float | None = None) -> str:
    """Return the time of day, with the date if it differs from that of ``now_s`` (by default, today)."""
    when = datetime.fromtimestamp(time_s)
    now = datetime.now() if now_s is None else datetime.fromtimestamp(now_s)
    return when.strftime("%H:%M:%S" if when.date() == now.date() else "%Y-%m-%d %H:%M:%S")
