"""Connection of a window to a bench: sends commands and feeds the bench's stream into a session."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from analysis.records import Block, Event, Trace
from app.gui.background import Tasks, Then
from app.server.client import BenchClient
from app.server.errors import RECALLED, BenchError, Refused
from app.server.stream import Behind, RunInfo
from app.viewmodels.options import SessionOptions
from app.viewmodels.session import Session
from app.viewmodels.worker import Background

log = logging.getLogger(__name__)

NEWS = ("job", "state", "log", "instruments", "commission")
STREAM = ("run", "block", "event")
UNDO_RETRACT = ("run_now", "resume", "set_instrument", "commission", "commission_answer")
"""Commands that are not sent any more if RETRACT came while they waited for an earlier one."""
SILENCE_S = 4.0
"""Silence after which the bench is asked for its state; it reports its instruments every second."""


class BenchConnection(QObject):
    """Bench as seen by the window. Its signals arrive in the window's thread.

    Parameters
    ----------
    client : BenchClient
        Closed by ``close``.
    """

    began = pyqtSignal(object)
    """`Session` of a run that has begun or was in progress."""
    received = pyqtSignal(str, object)
    """Topic ("job", "state", "log", "instruments" or "commission") and content of every other message of the bench."""
    lost = pyqtSignal(str)
    """Message that the bench does not answer; "" when it answers again."""

    def __init__(self, client: BenchClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.client = client
        self.session: Session | None = None
        self.recording: Path | None = None
        self.behind: Behind | None = None
        """Progress of catching up with a run that was in progress; None without one."""
        self.options = SessionOptions()
        self._worker: Background | None = None
        self._tasks = Tasks("commands")
        self._retracting = Tasks("retract", threads=4)
        self._heard_s = self._data_s = time.monotonic()
        self._retracted = 0
        self._silent = False
        self._asking = False
        self._failed = False
        self._listen()
        self._watch = QTimer(self)
        self._watch.timeout.connect(self._look)
        self._watch.start(1000)
        self.received.connect(self._heard)

    def _listen(self) -> None:
        """Subscribe to messages and to data separately, so that catching up with a run does not delay messages."""
        client = self.client
        self._subscriptions = (client.subscribe(self._hear_news, NEWS), client.follow(self._hear, STREAM))

    @property
    def stale_s(self) -> float:
        """Time since the last data of a run, in seconds."""
        return time.monotonic() - self._data_s

    # ---- commands ----

    def ask(
        self, name: str, then: Then | None = None, otherwise: Then | None = None, **arguments: Any
    ) -> None:
        """Queue a command; pass its result to ``then`` or its error to ``otherwise``."""
        retracted = self._retracted

        def send() -> Any:
            if name in UNDO_RETRACT and retracted != self._retracted:
                raise Refused("NotNow", RECALLED)
            return self.client.command(name, **arguments)

        self._tasks.do(
            send,
            then or (lambda result: None),
            otherwise or self._refused,
        )

    def retract(self, then: Callable[[str], None], otherwise: Then) -> None:
        """Make the rig safe, ahead of any pending or hanging command, and in place of those that would undo it."""
        self._retracted += 1
        self._retracting.do(self.client.retract, then, otherwise)

    def _refused(self, error: Any) -> None:
        self.received.emit("log", {"level": "error", "time_s": time.time(), "text": str(error)})

    # ---- stream of the bench; runs in the threads of the subscriptions ----

    def _hear_news(self, topic: str, what: Any) -> None:
        self.received.emit(topic, what)

    def _hear(self, topic: str, what: Any) -> None:
        try:
            match what:
                case RunInfo():
                    self._begin(what)
                case Block() | Event() | Trace():
                    self._data_s = time.monotonic()
                    if self.session is not None:
                        self.session.feed(what)
                case Behind():
                    self.behind = what
                case _ if topic == "complete":
                    if self.session is not None:
                        self.session.close()
                case _ if topic == "lost":
                    self.received.emit(topic, what)
        except Exception as error:
            self._tell_failure(error)

    def _tell_failure(self, error: Exception) -> None:
        """Log an error of a view once per run; messages of the bench still get through."""
        if self._failed:
            return
        self._failed = True
        log.exception("Cannot show a run")
        text = f"Some views of this run have stopped ({error!r}). The recording is complete: open it to see all data."
        self.received.emit("log", {"level": "error", "time_s": time.time(), "text": text})

    def _begin(self, run: RunInfo) -> None:
        self._failed = False
        self._data_s = time.monotonic()
        self.behind = None
        before, worker = self.session, self._worker
        self._worker = Background()
        self.recording = Path(run.recording)
        name, folder = self.recording.name, self.recording.parent
        self.session = Session(run.header, self.options, self._worker, name, folder=folder)
        self.began.emit(self.session)
        _let_go(before, worker)

    # ---- watch for silence ----

    def _heard(self, topic: str, what: Any) -> None:
        if topic == "lost":
            self._is_silent(str(what["message"]))
            return
        self._heard_s = time.monotonic()
        if self._silent and topic in ("instruments", "state", "job"):
            self._silent = False
            self.lost.emit("")
            if any(subscription.failure for subscription in self._subscriptions):
                for subscription in self._subscriptions:
                    subscription.close()
                self._listen()

    def _look(self) -> None:
        if self._asking or time.monotonic() - self._heard_s < SILENCE_S:
            return
        self._asking = True

        def answered(result: Any) -> None:
            self._asking = False
            self._heard("state", result)
            self.received.emit("state", result)

        def silent(error: Any) -> None:
            self._asking = False
            if isinstance(error, BenchError):
                self._is_silent(str(error))

        self.ask("state", answered, silent)

    def _is_silent(self, message: str) -> None:
        if not self._silent:
            self._silent = True
            self.lost.emit(message)

    def close(self) -> None:
        """Disconnect from the bench, which keeps running."""
        self._watch.stop()
        for subscription in self._subscriptions:
            subscription.close()
        self._tasks.close()
        self._retracting.close()
        self.client.close()
        _let_go(self.session, self._worker)
        self.session = self._worker = None


def _let_go(session: Session | None, worker: Background | None) -> None:
    if worker is not None:
        worker.close()
    if session is not None:
        session.dispose()
