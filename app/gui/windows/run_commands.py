"""Commands of the form, the queue and the notes to a bench."""

import logging
from collections.abc import Callable
from typing import Any, Protocol

from PyQt6.QtWidgets import QWidget

from app.gui.dialogs.hold_until import ask_condition
from app.gui.dialogs.preview import PreviewDialog
from app.gui.dialogs.run_settings import delete_own_preset, load_settings, save_as_preset, save_settings
from app.gui.panels.notes import NotesPanel
from app.gui.panels.procedures import ProceduresPanel, Wanted
from app.gui.panels.queue import QueuePanel
from app.gui.windows.menus import Entry, Item
from app.gui.windows.refusals import why_disabled
from app.server.job_text import title_of
from app.server.messages import JobState
from procedures.park import Park


class Ask(Protocol):
    """Send a command to the bench, and call a function with its answer."""

    def __call__(self, name: str, then: Callable[[Any], None] | None = None, **arguments: Any) -> None:
        """Send the command ``name``."""


class RunCommands:
    """Commands to a bench on runs: those that wait, the one in progress, and its notes.

    Parameters
    ----------
    window : QWidget
        Parent of the dialogs.
    ask : callable
    tell : callable
        Shows a sentence of a level of `logging` at the bottom of the window.
    procedures, queue, notes : panels
        Their commands are connected here.
    inputs : callable
        Returns the names of the rig's further inputs, for conditions.
    """

    def __init__(
        self,
        window: QWidget,
        ask: Ask,
        tell: Callable[[int, str], None],
        procedures: ProceduresPanel,
        queue: QueuePanel,
        notes: NotesPanel,
        inputs: Callable[[], list[str]],
    ) -> None:
        self._window, self._ask, self._tell = window, ask, tell
        self._procedures, self._queue, self._notes = procedures, queue, notes
        self._inputs = inputs
        procedures.queue_asked.connect(self.add_to_queue)
        procedures.run_asked.connect(self.run_now)
        procedures.preview_asked.connect(self._preview)
        notes.note_asked.connect(self._note)
        queue.pause_asked.connect(lambda: ask("pause"))
        queue.resume_asked.connect(lambda: ask("resume"))
        queue.skip_asked.connect(lambda job: ask("skip", job=job))
        queue.abort_asked.connect(lambda job: ask("abort", job=job))
        queue.remove_asked.connect(lambda job: ask("queue_remove", job=job))
        queue.move_asked.connect(lambda job, place: ask("queue_move", job=job, place=place))
        queue.again_asked.connect(self._run_again)
        queue.hold_asked.connect(self._hold_until)
        queue.release_asked.connect(lambda job: ask("queue_until", job=job))

    def form_entries(self, say: Callable[[str, int], None]) -> list[Entry]:
        """Return the entries of a menu for the form; ``say`` shows what becomes of a file."""
        form = self._procedures
        return [
            Item("&Run now", form.run, "Ctrl+Return|Ctrl+Enter", why_disabled(form.run_button)),
            Item(
                "&Add to queue",
                form.queue,
                "Ctrl+Shift+Return|Ctrl+Shift+Enter",
                why_disabled(form.add_button),
            ),
            Item("&Save these settings …", lambda: save_settings(form, say)),
            Item("&Load settings …", lambda: load_settings(form, say)),
            Item("Save as pr&eset …", lambda: save_as_preset(form, say)),
            Item("&Delete the chosen preset", lambda: delete_own_preset(form, say)),
        ]

    def queue_entries(self) -> list[Entry]:
        """Return the entries of a menu for the queue."""
        queue = self._queue
        return [
            Item("Re&lease the queue", lambda: self._ask("resume"), why_not=queue.why_not_release),
            Item(
                "S&kip the trace, hold or curve in progress",
                queue.skip_step,
                "Ctrl+K",
                why_disabled(queue.skip),
            ),
            Item("A&bort the run", queue.abort_present, why_not=why_disabled(queue.abort)),
        ]

    def add_to_queue(self, runs: list[Wanted]) -> None:
        """Append runs to the queue."""
        sent = self._notes_of_run()
        for run in runs:
            self._ask("queue_add", lambda job: self._notes_gone(sent), **self._as_arguments(run))

    def run_now(self, runs: list[Wanted]) -> None:
        """Run the first job now, even if the queue is paused, and the others after it."""
        first, *others = runs
        sent = self._notes_of_run()
        self._ask("run_now", **self._as_arguments(first))
        for place, run in enumerate(others):
            self._ask("queue_add", place=place, **self._as_arguments(run))
        self._notes_gone(sent)

    def park(self) -> None:
        """Take the tip far back: now, or after the queued runs if one is in progress."""
        name = "queue_add" if self._queue.present else "run_now"
        self._ask(name, procedure=Park.name, values={})

    def _preview(self, made: Any, names: Any, runs: Any) -> None:
        PreviewDialog(made, names, runs, self._procedures.rig, self._window).exec()

    def _as_arguments(self, run: Wanted) -> dict[str, Any]:
        values = {name: list(v) if isinstance(v, tuple) else v for name, v in run.values.items()}
        return {
            "procedure": run.procedure,
            "values": values,
            "sample": run.sample,
            "notes": self._notes_of_run(),
        }

    def _run_again(self, job: JobState) -> None:
        self._ask(
            "queue_add",
            procedure=job["procedure"],
            values=job["values"],
            sample=job["sample"],
            notes=job["notes"],
        )

    def _hold_until(self, job: JobState) -> None:
        known = self._queue.known
        until = ask_condition(self._window, self._inputs())
        if until and self._queue.known is not known:
            self._tell(logging.WARNING, f"{title_of(job)} is not held: the bench was started anew meanwhile.")
        elif until:
            self._ask("queue_until", job=job["id"], until=until)

    def _notes_of_run(self) -> str:
        """Return the notes for a run that is queued now; those during a run are for that one."""
        return "" if self._queue.run else self._notes.for_next

    def _notes_gone(self, sent: str) -> None:
        if sent and self._notes.for_next.startswith(sent):
            self._tell(logging.INFO, "The notes are added to the recording of this run.")
            self._notes.taken(sent)

    def _note(self, text: str) -> None:
        def noted(result: Any) -> None:
            self._tell(logging.INFO, "Note added to the recording.")  # the run logs it
            self._notes.taken(text)

        self._ask("notes", noted, text=text)
