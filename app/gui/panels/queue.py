"""Queue of runs with order, progress and time left, and the buttons that change it."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from PyQt6.QtCore import QModelIndex, QRectF, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QColor, QDropEvent, QPainter
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

from app.console.durations import roughly
from app.gui.panels.selection import calm
from app.gui.widgets.theme import MEDIUM, SMALL, Theme
from app.server.job_text import job_details, reason_of, title_of
from app.server.latest_snapshots import KnownState
from app.server.messages import BenchState, JobState
from procedures.registry import PROCEDURES

WAITING, RUNNING, OVER = ("waiting",), ("running", "paused", "saving"), ("finished", "aborted", "fault")
JOB = int(Qt.ItemDataRole.UserRole)
SHARE = JOB + 1
OVER_SHOWN = 20
DONE_EVERY_MS = 10_000
"""Interval at which the time of the end of all runs is worked out again."""
STATUS_WORDS = {"saving": "saving …"}


class QueuePanel(QWidget):
    """Table of the bench's jobs; its buttons emit signals.

    Parameters
    ----------
    theme : Theme
    """

    pause_asked = pyqtSignal()
    resume_asked = pyqtSignal()
    abort_asked = pyqtSignal(int)
    remove_asked = pyqtSignal(int)
    move_asked = pyqtSignal(int, int)
    """Job and its new place in the queue."""
    open_asked = pyqtSignal(str)
    """Recording of a finished run."""
    again_asked = pyqtSignal(object)
    """Job whose settings are to run once more, at the end of the queue."""
    form_asked = pyqtSignal(object)
    """Job whose settings are to be shown in the form."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.known = KnownState()
        self._build()
        theme.changed.connect(self._fill)
        self._follow()

    def _build(self) -> None:
        self.table = JobTable(0, 3)
        self.table.setHorizontalHeaderLabels(["run", "progress", "left"])
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setShowGrid(False)
        calm(self.table, self.theme)
        self.table.setTabKeyNavigation(False)
        self.table.setToolTip(
            "Current, queued and finished runs; drag a queued run to its place, double-click a finished one to open "
            "its recording"
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
        self.table.dropped.connect(self._dropped)
        self.all_done = QLabel()
        self.all_done.setToolTip("Time at which every queued run is over, if all goes as expected")
        self.hint = QLabel()
        self.hint.setWordWrap(True)
        self.pause = self._button("Pause")
        self.abort, self.remove = self._button("A&bort"), self._button("Remo&ve")
        self.up, self.down = self._button("&Up"), self._button("Do&wn")
        self.again, self.to_form = self._button("A&gain"), self._button("To &form")
        whole = QVBoxLayout(self)
        whole.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        whole.setSpacing(MEDIUM)
        whole.addWidget(self.table, 1)
        whole.addWidget(self.all_done)
        whole.addWidget(self.hint)
        whole.addWidget(_row(self.pause, self.abort))
        whole.addWidget(_row(self.remove, self.up, self.down))
        whole.addWidget(_row(self.again, self.to_form))
        self.pause.clicked.connect(self.toggle_pause)
        self.abort.clicked.connect(self.abort_present)
        self.remove.clicked.connect(self._remove)
        self.up.clicked.connect(lambda: self._move(-1))
        self.down.clicked.connect(lambda: self._move(+1))
        self.again.clicked.connect(lambda: self._with_chosen(self.again_asked.emit))
        self.to_form.clicked.connect(lambda: self._with_chosen(self.form_asked.emit))
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._say_when_done)
        self._clock.start(DONE_EVERY_MS)

    def _button(self, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    # ---- messages of the bench ----

    @property
    def jobs(self) -> dict[int, JobState]:
        """All jobs by their number."""
        return self.known.jobs

    @property
    def held(self) -> str:
        """Reason why no run starts; "" if runs may start."""
        return self.known.state["held"] if self.known.state is not None else ""

    def show_state(self, state: BenchState) -> None:
        """Show the state of the whole queue."""
        if self.known.update_state(state):
            self._fill()

    def show_job(self, job: JobState) -> None:
        """Show the state of one job."""
        new = job["id"] not in self.jobs
        if not self.known.update_job(job):
            return
        if new:
            self._fill()
            return
        for row, shown in enumerate(self._shown()):
            if shown["id"] == job["id"]:
                self._write(row, shown)
        self._follow()

    def _shown(self) -> list[JobState]:
        """Return the current run, queued runs in order and finished runs, the latest first."""
        jobs = self._with
        return [*jobs(RUNNING), *jobs(WAITING), *reversed(jobs(OVER)[-OVER_SHOWN:])]

    def _with(self, statuses: Sequence[str]) -> list[JobState]:
        return [job for job in self.jobs.values() if job["status"] in statuses]

    def _fill(self) -> None:
        chosen = self.chosen["id"] if self.chosen is not None else None
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

    def _write(self, row: int, job: JobState) -> None:
        colours = self.theme.palette
        over = job["status"] in OVER
        failed = colours.warning if job["refused"] else colours.danger
        blocked = job["status"] in WAITING and bool(job["reason"])
        colour = {"fault": failed, "paused": colours.warning}.get(
            job["status"], colours.quiet if over else colours.warning if blocked else colours.text
        )
        texts = (title_of(job), f"{job['cycles']}/{job['total']}", left_of(job))
        for column, text in enumerate(texts):
            item = self.table.item(row, column) or QTableWidgetItem()
            item.setText(text)
            item.setForeground(QColor(colour))
            item.setToolTip(job_details(job))
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

    # ---- actions ----

    @property
    def chosen(self) -> JobState | None:
        """Selected job."""
        row = self.table.currentRow()
        item = self.table.item(row, 0) if self.table.selectedItems() and row >= 0 else None
        return self.jobs.get(item.data(JOB)) if item is not None else None

    @property
    def present(self) -> JobState | None:
        """Job in progress."""
        return next(iter(self._with(RUNNING)), None)

    @property
    def waiting(self) -> list[JobState]:
        """Queued jobs in order."""
        return self._with(WAITING)

    def _follow(self) -> None:
        chosen, present = self.chosen, self.present
        places = [job["id"] for job in self.waiting]
        place = places.index(chosen["id"]) if chosen is not None and chosen["status"] in WAITING else -1
        self.pause.setText("Resume" if self.held else "Pause")
        idle = present is None and not places
        _allow(
            self.pause,
            "No run is in progress or queued." if idle and not self.held else "",
            "Start the queue again (Space)" if self.held else "Pause before the next approach (Space)",
        )
        _allow(
            self.abort,
            ""
            if present is not None and present["status"] in ("running", "paused")
            else "No run is in progress.",
            "End the current run safely: bias 0 V, tip back. Its recording is kept.",
        )
        reason = "" if place >= 0 else "Select a queued run."
        first, last = place == 0, place == len(places) - 1
        _allow(self.remove, reason, "Remove the run from the queue")
        _allow(self.up, reason or ("This run is already first in the queue." if first else ""), "Run earlier")
        _allow(self.down, reason or ("This run is already last in the queue." if last else ""), "Run later")
        copied = (
            "" if chosen is not None and chosen["procedure"] in PROCEDURES else "Select a run of a procedure."
        )
        _allow(self.again, copied, "Queue a run with the same settings, under a new name")
        _allow(
            self.to_form, copied, "Show the settings of this run in the form, to change them and run it again"
        )
        self._hint()
        self._say_when_done()

    def _say_when_done(self) -> None:
        """Show when all runs are over, from now; nothing while no run goes on, or one of them has no known time."""
        left_s = all_left_s(self._with(RUNNING), self.waiting)
        going = bool(self.jobs) and not self.held and left_s > 0.0
        self.all_done.setText(f"All done at about {clock_time(time.time() + left_s)}." if going else "")
        self.all_done.setVisible(going)

    def _hint(self) -> None:
        chosen, colours = self.chosen, self.theme.palette
        hint = reason_of(chosen) if chosen is not None else ""
        if self.held:
            held = f"{self.held[:1].upper()}{self.held[1:]}."
            hint = (
                held
                if self.known.state is not None and self.known.state["unsafe"]
                else f"{held} Press Resume to continue."
            )
        elif not self.jobs:
            hint = "Queued runs appear here and start one after another."
        self.hint.setText(hint)
        palette = self.hint.palette()
        palette.setColor(self.hint.foregroundRole(), QColor(colours.warning if self.held else colours.quiet))
        self.hint.setPalette(palette)

    def toggle_pause(self) -> None:
        """Pause or resume the queue."""
        (self.resume_asked if self.held else self.pause_asked).emit()

    def abort_present(self) -> None:
        """Abort the run in progress."""
        if (present := self.present) is not None:
            self.abort_asked.emit(present["id"])

    def _remove(self) -> None:
        if (chosen := self.chosen) is not None:
            self.remove_asked.emit(chosen["id"])

    def _move(self, steps: int) -> None:
        if (chosen := self.chosen) is not None:
            places = [job["id"] for job in self.waiting]
            self.move_asked.emit(chosen["id"], places.index(chosen["id"]) + steps)

    def _with_chosen(self, act: Callable[[JobState], None]) -> None:
        if (chosen := self.chosen) is not None:
            act(chosen)

    def _dropped(self, source: int, target: int) -> None:
        """Move the queued run of a row to another row; the rows above and below those of the queue are its ends."""
        shown = self._shown()
        if not 0 <= source < len(shown) or shown[source]["status"] not in WAITING:
            return
        first = len(self._with(RUNNING))
        place = min(max(target - first, 0), len(self.waiting) - 1)
        if place != source - first:
            self.move_asked.emit(shown[source]["id"], place)

    def _opened(self, item: QTableWidgetItem) -> None:
        job = self.jobs.get(item.data(JOB))
        if job is not None and job["status"] in OVER:
            self.open_asked.emit(job["out"])


class JobTable(QTableWidget):
    """Table whose rows can be dragged; the bench decides what becomes of it."""

    dropped = pyqtSignal(int, int)
    """Row that was dragged, and the row where it was dropped."""

    def __init__(self, rows: int, columns: int, parent: QWidget | None = None) -> None:
        super().__init__(rows, columns, parent)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDragDropOverwriteMode(False)
        self.setDropIndicatorShown(True)

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Tell where the row was dropped; the table shows the queue as the bench reports it."""
        if event is None or event.source() is not self:
            return
        place = event.position().toPoint()
        target = self.rowAt(place.y())
        source = self.currentRow()
        event.setDropAction(Qt.DropAction.IgnoreAction)
        event.accept()
        self.dropped.emit(source, target if target >= 0 else self.rowCount() - 1)


class ProgressDelegate(QStyledItemDelegate):
    """Cell with a progress bar below its numbers."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Draw the text, and the completed share as a bar below it."""
        super().paint(painter, option, index)
        share = index.data(SHARE)
        if painter is None or share is None:
            return
        area = QRectF(option.rect).adjusted(SMALL, option.rect.height() - SMALL, -SMALL, -1)
        painter.fillRect(area, QColor(self.theme.palette.edge))
        area.setWidth(area.width() * share)
        painter.fillRect(area, QColor(self.theme.palette.accent))


def share_of(job: JobState) -> float:
    """Return the completed share of a job, from 0 to 1."""
    return min(job["cycles"] / job["total"], 1.0) if job["total"] else 0.0


def left_of(job: JobState) -> str:
    """Return the remaining time of a job, or its status."""
    if job["status"] == "running":
        return roughly(job["left_s"]) if job["left_s"] is not None else "…"
    if job["status"] in WAITING and job["takes_s"] is not None:
        return roughly(job["takes_s"])
    return "refused" if job["refused"] else STATUS_WORDS.get(job["status"], job["status"])


def all_left_s(running: Sequence[JobState], waiting: Sequence[JobState]) -> float:
    """Return the time until all runs are over, in s; 0 without runs, or if the time of one of them is unknown."""
    times = [*(job["left_s"] for job in running), *(job["takes_s"] for job in waiting)]
    return sum(each for each in times if each is not None) if None not in times else 0.0


def clock_time(time_s: float) -> str:
    """Return a time in s since 1970 as local time, with the day if it is not today's: "03:40", "Tue 03:40"."""
    when = datetime.fromtimestamp(time_s)
    return when.strftime("%H:%M" if when.date() == datetime.now().date() else "%a %H:%M")


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
