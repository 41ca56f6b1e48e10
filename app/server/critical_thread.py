"""Threads that a bench can't do without: an error in one does not end it, and a dead one is started again."""

import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

LOOK_S = 0.2
AFTER_ERROR_S = 0.05
ENDS_WITHIN_S = 5.0


class CriticalThread:
    """Thread that does its work again after an error, until the work returns.

    Parameters
    ----------
    name : str
        For the log.
    work : callable
        Returns after `close` has been called. Work that was left by an error must be able to begin again.
    """

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self.name = name
        self._work = work
        self._done = False
        self._beginning = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self._thread = threading.Thread(target=self._keep_working, name=self.name, daemon=True)
        self._thread.start()

    def _keep_working(self) -> None:
        while not self._done:
            try:
                self._work()
                self._done = True
            except Exception:
                log.exception("The %s thread met an error and continues", self.name)
                time.sleep(AFTER_ERROR_S)

    @property
    def is_current(self) -> bool:
        """True if the caller runs in this thread."""
        return threading.current_thread() is self._thread

    def restart_if_dead(self) -> bool:
        """Start a thread that died in the midst of its work; return True if that was necessary."""
        with self._beginning:
            if self._done or self._thread.is_alive():
                return False
            self._begin()
            return True

    def close(self, within_s: float = ENDS_WITHIN_S) -> bool:
        """Wait for the end of the work, so that Ctrl-C gets through; return False if the thread hangs."""
        until_s = time.monotonic() + within_s
        while self._thread.is_alive() and time.monotonic() < until_s:
            self._thread.join(LOOK_S)
        self._done = True
        return not self._thread.is_alive()
