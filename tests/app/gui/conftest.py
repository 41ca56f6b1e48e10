"""Widgets are tested offscreen; a warning of Qt fails the test, and so does anything left behind."""

import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import psutil
import pytest
from PyQt6 import sip
from PyQt6.QtCore import (
    QEvent,
    QMessageLogContext,
    QObject,
    QSettings,
    Qt,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.gui.widgets.theme import Choice, Theme
from tests.support.rig.rigs import PATIENCE_S

PATIENCE_MS = round(1000 * PATIENCE_S)

HARMLESS = (
    "This plugin does not support",  # the offscreen platform has no window manager
    "Mouse event",  # QTest about clicks that a plot's scene keeps until the button is released
)


@pytest.fixture(autouse=True)
def quiet_qt() -> Iterator[list[str]]:
    """Every message of Qt, but debug ones."""
    said: list[str] = []

    def handle(kind: QtMsgType, _: QMessageLogContext, message: str | None) -> None:
        if kind is not QtMsgType.QtDebugMsg and not str(message).startswith(HARMLESS):
            said.append(str(message))

    before = qInstallMessageHandler(handle)
    yield said
    qInstallMessageHandler(before)
    assert said == []


@pytest.fixture(autouse=True, scope="session")
def made_timers() -> Iterator[weakref.WeakSet[QTimer]]:
    """Every timer of Qt that is made in Python and lives: to look for them among all objects takes long."""
    made: weakref.WeakSet[QTimer] = weakref.WeakSet()
    init = QTimer.__init__

    def noted(timer: QTimer, *arguments: Any, **options: Any) -> None:
        init(timer, *arguments, **options)
        made.add(timer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QTimer, "__init__", noted)
        yield made


@pytest.fixture(autouse=True, scope="module")
def only_what_is_new(made_timers: weakref.WeakSet[QTimer]) -> None:
    """Forget the timers of earlier modules: what they left has failed their tests."""
    made_timers.clear()


def left_of(timers: Iterable[QTimer]) -> list[str]:
    """Timers that run and belong to nothing, or to a window that was closed: by what they belong to."""
    return [
        f"{type(one.parent()).__name__}, every {one.interval()} ms"
        for one in timers
        if not sip.isdeleted(one) and one.isActive() and _is_gone(one.parent())
    ]


def _is_gone(owner: QObject | None) -> bool:
    while owner is not None and not isinstance(owner, QWidget):
        owner = owner.parent()
    if owner is None:
        return True
    window = owner.window()
    return window.testAttribute(Qt.WidgetAttribute.WA_WState_Created) and not window.isVisible()


def children() -> set[int]:
    """Return the numbers of the processes that this one has started, also of those that have just ended."""
    tasks = Path("/proc/self/task")  # Linux; psutil looks at all processes of the machine
    if not tasks.is_dir():
        return {process.pid for process in psutil.Process().children()}
    numbers: set[int] = set()
    for task in tasks.iterdir():
        with suppress(OSError):  # a thread that has just ended
            numbers.update(map(int, (task / "children").read_text().split()))
    return numbers


def living(numbers: Iterable[int]) -> dict[int, str]:
    """Return the command lines of the processes that live, by number."""
    found = {}
    for number in numbers:
        with suppress(psutil.Error):  # it has ended, and nobody wanted to know how
            found[number] = " ".join(psutil.Process(number).cmdline())
    return found


@pytest.fixture(autouse=True)
def nothing_left(qapp: QApplication, made_timers: weakref.WeakSet[QTimer]) -> Iterator[None]:
    """No thread, no window, no timer and no process stays."""
    threads, processes = set(threading.enumerate()), children()
    windows = QApplication.topLevelWidgets()
    yield
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    timers = left_of(made_timers)
    for shown in (True, False):  # a plot before the hidden menus of pyqtgraph, which it needs to come apart
        for widget in QApplication.topLevelWidgets():
            if widget not in windows and widget.parent() is None and widget.isVisible() is shown:
                widget.close()
                widget.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    QTest.qWait(1)
    left = [w for w in QApplication.topLevelWidgets() if w not in windows and w.isVisible()]
    assert left == []
    assert set(threading.enumerate()) <= threads
    assert timers + left_of(made_timers) == []
    until_s = time.monotonic() + PATIENCE_S
    while (stay := living(children() - processes)) and time.monotonic() < until_s:
        QTest.qWait(10)  # a bench that was asked to end needs its time
    assert stay == {}


class PatientBot(QtBot):
    """Waits for what happens for certain, also on a busy machine; who tests a limit of time says which."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = PATIENCE_MS) -> None:
        """Until it holds."""
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: Any, *, timeout: int = PATIENCE_MS, **options: Any) -> Any:
        """Until it comes; a context manager."""
        return super().waitSignal(signal, timeout=timeout, **options)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    return PatientBot(request)


@pytest.fixture
def slow_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a replay at a finite speed hardly go on, or it is at its end before a busy machine has looked at it."""
    clock = SimpleNamespace(monotonic=lambda: 1e-4 * time.monotonic())
    monkeypatch.setattr("app.gui.replay_source.time", clock)


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def theme(qapp: QApplication, settings: QSettings) -> Theme:
    theme = Theme(settings)
    theme.choose(Choice.LIGHT)
    theme.dress(qapp)
    return theme
