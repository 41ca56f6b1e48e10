"""Field of a form: input of one parameter with its unit, help and error message."""

from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPalette
from PyQt6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QWidget

from app.gui.widgets.theme import MEDIUM, Theme, tabular
from app.viewmodels.wording import UNITS, as_numbers, as_text, bounds, parameter_unit, with_units
from procedures.parameters import FractionsParameter, LevelsParameter, NumbersParameter, read

UNIT_WIDTH, EDIT_WIDTH = 36, 84
LISTS = (NumbersParameter, FractionsParameter, LevelsParameter)
"""Parameters with several values, shown over the full width; a comma separates the values."""


class Field(QWidget):
    """Input of one parameter with its unit, and a label ``error_label`` with its error message.

    Parameters
    ----------
    theme : Theme
    name : str
        Name of the parameter in its procedure.
    parameter : pymeasure.experiment.Parameter
        Declares label, unit, bounds, default and description; converts the input.
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
        self.error_label = QLabel()
        """Error message; the form places it below the field."""
        self.error_label.setWordWrap(True)
        self.error_label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.error_label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.error_label.hide()
        several = "Separate several values by spaces or commas." if self.is_list else ""
        lines = (with_units(parameter.description or parameter.name), bounds(parameter), several)
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
        edit.setPlaceholderText("required" if parameter.default is None else as_text(parameter.default))
        edit.textChanged.connect(self._edited)
        return edit

    @property
    def is_list(self) -> bool:
        """True if the parameter takes several values."""
        return isinstance(self.parameter, LISTS)

    @property
    def given(self) -> bool:
        """True if the field is not empty."""
        return not isinstance(self.input, QLineEdit) or bool(self.input.text().strip())

    @property
    def value(self) -> Any:
        """Value converted by the parameter. Raises ``ValueError`` with the reason if it is invalid."""
        match self.input:
            case QCheckBox():
                return self.input.isChecked()
            case QComboBox():
                return self.input.currentText()
            case QLineEdit():
                return read(self.parameter, as_numbers(self.input.text(), parameter_unit(self.parameter)))
        raise TypeError(type(self.input))

    @property
    def typed(self) -> Any:
        """Content of the field as typed or chosen; accepted by `set`."""
        return self.input.text() if isinstance(self.input, QLineEdit) else self.value

    def holds(self, value: Any) -> bool:
        """Return True if the field has this value, in any notation; an empty field has its default."""
        try:
            present = self.value if self.given else self.parameter.default
            return bool(present == (None if value is None else read(self.parameter, value)))
        except ValueError:
            return False

    def set(self, value: Any) -> None:
        """Set the content of the field."""
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
        """Show an error message, or none if ``problem`` is ""."""
        self.problem = problem
        message = problem or self._remark()
        self.error_label.setText(message)
        self.error_label.setVisible(bool(message))
        self._colour()

    def _remark(self) -> str:
        """Return how a list with a comma is read, as a decimal comma would silently give two values."""
        if not (self.is_list and isinstance(self.input, QLineEdit) and "," in self.input.text()):
            return ""
        try:
            read_as = as_text(self.value)
        except ValueError:
            return ""
        return f"Read as {read_as.replace(' ', ' and ')}: a comma separates the values of a list."

    def _colour(self) -> None:
        palette = QPalette(self.theme_palette)
        if self.problem:
            colour = QColor(self.theme.palette.warning)
            palette.setColor(QPalette.ColorRole.WindowText, colour)
            palette.setColor(QPalette.ColorRole.Text, colour)
        else:
            quiet = QColor(self.theme.palette.quiet)
            palette.setColor(QPalette.ColorRole.WindowText, quiet)
        self.error_label.setPalette(palette)
        self.input.setPalette(palette)

    @property
    def theme_palette(self) -> QPalette:
        """Palette of the parent, which follows the theme."""
        parent = self.parentWidget()
        return parent.palette() if parent is not None else QPalette()
