"""Search for a bench that was started anew in place of one that does not answer."""

from pathlib import Path

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from app.gui.background import Tasks
from app.server.connection import Connection, bench_of

SEARCH_MS = 3000
"""Interval between two looks."""


class BenchSearch(QObject):
    """Looks for another bench of the same rig file, beside the window.

    Parameters
    ----------
    tasks : Tasks
    parent : QObject
    """

    found = pyqtSignal(object)
    """Connection to a bench that was started anew for the same rig file."""

    def __init__(self, tasks: Tasks, parent: QObject) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._lost: Connection | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)

    def begin(self, lost: Connection) -> None:
        """Search in place of a bench that does not answer, until it does or another is found."""
        self._lost = lost
        self._timer.start(SEARCH_MS)

    def stop(self) -> None:
        """End the search."""
        self._lost = None
        self._timer.stop()

    def _look(self) -> None:
        lost = self._lost
        if lost is None:
            return

        def looked(connection: Connection | None) -> None:
            if connection is not None and connection.token != lost.token and self._lost is lost:
                self.stop()
                self.found.emit(connection)

        self._tasks.do(lambda: bench_of(Path(lost.rig_file)), looked, lambda error: None)
