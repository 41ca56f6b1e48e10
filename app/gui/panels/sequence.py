"""The sequencer: the same run again and again, each time with another value of one parameter."""

from collections.abc import Mapping
from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.gui.theme import MEDIUM
from procedures.parameters import read


class Sequencer(QWidget):
    """Which parameter, and its values."""

    changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.over, self.texts = QComboBox(), QLineEdit()
        self.over.setToolTip("Queues one run for each of the values; the other parameters stay.")
        self.texts.setPlaceholderText("values, with ; between")
        self.texts.setToolTip("One run for each value: 0.1; 0.5; 1")
        self.texts.setAccessibleName("Values to repeat over")
        self.texts.textChanged.connect(self.changed)
        self.over.currentIndexChanged.connect(self._chosen)
        label = QLabel("Repeat o&ver")
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
        """Parameters of a procedure; none of them is chosen."""
        self._parameters = parameters
        self.over.clear()
        self.over.addItem("nothing", "")
        for name, parameter in parameters.items():
            self.over.addItem(parameter.name, name)

    def _chosen(self) -> None:
        self.texts.setVisible(bool(self.name))
        self.changed.emit()

    @property
    def name(self) -> str:
        """The parameter that is chosen; "" for none."""
        return str(self.over.currentData() or "")

    def values(self) -> list[Any]:
        """The values of the chosen parameter. Raises ``ValueError`` for what can't be read, and for none."""
        parameter = self._parameters[self.name]
        texts = [text.strip() for text in self.texts.text().split(";") if text.strip()]
        if not texts:
            raise ValueError(f"Repeat over {parameter.name}: give the values, with ; between them.")
        try:
            return [read(parameter, text) for text in texts]
        except ValueError as error:
            raise ValueError(f"Repeat over {parameter.name}: {error}.") from None
