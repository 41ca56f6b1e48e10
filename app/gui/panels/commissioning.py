"""Page that leads through a commissioning: steps, the question to the operator, remedies, progress."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from PyQt6.QtCore import Qt, QUrl, pyqtSignal
from PyQt6.QtGui import QColor, QDesktopServices, QFont, QFontMetrics, QPalette, QResizeEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.gui.panels.question_bar import QuestionBar
from app.gui.panels.selection import CalmSelection
from app.gui.widgets.theme import LARGE, MEDIUM, Theme, tabular
from app.viewmodels.commissioning import WORDS, CommissioningSnapshot, Kind, StepRow, snapshot_of
from app.viewmodels.wording import as_numbers, with_units
from procedures.parameters import read
from procedures.pymeasure_types import FloatParameter

HEADLINE_PT = 15.0
BAR_HEIGHT = 6
FIELD_WIDTH = 70
LEAST_WIDTH = 380
LEAST_DETAILS = 240
"""Width in pixels below which the details of a step are not beside the steps."""
STOP = "Make the rig safe and keep what was done; Continue goes on from there."
GOES_ON, NOT_ON = "The commissioning is in progress.", "No commissioning is in progress."
NOT_BEGUN = "Commissioning measures what the rig file states, step by step, before a tip is near a sample."


class CommissioningPage(QWidget):
    """Page of a commissioning; its buttons emit signals.

    Parameters
    ----------
    theme : Theme
    """

    start_asked = pyqtSignal(dict)
    """Arguments of the command "commission"."""
    look_asked = pyqtSignal(dict)
    """The same, to learn what it would do."""
    stop_asked = pyqtSignal()
    answered = pyqtSignal(int, bool)
    closed = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.shown = CommissioningSnapshot()
        self.clock = ""
        """Text that follows a duration (see `app.config.rig.Rig.clock`)."""
        self._chosen: int | None = None
        self._lost = self._no_start = ""
        self._fields()
        self._buttons()
        self._body()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        whole.setSpacing(MEDIUM)
        whole.addLayout(self._head())
        whole.addWidget(self.kept)
        whole.addLayout(self._choices())
        progress = QHBoxLayout()
        progress.setSpacing(MEDIUM)
        progress.addWidget(self.bar, 1)
        progress.addWidget(self.left)
        whole.addLayout(progress)
        whole.addWidget(self.question)
        whole.addWidget(self.body, 1)
        self.setMinimumWidth(LEAST_WIDTH)
        theme.changed.connect(self._render)
        self._render()

    # ---- assembly ----

    def _fields(self) -> None:
        self.resistance, self.steps = QLineEdit("10000"), QLineEdit()
        self.resistance.setToolTip("Resistor in place of the junction, in ohm; 0.1 % or better.")
        self.resistance.setAccessibleName("Resistor in ohm")
        self.steps.setPlaceholderText("all")
        self.steps.setToolTip("Steps to do, such as 1-5,9; empty: all of them.")
        self.steps.setAccessibleName("Steps")
        self.quick, self.surface = QCheckBox("Re&hearsal"), QCheckBox("With sur&face")
        self.again = QCheckBox("Repea&t passed")
        self.quick.setToolTip("Short records, larger errors: to learn the steps.")
        self.surface.setToolTip("Also the steps with sample and tip, after the resistor was removed.")
        self.again.setToolTip("Do steps once more that have passed.")
        for field in (self.resistance, self.steps):
            field.setFont(tabular(field.font()))
            field.editingFinished.connect(self._look)
        for box in (self.quick, self.surface, self.again):
            box.clicked.connect(self._look)

    def _buttons(self) -> None:
        self.start, self.stop = QPushButton("&Start"), QPushButton("Sto&p")
        self.report, self.back = QPushButton("Open &report"), QPushButton("&Close")
        self.start.clicked.connect(self._start)
        self.stop.clicked.connect(self.stop_asked)
        self.report.clicked.connect(self.open_report)
        self.back.clicked.connect(self.closed)
        self.back.setToolTip("Back to the plots; a commissioning in progress goes on.")
        self.headline, self.left, self.kept = QLabel(), QLabel(), QLabel()
        self.headline.setFont(tabular(self.font(), HEADLINE_PT, QFont.Weight.DemiBold))
        self.headline.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.left.setFont(tabular(self.font()))
        self.kept.setWordWrap(True)
        for label in (self.left, self.kept):
            label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(BAR_HEIGHT)
        self.question = QuestionBar(self.theme)
        self.question.answered.connect(self.answered)

    def _head(self) -> QBoxLayout:
        self.head = _row()
        self.head.addWidget(self.headline, 1)
        self.head.addLayout(_row(self.start, self.stop, self.report, self.back))
        return self.head

    def _choices(self) -> QBoxLayout:
        labels = QLabel("Resistor"), QLabel("Steps")
        for label, field in zip(labels, (self.resistance, self.steps), strict=True):
            label.setBuddy(field)
            field.setFixedWidth(FIELD_WIDTH)
        fields = _row(labels[0], self.resistance, QLabel("Ω"), labels[1], self.steps)
        fields.insertSpacing(3, MEDIUM)
        fields.addStretch(1)
        boxes = _row(self.quick, self.again, self.surface)
        boxes.addStretch(1)
        self.choices = _row()
        self.choices.setSpacing(LARGE)
        self.choices.addLayout(fields)
        self.choices.addLayout(boxes, 1)
        return self.choices

    def _body(self) -> None:
        self.table = QTableWidget(0, 3)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        self.table.setAccessibleName("Steps of the commissioning")
        CalmSelection(self.table, self.theme)
        rows, columns = self.table.verticalHeader(), self.table.horizontalHeader()
        assert rows is not None and columns is not None
        rows.hide()
        columns.hide()
        rows.setDefaultSectionSize(self.fontMetrics().height() + MEDIUM)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        columns.setStretchLastSection(True)
        self.table.itemSelectionChanged.connect(self._choose)
        self.details = QLabel(NOT_BEGUN)
        self.details.setWordWrap(True)
        self.details.setTextFormat(Qt.TextFormat.RichText)
        self.details.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.details.setMargin(MEDIUM)
        self.details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.details.setFont(tabular(self.details.font()))
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.details)
        scroll.setBackgroundRole(QPalette.ColorRole.Base)
        self.body = QSplitter()
        self.body.addWidget(self.table)
        self.body.addWidget(scroll)
        self.body.setChildrenCollapsible(False)
        # on a small screen steps and details scroll, not the page around them
        self.body.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.body.setMinimumHeight(2 * self.table.minimumSizeHint().height())
        self.body.setHandleWidth(MEDIUM)

    def resizeEvent(self, a0: QResizeEvent | None) -> None:
        """Set what stands side by side below one another on a narrow page."""
        super().resizeEvent(a0)
        self._divide()

    def _divide(self) -> None:
        """Give the steps the room of their words, and the details the rest."""
        steps = self._width_of_steps()
        beside = self.width() >= steps + LEAST_DETAILS
        along = QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        self.head.setDirection(along)
        self.choices.setDirection(along)
        self.choices.setSpacing(LARGE if beside else MEDIUM)
        self.body.setOrientation(Qt.Orientation.Horizontal if beside else Qt.Orientation.Vertical)
        self.body.setSizes([steps, self.width() - steps] if beside else [3, 2])

    def _width_of_steps(self) -> int:
        """Return the width of the table at which no word is cut, whichever step is in bold."""
        font, bar = self.table.font(), self.table.verticalScrollBar()
        font.setBold(True)
        bold = QFontMetrics(font)
        titles, states = (row.title for row in self.shown.rows), (words for words, _ in WORDS.values())
        widths = [max(map(bold.horizontalAdvance, texts), default=0) for texts in (("88",), titles, states)]
        around = 2 * self.table.frameWidth() + (bar.sizeHint().width() if bar is not None else 0)
        return sum(widths) + len(widths) * MEDIUM + around

    # ---- what the bench says ----

    def on_message(self, content: Mapping[str, Any]) -> None:
        """Show the bench's report on the commissioning."""
        before, self.shown = self.shown, snapshot_of(content, self.clock)
        if self.shown.present != before.present:
            self._chosen = None  # follow the step in progress
        self._render()
        if len(self.shown.rows) != len(before.rows):
            self._divide()

    def refuse(self, message: str) -> None:
        """Show why a commissioning was not started."""
        self.kept.setText(with_units(message))
        self.kept.show()

    def lose(self, why: str) -> None:
        """Say why the bench is not reached, and offer no command, until it answers again (``why`` is "")."""
        self._lost = why
        self._render()

    def allow_start(self, why_not: str) -> None:
        """Offer to start, or say why it can't be done."""
        if why_not != self._no_start:
            self._no_start = why_not
            self._render()

    def _render(self) -> None:
        shown, reached = self.shown, not self._lost
        kept = self._lost or with_units(shown.kept)
        self.headline.setText(shown.headline or "Commissioning")
        self.headline.setToolTip(self.headline.text())
        self.left.setText(shown.left if reached else "")
        self.kept.setText(kept)
        self.kept.setVisible(bool(kept))
        self.bar.setValue(round(1000 * shown.share))
        self.question.ask(*(shown.question, shown.asked) if reached else (0, ""))
        self.start.setText(f"&{shown.start}")
        no_start = self._lost or (GOES_ON if shown.running else self._no_start)
        self.start.setEnabled(not no_start)
        self.start.setToolTip(no_start or "Do the steps one after another.")
        self.start.setDefault(not shown.running)
        no_stop = self._lost or ("" if shown.running else NOT_ON)
        self.stop.setEnabled(not no_stop)
        self.stop.setToolTip(no_stop or STOP)
        self.report.setEnabled(bool(shown.report))
        self.report.setToolTip(shown.report or "There is a report after the first step.")
        for field in (self.resistance, self.steps, self.quick, self.surface, self.again):
            field.setEnabled(not shown.running)
        self._fill()
        self._show_details()

    def _fill(self) -> None:
        self.table.blockSignals(True)
        self.table.setRowCount(len(self.shown.rows))
        for place, row in enumerate(self.shown.rows):
            for column, text in enumerate((str(row.number), row.title, row.state)):
                item = self.table.item(place, column) or QTableWidgetItem()
                item.setText(text)
                item.setForeground(QColor(getattr(self.theme.palette, row.kind)))
                font = item.font()
                font.setBold(row.kind in (Kind.ACTIVE, Kind.BAD) or row.state.startswith("needs"))
                item.setFont(font)
                if self.table.item(place, column) is None:
                    self.table.setItem(place, column, item)
            if row.number == (self._chosen or self.shown.present):
                self.table.selectRow(place)
        self.table.blockSignals(False)

    def _choose(self) -> None:
        place = self.table.currentRow()
        if 0 <= place < len(self.shown.rows):
            self._chosen = self.shown.rows[place].number
            self._show_details()

    def _show_details(self) -> None:
        number = self._chosen or self.shown.present
        row = next((one for one in self.shown.rows if one.number == number), None)
        failed = [one for one in self.shown.rows if one.kind is Kind.BAD and one is not row]
        text = self._as_html(row) if row else NOT_BEGUN
        self.details.setText(text + "".join(self._remedy(one) for one in failed if not self._chosen))

    def _as_html(self, row: StepRow) -> str:
        """Return a step as rich text: the remedy first, then what it does, then its numbers."""
        colours = self.theme.palette
        said = getattr(colours, row.kind if row.kind in (Kind.BAD, Kind.LOOK) else Kind.GOOD)
        parts = [f"<p><b>{row.number}. {escape(row.title)}</b></p>"]
        parts += [f'<p style="color:{said}">{escape(with_units(one))}</p>' for one in row.remarks]
        parts.append(f'<p style="color:{colours.quiet}">{escape(with_units(row.explain))}</p>')
        parts += [f"<div>{escape(with_units(one))}</div>" for one in row.numbers]
        return "".join(parts)

    def _remedy(self, row: StepRow) -> str:
        """Return a failed step beside the one in progress."""
        said = " ".join(escape(with_units(one)) for one in row.remarks)
        return f'<p style="color:{self.theme.palette.danger}"><b>{row.number}. {escape(row.title)}</b> {said}</p>'

    # ---- what the user wants ----

    def request(self) -> dict[str, Any] | None:
        """Return the arguments of a commissioning as the fields state; None, with a remark, for an unusable one."""
        try:
            ohm = read(FloatParameter("resistance"), as_numbers(self.resistance.text(), "ohm"))
        except ValueError:
            self.refuse(f"“{self.resistance.text()}” is not a resistance in ohm.")
            return None
        return {
            "resistance_ohm": ohm,
            "steps": self.steps.text().strip(),
            "stage": 2 if self.surface.isChecked() else 1,
            "quick": self.quick.isChecked(),
            "again": self.again.isChecked(),
        }

    def _look(self) -> None:
        if not self.shown.running and (wanted := self.request()) is not None:
            self.look_asked.emit(wanted)

    def _start(self) -> None:
        if (wanted := self.request()) is not None:
            self.start_asked.emit(wanted)

    def look(self) -> None:
        """Ask the bench what is done already."""
        self._look()

    def open_report(self) -> None:
        """Open the report in the user's browser."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(self.shown.report))))


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(MEDIUM)
    for widget in widgets:
        row.addWidget(widget)
    return row
