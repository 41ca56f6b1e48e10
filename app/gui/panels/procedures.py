"""Form for a run: procedure, preset and parameters, checked while typing; queued or run immediately."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QColor, QPalette, QResizeEvent
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

from app.console.durations import amount
from app.gui.panels.field import Field
from app.gui.panels.form import Form
from app.gui.panels.preset_choice import PresetChoice
from app.gui.panels.sequence import Sequencer
from app.gui.presets import Preset, preset_for
from app.gui.widgets.sentences import Sentences
from app.gui.widgets.start_button import StartButton
from app.gui.widgets.theme import MEDIUM, SMALL, Theme
from app.viewmodels.wording import with_units
from procedures.registry import PROCEDURES

if TYPE_CHECKING:
    from app.acquisition.planned_runs import PlannedRun
    from app.config.rig import Rig

CHECK_AFTER_MS = 200
VERDICT_SHARE = 6
"""Height of the panel as a multiple of the room for what is said of a possible run."""
SHORTEST_NAME = 16
"""Letters of a procedure's name that its list shows at least; the panel may be narrower than the longest name."""


@dataclass(frozen=True)
class Wanted:
    """Requested run."""

    procedure: str
    values: Mapping[str, Any]
    sample: str


def offered() -> list[str]:
    """Return the names of the procedures in the form."""
    return [name for name in PROCEDURES if PROCEDURES[name].offered]


