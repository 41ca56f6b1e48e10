"""A form made from a procedure's parameters: each with its unit, range and help, and what is wrong with it."""

from collections.abc import Iterable, Mapping
from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QCheckBox, QFormLayout, QLabel, QVBoxLayout, QWidget

from app.gui.panels.field import Field
from app.gui.theme import MEDIUM, SMALL, Theme
from app.gui.wording import in_words, with_units

FIRST = (
    "traces", "amplitudes", "frequencies", "peak", "curves", "holds", "hold_time", "conductance", "window_percent",
    "distance", "resistance", "order", "frequency", "bias", "withdraw_speed", "contact_threshold",
)  # fmt: skip
"""Parameters that one wants to see; the others are behind "more"."""


class Form(QWidget):
    """All parameters of one procedure, those that one wants to see above the others.

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
        self.more = QCheckBox(f"&All {len(self.fields)} parameters")
        self.more.setToolTip("Motion, detection and safety have good defaults; here they are.")
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
            rows.addRow(field.said)
        return rows

    def values(self) -> dict[str, Any]:
        """All that is given. Raises ``ValueError`` if a field can't be read; every field then says so itself."""
        values, wrong = {}, ""
        for name, field in self.fields.items():
            field.complain("")
            if not field.given:
                continue
            try:
                values[name] = field.value
            except ValueError as error:
                said = with_units(f"{error}.")
                wrong = wrong or f"{field.parameter.name}: {said}"
                field.complain(said)
                self._reveal(field)
        if wrong:
            raise ValueError(wrong)
        return values

    def complain(self, problem: str, about: Iterable[str]) -> str:
        """Say a problem at the first field of those that it is about. Returns it in the words of the form."""
        said = in_words(problem, {name: field.parameter.name for name, field in self.fields.items()})
        for name in about:
            if name in self.fields:
                self.fields[name].complain(said)
                self._reveal(self.fields[name])
                break
        return said

    @property
    def wrong(self) -> Field | None:
        """The topmost field with which something is wrong."""
        ordered = (self.fields[name] for name in (*self._first, *self._others))
        return next((field for field in ordered if field.problem), None)

    def in_order(self) -> list[QWidget]:
        """What takes the keyboard, from top to bottom."""
        return [
            *(self.fields[name].input for name in self._first),
            self.more,
            *(self.fields[name].input for name in self._others),
        ]

    def _reveal(self, field: Field) -> None:
        if self.rest.isAncestorOf(field):
            self.more.setChecked(True)

    def typed(self) -> dict[str, Any]:
        """What is in every field, whether it can be read or not."""
        return {name: field.typed for name, field in self.fields.items()}

    def set(self, values: Mapping[str, Any]) -> None:
        """Put values into those fields that there are."""
        for name, value in values.items():
            if name in self.fields:
                self.fields[name].set(value)
