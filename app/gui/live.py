"""The window's end of a bench: commands to it, and its stream made into a session."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from analysis.records import Block, Event, Trace
from app.gui.tasks import Tasks, Then
from app.serve.client import BenchClient
from app.serve.errors import BenchError
from app.serve.stream import Behind, RunInfo
from app.views.options import SessionOptions
from app.views.session import Session
from app.views.worker import Background

log = logging.getLogger(__name__)

NEWS = ("job", "state", "log", "instruments")
STREAM = ("run", "block", "event")
SILENCE_S = 4.0
"""A bench tells of its instruments once a second; after so long without a word it is asked."""


class LiveSource(QObject):
    """A bench as the window has it. Its signals come in the window's own thread.

    Parameters
    ----------
    client : BenchClient
        Closed with it.
    """

    began = pyqtSignal(object)
    """A `Session` of a run that has begun, or that was under way."""
    told = pyqtSignal(str, object)
    """Topic and content of everything else that the bench tells: "job", "state", "log", "instruments"."""
    lost = pyqtSignal(str)
    """The bench does not answer; a sentence. "" when it does again."""

    def __init__(self, client: BenchClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.client = client
        self.session: Session | None = None
        self.recording: Path | None = None
        self.behind: Behind | None = None
        """How far a run that was under way is shown; None before there is one."""
        self.options = SessionOptions()
        self._worker: Background | None = None
        self._tasks = Tasks("commands")
        self._retracting = Tasks("retract", threads=4)
        self._heard_s = self._data_s = time.monotonic()
        self._silent = False
        self._asking = False
        self._failed = False
        self._listen()
        self._watch = QTimer(self)
        self._watch.timeout.connect(self._look)
        self._watch.start(1000)
        self.told.connect(self._heard)

    def _listen(self) -> None:
        """Apart: while a long run is caught up with, its stream must not keep the news waiting."""
        client = self.client
        self._subscriptions = (client.subscribe(self._hear_news, NEWS), client.follow(self._hear, STREAM))

    @property
    def stale_s(self) -> float:
        """Get for how long nothing of a run has come."""
        return time.monotonic() - self._data_s

    # ---- commands ----

    def ask(
        self, name: str, then: Then | None = None, otherwise: Then | None = None, **arguments: Any
    ) -> None:
        """Have a command done, one after the other; its result comes to ``then``, its refusal to ``otherwise``."""
        self._tasks.do(
            lambda: self.client.command(name, **arguments),
            then or (lambda result: None),
            otherwise or self._refused,
        )

    def retract(self, then: Callable[[str], None], otherwise: Then) -> None:
        """Make the rig safe, whatever else has been asked for or hangs."""
        self._retracting.do(self.client.retract, then, otherwise)

    def _refused(self, error: Any) -> None:
        self.told.emit("log", {"level": "error", "time_s": time.time(), "text": str(error)})

    # ---- what is heard; in the threads of the subscriptions ----

    def _hear_news(self, topic: str, what: Any) -> None:
        self.told.emit(topic, what)

    def _hear(self, topic: str, what: Any) -> None:
        try:
            match what:
                case RunInfo():
                    self._begin(what)
                case Block() | Event() | Trace():
                    self._data_s = time.monotonic()
                    if self.session is not None:
                        self.session.take(what)
                case Behind():
                    self.behind = what
                case _ if topic == "complete":
                    if self.session is not None:
                        self.session.close()
                case _ if topic == "lost":
                    self.told.emit(topic, what)
        except Exception as error:
            self._tell_failure(error)

    def _tell_failure(self, error: Exception) -> None:
        """Once a run: a view that fails must not hide what the bench tells."""
        if self._failed:
            return
        self._failed = True
        log.exception("A run could not be shown")
        text = f"Some views of this run have stopped ({error!r}). The recording has everything: open it to see it all."
        self.told.emit("log", {"level": "error", "time_s": time.time(), "text": text})

    def _begin(self, run: RunInfo) -> None:
        self._failed = False
        self._data_s = time.monotonic()
        self.behind = None
        before, worker = self.session, self._worker
        self._worker = Background()
        self.recording = Path(run.recording)
        self.session = Session(run.header, self.options, self._worker, self.recording.name)
        self.began.emit(self.session)
        _let_go(before, worker)

    # ---- is it still there? ----

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
            self.told.emit("state", result)

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
        """Let go of the bench, which goes on."""
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
