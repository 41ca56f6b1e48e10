"""Recordings of a folder with sample, procedure, time and result."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QAbstractTableModel, QItemSelectionModel, QModelIndex, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeySequence, QPalette, QResizeEvent, QShortcut, QShowEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.gui.background import Tasks
from app.gui.panels.selection import CalmSelection
from app.gui.widgets.theme import MEDIUM, SMALL, Theme
from procedures.registry import PROCEDURES

if TYPE_CHECKING:
    from app.catalogue.rows import CataloguedRecordings
    from app.replay.library import Library, LibraryRow

COLUMNS: "tuple[tuple[str, Callable[[LibraryRow], str], int], ...]" = (
    ("sample", lambda row: row.sample, 130),
    ("procedure", lambda row: procedure_label(row.procedure), 150),
    ("began", lambda row: began(row), 140),
    ("length", lambda row: length(row), 90),
    ("traces", lambda row: str(row.traces or ""), 60),
    ("holds", lambda row: str(row.holds or row.sweeps or ""), 60),
    ("result", lambda row: row.result or row.reason, 600),
    ("notes", lambda row: row.notes, 140),
    ("status", lambda row: row.status, 80),
    ("file", lambda row: row.file, 160),
)
"""Name, text and largest width in pixels of each column; the result has the width that is left, too."""
RESULT = [name for name, _, _ in COLUMNS].index("result")
NARROW, LEAST_WIDTH = 420, 240
"""Width in pixels below which the buttons stand in two rows, and least width."""
NOWHERE = QModelIndex()
WHOLE_ROW = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
NUMBERS = ("length", "traces", "holds")
HINT = "No recordings in this folder yet. They will be listed here with sample, procedure, time and result."
NO_MATCH = "No recording matches all words of the filter."
EMPTY_CATALOGUE = (
    "The catalogue holds no recordings. The command “hotjunction catalogue add FOLDER” takes a folder in."
)


class Recordings(QAbstractTableModel):
    """Table model of a library's rows."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.rows: tuple[LibraryRow, ...] = ()

    def show_rows(self, rows: "tuple[LibraryRow, ...]") -> None:
        """Replace the rows."""
        if rows != self.rows:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()

    def rowCount(self, parent: QModelIndex = NOWHERE) -> int:
        """Return the number of recordings."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex = NOWHERE) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the text, tool tip, alignment or colour of a cell."""
        name, text, _ = COLUMNS[index.column()]
        row = self.rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return text(row)
            case Qt.ItemDataRole.ToolTipRole:
                return "\n".join(filter(None, (row.file, row.result, row.reason, row.notes)))
            case Qt.ItemDataRole.TextAlignmentRole if name in NUMBERS:
                return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            case Qt.ItemDataRole.ForegroundRole if row.status == "broken":
                return QColor(self.theme.palette.warning)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the name of a column."""
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return COLUMNS[section][0]
        return None


class _MiddleElided(QStyledItemDelegate):
    """Cells whose texts lose their middle if they are too long."""

    def initStyleOption(self, option: QStyleOptionViewItem | None, index: QModelIndex) -> None:
        """Cut a text in its middle."""
        super().initStyleOption(option, index)
        if option is not None:
            option.textElideMode = Qt.TextElideMode.ElideMiddle


class BrowserPanel(QWidget):
    """Table of a folder's recordings with a filter.

    Parameters
    ----------
    theme : Theme
    tasks : Tasks
        Threads in which files are read.
    """

    open_asked = pyqtSignal(object)
    """Path of a recording to open."""
    compare_asked = pyqtSignal(object)
    """Paths of several recordings to compare."""
    failed = pyqtSignal(str)
    """Message that the folder cannot be read."""

    def __init__(self, theme: Theme, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self.library: Library | CataloguedRecordings | None = None
        self.of_folder: Library | None = None
        self.model = Recordings(theme)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter: BDNC heating 2026-11 …")
        self.filter.setToolTip(
            "Show recordings that contain all of these words in sample, procedure, date, result, notes, status or file"
        )
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._filter)
        self.folder, self.message_label = QPushButton("Fol&der …"), QLabel()
        self.everywhere = QCheckBox("Catalo&gue")
        self.everywhere.setToolTip(
            "Search the catalogue of all folders in place of this folder. The command “hotjunction catalogue add "
            "FOLDER” takes a folder in."
        )
        self.everywhere.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.everywhere.toggled.connect(self._choose_list)
        self.open, self.compare = QPushButton("Open"), QPushButton("C&ompare")
        for button, slot in (
            (self.folder, self.choose_folder), (self.open, self._open), (self.compare, self._compare)
        ):  # fmt: skip
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(slot)
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        CalmSelection(self.table, theme)
        self.table.setWordWrap(False)
        self.table.setTabKeyNavigation(False)
        self.table.setToolTip(
            "Double-click a recording, or press Enter, to replay it; Ctrl-click several to compare them."
        )
        self.table.doubleClicked.connect(self._open)
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            enter = QShortcut(QKeySequence(key), self.table, context=Qt.ShortcutContext.WidgetShortcut)
            enter.setAutoRepeat(False)
            enter.activated.connect(self._open)
        self.hint = QLabel(HINT)
        self.hint.setWordWrap(True)
        self.hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        rows, columns = self.table.verticalHeader(), self.table.horizontalHeader()
        selection = self.table.selectionModel()
        assert rows is not None and columns is not None and selection is not None
        rows.hide()
        rows.setDefaultSectionSize(self.fontMetrics().height() + MEDIUM)
        columns.setHighlightSections(False)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        columns.sectionResized.connect(self._was_resized)
        self.table.setItemDelegateForColumn(len(COLUMNS) - 1, _MiddleElided(self.table))
        self._settling = self._chosen_widths = False
        selection.selectionChanged.connect(self._follow)
        self.model.modelReset.connect(self._follow)
        self.model.modelReset.connect(self._show_hint)
        self.model.modelReset.connect(self._settle_columns)
        self._head = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._head.setSpacing(MEDIUM)
        for row, stretch in (
            ((self.folder, self.filter), 1),
            ((self.everywhere, self.message_label, self.open, self.compare), 0),
        ):
            beside = QHBoxLayout()
            for widget in row:
                beside.addWidget(widget, int(widget is self.filter))
            self._head.addLayout(beside, stretch)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(MEDIUM, SMALL, MEDIUM, MEDIUM)
        whole.setSpacing(SMALL)
        whole.addLayout(self._head)
        whole.addWidget(self.table, 1)
        whole.addWidget(self.hint, 1)
        self._show_hint()
        self._follow()

    def resizeEvent(self, a0: QResizeEvent | None) -> None:
        """Fit the columns to the new width; a narrow panel has its buttons in two rows."""
        super().resizeEvent(a0)
        beside, below = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._head.setDirection(below if self.width() < NARROW else beside)
        self._settle_columns()

    def minimumSizeHint(self) -> QSize:
        """Return the size with the buttons in two rows."""
        return QSize(LEAST_WIDTH, super().minimumSizeHint().height())

    def showEvent(self, a0: QShowEvent | None) -> None:
        """Fit the columns to the width."""
        super().showEvent(a0)
        self._settle_columns()

    def _settle_columns(self) -> None:
        """Give each column the width of its texts, and the result what is left, until the user sets a width."""
        viewport, head = self.table.viewport(), self.table.horizontalHeader()
        if self._chosen_widths or viewport is None or head is None:
            return
        self._settling = True
        for column, (_, _, most) in enumerate(COLUMNS):
            width = max(self.table.sizeHintForColumn(column), head.sectionSizeHint(column)) + MEDIUM
            self.table.setColumnWidth(column, min(width, most))
        left = viewport.width() - head.length()
        if left > 0:
            self.table.setColumnWidth(RESULT, self.table.columnWidth(RESULT) + left)
        self._settling = False

    def _was_resized(self) -> None:
        self._chosen_widths = self._chosen_widths or not self._settling

    def show_folder(self, folder: Path) -> None:
        """List a folder's recordings."""
        from app.replay.library import Library  # late: a window starts without a folder

        if self.of_folder is None or self.of_folder.folder != folder:
            self.of_folder = Library(folder)
            self.folder.setToolTip(str(folder))
        if not self.everywhere.isChecked():
            self.library = self.of_folder
        self.refresh()

    def _choose_list(self, everywhere: bool) -> None:
        """List the catalogue, or the folder again."""
        from app.catalogue.rows import CataloguedRecordings

        self.library = CataloguedRecordings() if everywhere else self.of_folder
        self._filter()
        self.refresh()

    def refresh(self) -> None:
        """Look for new or changed recordings."""
        library = self.library
        if library is None:
            return

        def seen(rows: Any) -> None:
            if library is self.library:
                self._filter()

        self._tasks.do(library.refresh, seen, lambda error: self.failed.emit(f"{library.folder}: {error}"))

    def choose_folder(self) -> None:
        """Ask for a folder."""
        start = str(self.of_folder.folder) if self.of_folder is not None else ""
        chosen = QFileDialog.getExistingDirectory(self, "Folder of recordings", start)
        if chosen:
            self.everywhere.setChecked(False)
            self.show_folder(Path(chosen))

    def _filter(self) -> None:
        if self.library is None:
            self.model.show_rows(())
            return
        rows = self.library.matching(self.filter.text())
        files = {row.file for row in self.chosen}
        self.model.show_rows(rows)
        self._choose(files)
        self._show_hint()
        self.message_label.setText(
            f"{len(rows)} of {len(self.library.rows)}"
            if self.filter.text()
            else str(self.library.folder.name)
        )

    def _choose(self, files: set[str]) -> None:
        """Select these files, which a change of the rows has cleared."""
        selection = self.table.selectionModel()
        assert selection is not None
        for number, row in enumerate(self.model.rows):
            if row.file in files:
                selection.select(self.model.index(number, 0), WHOLE_ROW)

    def _show_hint(self) -> None:
        """Show a hint in place of an empty table."""
        empty = not self.model.rows
        self.table.setHidden(empty)
        self.hint.setVisible(empty)
        if self.library is not None and self.library.rows:
            self.hint.setText(NO_MATCH)
        else:
            self.hint.setText(EMPTY_CATALOGUE if self.everywhere.isChecked() else HINT)

    @property
    def chosen(self) -> "list[LibraryRow]":
        """Selected rows."""
        selection = self.table.selectionModel()
        assert selection is not None
        return [self.model.rows[index.row()] for index in selection.selectedRows()]

    def _follow(self) -> None:
        readable = [row for row in self.chosen if row.status != "broken"]
        one, several = len(readable) == 1, len(readable) > 1
        self.open.setEnabled(one)
        self.open.setToolTip(
            "Replay the recording (double click, or Enter)" if one else "Select one recording."
        )
        self.compare.setEnabled(several)
        self.compare.setToolTip(
            "Show the recordings in one plot"
            if several
            else "Select several recordings (Ctrl-click, or Shift with the arrows)."
        )

    def _open(self, *_: object) -> None:
        readable = [row for row in self.chosen if row.status != "broken"]
        if self.library is not None and len(readable) == 1:
            self.open_asked.emit(self.library.path(readable[0]))

    def _compare(self) -> None:
        if self.library is not None:
            self.compare_asked.emit([self.library.path(row) for row in self.chosen if row.status != "broken"])


def began(row: "LibraryRow") -> str:
    """Return the start of a recording in local time."""
    try:
        return datetime.fromisoformat(row.started).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return row.started


def length(row: "LibraryRow") -> str:
    """Return the duration of a recording: "19 min 44" or "2 h 03"."""
    if row.duration_s is None:
        return ""
    minutes, seconds = divmod(round(row.duration_s), 60)
    return f"{minutes // 60} h {minutes % 60:02d}" if minutes >= 60 else f"{minutes} min {seconds:02d}"


def procedure_label(name: str) -> str:
    """Return the label of a procedure, or the recorded name if no such procedure is known."""
    key = name.replace(" ", "-")
    return PROCEDURES[key].label if key in PROCEDURES else name
