"""Workers for jobs longer than a frame, such as fits and bootstraps, executed one after the other."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from app.console.terminal import join

log = logging.getLogger(__name__)

PICTURE_S = 0.05
"""Time after a rest that is left to the window, for its picture."""

Job = Callable[[], None]


class ViewWorker(Protocol):
    """Executes jobs. A waiting job that is requested again is executed once."""

    def ask(self, job: Job) -> None:
        """Execute a job, now or soon."""
        ...

    def settle(self) -> None:
        """Wait until all requested jobs are done."""
        ...

    def close(self) -> None:
        """Execute no more jobs."""
        ...


class AtOnce:
    """Executes each job immediately in the calling thread, for tests and programs without a window."""

    def ask(self, job: Job) -> None:
        """Execute a job."""
        job()

    def settle(self) -> None:
        """Do nothing, as no job waits."""

    def close(self) -> None:
        """Do nothing, as no job waits."""


class Background:
    """Executes jobs in its own thread; a job that fails is logged and does not affect others."""

    def __init__(self, name: str = "views") -> None:
        self._changed = threading.Condition()
        self._waiting: dict[Job, None] = {}
        self._busy = self._closed = self._resting = self._has_rested = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def ask(self, job: Job) -> None:
        """Queue a job."""
        with self._changed:
            self._waiting[job] = None
            if not self._resting:
                self._changed.notify_all()

    @contextmanager
    def rest(self) -> Iterator[None]:
        """Begin no job inside the context and during the picture after it, which need the processor for themselves."""
        self._resting = True
        try:
            yield
        finally:
            with self._changed:
                self._resting, self._has_rested = False, True
                self._changed.notify_all()

    def settle(self) -> None:
        """Wait until all jobs are done."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not (self._waiting or self._busy))

    def close(self) -> None:
        """End the thread after its current job."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        join(self._thread)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._closed or (bool(self._waiting) and not self._resting))
                if self._has_rested:
                    self._has_rested = False
                    self._changed.wait_for(lambda: self._closed, PICTURE_S)
                if self._closed:
                    return
                job = next(iter(self._waiting))
                del self._waiting[job]
                self._busy = True
            try:
                job()
            except Exception:
                log.warning("Cannot update a view; the recording is not affected", exc_info=True)
