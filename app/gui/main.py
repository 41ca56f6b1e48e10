"""Program with windows: opens rigs and recordings, starts benches, leaves running ones alone."""

import gc
import logging
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QObject, QSettings, QTimer
from PyQt6.QtWidgets import QApplication

from analysis.recording import RecordingError
from app.config.toml import FileError
from app.console.handles import allow_many_handles
from app.console.memory import give_back, share_pools
from app.gui.background import Tasks
from app.gui.bench_launcher import bench_for
from app.gui.recent import RecentFiles
from app.gui.widgets.retract import DoubleEscFilter
from app.gui.widgets.theme import Theme
from app.gui.windows.rig_window import RigWindow
from app.gui.windows.window import SessionWindow
from app.server.connection import Connection, bench_of
from app.server.errors import BenchError

if TYPE_CHECKING:
    from pyqtgraph.util.garbage_collector import GarbageCollector

    from app.gui.windows.compare_window import CompareWindow
    from app.gui.windows.replay_window import ReplayWindow

log = logging.getLogger(__name__)

NAME = "hotjunction"
REPLAY_SPEED = 20.0
SWITCH_S = 0.001
"""Time after which a thread that evaluates data lets the window draw."""
PRELOAD_MS = 300
"""Time after which a window, then drawn, loads what it needs for a run while its bench starts."""
TRIM_MS = 60_000
"""Interval at which freed memory is given back: results of more and more traces take more and more of it for a moment,
and its largest amount would stay with the window."""
SETTLED_MS = 5000
"""Time after which a window loads what the results of a run need, and its bench has started."""

Connect = Callable[[], tuple[Connection, bool]]
"""Finds or starts a bench; returns it and whether it may end with the window."""


class Program(QObject):
    """All windows and the theme and settings that they share.

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
        self.windows: list[SessionWindow | CompareWindow] = []
        self._app = app
        self._ending = False
        self._garbage: GarbageCollector | None = None
        self._tasks, self._imports = Tasks("benches"), Tasks("imports")
        self._trimmer = QTimer(self)
        self._trimmer.timeout.connect(lambda: self._imports.do(give_back))
        self._escape = DoubleEscFilter(self)
        self._escape.pressed.connect(self.retract)
        app.installEventFilter(self._escape)

    def open_rig(self, connect: Connect) -> RigWindow:
        """Open a window immediately, and find or start its bench in the background."""
        window = RigWindow(self.theme, self.settings)
        window.restarted.connect(lambda connection: _attach(window, connection, owned=window.owned))
        self._show(window)
        QTimer.singleShot(PRELOAD_MS, lambda: self._imports.do(_preload))

        def wanted() -> bool:
            return window in self.windows and not self._ending

        def work() -> tuple[Connection, bool]:
            connection, owned = connect()
            if owned and not wanted():
                _end(connection)
            return connection, owned

        def connected(result: Any) -> None:
            connection, owned = result
            if wanted():
                _attach(window, connection, owned=owned)

        def failed(error: Any) -> None:
            if wanted():
                window.failed(str(getattr(error, "message", error)))

        self._tasks.do(work, connected, failed)
        return window

    def open_rig_file(self, path: Path) -> RigWindow | None:
        """Open a window for a rig file, with its bench or a new one; None and an error if it can't be opened."""
        from app.acquisition.declared import confirm_declared
        from app.config.rig import load_rig

        try:
            if bench_of(path) is None:  # the process of a new bench has no terminal to ask on
                confirm_declared(path, load_rig(path), False, self.ask)
        except FileError as error:
            self.say(str(error))
            return None
        RecentFiles(self.settings, "rigs").add(path)
        return self.open_rig(lambda: bench_for(path, path.absolute().parent))

    def ask(self, question: str) -> bool:
        """Ask the user before a window is open; False if the answer is no."""
        from app.gui.dialogs.questions import agreed

        return agreed(None, "hotjunction", question, "&Yes, it is so", "&No")

    def open_recording(self, path: Path) -> "ReplayWindow | None":
        """Open a window that plays a recording; return None and log an error if it cannot be read."""
        from app.gui.replay_source import ReplaySource
        from app.gui.windows.replay_window import ReplayWindow

        try:
            source = ReplaySource(path, REPLAY_SPEED)
        except (RecordingError, OSError) as error:
            self.say(f"Cannot open {path.name}: {error}")
            return None
        RecentFiles(self.settings, "recordings").add(path)
        window = ReplayWindow(self.theme, self.settings, source)
        self._show(window)
        source.play()
        return window

    def compare(self, paths: list[Path]) -> "CompareWindow":
        """Open a window that shows several recordings in one plot."""
        from app.gui.windows.compare_window import CompareWindow

        window = CompareWindow(self.theme, paths)
        self._keep(window)
        return window

    def retract(self) -> None:
        """Retract the tip of every rig that has a window."""
        for window in self.windows:
            if isinstance(window, RigWindow):
                window.retract()

    def load(self, work: Callable[[], object], then: Callable[[], None]) -> None:
        """Import something in a thread, then call ``then`` in the thread of the windows, also if that has failed."""
        if not self._ending:
            self._imports.do(work, lambda _: then(), lambda _: then())

    def collect_garbage(self) -> None:
        """Collect garbage in this thread until the end, but not among what is loaded; give freed memory back."""
        from pyqtgraph.util.garbage_collector import GarbageCollector

        if not self._ending:
            gc.freeze()
            self._garbage = GarbageCollector()
            self._trimmer.start(TRIM_MS)

    def _show(self, window: SessionWindow) -> None:
        window.open_asked.connect(self.open_recording)
        window.compare_asked.connect(self.compare)
        window.rig_asked.connect(self.open_rig_file)
        self._keep(window)

    def _keep(self, window: "SessionWindow | CompareWindow") -> None:
        self.windows.append(window)
        window.closed.connect(lambda: self.windows.remove(window))
        window.show()

    def say(self, text: str) -> None:
        """Log an error in every window."""
        for window in self.windows:
            if isinstance(window, SessionWindow):
                window.say(text, logging.ERROR)

    def close(self) -> None:
        """Close every window."""
        self._ending = True
        self._trimmer.stop()
        for window in tuple(self.windows):
            window.close()
        self._app.removeEventFilter(self._escape)
        self._tasks.close()
        self._imports.close()
        if self._garbage is not None:
            self._garbage.timer.stop()


