"""Instruments of the rig: address, state, readings and manual settings."""

from collections.abc import Mapping, Sequence
from math import log10
from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPalette
from PyQt6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from analysis.numbers import fixed_decimals, minus
from app.gui.widgets.theme import LARGE, MEDIUM, SMALL, Theme, tabular
from app.server.messages import InstrumentsState, InstrumentState, instruments_of
from app.viewmodels.status_words import UNKNOWN
from app.viewmodels.wording import as_numbers, plain_number
from procedures.parameters import read
from procedures.pymeasure_types import FloatParameter

ORDER = ("current_amplifier", "voltage_preamplifier", "daq")
NOT_READ = {
    "sent": ("unverified", "The {name} cannot be read: these are the settings sent to it, not read from it."),
    "declared": (
        "declared",
        "The {name} is set by hand: these are the settings of the rig file, not read from it.",
    ),
}
"""State and tool tip of an amplifier whose settings are not read back, by their provenance."""

READINGS = {
    "daq": {"current_V": "Current input", "thermocouple_V": "Thermocouple input", "bias_V": "Bias", "z_V": "Tip"},
}  # fmt: skip
LEAST_LETTERS = 8
PARK = (
    "Take the tip far back with the coarse positioner, before you leave: drift would bring the surface to it. "
    "The next approach finds the surface again. With runs in the queue: after them."
)
READING_TIPS = {
    "current_V": "Output of the current amplifier, read by the card",
    "thermocouple_V": "Output of the voltage preamplifier, read by the card",
    "bias_V": "Bias voltage that the card applies to the junction",
    "z_V": "Extension of the piezo towards the sample, and its limits",
    "rate_Hz": "Samples per second in each channel",
}


class RigPanel(QWidget):
    """Panel with a section for each instrument.

    Parameters
    ----------
    theme : Theme
    """

    set_asked = pyqtSignal(str, str, float)
    """Instrument, setting, value."""
    park_asked = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.park = QPushButton("Park tip")
        self.park.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.park.clicked.connect(self.park_asked)
        inside = QWidget()
        rows = QVBoxLayout(inside)
        rows.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        rows.setSpacing(LARGE)
        self.sections = {name: InstrumentSection(theme, name) for name in ORDER}
        for section in self.sections.values():
            rows.addWidget(section)
            section.set_asked.connect(self.set_asked)
        rows.addWidget(self.park)
        rows.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)

    def show_instruments(self, content: InstrumentsState) -> None:
        """Show the report that the bench sends every second."""
        for name, row in instruments_of(content).items():
            self.sections[name].show_row(row)

    def allow_park(self, why_not: str) -> None:
        """Offer to park the tip, or say why it can't be done."""
        self.park.setEnabled(not why_not)
        self.park.setToolTip(why_not or PARK)

    def lose(self) -> None:
        """Show that nothing is known of the instruments until the bench reports on them again."""
        for section in self.sections.values():
            section.lose()


