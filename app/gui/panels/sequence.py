"""Sweep of one parameter: the same run with one value after another."""

from collections.abc import Mapping
from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.gui.widgets.theme import MEDIUM
from procedures.parameters import read


class Sequencer(QWidget):
    """Choice of the swept parameter, and a field for its values."""

    changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.over, self.texts = QComboBox(), QLineEdit()
        self.over.setToolTip("Queue one run for each value of this parameter")
        self.texts.setPlaceholderText("values, separated by ;")
        self.texts.setToolTip("Values of the sweep, one run each: 0.1; 0.5; 1")
        self.texts.setAccessibleName("Values of the sweep")
        self.texts.textChanged.connect(self.changed)
        self.over.currentIndexChanged.connect(self._chosen)
        label = QLabel("Sw&eep")
        label.setBuddy(self.over)
        row = QHBoxLayout()
        row.setSpacing(MEDIUM)
        row.addWidget(label)
        row.addWidget(self.over, 1)
        both = QVBoxLayout(self)
        both.setContentsMargins(0, 0, 0, 0)
        both.setSpacing(MEDIUM)
        both.addLayout(row)
        both.addWidget(self.texts)

    def offer(self, parameters: Mapping[str, Any]) -> None:
        """Offer the parameters of a procedure, with none chosen."""
        self._parameters = parameters
        self.over.clear()
        self.over.addItem("none", "")
        for name, parameter in parameters.items():
            self.over.addItem(parameter.name, name)

    def _chosen(self) -> None:
        self.texts.setVisible(bool(self.name))
        self.changed.emit()

    @property
    def name(self) -> str:
        """Name of the swept parameter; "" for none."""
        return str(self.over.currentData() or "")

    def values(self) -> list[Any]:
        """Return the values of the swept parameter. Raises ``ValueError`` if one is invalid or none is given."""
        parameter = self._parameters[self.name]
        texts = [text.strip() for text in self.texts.text().split(";") if text.strip()]
        if not texts:
            raise ValueError(f"Sweep of {parameter.name}: enter the values, separated by semicolons.")
        try:
            return [read(parameter, text) for text in texts]
        except ValueError as error:
            raise ValueError(f"Sweep of {parameter.name}: {error}.") from None