def saved_settings() -> QSettings:
    """Return what the windows remember: layout, theme, recent files."""
    return QSettings(NAME, NAME)


def run(open_first: Callable[[Program], Any]) -> int:
    """Open the first window and run until the last is closed, by the user or by Ctrl-C; return the exit code."""
    share_pools()
    allow_many_handles()
    app = application()
    app.setApplicationName(NAME)
    app.setOrganizationName(NAME)
    program = Program(app, saved_settings())
    with process_restored():
        sys.excepthook = partial(_survive, program)
        signal.signal(signal.SIGINT, lambda *_: app.closeAllWindows())
        try:
            open_first(program)
            keep_drawing(program)
            return app.exec() if program.windows else 1
        finally:
            program.close()


@cache
def application() -> QApplication:
    """Return Qt's application, made once and kept until the process ends: all objects of Qt would go with it."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    return app


@contextmanager
def process_restored() -> Iterator[None]:
    """Restore after the block what windows set in their process: Ctrl-C, uncaught exceptions, threads, garbage."""
    ctrl_c, excepthook = signal.getsignal(signal.SIGINT), sys.excepthook
    switch_s, collects = sys.getswitchinterval(), gc.isenabled()
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, ctrl_c or signal.SIG_DFL)
        sys.excepthook = excepthook
        sys.setswitchinterval(switch_s)
        (gc.enable if collects else gc.disable)()


def keep_drawing(program: Program) -> None:
    """Let nothing that this process does beside drawing keep its windows from it for long.

    Threads hand over often, and what results need is imported before the first of them. Garbage is collected in the
    thread of the windows alone, without the modules, and only once that is done. Python would collect in whichever
    thread has just made an object; a widget that is deleted outside of its thread crashes Qt.
    """
    sys.setswitchinterval(SWITCH_S)
    gc.disable()
    QTimer.singleShot(SETTLED_MS, partial(program.load, _load_all_parts, program.collect_garbage))


def _survive(
    program: Program, kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """Log an exception in a slot; Qt would end the program and with it the Retract button."""
    log.error("Internal error", exc_info=(kind, error, traceback))
    program.say(f"Internal error ({error!r}). The bench is not affected.")


def _preload() -> None:
    """Import what a window needs once its bench answers."""
    import_module("app.gui.bench_connection")
    import_module("app.acquisition.run_checks")


def _load_all_parts() -> None:
    from app.gui.late_parts import load_all_parts

    load_all_parts()


def _attach(window: RigWindow, connection: Connection, *, owned: bool) -> None:
    from app.gui.bench_connection import BenchConnection
    from app.server.client import BenchClient

    window.attach(BenchConnection(BenchClient(connection)), owned=owned)


def _end(connection: Connection) -> None:
    """Shut down a bench whose window was closed before it started."""
    from app.server.client import BenchClient

    with BenchClient(connection) as client, suppress(BenchError):
        client.command("shutdown")
