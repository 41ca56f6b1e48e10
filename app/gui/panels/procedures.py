"""What to run: procedure, preset, parameters; said at once where it can't work; to the queue, or now."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QPalette
from PyQt6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.commands.run import PROCEDURES
from app.gui.panels.form import Form, as_text
from app.gui.presets import PRESETS, Preset, preset_for
from app.gui.theme import MEDIUM, SMALL, Theme

if TYPE_CHECKING:
    from app.rig import Rig

CHECK_AFTER_MS = 200
NO_PRESET = "Defaults"
OFFERED = tuple(name for name in PROCEDURES if name != "playback")
LABELS = {name: name.replace("-", " ").replace("control ", "control: ").capitalize() for name in OFFERED} | {
    "break-junction": "Break junction", "iv": "I-V",
}  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """A run that is asked for."""

    procedure: str
    values: Mapping[str, Any]
    sample: str


class ProceduresPanel(QWidget):
    """A form from which runs are asked for.

    Parameters
    ----------
    theme : Theme
    """

    queue_asked = pyqtSignal(object)
    """A list of `Wanted`, for the end of the queue."""
    run_asked = pyqtSignal(object)
    """The same, to be run next, also if the queue is held."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.rig: Rig | None = None
        self.busy_text = ""
        self._kept: dict[str, dict[str, Any]] = {}
        self._form: Form | None = None
        self._shown = ""
        self._check_soon = QTimer(self)
        self._check_soon.setSingleShot(True)
        self._check_soon.setInterval(CHECK_AFTER_MS)
        self._check_soon.timeout.connect(self.check)
        self._build()
        self._choose_procedure()

    def _build(self) -> None:
        self.procedure, self.preset = QComboBox(), QComboBox()
        for name in OFFERED:
            self.procedure.addItem(LABELS[name], name)
            self.procedure.setItemData(
                self.procedure.count() - 1, PROCEDURES[name][2], Qt.ItemDataRole.ToolTipRole
            )
        self.preset.addItems([NO_PRESET, *(preset.name for preset in PRESETS)])
        self.preset.setToolTip("Settings of Lee et al., Nature 498, 209 (2013), for these junctions.")
        self.sample = QLineEdit()
        self.sample.setPlaceholderText("what is measured, for the recording")
        self.what = QLabel()
        self.what.setWordWrap(True)
        self.what.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        head = QFormLayout()
        head.setHorizontalSpacing(MEDIUM)
        head.setVerticalSpacing(SMALL)
        head.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for label, widget in (
            ("P&rocedure", self.procedure),
            ("Pre&set", self.preset),
            ("Sam&ple", self.sample),
        ):
            head.addRow(label, widget)
        head.addRow(self.what)
        self.scrolled = QScrollArea()
        self.scrolled.setWidgetResizable(True)
        self.scrolled.setFrameShape(QFrame.Shape.NoFrame)
        self.scrolled.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        whole.setSpacing(MEDIUM)
        whole.addLayout(head)
        whole.addWidget(self.scrolled, 1)
        whole.addLayout(self._foot())
        self.procedure.currentIndexChanged.connect(self._choose_procedure)
        self.preset.currentIndexChanged.connect(self._apply_preset)

    def _foot(self) -> QVBoxLayout:
        self.over, self.over_values = QComboBox(), QLineEdit()
        self.over.setToolTip("Queues one run for each of the values; the other parameters stay.")
        self.over_values.setPlaceholderText("values, with ; between")
        self.over_values.textChanged.connect(lambda: self._check_soon.start())
        self.over.currentIndexChanged.connect(self._sequence_changed)
        sequence = QHBoxLayout()
        sequence.setSpacing(MEDIUM)
        label = QLabel("Repeat o&ver")
        label.setBuddy(self.over)
        for widget, stretch in ((label, 0), (self.over, 1), (self.over_values, 1)):
            sequence.addWidget(widget, stretch)
        self.verdict = QLabel()
        self.verdict.setWordWrap(True)
        self.verdict.setMinimumHeight(self.fontMetrics().height() * 2)
        self.verdict.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.add_button, self.run_button = QPushButton("&Add to queue"), QPushButton("Run now")
        self.run_button.setDefault(True)
        self.run_button.setAutoDefault(True)
        for button, slot in ((self.add_button, self.queue), (self.run_button, self.run)):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(slot)
        buttons = QHBoxLayout()
        buttons.setSpacing(MEDIUM)
        buttons.addWidget(self.add_button, 1)
        buttons.addWidget(self.run_button, 1)
        foot = QVBoxLayout()
        foot.setSpacing(MEDIUM)
        foot.addLayout(sequence)
        foot.addWidget(self.verdict)
        foot.addLayout(buttons)
        return foot

    # ---- what is shown ----

    def set_rig(self, rig: "Rig | None") -> None:
        """The rig that runs are checked against, and the preset of its sample where that is simulated."""
        first = self.rig is None and rig is not None
        self.rig = rig
        if first and rig is not None and self.preset.currentIndex() == 0 and "simulated" in rig.name:
            self.choose_preset(preset_for(rig.name))
        self._check_soon.start()

    def choose_preset(self, preset: Preset) -> None:
        """Take a preset's settings."""
        self.preset.setCurrentText(preset.name)

    def choose(self, procedure: str) -> None:
        """Show a procedure's form."""
        self.procedure.setCurrentIndex(self.procedure.findData(procedure))

    def explain(self, busy: str) -> None:
        """Why nothing can be asked for, in a sentence; "" if it can."""
        self.busy_text = busy
        self._check_soon.start()

    @property
    def form(self) -> Form:
        """The parameters that are shown."""
        assert self._form is not None
        return self._form

    @property
    def name(self) -> str:
        """The procedure's name."""
        return str(self.procedure.currentData())

    def _choose_procedure(self) -> None:
        if self._form is not None:
            self._kept[self._shown] = self._texts()
        self._shown = self.name
        module, class_name, what = PROCEDURES[self.name]
        self._class = getattr(import_module(module), class_name)
        parameters = self._class().parameter_objects()
        self._form = Form(self.theme, parameters)
        self._form.changed.connect(self._check_soon.start)
        self.scrolled.setWidget(self._form)
        self.what.setText(what)
        self._offer_sequences(parameters)
        if self.name in self._kept:
            self._form.set(self._kept[self.name])
        else:
            self._apply_preset()
        self._check_soon.start()

    def _offer_sequences(self, parameters: Mapping[str, Any]) -> None:
        self.over.clear()
        self.over.addItem("nothing", "")
        for name, parameter in parameters.items():
            self.over.addItem(parameter.name, name)
        self._sequence_changed()

    def _sequence_changed(self) -> None:
        self.over_values.setVisible(bool(self.over.currentData()))
        self._check_soon.start()

    def _apply_preset(self) -> None:
        preset = self._preset
        if preset is not None:
            self.form.set(preset.of(self.name, self.form.fields))
            self.sample.setText(preset.sample)
        elif self.sender() is self.preset:
            self.form.set({name: field.parameter.default for name, field in self.form.fields.items()})

    @property
    def _preset(self) -> Preset | None:
        return next((preset for preset in PRESETS if preset.name == self.preset.currentText()), None)

    def _texts(self) -> dict[str, Any]:
        return {name: _raw(field) for name, field in self.form.fields.items()}

    # ---- what is asked for ----

    def wanted(self) -> list[Wanted]:
        """Runs that the form asks for, in their order. Raises ``ValueError`` for what can't be read."""
        one = Wanted(self.name, self.form.values(), self.sample.text().strip())
        over = self.over.currentData()
        if not over:
            return [one]
        parameter = self.form.fields[over].parameter
        try:
            values = [
                parameter.convert(text.strip()) for text in self.over_values.text().split(";") if text.strip()
            ]
        except ValueError as error:
            raise ValueError(f"Repeat over {parameter.name}: {error}") from None
        if not values:
            raise ValueError(f"Repeat over {parameter.name}: give the values, with ; between them.")
        return [replace(one, values={**one.values, over: value}) for value in values]

    def check(self) -> bool:
        """Look whether all of it can work on this rig, and say so. Returns whether it can be queued."""
        self._check_soon.stop()
        try:
            runs = self.wanted()
        except ValueError as error:
            return self._say(str(error), possible=False)
        try:
            total = sum(self._checked(run) for run in runs)
        except ValueError as error:
            return self._say(self.form.complain(str(error)) or "This can't work: see above.", possible=False)
        if self.busy_text:
            return self._say(self.busy_text, possible=False)
        many = f"{len(runs)} runs, " if len(runs) > 1 else ""
        return self._say(f"{many}{total} {self._class.repeats}", possible=True)

    def _checked(self, run: Wanted) -> int:
        """Cycles of a run. Raises ``ValueError`` saying what can't work."""
        from app.serve.runs import check, procedure_of
        from procedures.errors import ImpossibleSetting

        try:
            procedure = procedure_of(run.procedure, run.values)
            if self.rig is not None:
                check(procedure, self.rig)
        except ImpossibleSetting as error:
            raise ValueError(str(error)) from None
        return procedure.total_cycles

    def _say(self, words: str, *, possible: bool) -> bool:
        self.verdict.setText(words)
        self.verdict.setForegroundRole(
            QPalette.ColorRole.PlaceholderText if possible else QPalette.ColorRole.WindowText
        )
        for button, tip in (
            (self.add_button, "Behind what waits already (Ctrl+Shift+Enter)"),
            (self.run_button, "Next, and go on if the queue is held (Ctrl+Enter)"),
        ):
            button.setEnabled(possible)
            button.setToolTip(tip if possible else words)
        return possible

    def queue(self) -> None:
        """Ask for it at the end of the queue."""
        if self.check():
            self.queue_asked.emit(self.wanted())

    def run(self) -> None:
        """Ask for it now."""
        if self.check():
            self.run_asked.emit(self.wanted())


def _raw(field: Any) -> Any:
    """What is in a field, whether it can be read or not."""
    try:
        return field.value
    except ValueError:
        return field.input.text() if hasattr(field.input, "text") else as_text(None)
