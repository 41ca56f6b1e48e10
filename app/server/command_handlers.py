"""Handlers of the commands of clients."""

import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from app.acquisition.bench import Bench
from app.acquisition.run_checks import check
from app.config.amplifiers import ROLES
from app.server.broadcast import Broadcast
from app.server.commissioning import Commissioning
from app.server.errors import RECALLED
from app.server.instrument_status import settable
from app.server.instruments import Instruments
from app.server.intake import JobIntake
from app.server.messages import (
    BenchState,
    LogEntry,
    commission_request,
    record_message,
    run_request,
)
from app.server.protocol import VERSION
from app.server.queue import PAUSED_BY_USER, JobQueue
from app.server.rpc_server import Command, Reply, apart
from drivers.errors import NotNow, RigError
from drivers.settings import unit_of
from procedures.errors import ImpossibleSetting
from procedures.registry import procedure_of

log = logging.getLogger(__name__)

Place = Callable[[Callable[[], None]], None]


class CommandedBench(Protocol):
    """Bench as the command handlers use it."""

    @property
    def rig_file(self) -> Path:
        """Path of the rig file."""

    @property
    def folder(self) -> Path:
        """Folder of recordings without a name of their own."""

    @property
    def queue(self) -> JobQueue:
        """Queue of runs."""

    @property
    def instruments(self) -> Instruments:
        """Instruments between runs."""

    @property
    def broadcast(self) -> Broadcast:
        """Messages to clients."""

    @property
    def ended(self) -> threading.Event:
        """Set when the bench is to end."""

    @property
    def run_under_way(self) -> Bench | None:
        """Bench of the present job."""

    @property
    def intake(self) -> JobIntake:
        """Way of jobs into the queue."""

    @property
    def commissioning(self) -> Commissioning:
        """Commissioning of the rig."""

    def log_entries(self) -> list[LogEntry]:
        """Return the last entries of the log."""

    def state(self) -> BenchState:
        """Return the state that clients show."""

    def publish_state(self) -> None:
        """Publish the state."""

    def publish_instruments(self) -> None:
        """Publish the state of the instruments."""

    def retract(self) -> str:
        """Remove the bias and retract the tip. Raises `RigError` if that could not be confirmed."""