class ProceduresPanel(QWidget):
    """Form from which runs are started and queued.

    Parameters
    ----------
    theme : Theme
    """

    queue_asked = pyqtSignal(object)
    """List of `Wanted` for the end of the queue."""
    run_asked = pyqtSignal(object)
    """List of `Wanted` to run next, even if the queue is paused."""
    preview_asked = pyqtSignal(object, object, object)
    """Procedure, names of the swept parameters, list of `PlannedRun`."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.rig: Rig | None = None
        self.busy_text = ""
        self.held_text = ""
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
        self.procedure.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.procedure.setMinimumContentsLength(SHORTEST_NAME)
        self.preset = self.presets.combo
        for name in offered():
            self.procedure.addItem(PROCEDURES[name].label, name)
            last = self.procedure.count() - 1
            self.procedure.setItemData(last, PROCEDURES.sentence(name), Qt.ItemDataRole.ToolTipRole)
        self.sample = QLineEdit()
        self.sample.setToolTip("Molecule, electrodes, tip, date of preparation; stored in the recording")
        self.sample.setPlaceholderText("name of the sample, stored in the recording")
        self.what = QLabel()
        self.what.setWordWrap(True)
        self.what.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        head = QFormLayout()
        head.setHorizontalSpacing(MEDIUM)
        head.setVerticalSpacing(SMALL)
        head.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        head.addRow("Pro&cedure", self.procedure)
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
        self.sequence.changed.connect(self._sweep_changed)
        self.verdict = Sentences()
        self.add_button, self.run_button = QPushButton("Add to &queue"), StartButton("Run now")
        self.preview_button = QPushButton("Previe&w …")
        self.preview_button.setToolTip(
            "List the runs of the sweep and the time that they take, before they are queued"
        )
        self.preview_button.hide()
        for button, slot in (
            (self.preview_button, self.preview),
            (self.add_button, self.queue),
            (self.run_button, self.run),
        ):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(slot)
        buttons = QHBoxLayout()
        buttons.setSpacing(MEDIUM)
        buttons.addWidget(self.preview_button, 1)
        buttons.addWidget(self.add_button, 1)
        buttons.addWidget(self.run_button, 1)
        foot = QVBoxLayout()
        foot.setSpacing(MEDIUM)
        foot.addWidget(self.sequence)
        foot.addWidget(self.verdict)
        foot.addLayout(buttons)
        return foot

    def resizeEvent(self, a0: QResizeEvent | None) -> None:
        """Leave room for the fields."""
        super().resizeEvent(a0)
        self._limit_verdict()

    def _limit_verdict(self) -> None:
        """Leave room for the fields, unless something is wrong: that is said whole, with its remedy."""
        quiet = self.verdict.foregroundRole() is QPalette.ColorRole.PlaceholderText
        room = max(self.height() // VERDICT_SHARE, self.verdict.minimumHeight())
        self.verdict.limit(room if quiet else 0)

    # ---- content ----

    def set_rig(self, rig: "Rig | None") -> None:
        """Set the rig against which runs are checked; for a simulated rig choose the preset of its sample."""
        first = self.rig is None and rig is not None
        self.rig = rig
        if first and rig is not None and self.preset.currentIndex() == 0 and "simulated" in rig.name:
            self.choose_preset(preset_for(rig.name))
        self._check_soon.start()

    def choose_preset(self, preset: Preset) -> None:
        """Choose a preset and apply its settings."""
        self.presets.choose(preset)

    def choose(self, procedure: str) -> None:
        """Show a procedure's form."""
        self.procedure.setCurrentIndex(self.procedure.findData(procedure))

    def show_run(self, procedure: str, values: Mapping[str, Any], sample: str) -> None:
        """Show the settings of a run; parameters that it does not name have their defaults."""
        self.choose(procedure)
        defaults = {name: each.default for name, each in self._class().parameter_objects().items()}
        self.form.set({**defaults, **values})
        self.sample.setText(sample)

    def explain(self, busy: str, held: str = "") -> None:
        """Set the reason why no run can be started or queued, and why one can be queued only; "" if it can."""
        if (busy, held) != (self.busy_text, self.held_text):
            self.busy_text, self.held_text = busy, held
            self._check_soon.start()

    @property
    def form(self) -> Form:
        """Form of the chosen procedure."""
        assert self._form is not None
        return self._form

    @property
    def name(self) -> str:
        """Name of the chosen procedure."""
        return str(self.procedure.currentData())

    def _choose_procedure(self) -> None:
        if self._form is not None:
            self._kept[self._shown] = self._form.typed()
        self._shown = self.name
        self._class, description = PROCEDURES[self.name], PROCEDURES.sentence(self.name)
        parameters = self._class().parameter_objects()
        self._form, self._wrong = Form(self.theme, parameters), None
        self._form.changed.connect(self._changed)
        self.scrolled.setWidget(self._form)
        self._order_of_tabs()
        self.what.setText(description)
        self.procedure.setToolTip(description)
        self.sequence.offer(parameters)
        self.presets.offer(self._class)
        if self.name in self._kept:
            self._form.set(self._kept[self.name])
        else:
            self._apply_preset()

    def _order_of_tabs(self) -> None:
        before = (self.procedure, self.preset, self.presets.reset, self.sample)
        after = (*self.sequence.in_order(), self.preview_button, self.add_button, self.run_button)
        for first, second in pairwise((*before, *self.form.in_order(), *after)):
            self.setTabOrder(first, second)

    def _apply_preset(self) -> None:
        self.form.set(self.presets.values(self.form.fields))
        if self.presets.sample:
            self.sample.setText(self.presets.sample)

    def _sweep_changed(self) -> None:
        self.preview_button.setVisible(bool(self.sequence.names))
        self._check_soon.start()

    def _changed(self) -> None:
        self.presets.compare(self.form.fields)
        self._check_soon.start()

    # ---- runs ----

    def base(self) -> Wanted:
        """Return the run of the form without its sweep. Raises ``ValueError`` for an invalid field."""
        return Wanted(self.name, self.form.values(), self.sample.text().strip())

    def wanted(self) -> list[Wanted]:
        """Return the runs of the form in order, several for a sweep. Raises ``ValueError`` for an invalid field."""
        run = self.base()
        return [replace(run, values=values) for values in self.sequence.runs(run.values)]

    def check(self) -> bool:
        """Check the runs against the rig, show the result and return True if they can be queued."""
        self._check_soon.stop()
        try:
            runs = self.planned()
            if wrong := next((run.error for run in runs if run.error is not None), None):
                raise wrong
        except ValueError as error:
            self._say(self._complain(error), possible=False, amber=True)
            self._show_soon.start()
            return False
        self._wrong = None
        if self.busy_text:
            return self._say(self.busy_text, possible=False)
        if self.held_text:
            return self._say(self.held_text, possible=True, amber=True)
        many = f"{len(runs)} runs, " if len(runs) > 1 else ""
        cycles, seconds = sum(run.cycles for run in runs), sum(run.seconds for run in runs)
        worst = max(runs, key=lambda run: run.factor)
        takes = amount(cycles, self._class.repeats, seconds) + (
            self.rig.clock if self.rig is not None else ""
        )
        told = f"{many}{takes}. {with_units(worst.resolution)}".removesuffix(". ")
        return self._say(told, possible=True, amber=worst.weak)

    def planned(self) -> "list[PlannedRun]":
        """Return the runs of the form with their durations, or why one is impossible. Raises ``ValueError``."""
        from app.acquisition.planned_runs import planned_runs

        return planned_runs(self.name, [run.values for run in self.wanted()], self.rig)

    def preview(self) -> None:
        """Ask for a window with the runs of the sweep, if they can be read."""
        try:
            planned = self.planned()
        except ValueError:
            self.check()
            return
        self.preview_asked.emit(self._class, self.sequence.names, planned)

    def _complain(self, error: ValueError) -> str:
        """Show an error at its field, if it has one; return it with the labels of the form."""
        about = getattr(error, "about", ())
        if swept := [name for name in self.sequence.names if name in about[:1]]:  # not the value of the field
            label = self.form.fields[swept[0]].parameter.name
            return f"Sweep of {label}: {self.form.complain(str(error), ())}"
        return self.form.complain(str(error), about)

    def _show_wrong(self) -> None:
        """Scroll to the first field with an error, once per error."""
        wrong = self.form.wrong
        shown, self._wrong = self._wrong, (wrong, wrong.problem) if wrong is not None else None
        if wrong is None or self._wrong == shown:
            return
        for layout in (self.layout(), self.form.layout()):  # make room for the error message first
            assert layout is not None
            layout.activate()
        for part in (wrong.error_label, wrong):
            self.scrolled.ensureWidgetVisible(part, 0, MEDIUM)

    def _colour(self) -> None:
        palette = QPalette(self.palette())
        if self._amber:
            palette.setColor(QPalette.ColorRole.WindowText, QColor(self.theme.palette.warning))
        self.verdict.setPalette(palette)

    def _say(self, text: str, *, possible: bool, amber: bool = False) -> bool:
        self.verdict.tell(text)
        quiet = possible and not amber
        self.verdict.setForegroundRole(
            QPalette.ColorRole.PlaceholderText if quiet else QPalette.ColorRole.WindowText
        )
        self._limit_verdict()
        self._amber = amber
        self._colour()
        why_not = "" if possible else text
        for button, reason, tip in (
            (self.add_button, why_not, "Add to the end of the queue (Ctrl+Shift+Enter)"),
            (
                self.run_button,
                why_not or self.held_text,
                "Run before all queued runs, even if the queue is paused (Ctrl+Enter)",
            ),
        ):
            button.setEnabled(not reason)
            button.setToolTip(reason or tip)
        return possible

    def queue(self) -> None:
        """Add the runs of the form to the queue if they are valid."""
        if self.check():
            self.queue_asked.emit(self.wanted())

    def run(self) -> None:
        """Run the form now if it is valid."""
        if self.check() and not self.held_text:
            self.run_asked.emit(self.wanted())
