"""Window of a rig: shows a bench and sends it commands."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QSettings, pyqtSignal

from app.gui.dialogs.close_dialog import Parting, ask_about_run, part
from app.gui.dialogs.rig_settings import load_amplifiers, save_amplifiers
from app.gui.panels.commissioning import CommissioningPage
from app.gui.panels.job_table import OVER
from app.gui.panels.notes import NotesPanel
from app.gui.panels.procedures import ProceduresPanel
from app.gui.panels.queue import QueuePanel
from app.gui.panels.rig import RigPanel
from app.gui.widgets.alarm import Alarm
from app.gui.widgets.theme import Theme
from app.gui.windows.bench_log import BenchLog
from app.gui.windows.bench_search import BenchSearch
from app.gui.windows.menus import Entry, Item
from app.gui.windows.refusals import (
    why_disabled,
    why_held,
    why_not_clear_trip,
    why_not_commission,
    why_not_park,
    why_not_run,
    why_not_set,
)
from app.gui.windows.rig_commands import RigCommands
from app.gui.windows.rig_layout import arrange, size_panels
from app.gui.windows.rig_pages import RigPages
from app.gui.windows.rig_status import (
    NO_ANSWER,
    alarm_of,
    idle_status,
    next_settings,
    rig_as_set,
    running_status,
    unsafe_of,
)
from app.gui.windows.run_commands import RunCommands
from app.gui.windows.shortcuts import RIG_KEYS
from app.gui.windows.status_line import RigStatusLine
from app.gui.windows.window import SessionWindow
from app.server.latest_snapshots import Newest
from app.server.messages import BenchState, Hello, InstrumentsState, JobState
from app.viewmodels.status_view import StatusSnapshot
from app.viewmodels.wording import all_labels, labelled_sentence
from procedures.steps import APPROACH

if TYPE_CHECKING:
    from app.config.rig import Rig
    from app.gui.bench_connection import BenchConnection
    from app.viewmodels.options import SessionOptions
    from app.viewmodels.session import Session

STARTING = "The bench is starting …"


class RigWindow(SessionWindow):
    """Window of a rig; it is empty until a bench is attached."""

    kind = "rig"
    keys = RIG_KEYS
    restarted = pyqtSignal(object)
    """Connection to a bench that was started anew for the same rig file, in place of the lost one."""

    def __init__(self, theme: Theme, settings: QSettings) -> None:
        self.rig_line = RigStatusLine(theme)
        super().__init__(theme, settings, self.rig_line)
        self.source: BenchConnection | None = None
        self.owned = False
        """True if the bench was started for this window or is simulated: when idle it ends with the window."""
        self._instruments: InstrumentsState | None = None
        self._rig: Rig | None = None
        self._newest = Newest()
        self._lost = ""
        self._search = BenchSearch(self.tasks, self)
        self._search.found.connect(self.restarted)
        self.bench_log = BenchLog(self.log, self.messages)
        self._raised: str | None = None
        self.alarm = Alarm(theme)
        self.first_row.addWidget(self.alarm, 1)
        self.rig_line.retract.connect(self.retract)
        self.procedures, self.queue = ProceduresPanel(theme), QueuePanel(theme)
        self.rig, self.notes = RigPanel(theme), NotesPanel()
        self.commands = RigCommands(self, self.ask, self.say)
        self.commissioning = CommissioningPage(theme)
        self.pages = RigPages(self.area, self.commissioning, self.ask)
        self.setCentralWidget(self.pages)
        arrange(
            self,
            {
                "Procedure": self.procedures,
                "Selection": self.selection,
                "Queue": self.queue,
                "Rig": self.rig,
                "Log": self.log,
                "Recordings": self.browser,
                "Notes": self.notes,
            },
        )
        self._connect_panels()
        self.setWindowTitle("hotjunction")
        self.procedures.explain(STARTING)
        self.procedures.check()
        self.finish()
        self.procedures.procedure.setFocus()

    def settle_sizes(self) -> None:
        """Set the panels to their default sizes, leaving most room to the views."""
        size_panels(self)
        super().settle_sizes()

    def _connect_panels(self) -> None:
        self.runs = RunCommands(
            self, self.ask, self.messages.tell, self.procedures, self.queue, self.notes, self._further_inputs
        )
        self.queue.open_asked.connect(self._open)
        self.queue.form_asked.connect(self._show_in_form)
        self.rig.set_asked.connect(self.commands.set_instrument)
        self.rig.park_asked.connect(self.runs.park)
        self._explain()
        self.commissioning.start_asked.connect(self._commission)

    def run_menu(self) -> dict[str, list[Entry]]:
        """Return the menu Run."""
        return {
            "&Run": [
                *self.runs.form_entries(self.say),
                None,
                Item("Sa&ve amplifier settings …", self._save_amplifiers),
                Item("Load amplifier se&ttings …", self._load_amplifiers, why_not=self._why_not_set),
                None,
                Item("&Pause or resume (Space)", self.pause, why_not=why_disabled(self.queue.pause)),
                *self.runs.queue_entries(),
                None,
                Item("R&etract (Esc Esc)", self.retract),
                Item("Park the tip &far back", self.runs.park, why_not=self._why_not_park),
                Item("&Clear trip of the watchdog …", self.clear_trip, why_not=self._why_not_clear_trip),
                None,
                Item("&Commission the rig …", self.commission),
            ]
        }

    # ---- the bench ----

    def attach(self, source: "BenchConnection", *, owned: bool) -> None:
        """Attach a bench, in place of a lost one if there was one; the window closes its source."""
        if self.source is not None:
            self._forget(self.source)
        self.source, self.owned = source, owned
        source.received.connect(self._told)
        source.began.connect(self._began)
        source.lost.connect(self._is_lost)
        self.setWindowTitle(f"hotjunction – {source.client.connection.rig_name}")
        self.ask("hello", self._hello)
        self.ask("state", lambda state: self._told("state", state))
        self.ask("instruments", lambda content: self._told("instruments", content))
        self.ask("log", self.bench_log.show_earlier)
        self.procedures.explain("")

    def _forget(self, lost: "BenchConnection") -> None:
        """Forget a lost bench: its numbers of jobs, messages and versions mean nothing to the next one."""
        for signal in (lost.received, lost.began, lost.lost):
            signal.disconnect()
        lost.close()
        self._newest = Newest()
        self.bench_log.forget()
        self.queue.forget()
        self.pages.forget()
        self._is_lost("")

    def failed(self, message: str) -> None:
        """Report that no bench could be attached."""
        self.say(message, logging.ERROR)
        self.procedures.explain(message)

    def ask(self, name: str, then: Any = None, **arguments: Any) -> None:
        """Send a command to a bench that answers, or else say that it does not: it could act on it much later.

        Log the error of the command.
        """
        if self.source is None:
            self.say(STARTING, logging.WARNING)
            return
        if self._lost:
            self.say(f"{NO_ANSWER} The command was not sent.", logging.ERROR)
            return
        self.source.ask(
            name,
            then,
            lambda error: self.say(labelled_sentence(str(error), all_labels()), logging.ERROR),
            **arguments,
        )

    def _hello(self, content: Hello) -> None:
        from app.config.rig import Rig

        self.browser.show_folder(Path(content["folder"]))
        self._rig = Rig.for_content(content["rig"]).model_validate(content["rig"])
        self.procedures.set_rig(self._rig)
        self._explain()
        self.commissioning.clock = self._rig.clock

    def _told(self, topic: str, content: Any) -> None:
        match topic:
            case "state":
                self._show_state(content)
            case "job":
                self.queue.show_job(content)
                self._follow_run()
                self._explain()
                if content["status"] in OVER:
                    self.browser.refresh()
            case "instruments" if self._newest.accepts(topic, content):
                self._show_instruments(content)
            case "log":
                self.bench_log.add(content)
            case "commission":
                self.pages.tell(content)

    @property
    def state(self) -> BenchState | None:
        """Newest state of the bench."""
        return self.queue.known.state

    def _show_state(self, state: BenchState) -> None:
        self.queue.show_state(state)
        self._follow_run()
        self._explain()

    def _follow_run(self) -> None:
        self.notes.follow(running=bool(self.queue.run), lost=NO_ANSWER if self._lost else "")

    def _show_instruments(self, content: InstrumentsState) -> None:
        changed = next_settings(content) != next_settings(self._instruments)
        self._instruments = content
        self.rig.show_instruments(content)
        self._explain()
        if changed and self._rig is not None:
            self.procedures.set_rig(rig_as_set(self._rig, content))

    def _began(self, session: "Session") -> None:
        """Bring the view of a new run to the front, unless the user has chosen another tab; keep the last results."""
        self.area.keep_results()
        if self._raised in (None, self.area.front):
            self.area.raise_view_of(session)
            self._raised = self.area.front
        self.models.look(session)

    def decide(self, options: "SessionOptions") -> None:
        """Apply selection rules to this run and later ones."""
        if self.source is not None:
            self.source.options = replace(options, model=self.models.given)
        super().decide(options)

    def _is_lost(self, message: str) -> None:
        if message:
            self.say(f"{NO_ANSWER} ({message})", logging.CRITICAL)
            self.rig.lose()
        elif self._lost:
            self.say("The bench answers again.")
        self._lost = message
        for panel in (self.queue, self.commissioning):
            panel.lose(NO_ANSWER if message else "")
        self._follow_run()
        if message and self.source is not None:
            self._search.begin(self.source.client.connection)
        else:
            self._search.stop()
        self._explain()

    def _explain(self) -> None:
        """Say why no run or commissioning can be started, and why the tip can't be parked."""
        self.procedures.explain(why_not_run(self._lost, self._instruments), why_held(self.state))
        self.queue.explain(why_held(self.state))
        self.rig.allow_park(self._why_not_park())
        self.commissioning.allow_start(why_not_commission(self._lost, self.state, runs=self.running))

    def _why_not_park(self) -> str:
        return why_not_park(self._rig, self._lost, self.state, self._instruments)

    def _why_not_set(self) -> str:
        return why_not_set(self._lost, self._instruments)

    def _why_not_clear_trip(self) -> str:
        return why_not_clear_trip(self._lost, self.state, runs=bool(self.queue.present))

    @property
    def running(self) -> bool:
        """True if a run is in progress or queued."""
        return bool(self.queue.present or self.queue.waiting)

    @property
    def session(self) -> "Session | None":
        """Session of the current or the last run."""
        return self.source.session if self.source is not None else None

    @property
    def recording(self) -> Path | None:
        """Path of the current or the last run's recording."""
        return self.source.recording if self.source is not None else None

    def status(self, session: "Session") -> StatusSnapshot:
        """Return the content of the status line, with the queue's information on the run."""
        assert self.source is not None
        snapshot, rate_Hz = super().status(session), session.header.rate_Hz
        return running_status(snapshot, self.queue.present, self.source.behind, rate_Hz, self.source.stale_s)

    def paint(self) -> None:
        """Draw the views and the alarm; without a run, show the state of the instruments."""
        super().paint()
        step = self.session.status.snapshot().step if self.session is not None else ""
        self.queue.follow_step(approaches=step == APPROACH)
        unsafe = unsafe_of(self.state, self.session if self.queue.present else None)
        commissioning = self.commissioning.shown.running
        if self._lost or unsafe or not self.queue.present or commissioning:
            last = None if commissioning else self.session
            before = last.status.snapshot() if last is not None else None
            seen = self._instruments
            if commissioning and seen is not None:
                seen = {**seen, "busy": False}
            alone = self.state.get("alone", "") if self.state is not None else ""
            self.line.present(idle_status(seen, before, self._lost, unsafe, alone))
        running = bool(self.queue.present)  # the job's own message arrives before the state of the bench
        self.alarm.tell(alarm_of(unsafe, self._lost, None if running else self.state))
        notice = self.alarm.notice
        if notice is not None and f"job {notice.job}:" in self.messages.text:
            self.messages.dismiss()  # the alarm shows it already

    # ---- commissioning ----

    def commission(self) -> None:
        """Show the page that leads through the commissioning of the rig."""
        self.pages.commission()

    def _commission(self, wanted: dict[str, Any]) -> None:
        if self.source is None:
            self.say(STARTING, logging.WARNING)
            return
        self.source.ask("commission", None, self.pages.refuse, **wanted)

    def _open(self, path: str) -> None:
        """Open what a job has left: a recording, or the report of a commissioning."""
        if Path(path).is_dir():
            self.commission()
        else:
            self.open_asked.emit(Path(path))

    # ---- commands ----

    def _save_amplifiers(self) -> None:
        save_amplifiers(self, next_settings(self._instruments), self.say)

    def _load_amplifiers(self) -> None:
        load_amplifiers(self, next_settings(self._instruments), self.rig.set_asked.emit, self.say)

    def _further_inputs(self) -> list[str]:
        return list(self._instruments["daq"].get("extra_inputs", {})) if self._instruments is not None else []

    def _show_in_form(self, job: JobState) -> None:
        self.procedures.show_run(job["procedure"], job["values"], job["sample"])
        self.docks["Procedure"].raise_()

    def pause(self) -> None:
        """Pause or resume."""
        if self.queue.pause.isEnabled():
            self.queue.toggle_pause()

    def retract(self) -> None:
        """Make the rig safe, immediately."""
        self.commands.retract(self.source)

    def clear_trip(self) -> None:
        """Ask for a name, and clear a trip of the watchdog."""
        self.commands.clear_trip(self.state)

    # ---- closing ----

    def leave(self) -> bool:
        """Leave a run going or stop it safely, as the user chooses; shut down an idle bench of this window."""
        self._search.stop()
        if self.source is None:
            return True
        wanted = Parting.END
        if self.running and not self._lost:
            wanted = self.ask_about_run()
        if wanted is Parting.STAY:
            return False
        if not self._lost:
            part(self.source.client, wanted, owned=self.owned, running=self.running)
        self.source.close()
        return True

    def ask_about_run(self) -> Parting:
        """Ask whether to keep the run going, stop it or keep the window open."""
        return ask_about_run(self)
