"""What would keep the window waiting, done elsewhere; what came of it is told in the window's own thread."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

log = logging.getLogger(__name__)

Work = Callable[[], Any]
Then = Callable[[Any], None]


def _nothing(result: Any) -> None:
    """Nobody wants to know."""


class Tasks(QObject):
    """Work in threads of its own.

    Parameters
    ----------
    name : str
        Of the threads.
    threads : int
        So many things at once; with one, everything is done in its order.
    """

    _over = pyqtSignal(object, object)

    def __init__(self, name: str, threads: int = 1, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._over.connect(self._tell)
        self._closed = False

    def do(self, work: Work, then: Then = _nothing, otherwise: Then = _nothing) -> None:
        """Have ``work`` done; then call ``then`` with its result, or ``otherwise`` with its exception."""
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
        """Begin nothing more, tell nothing more, wait for what is under way."""
        self._closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)