class CommandHandlers:
    """Handlers of the commands of one bench; docs/reference/serving.md lists them for authors of clients."""

    def __init__(self, bench: CommandedBench) -> None:
        self._bench = bench
        # Recalls of the queue at the receipt of the command that a thread works on.
        self._at_receipt = threading.local()

    def commands(self, instrument_thread: Place, reader_thread: Place) -> dict[str, Command]:
        """Return the commands by name.

        ``instrument_thread`` alone touches instruments; ``reader_thread`` runs what takes long and touches none.
        """
        return {
            "ping": Command(lambda: Reply()),
            "hello": Command(self._hello),
            "state": Command(lambda: Reply(self._bench.state())),
            "check": Command(self._check, reader_thread),
            "queue_add": Command(self._queue_add, reader_thread),
            "run_now": self._unless_retracted(self._run_now, reader_thread),
            "queue_remove": Command(self._queue_remove),
            "queue_move": Command(self._queue_move),
            "queue_until": Command(self._queue_until),
            "pause": Command(self._pause),
            "resume": Command(self._resume),
            "skip": Command(self._skip),
            "abort": Command(self._abort),
            "notes": Command(self._notes),
            "log": Command(lambda: Reply({"entries": self._bench.log_entries()})),
            "instruments": Command(lambda: Reply(self._bench.instruments.to_json())),
            "read_instruments": Command(self._read_instruments, instrument_thread),
            "set_instrument": self._unless_retracted(self._set_instrument, instrument_thread),
            "clear_trip": Command(self._clear_trip, instrument_thread),
            "history": Command(self._history, reader_thread),
            "commission": self._unless_retracted(self._commission, reader_thread),
            "commissioning": Command(self._commissioning, reader_thread),
            "commission_answer": Command(self._commission_answer),
            "shutdown": Command(self._shutdown),
        }

    def _unless_retracted(self, act: Callable[..., Reply], place: Place) -> Command:
        """Return a command that is refused if RETRACT comes while it waits for its thread: it would undo it."""
        queue, at_receipt = self._bench.queue, self._at_receipt

        def where(work: Callable[[], None]) -> None:
            recalls = queue.recalls

            def begin() -> None:
                at_receipt.recalls = recalls
                work()

            place(begin)

        @wraps(act)
        def checked(**arguments: Any) -> Reply:
            if at_receipt.recalls != queue.recalls:
                raise NotNow(RECALLED)
            return act(**arguments)

        return Command(checked, where)

    def _hello(self) -> Reply:
        return Reply(
            {
                "program": f"hotjunction {version('hotjunction')}",
                "protocol": VERSION,
                "pid": os.getpid(),
                "rig_file": str(self._bench.rig_file),
                "rig": self._bench.instruments.rig().model_dump(),
                "folder": str(self._bench.folder),
            }
        )

    def _check(self, procedure: str, values: dict[str, Any]) -> Reply:
        try:
            made = procedure_of(procedure, values)
            check(made, self._bench.instruments.rig())
        except ImpossibleSetting as error:
            return Reply({"possible": False, "reason": str(error)})
        return Reply({"possible": True, "reason": "", "total": made.total_cycles, "repeats": made.repeats})

    def _queue_add(self, place: int | None = None, **run: Any) -> Reply:
        return Reply(self._bench.queue.json_of(self._bench.intake.add(run_request(run), place)))

    def _run_now(self, job: int | None = None, **run: Any) -> Reply:
        """Run a job next even if the queue is paused; other queued jobs stay paused."""
        if job is not None:
            self._bench.queue.let(job, self._at_receipt.recalls)
            self._bench.publish_state()
            return Reply({"job": job})
        added = self._bench.intake.add(run_request(run), place=0)
        with suppress(NotNow):  # it has already started, or RETRACT came, which holds it
            self._bench.queue.let(added.id, self._at_receipt.recalls)
        return Reply({"job": added.id})

    def _queue_remove(self, job: int) -> Reply:
        self._bench.queue.remove(job)
        return self._changed()

    def _queue_move(self, job: int, place: int) -> Reply:
        self._bench.queue.move(job, place)
        return self._changed()

    def _queue_until(self, job: int, until: str = "") -> Reply:
        """Let a waiting job, and those behind it, wait for a condition; "" releases it."""
        self._bench.intake.wait_for(job, until)
        return self._changed()

    def _pause(self, at: str = "approach") -> Reply:
        """Pause the run before its next approach ("approach") or the queue after it ("run end")."""
        if at not in ("approach", "run end"):
            raise ImpossibleSetting(
                f'a run can be paused at its next "approach" or at "run end", not at {at!r}'
            )
        self._bench.queue.pause(PAUSED_BY_USER, within_run=at == "approach")
        return self._changed()

    def _resume(self) -> Reply:
        self._bench.queue.release()
        return self._changed()

    def _skip(self, job: int | None = None) -> Reply:
        """Skip the trace, hold or curve in progress; refuse if ``job`` is not the job that runs."""
        present, bench = self._bench.queue.present, self._bench.run_under_way
        if bench is None or present is None or job not in (None, present.id):
            raise NotNow("Nothing to skip: no run is in progress")
        skipped = bench.skip()
        log.info("%s: the %s of this junction is skipped", present.words, skipped)
        return Reply({"skipped": skipped})

    def _abort(self, job: int | None = None) -> Reply:
        aborted = self._bench.queue.abort(job)
        self._bench.broadcast.publish_job(aborted)
        return self._changed()

    def _notes(self, text: str, job: int | None = None) -> Reply:
        """Add a note to the recording of the present run, or replace the notes of a waiting job."""
        present, bench = self._bench.queue.present, self._bench.run_under_way
        if job is not None and (present is None or present.id != job):
            self._bench.queue.annotate(job, text)
            return self._changed()
        if bench is None:
            raise NotNow("Cannot add a note: no run is in progress")
        bench.note(text)
        return Reply()

    def _read_instruments(self) -> Reply:
        self._bench.instruments.look()
        self._bench.publish_instruments()
        return Reply(self._bench.instruments.to_json())

    def _set_instrument(self, instrument: str, setting: str, value: float) -> Reply:
        self._bench.instruments.set(instrument, setting, value)
        words, unit = setting.removesuffix("_V").capitalize(), unit_of(setting)
        if instrument in ROLES:
            words = settable(self._bench.instruments.known_rig, instrument)[setting].label
        shown = (f"{value:.0e}" if unit == "V/A" else f"{value:g}").replace("e+0", "e")
        of = "" if instrument == "daq" else f" of the {instrument.replace('_', ' ')}"
        log.info(f"{words}{of} set to {shown} {unit}".rstrip())
        self._bench.intake.check_waiting()
        return self._read_instruments()

    def _clear_trip(self, by: str) -> Reply:
        """Clear a trip of the watchdog in a person's name."""
        if not by.strip():
            raise ImpossibleSetting("Who clears the trip? Give a name.")
        if self._bench.queue.present is not None:
            raise NotNow("A run is in progress: clear the trip after it")
        done = self._bench.instruments.clear_trip(by.strip())
        log.warning("The trip of the watchdog was cleared by %s: %s", by.strip(), done)
        return self._changed()

    def _history(self, job: int, first: int = 0, first_event: int = 0) -> Reply:
        feed = self._bench.broadcast.feed_of(job)
        page = feed.page(first, first_event)
        fields = {
            "job": job,
            "blocks": [record_message("block", block).fields for block in page.blocks],
            "events": list(page.events),
            "first_event": page.first_event,
            "stop": feed.stop,
            "all_events": feed.events,
            "over": self._bench.queue.present is None or self._bench.queue.present.id != job,
        }
        return Reply(fields, {str(i): block.data for i, block in enumerate(page.blocks)})

    def _commission(self, **wanted: Any) -> Reply:
        return Reply(
            {"job": self._bench.intake.commission(commission_request(wanted), self._at_receipt.recalls).id}
        )

    def _commissioning(self, **wanted: Any) -> Reply:
        """Return the present commissioning, or what one of this kind would do."""
        return Reply(dict(self._bench.commissioning.look(commission_request(wanted))))

    def _commission_answer(self, question: int, yes: bool) -> Reply:
        self._bench.commissioning.answer(question, yes)
        return Reply(dict(self._bench.commissioning.to_json()))

    def _shutdown(self, abort: bool = False) -> Reply:
        """End the bench; abort a run in progress, safely, only if ``abort`` is set."""
        if self._bench.queue.present is not None and not abort:
            raise NotNow(
                "A run is in progress: abort it first, or leave the bench running; it needs no clients"
            )
        self._bench.ended.set()
        return Reply()

    def _changed(self) -> Reply:
        self._bench.publish_state()
        return Reply(self._bench.state())

    def emergency_commands(self) -> dict[str, Command]:
        """Return the emergency commands, which have a server and threads of their own."""
        return {"retract": Command(self._retract, apart)}

    def _retract(self) -> Reply:
        try:
            done = self._bench.retract()
        except RigError as error:
            log.critical("NOT SAFE: %s", error)
            raise
        log.warning("Retracted: %s", done)
        return Reply({"done": done})
