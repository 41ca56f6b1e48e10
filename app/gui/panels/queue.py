"""Queue of runs with order, progress and time left, and the buttons that change it."""

import time
from collections.abc import Callable, Sequence

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QColor, QKeySequence, QShortcut
from PyQt6.QtWidgets import (
    QGridLayout,
    QLabel,
    QPushButton,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.console.durations import clock_time, roughly
from app.gui.panels.job_table import (
    JOB,
    OVER,
    RUNNING,
    WAITING,
    JobTable,
    all_left_s,
)
from app.gui.panels.queue_buttons import permissions_of
from app.gui.widgets.theme import MEDIUM, SMALL, Theme
from app.server.job_text import reason_of, title_of, waits_of
from app.server.latest_snapshots import KnownState
from app.server.messages import COMMISSION, BenchState, JobState

OVER_SHOWN = 20
LOST = "The state of the runs is not known."
DONE_EVERY_MS = 10_000
"""Interval at which the time of the end of all runs is worked out again."""


class QueuePanel(QWidget):
    """Table of the bench's jobs; its buttons emit signals.

    Parameters
    ----------
    theme : Theme
    """

    pause_asked = pyqtSignal()
    resume_asked = pyqtSignal()
    abort_asked = pyqtSignal(int)
    skip_asked = pyqtSignal(int)
    remove_asked = pyqtSignal(int)
    move_asked = pyqtSignal(int, int)
    """Job and its new place in the queue."""
    open_asked = pyqtSignal(str)
    """Recording of a finished run."""
    again_asked = pyqtSignal(object)
    """Job whose settings are to run once more, at the end of the queue."""
    hold_asked = pyqtSignal(object)
    """Queued job that is to wait for a condition outside of the queue."""
    release_asked = pyqtSignal(int)
    """Queued job that is not to wait for its condition any longer."""
    form_asked = pyqtSignal(object)
    """Job whose settings are to be shown in the form."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.known = KnownState()
        self._lost = self._tripped = ""
        self._approaches = False
        self._build()
        theme.changed.connect(self._fill)
        self._follow()

    def _build(self) -> None:
        self.table = JobTable(self.theme)
        self.table.itemSelectionChanged.connect(self._follow)
        self.table.itemDoubleClicked.connect(self._opened)
        self.table.dropped.connect(self._dropped)
        for key, slot in (
            ("Return", self._open_chosen),
            ("Enter", self._open_chosen),
            ("Delete", self._remove),
        ):
            shortcut = QShortcut(QKeySequence(key), self.table, context=Qt.ShortcutContext.WidgetShortcut)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(slot)
        self.all_done = QLabel()
        policy = self.all_done.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.all_done.setSizePolicy(policy)
        self.all_done.setToolTip("Time at which every queued run is over, if all goes as expected")
        self.hint = QLabel()
        self.hint.setWordWrap(True)
        self.pause = self._button("Pause")
        self.skip = self._button("S&kip")
        self.abort, self.remove = self._button("A&bort"), self._button("Remove")
        self.up, self.down = self._button("&Up"), self._button("Do&wn")
        self.again, self.to_form = self._button("Aga&in"), self._button("&To form")
        self.until = self._button("Ho&ld …")
        whole = QVBoxLayout(self)
        whole.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        whole.setSpacing(SMALL)
        whole.addWidget(self.table, 1)
        whole.addWidget(self.all_done)
        whole.addWidget(self.hint)
        whole.addWidget(_row(self.pause, self.skip, self.abort))
        whole.addWidget(_row(self.remove, self.up, self.down))
        whole.addWidget(_row(self.again, self.to_form, self.until))
        self.pause.clicked.connect(self.toggle_pause)
        self.skip.clicked.connect(self.skip_step)
        self.abort.clicked.connect(self.abort_present)
        self.remove.clicked.connect(self._remove)
        self.up.clicked.connect(lambda: self._move(-1))
        self.down.clicked.connect(lambda: self._move(+1))
        self.again.clicked.connect(lambda: self._with_chosen(self.again_asked.emit))
        self.to_form.clicked.connect(lambda: self._with_chosen(self.form_asked.emit))
        self.until.clicked.connect(lambda: self._with_chosen(self._hold_or_release))
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._say_when_done)
        self._clock.start(DONE_EVERY_MS)

    def _button(self, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    # ---- messages of the bench ----

    @property
    def jobs(self) -> dict[int, JobState]:
        """All jobs by their number."""
        return self.known.jobs

    @property
    def held(self) -> str:
        """Reason why no run starts; "" if runs may start."""
        return self.known.state["held"] if self.known.state is not None else ""

    @property
    def resumes(self) -> bool:
        """True if the next step is to resume: a run is paused, or the queue is held and no run goes on."""
        state = self.known.state
        if state is None or not state["held"]:
            return False
        return self.present is None or state.get("pausing", True)

    def lose(self, why: str) -> None:
        """Say that nothing is known of the runs, and offer no command, until the bench answers (``why`` is "")."""
        self._lost = self.table.lost = why
        self._fill()

    def explain(self, tripped: str) -> None:
        """Set the reason why no run can be started for a trip of the watchdog; "" if there is none."""
        if tripped != self._tripped:
            self._tripped = tripped
            self._follow()

    def follow_step(self, *, approaches: bool) -> None:
        """Follow whether the tip moves towards the sample: nothing can be skipped then."""
        if approaches != self._approaches:
            self._approaches = approaches
            self._follow()

    def forget(self) -> None:
        """Forget the jobs of a bench that is gone."""
        self.known = KnownState()
        self._fill()

    def show_state(self, state: BenchState) -> None:
        """Show the state of the whole queue."""
        if self.known.update_state(state):
            self._fill()

    def show_job(self, job: JobState) -> None:
        """Show the state of one job."""
        new = job["id"] not in self.jobs
        if not self.known.update_job(job):
            return
        if new:
            self._fill()
            return
        self.table.update_job(job)
        self._follow()

    def _shown(self) -> list[JobState]:
        """Return the current run, queued runs in order and finished runs, the latest first."""
        jobs = self._with
        return [*jobs(RUNNING), *jobs(WAITING), *reversed(jobs(OVER)[-OVER_SHOWN:])]

    def _with(self, statuses: Sequence[str]) -> list[JobState]:
        return [job for job in self.jobs.values() if job["status"] in statuses]

    def _fill(self) -> None:
        self.table.show_jobs(self._shown())
        self._follow()

    # ---- actions ----

    @property
    def chosen(self) -> JobState | None:
        """Selected job."""
        number = self.table.chosen
        return None if number is None else self.jobs.get(number)

    @property
    def present(self) -> JobState | None:
        """Job in progress."""
        return next(iter(self._with(RUNNING)), None)

    @property
    def run(self) -> JobState | None:
        """Run in progress, which has a recording; None during a commissioning."""
        present = self.present
        return present if present is not None and present["procedure"] != COMMISSION else None

    @property
    def waiting(self) -> list[JobState]:
        """Queued jobs in order."""
        return self._with(WAITING)

    def _follow(self) -> None:
        self.pause.setText("Resume" if self.resumes else "Pause")
        self.until.setText("Re&lease" if self.chosen is not None and self.chosen.get("until") else "Ho&ld …")
        permissions = permissions_of(
            self.chosen,
            self.present,
            self.waiting,
            held=bool(self.held),
            resumes=self.resumes,
            lost=self._lost,
            tripped=self._tripped,
            approaches=self._approaches,
        )
        for name, (reason, tip) in permissions.items():
            button: QPushButton = getattr(self, name)
            button.setEnabled(not reason)
            button.setToolTip(reason or tip)
        self._hint()
        self._say_when_done()

    def _say_when_done(self) -> None:
        """Show when all runs are over, from now; nothing while that is not known, or no run goes on."""
        left_s = all_left_s(self._with(RUNNING), self.waiting)
        known = bool(self.jobs) and left_s > 0.0 and not self._lost
        going = not self.held and not any(job.get("until") for job in self.waiting)
        when = (
            f"All done at about {clock_time(time.time() + left_s)}."
            if going
            else f"{roughly(left_s)} of runs to go."
        )
        self.all_done.setText(when if known else "")
        self.all_done.setVisible(known)

    def _hint(self) -> None:
        chosen, colours = self.chosen, self.theme.palette
        hint = (reason_of(chosen) or waits_of(chosen)) if chosen is not None else ""
        waits = next((job for job in self.waiting[:1] if job.get("until")), None)
        if self._lost:
            hint = LOST
        elif self.held and not self.resumes:
            hint = f"{self.held[:1].upper()}{self.held[1:]}: queued runs stay until Run > Release the queue."
        elif self.held:
            held = f"{self.held[:1].upper()}{self.held[1:]}."
            hint = (
                held
                if self.known.state is not None and self.known.state["unsafe"]
                else f"{held} Press Resume to continue."
            )
        elif waits is not None and not self.present:
            hint = f"{title_of(waits)}: {waits_of(waits)}"
        elif not self.jobs:
            hint = "Queued runs appear here and start one after another."
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))  # the table gives it the room; the buttons below stay where they are
        palette = self.hint.palette()
        palette.setColor(
            self.hint.foregroundRole(), QColor(colours.warning if self.held or self._lost else colours.quiet)
        )
        self.hint.setPalette(palette)

    def why_not_release(self) -> str:
        """Return why the queue can't be released; "" if it can."""
        return self._lost or self._tripped or ("" if self.held else "The queue is not held.")

    def toggle_pause(self) -> None:
        """Pause or resume the queue."""
        (self.resume_asked if self.resumes else self.pause_asked).emit()

    def skip_step(self) -> None:
        """Skip the trace, hold or curve in progress."""
        if (present := self.present) is not None and self.skip.isEnabled():
            self.skip_asked.emit(present["id"])

    def abort_present(self) -> None:
        """Abort the run in progress."""
        if (present := self.present) is not None and self.abort.isEnabled():
            self.abort_asked.emit(present["id"])

    def _remove(self) -> None:
        if (chosen := self.chosen) is not None and self.remove.isEnabled():
            self.remove_asked.emit(chosen["id"])

    def _move(self, steps: int) -> None:
        if (chosen := self.chosen) is not None:
            places = [job["id"] for job in self.waiting]
            self.move_asked.emit(chosen["id"], places.index(chosen["id"]) + steps)

    def _hold_or_release(self, job: JobState) -> None:
        if job.get("until"):
            self.release_asked.emit(job["id"])
        else:
            self.hold_asked.emit(job)

    def _with_chosen(self, act: Callable[[JobState], None]) -> None:
        if (chosen := self.chosen) is not None:
            act(chosen)

    def _dropped(self, job: int, target: int) -> None:
        """Move a queued run to a row; the rows above and below those of the queue are its ends."""
        waiting = [each["id"] for each in self.waiting]
        if self._lost or job not in waiting:
            return
        place = min(max(target - len(self._with(RUNNING)), 0), len(waiting) - 1)
        if place != waiting.index(job):
            self.move_asked.emit(job, place)

    def _opened(self, item: QTableWidgetItem) -> None:
        self._open(self.jobs.get(item.data(JOB)))

    def _open_chosen(self) -> None:
        self._open(self.chosen)

    def _open(self, job: JobState | None) -> None:
        if job is not None and job["status"] in OVER:
            self.open_asked.emit(job["out"])


def _row(*buttons: QPushButton) -> QWidget:
    row = QWidget()
    layout = QGridLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(SMALL)
    for column, button in enumerate(buttons):
        layout.addWidget(button, 0, column)
    return row