class InstrumentSection(QWidget):
    """Section of one instrument."""

    set_asked = pyqtSignal(str, str, float)

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme, self.name = theme, name
        self.title, self.state = QLabel(), QLabel("…")
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        self.address = QLabel()
        self.address.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.address.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.address.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.message, self.bias_said = QLabel(), QLabel()
        for label in (self.message, self.bias_said):
            label.setWordWrap(True)
            label.hide()
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.state)
        self.rows = QFormLayout()
        self.rows.setHorizontalSpacing(LARGE)
        self.rows.setVerticalSpacing(SMALL)
        self.rows.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self.rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(SMALL)
        whole.addLayout(head)
        whole.addWidget(self.address)
        whole.addWidget(self.message)
        whole.addLayout(self.rows)
        self.rest = QLabel()
        self.rest.setWordWrap(True)
        self.rest.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        whole.addWidget(self.rest)
        self.rest.hide()
        self.choices: dict[str, QComboBox] = {}
        self.readings: dict[str, QLabel] = {}
        self.outputs: dict[str, QLineEdit] = {}
        self._row: InstrumentState | None = None
        self._lost = False
        theme.changed.connect(self._colour)

    def show_row(self, row: InstrumentState) -> None:
        """Show the state of the instrument."""
        self._row, self._lost = row, False
        self.title.setText(str(row["name"]))
        self.address.setText(str(row["address"]))
        self.address.setToolTip(f"{row['address']}\nLast read: {row['at'] or 'not yet'}")
        self.message.setText(str(row["message"]))
        self.message.setVisible(bool(row["message"]))
        for setting, editable in row.get("editable", {}).items():
            if "choices" in editable:
                self._show_choice(setting, row)
            else:
                self._show_output(setting, editable)
        for key, words in row.get("labels", {}).items():
            if key not in row["editable"] and key in row["settings"]:
                self._show_fixed(key, words, row["settings"][key])
        for key, label in READINGS.get(self.name, {}).items():
            if key in row["settings"]:
                self._show_reading(key, label, row)
        for name, unit in row.get("extra_inputs", {}).items():
            if f"{name}_V" in row["settings"]:
                shown = self._reading(f"{name}_V", f"{name[0].upper()}{name[1:].replace('_', ' ')}")
                shown.setText(f"{fixed_decimals(row['settings'][f'{name}_V'], 1e-4)} {unit}")
        if row.get("shown"):
            self._say_rest(row["shown"], row["settings"])
        if "rate_Hz" in row:
            self._reading("rate_Hz", "Sampling").setText(f"{row['rate_Hz'] / 1e3:g} kHz")
        self._colour()

    def lose(self) -> None:
        """Show that nothing is known of the instrument, and let nothing be set, until its next row."""
        self._lost = True
        for shown in (*self.readings.values(), self.rest):
            shown.setText(UNKNOWN)
        for field in (*self.choices.values(), *self.outputs.values()):
            field.setEnabled(False)
            field.setToolTip(LOST[2])
        self._colour()

    def _colour(self) -> None:
        if self._row is None:
            return
        state, colour, tip = LOST if self._lost else state_of(self._row)
        self.state.setText(state)
        self.state.setToolTip(tip)
        for label, wanted in (
            (self.state, colour),
            (self.message, "danger" if self._row["answers"] is False else "warning"),
            (self.bias_said, "warning"),
        ):
            palette = label.palette()
            palette.setColor(QPalette.ColorRole.WindowText, QColor(getattr(self.theme.palette, wanted)))
            label.setPalette(palette)

    def _show_choice(self, setting: str, row: InstrumentState) -> None:
        editable, settings, words = row["editable"][setting], row["settings"], row["labels"][setting]
        label, unit, tip = words["label"], words["unit"], words["tip"]
        combo = self.choices.get(setting)
        if combo is None:
            combo = self.choices[setting] = QComboBox()
            combo.setFont(tabular(combo.font()))
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combo.setMinimumContentsLength(LEAST_LETTERS)
            combo.setAccessibleName(f"{label} of the {self.title.text()}")
            for value in editable["choices"]:
                combo.addItem(setting_with_prefix(float(value), unit), float(value))
            combo.activated.connect(
                lambda _, name=setting, box=combo: self.set_asked.emit(self.name, name, box.currentData())
            )
            self.rows.addRow(label, combo)
        view = combo.view()
        if view is not None and view.isVisible():
            return
        now = settings.get(setting, editable["next_run"])
        nearest = min(range(combo.count()), key=lambda i: abs(combo.itemData(i) / float(now) - 1.0))
        combo.setCurrentIndex(nearest)
        combo.setEnabled(not editable["reason"])
        combo.setToolTip(editable["reason"] or tip)

    def _show_output(self, setting: str, editable: Mapping[str, Any]) -> None:
        """Show the field of an output: the bias, or a further one with the value that it has been set to."""
        (low, high), unit, name = editable["range"], editable.get("unit", "V"), output_name(setting)
        field = self.outputs.get(setting)
        if field is None:
            field = self.outputs[setting] = QLineEdit()
            field.setAccessibleName(name)
            field.setPlaceholderText(f"{minus(f'{low:g}')} to {high:g} {unit}, then Enter")
            field.returnPressed.connect(lambda: self._set_output(setting))
            field.textEdited.connect(self.bias_said.hide)
            self.rows.addRow(f"Set {name}", field)
            if setting == "bias_V":
                self.rows.addRow(self.bias_said)
        field.setEnabled(not editable["reason"])
        field.setToolTip(
            editable["reason"]
            or f"Test {name} while the tip is retracted; {plain_number(editable.get('safe', 0))} switches it off, "
            "as does the next run."
        )
        if "set" in editable:
            shown = self._reading(f"{setting} output", f"{name[0].upper()}{name[1:]}, set to")
            shown.setText(minus(f"{editable['set']:.6g} {unit}"))

    def _set_output(self, setting: str) -> None:
        assert self._row is not None
        field, editable = self.outputs[setting], self._row["editable"][setting]
        (low, high), unit, name = editable["range"], editable.get("unit", "V"), output_name(setting)
        try:
            value = read(FloatParameter(name, minimum=low, maximum=high), as_numbers(field.text(), unit))
        except ValueError:
            self.bias_said.setText(
                f"{name[0].upper()}{name[1:]} must be between {minus(f'{low:g}')} and {minus(f'{high:g}')} {unit}."
            )
            self.bias_said.show()
            return
        self.bias_said.hide()
        self.set_asked.emit(self.name, setting, value)
        field.clear()

    def _show_reading(self, key: str, label: str, row: InstrumentState) -> None:
        value = row["settings"][key]
        shown = self._reading(key, label)
        if key == "z_V" and row.get("extension_nm_per_V"):
            low, high = (volts * row["extension_nm_per_V"] for volts in row["z_range_V"])
            shown.setText(
                f"{fixed_decimals(value * row['extension_nm_per_V'], 0.1)} nm  "
                f"of {fixed_decimals(low, 1)} to {fixed_decimals(high, 1)}"
            )
        else:
            shown.setText(f"{fixed_decimals(value, 1e-4)} V")

    def _show_fixed(self, key: str, words: Mapping[str, str], value: float) -> None:
        """Show a setting that can't be changed from here."""
        shown = self._reading(key, words["label"])
        shown.setText(setting_with_prefix(float(value), words["unit"]))
        shown.setToolTip(words["tip"])

    def _say_rest(self, shown: Sequence[Sequence[str]], settings: Mapping[str, Any]) -> None:
        texts = [f"{label} {in_word(settings[key])}" for key, label in shown if key in settings]
        self.rest.setText(", ".join(texts))
        self.rest.show()

    def _reading(self, key: str, label: str) -> QLabel:
        if key not in self.readings:
            shown = self.readings[key] = QLabel()
            shown.setFont(tabular(shown.font()))
            shown.setToolTip(READING_TIPS.get(key, ""))
            shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self.rows.addRow(label, shown)
        return self.readings[key]


