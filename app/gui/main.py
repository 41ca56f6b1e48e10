"""The program with windows: what it opens, what it starts, what it leaves going."""

import logging
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from PyQt6.QtCore import QObject, QSettings
from PyQt6.QtWidgets import QApplication

from analysis.recording import RecordingError
from app.gui.compare_window import CompareWindow
from app.gui.live import LiveSource
from app.gui.replay import ReplaySource
from app.gui.replay_window import ReplayWindow
from app.gui.retract import EscapeTwice
from app.gui.rig_window import RigWindow
from app.gui.tasks import Tasks
from app.gui.theme import Theme
from app.gui.window import Window
from app.serve.client import BenchClient
from app.serve.connection import Connection
from app.serve.errors import BenchError

log = logging.getLogger(__name__)

REPLAY_SPEED = 20.0

Connect = Callable[[], tuple[Connection, bool]]
"""Finds or starts a bench; tells also whether it may end with the window."""


class Program(QObject):
    """All windows, and what they share.

    Parameters
    ----------
    app : QApplication
    settings : QSettings
    """

    def __init__(self, app: QApplication, settings: QSettings) -> None:
        super().__init__()
        self.settings = settings
        self.theme = Theme(settings, self)
        self.theme.dress(app)
        self.windows: list[Window | CompareWindow] = []
        self._app = app
        self._ending = False
        self._tasks = Tasks("benches")
        self._escape = EscapeTwice(self)
        self._escape.pressed.connect(self.retract)
        app.installEventFilter(self._escape)

    def open_rig(self, connect: Connect) -> RigWindow:
        """A window at once; the bench is found or started meanwhile."""
        window = RigWindow(self.theme, self.settings)
        self._show(window)

        def wanted() -> bool:
            return window in self.windows and not self._ending

        def work() -> tuple[Connection, bool]:
            connection, owned = connect()
            if owned and not wanted():
                _end(connection)
            return connection, owned

        def connected(found: Any) -> None:
            if wanted():
                window.attach(LiveSource(BenchClient(found[0])), owned=found[1])

        def failed(error: Any) -> None:
            if wanted():
                window.failed(str(getattr(error, "message", error)))

        self._tasks.do(work, connected, failed)
        return window

    def open_recording(self, path: Path) -> ReplayWindow | None:
        """A window in which it is played; a sentence in the log of the others where it can't be."""
        try:
            source = ReplaySource(path, REPLAY_SPEED)
        except (RecordingError, OSError) as error:
            self.say(f"{path.name} can't be opened: {error}")
            return None
        window = ReplayWindow(self.theme, self.settings, source)
        self._show(window)
        source.play()
        return window

    def compare(self, paths: list[Path]) -> CompareWindow:
        """A window in which several recordings are in one plot."""
        window = CompareWindow(self.theme, paths)
        self._keep(window)
        return window

    def retract(self) -> None:
        """Of every rig that has a window."""
        for window in self.windows:
            if isinstance(window, RigWindow):
                window.retract()

    def _show(self, window: Window) -> None:
        window.open_asked.connect(self.open_recording)
        window.compare_asked.connect(self.compare)
        self._keep(window)

    def _keep(self, window: Window | CompareWindow) -> None:
        self.windows.append(window)
        window.closed.connect(lambda: self.windows.remove(window))
        window.show()

    def say(self, text: str) -> None:
        """An error, in the log of every window."""
        for window in self.windows:
            if isinstance(window, Window):
                window.say(text, logging.ERROR)

    def close(self) -> None:
        """Close every window."""
        self._ending = True
        for window in tuple(self.windows):
            window.close()
        self._app.removeEventFilter(self._escape)
        self._tasks.close()


def run(open_first: Callable[[Program], Any]) -> int:
    """Open the first window and stay until the last is closed; Ctrl-C closes them, too."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("hotjunction")
    app.setOrganizationName("hotjunction")
    program = Program(app, QSettings())
    sys.excepthook = partial(_survive, program)
    signal.signal(signal.SIGINT, lambda *_: app.closeAllWindows())
    open_first(program)
    code = app.exec() if program.windows else 1
    program.close()
    return code


def _survive(
    program: Program, kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """Qt would end the program for any exception in a slot; the window must stay, with its way to retract."""
    log.error("Internal error", exc_info=(kind, error, traceback))
    program.say(f"Internal error ({error!r}). The bench is not affected.")


def _end(connection: Connection) -> None:
    """A bench that was started for a window that is gone."""
    with BenchClient(connection) as client, suppress(BenchError):
        client.command("shutdown")
