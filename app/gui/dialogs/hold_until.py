"""Dialog for a condition outside of the queue that a run waits for."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import isfinite

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
    "url": "the answer of a web address",
}
PLACES = {"file": "&File", "url": "&Address"}
NO_LIMIT = {"file": "exists", "url": "answers"}
"""The relation without a limit."""
RELATIONS = {"<": "is below", ">": "is above"}
EXPLAINED = {
    "time": "The run starts at this time, or after the runs before it.",
    "input": "The run starts when the input, in its own unit, is beyond the limit twice in a row; it is read once a "
    "second between runs.",
    "file": "The run starts when the file exists; with a limit, when the last number in it is beyond the limit.",
    "url": "The run starts when the address answers; with a limit, when the last number in its answer is beyond it.",
}
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
        self.setWindowTitle("Hold the run until")
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
        self.limit.setPlaceholderText("a number, in its own unit")
        for field, name in (
            (self.relation, "relation"),
            (self.limit, "limit"),
            (self.place, "file or address"),
        ):
            field.setAccessibleName(name)
        self.explained, self.problem = QLabel(), QLabel()
        self.explained.setWordWrap(True)
        self.explained.setMinimumWidth(WIDTH)
        self.problem.setWordWrap(True)
        self.explained.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        hold = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        assert hold is not None
        hold.setText("&Hold the run")
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
        self.named_place = QLabel()
        self.named_place.setBuddy(self.place)
        self.form.addRow(self.named_place, self.place)
        label = QLabel("&Until it")
        label.setBuddy(self.relation)
        self.form.addRow(label, beyond)
        self.form.addRow(self.explained)
        self.form.addRow(self.problem)
        self.form.addRow(self.buttons)
        self.form.setSizeConstraint(QFormLayout.SizeConstraint.SetFixedSize)  # no more than the fields need

    def choose(self, kind: str) -> None:
        """Choose what to wait for."""
        self.kind.setCurrentIndex(self.kind.findData(kind))

    def _show_kind(self) -> None:
        kind = self.kind.currentData()
        wanted = {"time": (1,), "input": (2, 4), "file": (3, 4), "url": (3, 4)}[kind]
        for row in range(1, 5):
            self.form.setRowVisible(row, row in wanted)
        self.named_place.setText(PLACES.get(kind, ""))
        self.place.setPlaceholderText(
            "http://host/path" if kind == "url" else "path on the computer of the rig"
        )
        self.relation.clear()
        if kind in NO_LIMIT:
            self.relation.addItem(NO_LIMIT[kind], "")
        for relation, label in RELATIONS.items():
            self.relation.addItem(label, relation)
        self.explained.setText(EXPLAINED[kind])
        self.problem.clear()
        self._show_limit()

    def _show_limit(self) -> None:
        self.limit.setVisible(self.kind.currentData() != "time" and bool(self.relation.currentData()))

    def text(self) -> str:
        """Return the condition as text."""
        kind = self.kind.currentData()
        if kind == "time":
            return f"time {self.when.dateTime().toPyDateTime():%Y-%m-%d %H:%M}"
        name = self.input.currentData() if kind == "input" else self.place.text().strip()
        relation = self.relation.currentData()
        return f"{kind} {name} {relation} {self.limit.text().strip()}" if relation else f"{kind} {name}"

    def _missing(self) -> str:
        """Return what is missing or wrong, as a sentence; "" for nothing."""
        kind, place, limit = self.kind.currentData(), self.place.text().strip(), self.limit.text().strip()
        if kind == "time":
            return (
                ""
                if self.when.dateTime() > QDateTime.currentDateTime()
                else "This time is over: choose a later one."
            )
        if kind == "file" and not place:
            return "Give the path of the file."
        if kind == "url" and not place.startswith(("http://", "https://")):
            return "Give an address that begins with http:// or https://."
        if self.relation.currentData() and not _is_number(limit):
            return f"The limit is a number, not “{limit}”." if limit else "Give the limit, a number."
        return ""

    def _accept(self) -> None:
        problem = self._missing()
        if not problem:
            try:
                condition_of(self.text())
            except ImpossibleSetting as error:
                problem = str(error)
        self.problem.setText(problem)
        if not problem:
            self.accept()


def _is_number(text: str) -> bool:
    try:
        return isfinite(float(text))
    except ValueError:
        return False


def ask_condition(parent: QWidget, inputs: Sequence[str]) -> str:
    """Ask for a condition; return its text, "" if the user has none."""
    dialog = HoldDialog(inputs, parent)
    return dialog.text() if dialog.exec() else ""
