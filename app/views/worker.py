"""Who does what takes longer than a frame: fits and bootstraps, one after the other."""

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from app.terminal import join

log = logging.getLogger(__name__)

Job = Callable[[], None]


class Worker(Protocol):
    """Does jobs. A job that waits and is asked for again is done once."""

    def ask(self, job: Job) -> None:
        """Have a job done, now or soon."""
        ...

    def settle(self) -> None:
        """Return when everything that was asked for is done."""
        ...

    def close(self) -> None:
        """Do no more."""
        ...


class AtOnce:
    """Does each job where it is asked for: for tests, and for programs without a window."""

    def ask(self, job: Job) -> None:
        """Do it."""
        job()

    def settle(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing waits."""


class Background:
    """Does jobs in a thread of its own; one that fails is logged and costs nothing else."""

    def __init__(self, name: str = "views") -> None:
        self._changed = threading.Condition()
        self._waiting: dict[Job, None] = {}
        self._busy = False
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def ask(self, job: Job) -> None:
        """Have it done soon."""
        with self._changed:
            self._waiting[job] = None
            self._changed.notify_all()

    def settle(self) -> None:
        """Wait until nothing waits."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not (self._waiting or self._busy))

    def close(self) -> None:
        """End the thread after the job that it is at."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        join(self._thread)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._closed or bool(self._waiting))
                if self._closed:
                    return
                job = next(iter(self._waiting))
                del self._waiting[job]
                self._busy = True
            try:
                job()
            except Exception:
                log.warning(
                    "A view could not be brought up to date; the recording has everything.", exc_info=True
                )
