"""Form made from a procedure's parameters, each with its unit, range, help and error message."""

from collections.abc import Iterable, Mapping
from typing import Any

from PyQt6.QtCore import QSignalBlocker, pyqtSignal
from PyQt6.QtWidgets import QCheckBox, QFormLayout, QLabel, QVBoxLayout, QWidget

from app.gui.panels.field import Field
from app.gui.widgets.theme import MEDIUM, SMALL, Theme
from app.viewmodels.wording import labelled_sentence, with_units

FIRST = (
    "traces", "amplitudes", "frequencies", "peak", "curves", "holds", "hold_time", "conductance", "window_percent",
    "distance", "resistance", "order", "frequency", "bias", "withdraw_speed", "contact_threshold",
)  # fmt: skip
"""Main parameters, in this order; the others are behind the check box ``more``."""


class Form(QWidget):
    """Form of all parameters of one procedure, the main ones on top.

    Parameters
    ----------
    theme : Theme
    parameters : mapping of str to Parameter
    """

    changed = pyqtSignal()

    def __init__(self, theme: Theme, parameters: Mapping[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fields = {name: Field(theme, name, parameter) for name, parameter in parameters.items()}
        first = [name for name in FIRST if name in self.fields]
        others = [name for name in self.fields if name not in first]
        self._first, self._others = first, others
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(MEDIUM)
        whole.addLayout(self._rows(first))
        self.more = QCheckBox(f"Show all {len(self.fields)} para&meters")
        self.more.setToolTip("Parameters of motion, detection and safety; their defaults are usually right.")
        whole.addWidget(self.more)
        self.rest = QWidget()
        self.rest.setLayout(self._rows(others))
        self.rest.hide()
        self.more.toggled.connect(self.rest.setVisible)
        whole.addWidget(self.rest)
        whole.addStretch(1)
        for field in self.fields.values():
            field.changed.connect(self.changed)

    def _rows(self, names: list[str]) -> QFormLayout:
        rows = QFormLayout()
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setHorizontalSpacing(MEDIUM)
        rows.setVerticalSpacing(SMALL)
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        rows.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for name in names:
            field = self.fields[name]
            label = QLabel(field.parameter.name)
            label.setToolTip(field.toolTip())
            label.setBuddy(field.input)
            if field.is_list:
                rows.addRow(label)
                rows.addRow(field)
            else:
                rows.addRow(label, field)
            rows.addRow(field.error_label)
        return rows

    def values(self) -> dict[str, Any]:
        """Return the values of all filled fields.

        Raises ``ValueError`` if one is invalid; every invalid field then shows its error message.
        """
        values, wrong = {}, ""
        for name, field in self.fields.items():
            field.complain("")
            if not field.given:
                continue
            try:
                values[name] = field.value
            except ValueError as error:
                message = with_units(f"{error}.")
                wrong = wrong or f"{field.parameter.name}: {message}"
                field.complain(message)
                self._reveal(field)
        if wrong:
            raise ValueError(wrong)
        return values

    def complain(self, problem: str, about: Iterable[str]) -> str:
        """Show an error at the first of the fields that it is about; return it with the labels of the form."""
        message = labelled_sentence(
            problem, {name: field.parameter.name for name, field in self.fields.items()}
        )
        for name in about:
            if name in self.fields:
                self.fields[name].complain(message)
                self._reveal(self.fields[name])
                break
        return message

    @property
    def wrong(self) -> Field | None:
        """Topmost field with an error; None if there is none."""
        ordered = (self.fields[name] for name in (*self._first, *self._others))
        return next((field for field in ordered if field.problem), None)

    def in_order(self) -> list[QWidget]:
        """Return the widgets that take the keyboard focus, from top to bottom."""
        return [
            *(self.fields[name].input for name in self._first),
            self.more,
            *(self.fields[name].input for name in self._others),
        ]

    def _reveal(self, field: Field) -> None:
        if self.rest.isAncestorOf(field):
            self.more.setChecked(True)

    def typed(self) -> dict[str, Any]:
        """Return the content of every field as typed, valid or not."""
        return {name: field.typed for name, field in self.fields.items()}

    def set(self, values: Mapping[str, Any]) -> None:
        """Set fields by name, and report it once; names that the form does not have are ignored."""
        for name, value in values.items():
            if name in self.fields:
                with QSignalBlocker(self.fields[name]):
                    self.fields[name].set(value)
        self.changed.emit()
