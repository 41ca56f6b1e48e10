"""Table of jobs whose rows can be dragged, with bars of progress, and the text of its cells."""

from collections.abc import Sequence

from PyQt6.QtCore import QModelIndex, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QDropEvent, QPainter
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QWidget,
)

from app.console.durations import roughly
from app.gui.widgets.theme import SMALL, Theme
from app.server.messages import JobState

WAITING, RUNNING, OVER = ("waiting",), ("running", "paused", "saving"), ("finished", "aborted", "fault")
JOB = int(Qt.ItemDataRole.UserRole)
SHARE = JOB + 1
STATUS_WORDS = {"saving": "saving …"}


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
    if job["status"] in WAITING and job.get("until"):
        return "on hold"
    if job["status"] in WAITING and job["takes_s"] is not None:
        return roughly(job["takes_s"])
    return "refused" if job["refused"] else STATUS_WORDS.get(job["status"], job["status"])


def all_left_s(running: Sequence[JobState], waiting: Sequence[JobState]) -> float:
    """Return the time until all runs are over, in s; 0 without runs, or if the time of one of them is unknown."""
    times = [*(job["left_s"] for job in running), *(job["takes_s"] for job in waiting)]
    return sum(each for each in times if each is not None) if None not in times else 0.0
