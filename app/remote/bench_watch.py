"""Reader of a bench: its queue, instruments, log and present run, kept up to date by the bench's messages."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from analysis.records import Block, Event
from app.server.client import BenchClient
from app.server.errors import BenchError
from app.server.latest_snapshots import KnownState
from app.server.messages import InstrumentsState, LogEntry
from app.server.stream import RunInfo
from app.viewmodels.options import SessionOptions
from app.viewmodels.session import Session
from app.viewmodels.worker import Background

log = logging.getLogger(__name__)

NEWS = ("job", "state", "log", "instruments", "commission")
STREAM = ("run", "block", "event")
KEPT_LOG = 200
LOOK_S = 2.0
"""Interval at which a bench that did not answer is asked again."""

Listener = Callable[[str, Any], None]


class BenchWatch:
    """Follows one bench until it is closed. It asks for states and samples, and sends no other command.

    Parameters
    ----------
    client : BenchClient
        Closed by `close`.
    listener : callable, optional
        Gets every message as ``listener(topic, content)`` after it has been taken in: "job", "state", "log",
        "instruments", "run" with a `RunInfo`, "complete" with the job's number, "lost" with a sentence, "found". Comes
        from threads of the subscriptions.
    """

    def __init__(self, client: BenchClient, listener: Listener | None = None) -> None:
        self._client = client
        self._listener = listener or (lambda topic, content: None)
        self.lock = threading.RLock()
        self.known = KnownState()
        self.instruments: InstrumentsState | None = None
        self.log: deque[LogEntry] = deque(maxlen=KEPT_LOG)
        self.session: Session | None = None
        """Views of the present run, or of the last one."""
        self.recording = ""
        self.lost = ""
        """Sentence that the bench does not answer; "" while it does."""
        self.data_s = time.monotonic()
        """Monotonic time of the newest data of a run."""
        self._worker: Background | None = None
        self._ending = threading.Event()
        self._subscriptions: tuple[Any, ...] = ()
        self._again = threading.Thread(target=self._look_again, name="bench watch", daemon=True)

    def start(self) -> None:
        """Ask for the present state and subscribe. Raises `BenchError` if the bench does not answer."""
        self._catch_up()
        self._listen()
        self._again.start()

    def close(self) -> None:
        """Stop following. The bench goes on."""
        self._ending.set()
        if self._again.ident is not None:
            self._again.join()
        for subscription in self._subscriptions:
            subscription.close()
        self._client.close()
        self._replace_session(None)

    def _catch_up(self) -> None:
        """Take in the state, the instruments and the log as the bench has them now."""
        entries = self._client.command("log")["entries"]
        with self.lock:
            last = self.log[-1]["number"] if self.log else -1
            self.log.extend(entry for entry in entries if entry["number"] > last)
        self._take("state", self._client.command("state"))
        self._take("instruments", self._client.command("instruments"))

    def _listen(self) -> None:
        self._subscriptions = (
            self._client.subscribe(self._hear, NEWS),
            self._client.follow(self._hear, STREAM),
        )

    def _look_again(self) -> None:
        """Subscribe again to a bench that answers again; its subscriptions have ended when it did not."""
        while not self._ending.wait(LOOK_S):
            if not any(subscription.failure for subscription in self._subscriptions):
                continue
            try:
                self._catch_up()
            except BenchError:
                continue
            for subscription in self._subscriptions:
                subscription.close()
            self._listen()
            with self.lock:
                self.lost = ""
            self._listener("found", {})

    # ---- messages ----

    def _hear(self, topic: str, content: Any) -> None:
        if topic == "lost" and self.lost:  # both subscriptions notice
            return
        try:
            self._take(topic, content)
        except Exception:  # of a view; the messages that follow must still get through
            log.exception("Cannot take in a message about %s", topic)
        if not isinstance(content, Block | Event):
            self._listener(topic, content)

    def _take(self, topic: str, content: Any) -> None:
        match content:
            case RunInfo():
                self._begin(content)
                return
            case Block() | Event():
                self.data_s = time.monotonic()
                if self.session is not None:
                    self.session.feed(content)
                return
        with self.lock:
            match topic:
                case "state":
                    self.known.update_state(content)
                case "job":
                    self.known.update_job(content)
                case "instruments":
                    self.instruments = content
                case "log":
                    self.log.append(content)
                case "lost":
                    self.lost = str(content["message"])
        if topic == "complete" and self.session is not None:
            self.session.close()

    def _begin(self, run: RunInfo) -> None:
        self.data_s = time.monotonic()
        worker = Background("views of the page")
        name, folder = Path(run.recording).name, Path(run.recording).parent
        session = Session(run.header, SessionOptions(), worker, name, folder=folder)
        self._replace_session(session, worker)
        with self.lock:
            self.recording = name

    def _replace_session(self, session: Session | None, worker: Background | None = None) -> None:
        with self.lock:
            before, self.session = self.session, session
            old_worker, self._worker = self._worker, worker
        if old_worker is not None:
            old_worker.close()
        if before is not None:
            before.dispose()
