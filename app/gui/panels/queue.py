"""The queue of runs: order, progress, time left; what can be done with them."""

from collections.abc import Mapping, Sequence
from typing import Any

from PyQt6.QtCore import QModelIndex, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainter
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.durations import roughly
from app.gui.jobs import reason_of, title_of, told_of
from app.gui.panels.selection import calm
from app.gui.theme import MEDIUM, SMALL, Theme
from app.serve.newest import KnownState

WAITING, RUNNING, OVER = ("waiting",), ("running", "paused", "saving"), ("finished", "aborted", "fault")
JOB = int(Qt.ItemDataRole.UserRole)
SHARE = JOB + 1
OVER_SHOWN = 20
STATUS_WORDS = {"saving": "saving …"}


class QueuePanel(QWidget):
    """Jobs as the bench tells of them. What is asked for comes as signals.

    Parameters
    ----------
    theme : Theme
    """

    pause_asked = pyqtSignal()
    resume_asked = pyqtSignal()
    abort_asked = pyqtSignal(int)
    remove_asked = pyqtSignal(int)
    move_asked = pyqtSignal(int, int)
    """Job, and its new place among those that wait."""
    open_asked = pyqtSignal(str)
    """A recording of a run that is over."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.known = KnownState()
        self._build()
        theme.changed.connect(self._fill)
        self._follow()

    def _build(self) -> None:
        self.table = QTableWidget(0, 3)
        self.table.setHorizontalHeaderLabels(["run", "progress", "left"])
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setShowGrid(False)
        calm(self.table, self.theme)
        self.table.setTabKeyNavigation(False)
        self.table.setToolTip(
            "The run under way, those that wait, and those that are over (double click opens them)"
        )
        self.table.setWordWrap(False)
        self.table.setItemDelegate(ProgressDelegate(self.theme, self.table))
        rows, columns = self.table.verticalHeader(), self.table.horizontalHeader()
        assert rows is not None and columns is not None
        rows.hide()
        rows.setDefaultSectionSize(self.fontMetrics().height() + MEDIUM)
        columns.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        columns.setHighlightSections(False)
        for column, widest in ((1, "100000/100000"), (2, "finished 88")):
            columns.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self.table.setColumnWidth(column, self.fontMetrics().horizontalAdvance(widest))
        self.table.itemSelectionChanged.connect(self._follow)
        self.table.itemDoubleClicked.connect(self._opened)
        self.hint = QLabel()
        self.hint.setWordWrap(True)
        self.pause = self._button("Pause")
        self.abort, self.remove = self._button("A&bort"), self._button("Remo&ve")
        self.up, self.down = self._button("&Up"), self._button("Do&wn")
        whole = QVBoxLayout(self)
        whole.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        whole.setSpacing(MEDIUM)
        whole.addWidget(self.table, 1)
        whole.addWidget(self.hint)
        whole.addWidget(_row(self.pause, self.abort))
        whole.addWidget(_row(self.remove, self.up, self.down))
        self.pause.clicked.connect(self.toggle_pause)
        self.abort.clicked.connect(self.abort_present)
        self.remove.clicked.connect(lambda: self.remove_asked.emit(self.chosen["id"]))
        self.up.clicked.connect(lambda: self._move(-1))
        self.down.clicked.connect(lambda: self._move(+1))

    def _button(self, words: str) -> QPushButton:
        button = QPushButton(words)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    # ---- what the bench tells ----

    @property
    def jobs(self) -> dict[int, dict[str, Any]]:
        """Every job by its number."""
        return self.known.jobs

    @property
    def held(self) -> str:
        """Return why no run starts; "" if one may."""
        return str(self.known.state.get("held", ""))

    def show_state(self, state: Mapping[str, Any]) -> None:
        """Take the whole queue, and whether it is held."""
        if self.known.take_state(state):
            self._fill()

    def show_job(self, job: Mapping[str, Any]) -> None:
        """Take one job, as it is now."""
        new = job["id"] not in self.jobs
        if not self.known.take_job(job):
            return
        if new:
            self._fill()
            return
        for row, shown in enumerate(self._shown()):
            if shown["id"] == job["id"]:
                self._write(row, shown)
        self._follow()

    def _shown(self) -> list[dict[str, Any]]:
        """What is under way, what waits, then what is over, the latest first."""
        of = self._with
        return [*of(RUNNING), *of(WAITING), *reversed(of(OVER)[-OVER_SHOWN:])]

    def _with(self, statuses: Sequence[str]) -> list[dict[str, Any]]:
        return [job for job in self.jobs.values() if job["status"] in statuses]

    def _fill(self) -> None:
        chosen = self.chosen.get("id")
        shown = self._shown()
        self.table.blockSignals(True)
        self.table.setRowCount(len(shown))
        for row, job in enumerate(shown):
            self._write(row, job)
        self.table.clearSelection()
        wanted = next((row for row, job in enumerate(shown) if job["id"] == chosen), 0 if shown else -1)
        if wanted >= 0:
            self.table.selectRow(wanted)
        self.table.blockSignals(False)
        self._follow()

    def _write(self, row: int, job: Mapping[str, Any]) -> None:
        colours = self.theme.palette
        over = job["status"] in OVER
        failed = colours.warning if job.get("refused") else colours.danger
        colour = {"fault": failed, "paused": colours.warning}.get(
            job["status"], colours.quiet if over else colours.text
        )
        texts = (title_of(job), f"{job['cycles']}/{job['total']}", left_of(job))
        for column, text in enumerate(texts):
            item = self.table.item(row, column) or QTableWidgetItem()
            item.setText(text)
            item.setForeground(QColor(colour))
            item.setToolTip(told_of(job))
            item.setData(JOB, job["id"])
            font = item.font()
            font.setBold(job["status"] in RUNNING)
            item.setFont(font)
            item.setTextAlignment(
                Qt.AlignmentFlag.AlignVCenter
                | (Qt.AlignmentFlag.AlignRight if column == 1 else Qt.AlignmentFlag.AlignLeft)
            )
            item.setData(SHARE, share_of(job) if column == 1 and not over else None)
            if self.table.item(row, column) is None:
                self.table.setItem(row, column, item)

    # ---- what can be done ----

    @property
    def chosen(self) -> dict[str, Any]:
        """The job that is selected; empty without one."""
        row = self.table.currentRow()
        item = self.table.item(row, 0) if self.table.selectedItems() and row >= 0 else None
        return self.jobs.get(item.data(JOB), {}) if item is not None else {}

    @property
    def present(self) -> dict[str, Any]:
        """The job under way; empty without one."""
        return next(iter(self._with(RUNNING)), {})

    @property
    def waiting(self) -> list[dict[str, Any]]:
        """Jobs that wait, in their order."""
        return self._with(WAITING)

    def _follow(self) -> None:
        status = self.chosen.get("status", "")
        places = [job["id"] for job in self.waiting]
        place = places.index(self.chosen["id"]) if status in WAITING else -1
        self.pause.setText("Resume" if self.held else "Pause")
        idle = not self.present and not places
        _allow(
            self.pause,
            "Nothing runs and nothing waits." if idle and not self.held else "",
            "Before the next approach (Space)",
        )
        _allow(
            self.abort,
            "" if self.present.get("status") in ("running", "paused") else "Nothing runs.",
            "Ends the run under way safely: bias 0 V, tip back; what was recorded stays.",
        )
        waits = "" if place >= 0 else "Select a run that waits."
        _allow(self.remove, waits, "Takes it from the queue.")
        _allow(self.up, waits or ("It is the next already." if place == 0 else ""), "Sooner")
        _allow(self.down, waits or ("It is the last already." if place == len(places) - 1 else ""), "Later")
        self._hint()

    def _hint(self) -> None:
        chosen, colours = self.chosen, self.theme.palette
        words = reason_of(chosen) if chosen else ""
        if self.held:
            held = f"{self.held[:1].upper()}{self.held[1:]}."
            words = held if self.known.state.get("unsafe") else f"{held} Press Resume to go on."
        elif not self.jobs:
            words = "Queued runs appear here and start one after another."
        self.hint.setText(words)
        palette = self.hint.palette()
        palette.setColor(self.hint.foregroundRole(), QColor(colours.warning if self.held else colours.quiet))
        self.hint.setPalette(palette)

    def toggle_pause(self) -> None:
        """Hold the queue, or let it go on."""
        (self.resume_asked if self.held else self.pause_asked).emit()

    def abort_present(self) -> None:
        """End the run under way."""
        if self.present:
            self.abort_asked.emit(self.present["id"])

    def _move(self, steps: int) -> None:
        places = [job["id"] for job in self.waiting]
        self.move_asked.emit(self.chosen["id"], places.index(self.chosen["id"]) + steps)

    def _opened(self, item: QTableWidgetItem) -> None:
        job = self.jobs.get(item.data(JOB), {})
        if job.get("status") in OVER:
            self.open_asked.emit(job["out"])


class ProgressDelegate(QStyledItemDelegate):
    """A cell with a bar behind its numbers."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Numbers as usual, the share that is done as a line below them."""
        super().paint(painter, option, index)
        share = index.data(SHARE)
        if painter is None or share is None:
            return
        area = QRectF(option.rect).adjusted(SMALL, option.rect.height() - SMALL, -SMALL, -1)
        painter.fillRect(area, QColor(self.theme.palette.edge))
        area.setWidth(area.width() * share)
        painter.fillRect(area, QColor(self.theme.palette.accent))


def share_of(job: Mapping[str, Any]) -> float:
    """From 0 to 1."""
    return min(job["cycles"] / job["total"], 1.0) if job["total"] else 0.0


def left_of(job: Mapping[str, Any]) -> str:
    """Time to go, or how it ended."""
    if job["status"] == "running":
        return roughly(job["left_s"]) if job["left_s"] is not None else "…"
    return "refused" if job.get("refused") else STATUS_WORDS.get(job["status"], job["status"])


def _row(*buttons: QPushButton) -> QWidget:
    row = QWidget()
    layout = QGridLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(SMALL)
    for column, button in enumerate(buttons):
        layout.addWidget(button, 0, column)
    return row


def _allow(button: QPushButton, reason: str, tip: str) -> None:
    button.setEnabled(not reason)
    button.setToolTip(reason or tip)
