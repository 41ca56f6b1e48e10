"""What to run: procedure, preset, parameters; said at once where it can't work; to the queue, or now."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import pairwise
from math import nan
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
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
    QVBoxLayout,
    QWidget,
)

from app.commands.run import PROCEDURES
from app.durations import amount
from app.gui.panels.field import Field
from app.gui.panels.form import Form
from app.gui.panels.preset_choice import PresetChoice
from app.gui.panels.sequence import Sequencer
from app.gui.presets import Preset, preset_for
from app.gui.theme import MEDIUM, SMALL, Theme

if TYPE_CHECKING:
    from app.rig import Rig

CHECK_AFTER_MS = 200
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
        self._wrong: tuple[Field, str] | None = None
        self._check_soon, self._show_soon = QTimer(self), QTimer(self)
        for soon, ms, slot in (
            (self._check_soon, CHECK_AFTER_MS, self.check),
            (self._show_soon, 0, self._show_wrong),
        ):
            soon.setSingleShot(True)
            soon.setInterval(ms)
            soon.timeout.connect(slot)
        self._amber = False
        self._build()
        theme.changed.connect(self._colour)
        self._choose_procedure()

    def _build(self) -> None:
        self.procedure, self.presets = QComboBox(), PresetChoice()
        self.preset = self.presets.combo
        for name in OFFERED:
            self.procedure.addItem(LABELS[name], name)
            last = self.procedure.count() - 1
            self.procedure.setItemData(last, PROCEDURES[name][2], Qt.ItemDataRole.ToolTipRole)
        self.sample = QLineEdit()
        self.sample.setToolTip("Molecule and electrodes, tip, date of preparation: goes into the recording.")
        self.sample.setPlaceholderText("what is measured, for the recording")
        self.what = QLabel()
        self.what.setWordWrap(True)
        self.what.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        head = QFormLayout()
        head.setHorizontalSpacing(MEDIUM)
        head.setVerticalSpacing(SMALL)
        head.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        head.addRow("P&rocedure", self.procedure)
        head.addRow("Pre&set", self.presets)
        head.addRow("Sam&ple", self.sample)
        head.addRow(self.what)
        self.scrolled = QScrollArea()
        self.scrolled.setWidgetResizable(True)
        self.scrolled.setMinimumHeight(2 * self.fontMetrics().height())
        self.scrolled.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scrolled.setFrameShape(QFrame.Shape.NoFrame)
        self.scrolled.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        whole.setSpacing(MEDIUM)
        whole.addLayout(head)
        whole.addWidget(self.scrolled, 1)
        whole.addLayout(self._foot())
        self.procedure.currentIndexChanged.connect(self._choose_procedure)
        self.presets.chosen.connect(self._apply_preset)

    def _foot(self) -> QVBoxLayout:
        self.sequence = Sequencer()
        self.sequence.changed.connect(self._check_soon.start)
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
        foot.addWidget(self.sequence)
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
        self.presets.choose(preset)

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
            self._kept[self._shown] = self._form.typed()
        self._shown = self.name
        module, class_name, what = PROCEDURES[self.name]
        self._class = getattr(import_module(module), class_name)
        parameters = self._class().parameter_objects()
        self._form, self._wrong = Form(self.theme, parameters), None
        self._form.changed.connect(self._changed)
        self.scrolled.setWidget(self._form)
        self._order_of_tabs()
        self.what.setText(what)
        self.procedure.setToolTip(f"What is done with the junctions. {what}")
        self.sequence.offer(parameters)
        if self.name in self._kept:
            self._form.set(self._kept[self.name])
        else:
            self._apply_preset()
        self._changed()

    def _order_of_tabs(self) -> None:
        before = (self.procedure, self.preset, self.presets.reset, self.sample)
        after = (self.sequence.over, self.sequence.texts, self.add_button, self.run_button)
        for one, next_one in pairwise((*before, *self.form.in_order(), *after)):
            self.setTabOrder(one, next_one)

    def _apply_preset(self) -> None:
        self.form.set(self.presets.values(self.name, self.form.fields))
        if self.presets.preset is not None:
            self.sample.setText(self.presets.preset.sample)
        self._changed()

    def _changed(self) -> None:
        self.presets.compare(self.name, self.form.fields)
        self._check_soon.start()

    # ---- what is asked for ----

    def wanted(self) -> list[Wanted]:
        """Runs that the form asks for, in their order. Raises ``ValueError`` for what can't be read."""
        one = Wanted(self.name, self.form.values(), self.sample.text().strip())
        over = self.sequence.name
        if not over:
            return [one]
        return [replace(one, values={**one.values, over: value}) for value in self.sequence.values()]

    def check(self) -> bool:
        """Look whether all of it can work on this rig, and say so. Returns whether it can be queued."""
        self._check_soon.stop()
        try:
            runs = self.wanted()
            expected = [self._expected(run) for run in runs]
        except ValueError as error:
            self._say(self._complain(error), possible=False, amber=True)
            self._show_soon.start()
            return False
        self._wrong = None
        if self.busy_text:
            return self._say(self.busy_text, possible=False)
        many = f"{len(runs)} runs, " if len(runs) > 1 else ""
        cycles, seconds = (sum(one) for one in zip(*expected, strict=True))
        return self._say(many + amount(int(cycles), self._class.repeats, seconds), possible=True)

    def _expected(self, run: Wanted) -> tuple[int, float]:
        """Cycles of a run and about how long it takes in s. Raises ``ImpossibleSetting``."""
        from app.serve.runs import check, duration_s, procedure_of

        procedure = procedure_of(run.procedure, run.values)
        if self.rig is None:
            return procedure.total_cycles, nan
        check(procedure, self.rig)
        return procedure.total_cycles, duration_s(procedure, self.rig)

    def _complain(self, error: ValueError) -> str:
        """Say it at its field, if it has one; returns it in the form's words."""
        about = getattr(error, "about", ())
        if self.sequence.name in about[:1]:  # the field holds another value than the one that is wrong
            return f"Repeat over {self.sequence.over.currentText()}: {self.form.complain(str(error), ())}"
        return self.form.complain(str(error), about)

    def _show_wrong(self) -> None:
        """Scroll to what is wrong, once: who then looks elsewhere is left alone."""
        wrong = self.form.wrong
        shown, self._wrong = self._wrong, (wrong, wrong.problem) if wrong is not None else None
        if wrong is None or self._wrong == shown:
            return
        for layout in (self.layout(), self.form.layout()):  # what is said takes room, which is given only now
            assert layout is not None
            layout.activate()
        for part in (wrong.said, wrong):
            self.scrolled.ensureWidgetVisible(part, 0, MEDIUM)

    def _colour(self) -> None:
        palette = QPalette(self.palette())
        if self._amber:
            palette.setColor(QPalette.ColorRole.WindowText, QColor(self.theme.palette.warning))
        self.verdict.setPalette(palette)

    def _say(self, words: str, *, possible: bool, amber: bool = False) -> bool:
        self.verdict.setText(words)
        self.verdict.setForegroundRole(
            QPalette.ColorRole.PlaceholderText if possible else QPalette.ColorRole.WindowText
        )
        self._amber = amber
        self._colour()
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
