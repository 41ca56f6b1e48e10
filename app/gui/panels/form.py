"""A form made from a procedure's parameters: each with its unit, range and help, and what is wrong with it."""

from collections.abc import Mapping
from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPalette
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.gui.theme import MEDIUM, SMALL, Theme, tabular

UNITS = {"G_0": "G₀", "uV/K": "µV/K", "ohm": "Ω", "uW": "µW"}
FIRST = (
    "traces", "amplitudes", "frequencies", "peak", "curves", "holds", "hold_time", "conductance", "window_percent",
    "distance", "resistance", "order", "frequency", "bias", "withdraw_speed", "contact_threshold",
)  # fmt: skip
"""Parameters that one wants to see; the others are behind "more"."""
UNIT_WIDTH, EDIT_WIDTH = 36, 84


class Field(QWidget):
    """One parameter: something to change it with, its unit, and below it what is wrong.

    Parameters
    ----------
    theme : Theme
    name : str
        Of the parameter in its procedure.
    parameter : pymeasure.experiment.Parameter
        Declares label, unit, bounds, default and description; converts what is typed.
    """

    changed = pyqtSignal()

    def __init__(self, theme: Theme, name: str, parameter: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme, self.name, self.parameter = theme, name, parameter
        self.problem = ""
        self.input = self._make_input()
        unit = QLabel(UNITS.get(parameter_unit(parameter), parameter_unit(parameter)))
        unit.setMinimumWidth(UNIT_WIDTH)
        unit.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(MEDIUM)
        row.addWidget(self.input, 1)
        row.addWidget(unit)
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.said.hide()
        both = QVBoxLayout(self)
        both.setContentsMargins(0, 0, 0, 0)
        both.setSpacing(SMALL)
        both.addLayout(row)
        both.addWidget(self.said)
        help_text = f"{parameter.description or parameter.name}\n{bounds(parameter)}".strip()
        self.setToolTip(help_text)
        self.input.setAccessibleName(parameter.name)
        self.input.setAccessibleDescription(help_text)
        theme.changed.connect(self._colour)

    def _make_input(self) -> QWidget:
        parameter = self.parameter
        if isinstance(parameter.default, bool):
            box = QCheckBox()
            box.setChecked(parameter.default)
            box.toggled.connect(self._edited)
            return box
        choices = getattr(parameter, "choices", None)
        if choices is not None:
            combo = QComboBox()
            combo.addItems([str(choice) for choice in choices])
            combo.setCurrentText(str(parameter.default))
            combo.currentTextChanged.connect(self._edited)
            return combo
        edit = QLineEdit(as_text(parameter.default))
        edit.setMinimumWidth(EDIT_WIDTH)
        edit.setFont(tabular(edit.font()))
        edit.setPlaceholderText("needed" if parameter.default is None else "")
        edit.textChanged.connect(self._edited)
        return edit

    @property
    def given(self) -> bool:
        """Whether there is anything in it."""
        return not isinstance(self.input, QLineEdit) or bool(self.input.text().strip())

    @property
    def value(self) -> Any:
        """What is in it, as the parameter takes it. Raises ``ValueError`` naming what is wrong."""
        match self.input:
            case QCheckBox():
                return self.input.isChecked()
            case QComboBox():
                return self.input.currentText()
            case QLineEdit():
                try:
                    return self.parameter.convert(self.input.text().strip())
                except ValueError as error:
                    raise ValueError(f"{_first(str(error))} {bounds(self.parameter)}".strip()) from None
        raise TypeError(type(self.input))

    def set(self, value: Any) -> None:
        """Put a value into it."""
        match self.input:
            case QCheckBox():
                self.input.setChecked(bool(value))
            case QComboBox():
                self.input.setCurrentText(str(value))
            case QLineEdit():
                self.input.setText(as_text(value))
                self.input.setCursorPosition(0)

    def _edited(self, *_: object) -> None:
        self.changed.emit()

    def complain(self, problem: str) -> None:
        """Say what is wrong; "" if nothing is."""
        if problem == self.problem:
            return
        self.problem = problem
        self.said.setText(problem)
        self.said.setVisible(bool(problem))
        self._colour()

    def _colour(self) -> None:
        palette = QPalette(self.theme_palette)
        if self.problem:
            colour = QColor(self.theme.palette.warning)
            palette.setColor(QPalette.ColorRole.WindowText, colour)
            palette.setColor(QPalette.ColorRole.Text, colour)
        self.said.setPalette(palette)
        self.input.setPalette(palette)

    @property
    def theme_palette(self) -> QPalette:
        """The application's colours, as they are now."""
        parent = self.parentWidget()
        return parent.palette() if parent is not None else QPalette()


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
        rows.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        for name in names:
            field = self.fields[name]
            label = QLabel(field.parameter.name)
            label.setToolTip(field.toolTip())
            label.setBuddy(field.input)
            rows.addRow(label, field)
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
                wrong = wrong or f"{field.parameter.name}: {error}"
                field.complain(str(error))
                self._reveal(field)
        if wrong:
            raise ValueError(wrong)
        return values

    def complain(self, problem: str) -> str:
        """Say a problem at the field that it names first. Returns what no field could say."""
        named = [(problem.find(name), name) for name in self.fields if name in problem]
        for _, name in sorted(named, key=lambda one: (one[0], -len(one[1])))[:1]:
            field = self.fields[name]
            field.complain(in_words(problem, {n: f.parameter.name for n, f in self.fields.items()}))
            self._reveal(field)
            return ""
        return problem

    def _reveal(self, field: Field) -> None:
        if self.rest.isAncestorOf(field):
            self.more.setChecked(True)

    def set(self, values: Mapping[str, Any]) -> None:
        """Put values into those fields that there are."""
        for name, value in values.items():
            if name in self.fields:
                self.fields[name].set(value)


def in_words(problem: str, labels: Mapping[str, str]) -> str:
    """The problem with the labels of the form for the names of the parameters."""
    for name in sorted(labels, key=len, reverse=True):
        if "_" in name or problem.startswith(name):
            problem = problem.replace(name, f"“{labels[name]}”")
    return problem


def as_text(value: Any) -> str:
    """A value as one types it."""
    match value:
        case None:
            return ""
        case tuple() | list():
            return " ".join(f"{one:.12g}" for one in value)
        case float():
            return f"{value:.12g}"
    return str(value)


def parameter_unit(parameter: Any) -> str:
    """Its unit; "" for none."""
    return str(getattr(parameter, "units", None) or "")


def bounds(parameter: Any) -> str:
    """Its range, in words."""
    low, high = getattr(parameter, "minimum", None), getattr(parameter, "maximum", None)
    if low is None or high is None:
        return ""
    unit = UNITS.get(parameter_unit(parameter), parameter_unit(parameter))
    return f"{low:g} to {high:g} {unit}".strip()


def _first(text: str) -> str:
    """PyMeasure tells values with their types; one line of it is enough."""
    line = text.splitlines()[0] if text else "is not possible"
    return line if len(line) < 120 else "is not possible;"
