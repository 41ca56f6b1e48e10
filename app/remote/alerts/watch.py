"""Watches one bench and tells of it, until it is closed."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from app.console.terminal import LOOK_S
from app.remote.alerts.file import AlertSettings
from app.remote.alerts.limit import AlertLimit
from app.remote.alerts.post import AlertPost, beat, channels
from app.remote.alerts.rules import AlertRules
from app.remote.bench_watch import BenchWatch
from app.remote.results import run_results
from app.server.client import BenchClient

log = logging.getLogger(__name__)

SILENCE_WITHIN_S = 20.0
"""Time within which a bench that has died is known to be silent."""

RESULT_EVERY_S = 10.0
"""Interval between two looks for the first result of the present run."""


class AlertWatch:
    """Follows a bench, applies the rules and the limit, and sends heartbeats while the bench answers.

    Parameters
    ----------
    client : BenchClient
        Closed by `close`.
    settings : AlertSettings
    post : AlertPost, optional
        By default through the channels of the settings. Closed by `close`.
    now : callable
        Monotonic clock in s.
    """

    def __init__(
        self,
        client: BenchClient,
        settings: AlertSettings,
        post: AlertPost | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._post = post or AlertPost(channels(settings.to))
        self._now = now
        self._lock = threading.Lock()
        self._rules = AlertRules(settings.about, lambda: run_results(self.watch.session))
        self._limit = AlertLimit(settings.most_per_hour)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._look, name="alert watch", daemon=True)
        self.watch = BenchWatch(client, self._hear)

    def start(self) -> None:
        """Begin with what ends from now on. Raises `BenchError` if the bench does not answer."""
        self.watch.start()
        with self._lock:
            if self.watch.known.state is not None:
                self._rules.take("state", self.watch.known.state)
        self._thread.start()

    def wait_for_silence(self) -> None:
        """Wait until the bench is known to be silent, if it is; its process may have died."""
        until_s = time.monotonic() + SILENCE_WITHIN_S
        while not self.watch.lost and time.monotonic() < until_s:
            time.sleep(LOOK_S)

    def close(self) -> None:
        """Send what waits and end."""
        self._ending.set()
        if self._thread.ident is not None:
            self._thread.join()
        self.watch.close()
        self._post.close()

    def _hear(self, topic: str, content: Any) -> None:
        with self._lock:
            self._tell(self._rules.take(topic, content))

    def _tell(self, alerts: list[Any]) -> None:
        for alert in alerts:
            passed = self._limit.passed(alert, self._now())
            if passed is not None:
                self._post.send(passed)

    def _look(self) -> None:
        heartbeat = self._settings.heartbeat
        next_beat_s = self._now()
        while True:
            state = self.watch.known.state
            with self._lock:
                self._tell(self._rules.look_at_results(state["job"] if state is not None else None))
            if heartbeat is not None and self._now() >= next_beat_s and not self.watch.lost:
                next_beat_s = self._now() + heartbeat.every_s
                if not beat(heartbeat.address):
                    log.warning("The heartbeat's address did not answer")
            wait_s = min(RESULT_EVERY_S, heartbeat.every_s if heartbeat is not None else RESULT_EVERY_S)
            if self._ending.wait(wait_s):
                return
