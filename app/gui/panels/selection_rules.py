"""Selection rules and fit windows; a change updates every view."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QPalette
from PyQt6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.gui.widgets.theme import LARGE, MEDIUM, SMALL, Theme, tabular
from app.viewmodels.options import SessionOptions
from app.viewmodels.wording import plain_number

AFTER_MS = 400
"""Delay after the last key before everything is evaluated again."""
DATA_DECIDE = "automatic"
ALL_AUTOMATIC = "Empty fields are chosen automatically from the data."
BACKGROUNDS = ("linear", "constant", "none")


@dataclass(frozen=True)
class SelectionRule:
    """Rule with one or two numbers that the user may set."""

    label: str
    help: str
    least: float
    most: float
    numbers: int
    given: Callable[[SessionOptions], Any]
    """Number set by the user; None if automatic."""
    decided: Callable[[SessionOptions, Any], SessionOptions]


def _traces(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    return (
        lambda o: getattr(o.traces, name),
        lambda o, value: replace(o, traces=replace(o.traces, **{name: value})),
    )


def _curves(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    usual = getattr(SessionOptions().curves, name)
    return (
        lambda o: getattr(o.curves, name) if getattr(o.curves, name) != usual else None,
        lambda o, value: replace(o, curves=replace(o.curves, **{name: usual if value is None else value})),
    )


def _exclusions(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    usual = getattr(SessionOptions().heating.evaluation.rules, name)

    def given(options: SessionOptions) -> Any:
        value = getattr(options.heating.evaluation.rules, name)
        return value if value != usual else None

    def decided(options: SessionOptions, value: Any) -> SessionOptions:
        evaluation = options.heating.evaluation
        chosen = usual if value is None else type(usual)(value)
        rules = replace(evaluation.rules, **{name: chosen})
        return replace(options, heating=replace(options.heating, evaluation=replace(evaluation, rules=rules)))

    return given, decided


def _mask(options: SessionOptions, value: Any) -> SessionOptions:
    evaluation = replace(options.heating.evaluation, mask_samples=None if value is None else int(value))
    return replace(options, heating=replace(options.heating, evaluation=evaluation))


def _first_periods(options: SessionOptions, value: Any) -> SessionOptions:
    evaluation = replace(options.heating.evaluation, first_periods=None if value is None else int(value))
    return replace(options, heating=replace(options.heating, evaluation=evaluation))


RULES: dict[str, tuple[SelectionRule, ...]] = {
    "Traces": (
        SelectionRule(
            "Starts above (G₀)", "Use only traces that start above this conductance", 1e-9, 100, 1,
            *_traces("starts_above_G0"),
        ),
        SelectionRule(
            "Opens below (G₀)", "Use only traces that end below this conductance", 1e-9, 100, 1,
            *_traces("opens_below_G0"),
        ),
        SelectionRule(
            "Molecular peak (G₀)", "Range in which molecular peaks are searched: from, to", 1e-9, 100, 2,
            *_traces("molecular_G0"),
        ),
    ),
    "I-V": (
        SelectionRule(
            "Asymmetry below",
            "Use only curves whose two ends differ in conductance by less than this fraction of their mean",
            0.01, 10, 1, *_curves("ends_differ"),
        ),
    ),
    "Heating": (
        SelectionRule(
            "Current within factor", "Cut a hold where its current changes by more than this factor from its median",
            1.01, 100, 1, *_exclusions("factor"),
        ),
        SelectionRule(
            "Minimum periods", "Leave out holds with fewer periods than this", 1, 100_000, 1,
            *_exclusions("least_periods"),
        ),
        SelectionRule(
            "Samples cut after edges",
            "Samples left out after each edge of the modulation; automatic: from the rise times of the filters",
            0, 10_000, 1, lambda o: o.heating.evaluation.mask_samples, _mask,
        ),
        SelectionRule(
            "First periods left out",
            "Periods left out at the start of each modulation; automatic: the setting of the run",
            0, 10_000, 1, lambda o: o.heating.evaluation.first_periods, _first_periods,
        ),
    ),
}  # fmt: skip


class SelectionPanel(QWidget):
    """Form of the selection rules; empty fields are automatic.

    Parameters
    ----------
    theme : Theme
    """

    decided = pyqtSignal(object)
    """New `SessionOptions`."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.options = SessionOptions()
        self.edits: dict[str, QLineEdit] = {}
        self._rules = {rule.label: rule for rules in RULES.values() for rule in rules}
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(AFTER_MS)
        self._soon.timeout.connect(self.decide)
        inside = QWidget()
        rows = QVBoxLayout(inside)
        rows.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        rows.setSpacing(SMALL)
        for title, rules in RULES.items():
            rows.addWidget(_heading(title))
            rows.addLayout(self._rows(title, rules))
            rows.addSpacing(LARGE)
        self.message_label = QLabel(ALL_AUTOMATIC)
        self.message_label.setWordWrap(True)
        self.usual = QPushButton("Reset to &automatic")
        self.usual.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.usual.setToolTip("Clear all fields: thresholds, windows and rules are chosen from the data.")
        self.usual.clicked.connect(lambda: self.show_options(SessionOptions(), tell=True))
        rows.addWidget(self.message_label)
        rows.addWidget(self.usual)
        rows.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)

    def _rows(self, title: str, rules: tuple[SelectionRule, ...]) -> QFormLayout:
        form = QFormLayout()
        form.setHorizontalSpacing(MEDIUM)
        form.setVerticalSpacing(SMALL)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for rule in rules:
            edit = self.edits[rule.label] = QLineEdit()
            edit.setFont(tabular(edit.font()))
            edit.setPlaceholderText(DATA_DECIDE)
            edit.setMinimumWidth(edit.fontMetrics().horizontalAdvance(DATA_DECIDE) + 2 * MEDIUM)
            edit.setToolTip(rule.help)
            edit.setAccessibleName(rule.label)
            edit.textChanged.connect(self._soon.start)
            form.addRow(rule.label, edit)
        if title == "Traces":
            self.background = QComboBox()
            self.background.addItems(BACKGROUNDS)
            self.background.setToolTip("Background below the peak in the fit of the histogram")
            self.background.currentIndexChanged.connect(self._soon.start)
            form.addRow("Background", self.background)
        return form

    def show_options(self, options: SessionOptions, *, tell: bool = False) -> None:
        """Show options; emit ``decided`` if ``tell`` is True."""
        self.options = options
        for label, rule in self._rules.items():
            self.edits[label].setText(_text(rule.given(options)))
        self.background.setCurrentText(options.traces.background)
        self._soon.stop()
        if tell:
            self.message_label.setText(ALL_AUTOMATIC)
            self.decided.emit(options)

    def decide(self) -> None:
        """Apply the fields if all are valid; else show the first error."""
        self._soon.stop()
        options = self.options
        for label, rule in self._rules.items():
            try:
                options = rule.decided(options, _value(rule, self.edits[label].text()))
            except ValueError:
                numbers, order = (
                    ("two numbers", ", the smaller first") if rule.numbers == 2 else ("a number", "")
                )
                least, most = plain_number(rule.least), plain_number(rule.most)
                self.message_label.setText(f"{label}: {numbers} from {least} to {most}{order}.")
                return
        options = replace(options, traces=replace(options.traces, background=self.background.currentText()))
        self.message_label.setText(ALL_AUTOMATIC)
        if options != self.options:
            self.options = options
            self.decided.emit(options)


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    label.setForegroundRole(QPalette.ColorRole.WindowText)
    return label


def _text(value: Any) -> str:
    if value is None:
        return ""
    return "  ".join(f"{number:g}" for number in value) if isinstance(value, tuple) else f"{value:g}"


def _value(rule: SelectionRule, text: str) -> Any:
    """Convert the text of a field: None if empty, a number, or a pair of rising numbers.

    A comma is a decimal comma in a single number and separates a pair. Raises ``ValueError`` if the text is invalid.
    """
    parts = text.replace(",", "." if rule.numbers == 1 else " ").replace("–", " ").split()
    if not parts:
        return None
    numbers = [float(part) for part in parts]
    if len(numbers) != rule.numbers or not all(rule.least <= number <= rule.most for number in numbers):
        raise ValueError(text)
    if rule.numbers == 1:
        return numbers[0]
    if not numbers[0] < numbers[1]:
        raise ValueError(text)
    return tuple(numbers)
