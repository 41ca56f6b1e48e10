"""One parameter of a form: what is typed or chosen, in which unit, and what is wrong with it."""

from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPalette
from PyQt6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QWidget

from app.gui.theme import MEDIUM, Theme, tabular
from app.gui.wording import UNITS
from procedures.parameters import FractionsParameter, LevelsParameter, NumbersParameter, read

UNIT_WIDTH, EDIT_WIDTH = 36, 84
LISTS = (NumbersParameter, FractionsParameter, LevelsParameter)
"""Several values: shown over the whole width, and a comma in them separates."""


class Field(QWidget):
    """One parameter: something to change it with, its unit; and what is wrong, ``said`` in a label for below it.

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
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(MEDIUM)
        row.addWidget(self.input, 1)
        row.addWidget(unit)
        self.said = QLabel()
        """To be placed by who places the field."""
        self.said.setWordWrap(True)
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.said.hide()
        several = "Several: with spaces or commas between." if self.is_list else ""
        lines = (parameter.description or parameter.name, bounds(parameter), several)
        help_text = "\n".join(line for line in lines if line)
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
        edit.setPlaceholderText("needed" if parameter.default is None else as_text(parameter.default))
        edit.textChanged.connect(self._edited)
        return edit

    @property
    def is_list(self) -> bool:
        """Whether several values may be given."""
        return isinstance(self.parameter, LISTS)

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
                return read(self.parameter, self.input.text().strip())
        raise TypeError(type(self.input))

    @property
    def typed(self) -> Any:
        """What is in it, as it was typed or chosen; `set` takes it back."""
        return self.input.text() if isinstance(self.input, QLineEdit) else self.value

    def holds(self, value: Any) -> bool:
        """Whether this value is in it, however it is written; an empty field holds its default."""
        try:
            held = self.value if self.given else self.parameter.default
            return bool(held == (None if value is None else read(self.parameter, value)))
        except ValueError:
            return False

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
        self.problem = problem
        said = problem or self._remark()
        self.said.setText(said)
        self.said.setVisible(bool(said))
        self._colour()

    def _remark(self) -> str:
        """A decimal comma in a list would be read in silence as two values."""
        if not (self.is_list and isinstance(self.input, QLineEdit) and "," in self.input.text()):
            return ""
        try:
            read_as = as_text(self.value)
        except ValueError:
            return ""
        return f"Read as {read_as.replace(' ', ' and ')}: in a list a comma separates."

    def _colour(self) -> None:
        palette = QPalette(self.theme_palette)
        if self.problem:
            colour = QColor(self.theme.palette.warning)
            palette.setColor(QPalette.ColorRole.WindowText, colour)
            palette.setColor(QPalette.ColorRole.Text, colour)
        else:
            quiet = QColor(self.theme.palette.quiet)
            palette.setColor(QPalette.ColorRole.WindowText, quiet)
        self.said.setPalette(palette)
        self.input.setPalette(palette)

    @property
    def theme_palette(self) -> QPalette:
        """The application's colours, as they are now."""
        parent = self.parentWidget()
        return parent.palette() if parent is not None else QPalette()


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
