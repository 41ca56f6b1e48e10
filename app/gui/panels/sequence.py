"""Sweep: one run for each combination of the values of up to three parameters."""

from collections.abc import Mapping, Sequence
from typing import Any

from PyQt6.QtCore import QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.gui.widgets.theme import MEDIUM, SMALL
from app.viewmodels.wording import as_numbers, parameter_unit
from procedures.sequence import swept_runs, swept_values

LEVELS = 3
SHORTEST_NAME = 8
"""Letters of a parameter's name that its list shows at least."""

VALUES_TIP = (
    "Values, one run each: 0.1; 0.5; 1\nRange with both ends: 0.1:0.5:0.1 (first:last:step)\n"
    "Expressions: linspace(0.1, 0.5, 5), geomspace(0.1, 10, 3), 2*sqrt(2)"
)


class SweepLevel(QWidget):
    """Choice of one swept parameter, and a field for its values."""

    changed = pyqtSignal()

    def __init__(self, nothing: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.nothing = nothing
        self.over, self.texts = QComboBox(), QLineEdit()
        self.over.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.over.setMinimumContentsLength(SHORTEST_NAME)
        self.over.setAccessibleName("Swept parameter")
        self.texts.setPlaceholderText("0.1:0.5:0.1 or 1; 2; 5")
        self.texts.setToolTip(VALUES_TIP)
        self.texts.setAccessibleName("Values of the sweep")
        self.texts.textChanged.connect(self.changed)
        self.over.currentIndexChanged.connect(self.changed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(MEDIUM)
        row.addWidget(self.over, 1)
        row.addWidget(self.texts, 1)

    @property
    def name(self) -> str:
        """Name of the swept parameter; "" for none."""
        return str(self.over.currentData() or "")

    def offer(self, parameters: Mapping[str, Any]) -> None:
        """Offer the parameters of a procedure, with none chosen."""
        with QSignalBlocker(self.over):
            self.over.clear()
            self.over.addItem(self.nothing, "")
            for name, parameter in parameters.items():
                self.over.addItem(parameter.name, name)


class Sequencer(QWidget):
    """Up to three swept parameters, one within the other; the first changes last."""

    changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parameters: Mapping[str, Any] = {}
        self.levels = [SweepLevel("none" if not number else "within it: none") for number in range(LEVELS)]
        self.over, self.texts = self.levels[0].over, self.levels[0].texts
        self.over.setToolTip("Queue one run for each value of this parameter")
        label = QLabel("Sw&eep")
        label.setBuddy(self.over)
        rows = QVBoxLayout()
        rows.setSpacing(SMALL)
        for level in self.levels:
            level.changed.connect(self._chosen)
            rows.addWidget(level)
        for level in self.levels[1:]:
            level.over.setToolTip(
                "Repeat for each value of this parameter; it changes faster than the one above"
            )
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(MEDIUM)
        whole.addWidget(label, 0, Qt.AlignmentFlag.AlignTop)
        whole.addLayout(rows, 1)

    def offer(self, parameters: Mapping[str, Any]) -> None:
        """Offer the parameters of a procedure, with none chosen."""
        self._parameters = parameters
        for level in self.levels:
            level.offer(parameters)
        self._chosen()

    def _chosen(self) -> None:
        """Show a further level below each that has a parameter."""
        shown = True
        for level in self.levels:
            level.setVisible(shown)
            level.texts.setVisible(bool(level.name))
            shown = shown and bool(level.name)
        self.changed.emit()

    def in_order(self) -> list[QWidget]:
        """Return the fields in the order of the keyboard."""
        return [field for level in self.levels for field in (level.over, level.texts)]

    @property
    def names(self) -> list[str]:
        """Names of the swept parameters, the slowest first."""
        return [level.name for level in self._used()]

    def _used(self) -> Sequence[SweepLevel]:
        names = [level.name for level in self.levels]
        return self.levels[: names.index("") if "" in names else LEVELS]

    def runs(self, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the values of each run. Raises ``ValueError`` if a sweep is invalid or has no values."""
        swept = [(level.name, self._parameters[level.name], level.texts.text()) for level in self._used()]
        sweeps = [
            (name, swept_values(parameter, as_numbers(text, parameter_unit(parameter))))
            for name, parameter, text in swept
        ]
        return swept_runs(values, sweeps)
