"""The bench as a server: answers commands, runs the queue, publishes to clients.

Threads. One runs the jobs, one after another (in it `app.acquisition.bench` is at work, with threads of its own). One
looks at the instruments and sets them while no run has them. One answers commands, one reads history, one publishes.
Retracting has a server and threads of its own, so that it works whatever the others are doing.
"""

import logging
import math
import os
import secrets
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import zmq

from analysis.recording import RecordingError
from app.acquisition.bench import Bench, RunSummary
from app.acquisition.owner import RigOwned, myself
from app.acquisition.ownership import Ownership
from app.acquisition.recorder import RecorderFailed
from app.acquisition.room import exhausted
from app.acquisition.watchdog import RigTripped, make_safe
from app.acquisition.went_back import WentBack
from app.commission.session import NotSafe
from app.config.toml import FileError
from app.console.memory import give_back
from app.server.admission import Admission
from app.server.broadcast import Broadcast
from app.server.command_handlers import CommandHandlers
from app.server.commissioning import Commissioning
from app.server.connection import RETRACT_MARGIN_S, Connection
from app.server.critical_thread import CriticalThread
from app.server.idle_park import IdlePark
from app.server.instruments import Instruments
from app.server.intake import JobIntake
from app.server.job import Job, Status
from app.server.messages import COMMISSION, BenchState, LogEntry
from app.server.outside import OutsideConditions
from app.server.publisher import LogTopic, Publisher
from app.server.queue import JobQueue
from app.server.rpc_server import CommandServer, ServerWorker
from drivers.errors import NotNow, RigError
from procedures.errors import Aborted, ImpossibleSetting
from procedures.registry import procedure_of

log = logging.getLogger(__name__)

THIS_COMPUTER = "127.0.0.1", "localhost"

TELL_EVERY_S = 1.0
THREADS_EVERY_S = 0.2

EXPECTED = (
    FileError,
    FileExistsError,
    ImpossibleSetting,
    RecorderFailed,
    RecordingError,
    RigError,
    RuntimeError,
)
"""Errors that may end a run, with a message for the user; any other is a bug."""

REFUSED = (FileError, FileExistsError, ImpossibleSetting, RigOwned, RigTripped)
"""Errors that keep a run from starting: nothing has moved."""

RETRACTED = "retracted by the user"
TRIPPED = "a trip of the watchdog holds the rig"


