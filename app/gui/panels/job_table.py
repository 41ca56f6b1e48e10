"""Table of jobs whose rows can be dragged, with bars of progress, and the text of its cells."""

from collections.abc import Sequence

from PyQt6.QtCore import QModelIndex, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QDropEvent, QFontMetrics, QPainter
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from app.console.durations import roughly
from app.gui.panels.selection import CalmSelection
from app.gui.widgets.theme import MEDIUM, SMALL, Theme
from app.server.job_text import job_details, title_of
from app.server.messages import JobState
from app.viewmodels.status_words import UNKNOWN

WAITING, RUNNING, OVER = ("waiting",), ("running", "paused", "saving"), ("finished", "aborted", "fault")
JOB = int(Qt.ItemDataRole.UserRole)
SHARE = JOB + 1
APART = "  "
"""Between procedure and numbers in the title of a job."""
MARGIN = 3
"""Between text and edge of a cell, in pixels."""
STATUS_WORDS = {"saving": "saving …"}


class JobTable(QTableWidget):
    """Table of jobs; its rows can be dragged, and the bench decides what becomes of it.

    Parameters
    ----------
    theme : Theme
    """

    dropped = pyqtSignal(int, int)
    """Number of the job that was dragged, and the row where it was dropped."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(0, 3, parent)
        self.theme = theme
        self.lost = ""
        """Why nothing is known of runs that are not over; "" if the bench answers."""
        self._dragged: int | None = None
        self.setHorizontalHeaderLabels(["run", "progress", "left"])
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDragDropOverwriteMode(False)
        self.setDropIndicatorShown(True)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setItemDelegate(ProgressDelegate(theme, self))
        self.setToolTip(
            "Current, queued and finished runs; drag a queued run to its place, double-click a finished one, or press "
            "Enter, to open its recording"
        )
        CalmSelection(self, theme)
        self._size_columns()

    def _size_columns(self) -> None:
        rows, columns = self.verticalHeader(), self.horizontalHeader()
        assert rows is not None and columns is not None
        rows.hide()
        rows.setDefaultSectionSize(self.fontMetrics().height() + MEDIUM)
        columns.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        columns.setHighlightSections(False)
        for column in (1, 2):
            columns.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        self.setTextElideMode(Qt.TextElideMode.ElideLeft)  # the number at the end tells runs apart
        self._fit_columns(())

    def _fit_columns(self, jobs: Sequence[JobState]) -> None:
        """Give progress and time the room of their longest text, so that nothing moves while a run goes on."""
        font = self.font()
        font.setBold(True)
        progress = ["progress", *(f"{job['total']}/{job['total']}" for job in jobs)]
        for column, texts in ((1, progress), (2, ["finished"])):
            self.setColumnWidth(column, max(map(QFontMetrics(font).horizontalAdvance, texts)) + 2 * SMALL)

    @property
    def chosen(self) -> int | None:
        """Number of the selected job."""
        item = self.item(self.currentRow(), 0) if self.selectedItems() else None
        return int(item.data(JOB)) if item is not None else None

    def show_jobs(self, jobs: Sequence[JobState]) -> None:
        """Show jobs, a row each; the selected one stays selected, at first the first.

        None is selected once that one is gone: another window may have removed it, and the next key is meant for it.
        """
        chosen, first = self.chosen, not self.rowCount()
        self.blockSignals(True)
        self.setRowCount(len(jobs))
        self._fit_columns(jobs)
        for row, job in enumerate(jobs):
            self._write(row, job)
        self.clearSelection()
        numbers = [job["id"] for job in jobs]
        if chosen in numbers:
            self.selectRow(numbers.index(chosen))
        elif numbers and first:
            self.selectRow(0)
        self.blockSignals(False)

    def update_job(self, job: JobState) -> None:
        """Show the new state of a job, if it has a row."""
        for row in range(self.rowCount()):
            item = self.item(row, 0)
            if item is not None and item.data(JOB) == job["id"]:
                self._write(row, job)

    def _write(self, row: int, job: JobState) -> None:
        known = job["status"] in OVER or not self.lost
        texts = (title_of(job), f"{job['cycles']}/{job['total']}", left_of(job) if known else UNKNOWN)
        for column, text in enumerate(texts):
            item = self.item(row, column) or QTableWidgetItem()
            item.setText(text)
            item.setForeground(QColor(self._colour(job) if known else self.theme.palette.quiet))
            item.setToolTip(job_details(job) if known else self.lost)
            item.setData(JOB, job["id"])
            font = item.font()
            font.setBold(job["status"] in RUNNING and known)
            item.setFont(font)
            item.setTextAlignment(
                Qt.AlignmentFlag.AlignVCenter
                | (Qt.AlignmentFlag.AlignRight if column == 1 else Qt.AlignmentFlag.AlignLeft)
            )
            shows_share = column == 1 and known and job["status"] not in OVER
            item.setData(SHARE, share_of(job) if shows_share else None)
            if self.item(row, column) is None:
                self.setItem(row, column, item)

    def _colour(self, job: JobState) -> str:
        """Return the colour of a job's text: amber for what waits for a hand, red for a fault, grey for the past."""
        colours, status = self.theme.palette, job["status"]
        if status == "fault" and not job["refused"]:
            return colours.danger
        if status in ("fault", "paused") or (status in WAITING and job["reason"]):
            return colours.warning
        return colours.quiet if status in OVER else colours.text

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Remember which job is dragged: until it is dropped, runs begin and other windows remove some."""
        self._dragged = self.chosen
        super().startDrag(actions)

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Tell where the row was dropped; the table shows the queue as the bench reports it."""
        if event is None or event.source() is not self:
            return
        target = self.rowAt(event.position().toPoint().y())
        event.setDropAction(Qt.DropAction.IgnoreAction)
        event.accept()
        if self._dragged is not None:
            self.dropped.emit(self._dragged, target if target >= 0 else self.rowCount() - 1)


class ProgressDelegate(QStyledItemDelegate):
    """Cell with a progress bar below its numbers; of a name too long for it, the procedure is shortened."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme

    def initStyleOption(self, option: QStyleOptionViewItem | None, index: QModelIndex) -> None:
        """Shorten "Heating  1.08 V" to "Hea…  1.08 V": begin and number tell runs apart."""
        super().initStyleOption(option, index)
        name, apart, rest = ((option and option.text) or "").partition(APART)
        if option is None or not apart:
            return
        room = option.rect.width() - 2 * MARGIN - option.fontMetrics.horizontalAdvance(APART + rest)
        shown = option.fontMetrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
        option.text = f"{shown}{APART}{rest}"

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
    if job["status"] in WAITING and job.get("until"):
        return "on hold"
    if job["status"] in WAITING and job["takes_s"] is not None:
        return roughly(job["takes_s"])
    return "refused" if job["refused"] else STATUS_WORDS.get(job["status"], job["status"])


def all_left_s(running: Sequence[JobState], waiting: Sequence[JobState]) -> float:
    """Return the time until all runs are over, in s; 0 without runs, or if the time of one of them is unknown."""
    times = [*(job["left_s"] for job in running), *(job["takes_s"] for job in waiting)]
    return sum(each for each in times if each is not None) if None not in times else 0.0
