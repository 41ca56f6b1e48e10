"""Slow work in other threads, with its result delivered in the window's thread."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

log = logging.getLogger(__name__)

Work = Callable[[], Any]
Then = Callable[[Any], None]


def _nothing(result: Any) -> None:
    """Ignore a result."""


class Tasks(QObject):
    """Pool of threads for the work of a window.

    Parameters
    ----------
    name : str
        Name of the threads.
    threads : int
        Number of threads; one keeps the order of the work.
    """

    _over = pyqtSignal(object, object)

    def __init__(self, name: str, threads: int = 1, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._over.connect(self._tell)
        self._closed = False

    def do(self, work: Work, then: Then = _nothing, otherwise: Then = _nothing) -> None:
        """Run ``work`` in a thread, then call ``then`` with its result or ``otherwise`` with its exception."""
        if self._closed:
            return
        self._pool.submit(self._work, work, then, otherwise)

    def _work(self, work: Work, then: Then, otherwise: Then) -> None:
        try:
            result = work()
        except Exception as error:
            log.debug("A task of the window failed", exc_info=True)
            then, result = otherwise, error
        if not self._closed:
            self._over.emit(then, result)

    def _tell(self, then: Then, result: Any) -> None:
        if not self._closed:
            then(result)

    def close(self) -> None:
        """Cancel pending work, wait for running work and drop its results."""
        self._closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)
