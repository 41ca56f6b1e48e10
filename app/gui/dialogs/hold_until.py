"""Dialog for a condition outside of the queue that a run waits for."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from PyQt6.QtCore import QDateTime
from PyQt6.QtGui import QPalette
from PyQt6.QtWidgets import (
    QComboBox,
    QDateTimeEdit,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QWidget,
)

from app.gui.widgets.theme import LARGE, MEDIUM
from app.server.hold_until import condition_of
from procedures.errors import ImpossibleSetting

KINDS = {
    "time": "a time",
    "input": "an input of the rig",
    "file": "a file",
    "url": "the answer of an address",
}
EXPLAINED = {
    "time": "The run starts at this time, or after the runs before it.",
    "input": "The run starts when the input, in its own unit, is beyond the limit twice in a row; it is read once a "
    "second between runs.",
    "file": "The run starts when the file exists; with a limit, when the last number in it is beyond the limit.",
    "url": "The run starts when the address answers; with a limit, when the last number in its answer is beyond it.",
}
RELATIONS = {"": "exists or answers", "<": "is below", ">": "is above"}
WIDTH = 420


class HoldDialog(QDialog):
    """Fields for one condition; `text` is what the bench reads.

    Parameters
    ----------
    inputs : sequence of str
        Inputs of the rig that can be waited for.
    """

    def __init__(self, inputs: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Hold until")
        self.setMinimumWidth(WIDTH)
        self.kind, self.input, self.relation = QComboBox(), QComboBox(), QComboBox()
        for kind, label in KINDS.items():
            if kind != "input" or inputs:
                self.kind.addItem(label, kind)
        self.input.addItems([name.replace("_", " ") for name in inputs])
        for index, name in enumerate(inputs):
            self.input.setItemData(index, name)
        self.when = QDateTimeEdit(QDateTime(datetime.now() + timedelta(hours=1)))
        self.when.setDisplayFormat("yyyy-MM-dd HH:mm")
        self.when.setCalendarPopup(True)
        self.place, self.limit = QLineEdit(), QLineEdit()
        self.limit.setPlaceholderText("limit, in the unit of the number")
        self.explained, self.problem = QLabel(), QLabel()
        self.explained.setWordWrap(True)
        self.problem.setWordWrap(True)
        self.explained.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.accepted.connect(self._accept)
        self.buttons.rejected.connect(self.reject)
        self._build()
        self.kind.currentIndexChanged.connect(self._show_kind)
        self.relation.currentIndexChanged.connect(self._show_limit)
        self._show_kind()

    def _build(self) -> None:
        beyond = QHBoxLayout()
        beyond.setSpacing(MEDIUM)
        beyond.addWidget(self.relation)
        beyond.addWidget(self.limit, 1)
        self.form = QFormLayout(self)
        self.form.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        self.form.setSpacing(MEDIUM)
        self.form.addRow("&Wait for", self.kind)
        self.form.addRow("&At", self.when)
        self.form.addRow("&Input", self.input)
        self.form.addRow("&Path or address", self.place)
        self.form.addRow("that", beyond)
        self.form.addRow(self.explained)
        self.form.addRow(self.problem)
        self.form.addRow(self.buttons)

    def choose(self, kind: str) -> None:
        """Choose what to wait for."""
        self.kind.setCurrentIndex(self.kind.findData(kind))

    def _show_kind(self) -> None:
        kind = self.kind.currentData()
        wanted = {"time": (1,), "input": (2, 4), "file": (3, 4), "url": (3, 4)}[kind]
        for row in range(1, 5):
            self.form.setRowVisible(row, row in wanted)
        self.place.setPlaceholderText(
            "http://host/path" if kind == "url" else "path of a file, as the bench sees it"
        )
        self.relation.clear()
        for relation, label in RELATIONS.items():
            if relation or kind != "input":
                self.relation.addItem(label, relation)
        self.explained.setText(EXPLAINED[kind])
        self.problem.clear()
        self._show_limit()

    def _show_limit(self) -> None:
        self.limit.setVisible(bool(self.relation.currentData()))

    def text(self) -> str:
        """Return the condition as text."""
        kind = self.kind.currentData()
        if kind == "time":
            return f"time {self.when.dateTime().toPyDateTime():%Y-%m-%d %H:%M}"
        name = self.input.currentData() if kind == "input" else self.place.text().strip()
        relation = self.relation.currentData()
        return f"{kind} {name} {relation} {self.limit.text().strip()}" if relation else f"{kind} {name}"

    def _accept(self) -> None:
        try:
            if self.relation.currentData() and self.kind.currentData() != "time":
                float(self.limit.text())
            condition_of(self.text())
        except ImpossibleSetting as error:
            self.problem.setText(str(error))
        except ValueError:
            self.problem.setText(f"'{self.limit.text()}' is not a number.")
        else:
            self.accept()


def ask_condition(parent: QWidget, inputs: Sequence[str]) -> str:
    """Ask for a condition; return its text, "" if the user has none."""
    dialog = HoldDialog(inputs, parent)
    return dialog.text() if dialog.exec() else ""