def output_name(setting: str) -> str:
    """Return the name of an output for the user: "bias", "gate voltage"."""
    return setting.removesuffix("_V").replace("_", " ")


LOST = "not known", "quiet", "The bench, which reads the instruments, does not answer."
"""State of an instrument of a bench that does not answer, the name of its colour, and its tool tip."""


def state_of(row: InstrumentState) -> tuple[str, str, str]:
    """Return the state of an instrument, the name of its colour, and its tool tip."""
    if row["answers"] is False:
        return "no answer", "danger", str(row["message"])
    if row["settings"].get("overloaded"):
        return "overloaded", "warning", str(row["message"])
    if row["answers"] is None:
        if row.get("provenance") == "read":
            return "…", "quiet", f"The {row['name']} was not asked yet."
        state, tip = NOT_READ[row.get("provenance", "sent")]
        set_before = bool(row["settings"])
        return (
            state if set_before else "…",
            "warning" if set_before else "quiet",
            tip.format(name=row["name"]),
        )
    return "ok", "accent", f"Last answer at {row['at']}"


def in_word(value: Any) -> str:
    """Format a setting that is not a number."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value).replace("_", " ").lower()


def setting_with_prefix(value: float, unit: str) -> str:
    """Format a setting: 1e5 V/A as "10⁵ V/A", 0.0003 s as "300 µs", 1000 Hz as "1 kHz"."""
    if unit == "V/A":
        exponent = round(log10(value))
        return f"10{str(exponent).translate(SUPERSCRIPTS)} V/A"
    if unit == "s":
        return f"{value * 1e6:g} µs" if value < 0.9999e-3 else f"{value * 1e3:g} ms"
    if unit == "Hz":
        return f"{value / 1e3:g} kHz" if value >= 1e3 else f"{value:g} Hz"
    return f"{value:g}" if value < 1e4 else f"{value / 1e3:g} 000"


SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