class BenchServer:
    """The bench of one rig file for as long as its ``with`` block lasts.

    Parameters
    ----------
    rig_file : Path
        Read at once; raises ``FileError``.
    folder : Path
        Folder of recordings without a name of their own.
    host : str
        Address to bind to. Raises ``FileError`` for another than this computer's where libzmq can't encrypt.
    """

    def __init__(self, rig_file: Path, folder: Path, host: str = "127.0.0.1") -> None:
        self.rig_file = rig_file.absolute()
        self.folder = folder.absolute()
        self.queue = JobQueue()
        self.instruments = Instruments(self.rig_file)
        self.outside = OutsideConditions(self.queue, self.instruments, self.publish_state)
        self.commissioning = Commissioning(
            self.rig_file, self.folder, self.publish_commissioning, self.instruments.rows.feed
        )
        self.intake = JobIntake(
            self.queue, self.instruments, self.outside, self.commissioning, self.folder, self.publish_state
        )
        self._idle_park = IdlePark(
            self.queue,
            lambda: self.instruments.known_rig,
            self.intake.add,
            self.instruments.set_by_hand,
            last_contact=lambda: WentBack(self.rig_file, self.instruments.known_rig).last_contact,
        )
        self._ownership = Ownership(self.rig_file, self.instruments.known_rig, myself())
        self.ended = threading.Event()
        """Set when a client has requested the end."""
        self._host = host
        self.unsafe = ""
        """Reason for which the rig may not be safe; "" otherwise."""
        self._tripped = ""
        self._retracted: Job | None = None
        self._bench: Bench | None = None
        self._closing = threading.Event()

    def __enter__(self) -> "BenchServer":
        if self._host not in THIS_COMPUTER and not zmq.has("curve"):
            raise FileError(
                f"libzmq of this computer can't encrypt, so {self._host} is refused; serve at 127.0.0.1."
            )
        self._ownership.claim()
        token = secrets.token_urlsafe(24)
        self._context: zmq.Context[Any] = zmq.Context()
        admission = self._admission = Admission(self._context, token)
        self._publisher = Publisher(self._context, self._host, token, admission)
        self.broadcast = Broadcast(self._publisher, self.queue, self.instruments.rows)
        self._instrument_thread = ServerWorker("instruments")
        self._reader_thread = ServerWorker("history")
        handlers = CommandHandlers(self)
        commands = handlers.commands(self._instrument_thread.do, self._reader_thread.do)
        self._command_server, self._retract_server = (
            CommandServer(name, self._context, self._host, token, those, admission)
            for name, those in (("command", commands), ("retract", handlers.emergency_commands()))
        )
        rig = self.instruments.rig()
        self.connection = Connection(
            commands=self._command_server.endpoint,
            retract=self._retract_server.endpoint,
            topics=self._publisher.endpoint,
            token=token,
            pid=os.getpid(),
            rig_file=str(self.rig_file),
            rig_name=rig.name,
            retract_s=rig.safe.within_s + RETRACT_MARGIN_S,
            keys=admission.client_keys,
        )
        self._log_handler = LogTopic(self._publisher)
        logging.getLogger("app.server").setLevel(logging.INFO)
        logging.getLogger().addHandler(self._log_handler)
        self._follow_trip()
        self._threads: tuple[CriticalThread, ...] = ()
        self._jobs = CriticalThread("jobs", self._run_jobs)
        self._ticks = CriticalThread("ticks", self._tick)
        self._watch = CriticalThread("watch", self._watch_threads)
        self._threads = (  # what retracts comes first
            self._retract_server.thread,
            self._admission.thread,
            self._command_server.thread,
            self._instrument_thread.thread,
            self._jobs,
            self._publisher.thread,
            self._reader_thread.thread,
            self._ticks,
            self._watch,
        )
        return self

    def __exit__(self, *error: object) -> None:
        """End the present run safely, then everything else."""
        self._closing.set()
        self.queue.close()
        for thread in (self._watch, self._ticks, self._jobs):
            thread.close(math.inf)  # a run ends in its own time
        self._instrument_thread.do(self.instruments.close)
        self._instrument_thread.close()
        self._reader_thread.close()
        ended = [server.close() for server in (self._command_server, self._retract_server)]
        logging.getLogger().removeHandler(self._log_handler)
        self._publisher.close()
        self.broadcast.close()
        self._admission.close()
        self._ownership.release()
        if all(ended):
            self._context.term()
        else:  # a socket held by a hanging thread would block the program for ever
            log.error("A command server hangs; ending without it")

    @property
    def run_under_way(self) -> Bench | None:
        """Bench that runs the present job; None between runs."""
        return self._bench

    # ---- jobs ----

    def _run_jobs(self) -> None:
        while (job := self.queue.take()) is not None:
            self.publish_state()
            try:
                self.instruments.give_up()
                self._ownership.renew()
                self._commission(job) if job.procedure == COMMISSION else self._run(job)
            except Aborted:
                self.queue.change(job, status=Status.ABORTED, reason="stopped by the user", safe=True)
            except NotSafe as error:
                self.unsafe = str(error)
                self.queue.change(job, status=Status.FAULT, reason=str(error), safe=False)
            except EXPECTED as error:
                status = Status.ABORTED if job.stop.is_set() else Status.FAULT
                self.queue.change(job, status=status, reason=str(error), refused=isinstance(error, REFUSED))
            except (MemoryError, OSError) as error:
                log.exception("Run %d ran out of something", job.id)
                self.queue.change(job, status=Status.FAULT, reason=exhausted(error))
            except BaseException as error:  # also what would end the thread
                log.exception("A bug ended run %d", job.id)
                reason = f"internal error ({error!r}); see the log"
                self.queue.change(job, status=Status.FAULT, reason=reason)
            finally:
                if self._bench is not None and self._bench.unsafe:
                    job.safe, self.unsafe = False, self._bench.unsafe
                self._bench = None
                self.broadcast.finishing()
                self.instruments.take_back()
            self._finished(job)
            give_back()

    def _finished(self, job: Job) -> None:
        if job is self._retracted and job.status is Status.ABORTED:
            self.queue.change(job, reason=RETRACTED)
        if job.status is not Status.FAULT:
            log.info(job.ending)
        else:
            log.error("%s: %s", job.words, job.reason)
            what = "was refused" if job.refused else "ended with a fault"
            self.queue.hold(f"job {job.id} {what}", within_run=False, failed=job)
        if job.safe is False:  # None: a run that has not started, or that was made safe after an error
            failed = job if job.status is Status.FAULT else None
            self.queue.hold("the rig may not be safe", within_run=False, failed=failed)
        self.queue.over(job)
        self.broadcast.publish_job(job)
        self.publish_state()
        with suppress(FileError):  # of a rig file that is being edited; the next run will say it
            self.intake.check_waiting()  # a calibration may have changed the rig

    def _run(self, job: Job) -> None:
        procedure = procedure_of(job.procedure, job.values)
        bench = self._bench = Bench(self.rig_file, job.stop, self.instruments.rig(), self.queue.paused)
        observer = self.broadcast.observer(job, procedure)
        summary: RunSummary = bench.run(
            procedure, job.out, observer=observer, sample=job.sample, notes=job.notes
        )
        end = summary.end
        self.queue.change(job, status=Status(end.status), reason=end.reason, safe=end.safe)
        self.queue.change(job, traces=summary.traces, samples=summary.samples)
        self.unsafe = "" if job.safe else f"Job {job.id} has ended, and the rig could not be made safe."

    def _commission(self, job: Job) -> None:
        status, reason = self.commissioning.run(job)
        self.queue.change(job, status=status, reason=reason, safe=True)
        self.unsafe = ""

    # ---- publishing ----

    def log_entries(self) -> list[LogEntry]:
        """Return the latest log entries."""
        return list(self._log_handler.entries)

    def _tick(self) -> None:
        """Read the instruments once a second."""
        looked = threading.Event()
        looked.set()
        while not self._closing.is_set():
            self._restart_dead_threads()  # also the one that watches the others
            if looked.is_set():
                looked.clear()
                self._instrument_thread.do(lambda: self._look(looked))
            self._follow_trip()
            self.outside.look()
            self._idle_park.look()
            if (job := self.queue.present) is not None:
                self.broadcast.publish_job(job)  # its time left counts down
            self._closing.wait(TELL_EVERY_S)

    def _follow_trip(self) -> None:
        """Hold the queue for a trip, whose runs would be refused; tell clients of one that came or was cleared."""
        tripped = self.instruments.tripped()
        if tripped == self._tripped:
            return
        self._tripped = tripped
        if tripped and not self.queue.held:
            self.queue.hold(TRIPPED, within_run=False)
        self.publish_state()
        self.publish_instruments()

    def _watch_threads(self) -> None:
        while not self._closing.wait(THREADS_EVERY_S):
            self._restart_dead_threads()

    def _restart_dead_threads(self) -> None:
        for thread in self._threads:
            if thread.restart_if_dead():
                log.critical("An internal part of the bench (%s) stopped and was started again.", thread.name)
                if thread is self._jobs:
                    self.queue.hold("an internal part of the bench stopped", within_run=False)

    def _look(self, looked: threading.Event) -> None:
        try:
            if not self._closing.is_set():
                self.instruments.look()
                self.publish_instruments()
        except Exception:
            log.exception("Could not read the instruments")
        finally:
            looked.set()

    def publish_instruments(self) -> None:
        """Publish the state of the instruments."""
        self._publisher.publish_snapshot("instruments", self.instruments.to_json)

    def publish_commissioning(self) -> None:
        """Publish the state of the commissioning, and its job's progress."""
        self._publisher.publish_snapshot("commission", self.commissioning.to_json)
        if (job := self.queue.present) is not None:
            self.broadcast.publish_job(job)

    def publish_state(self) -> None:
        """Publish the state of the bench."""
        self._publisher.publish_snapshot("state", self.state)

    def state(self) -> BenchState:
        """Return the state of the bench: present job, queue, run that clients can follow."""
        return {
            **self.queue.snapshot(),  # first, so that the rest is not older than its version
            "unsafe": self.unsafe,
            "tripped": self.instruments.tripped(),
            "alone": self._idle_park.alone,
            "run": self.broadcast.run(),
            "folder": str(self.folder),
        }

    # ---- emergency ----

    def retract(self) -> str:
        """Set the bias to 0 V and retract the tip at once; end the run and hold the queue.

        Raises ``RigError`` if that could not be confirmed within the time limit for making safe.
        """
        with suppress(NotNow):
            self._retracted = self.queue.abort()  # before anything else: a paused run must not go on
        self.queue.recall("the tip is to be retracted")
        with suppress(NotNow):  # a run that began meanwhile
            self._retracted = self.queue.abort()
        bench = self._bench
        try:
            rig = self.instruments.known_rig
            done = bench.retract() if bench else make_safe(rig, rig.safe.within_s)
            self.queue.hold(RETRACTED, within_run=False)
            self.unsafe = ""
            return done
        except RigError:
            self.unsafe = "The rig was commanded to retract but did not confirm it."
            self.queue.hold("the rig may not be safe", within_run=False)
            raise
        finally:
            self._instrument_thread.do(self.instruments.made_safe)
            self._instrument_thread.do(self.publish_state)  # not here: retracting waits for nothing else
