"""Windows of a rig: one that the tests of this folder share, and new ones."""

import threading
from contextlib import suppress

import pytest
from PyQt6.QtCore import QEvent, QSettings
from PyQt6.QtWidgets import QApplication

from app.gui.bench_connection import BenchConnection
from app.gui.dialogs.close_dialog import Parting
from app.gui.widgets.theme import Choice, Theme
from app.gui.windows.rig_window import RigWindow
from app.server.latest_snapshots import KnownState, Newest
from tests.support.gui.fake_bench import FakeClient
from tests.support.rig.rigs import PATIENCE_S


@pytest.fixture
def open_window(theme, settings):
    opened = []

    def make(client=None, owned=False):
        window = RigWindow(theme, settings)
        opened.append(window)
        window.ask_about_run = lambda: Parting.LEAVE
        window.show()
        if client is not None:
            window.attach(BenchConnection(client), owned=owned)
        return window

    yield make
    for window in opened:
        with suppress(RuntimeError):  # the test has closed it
            window.close()


@pytest.fixture
def client(tmp_path):
    return FakeClient(str(tmp_path))


@pytest.fixture(scope="package")
def shared_window(qapp, tmp_path_factory):
    """Keep one window for all tests that leave it open: to build its plots takes longer than what they test."""
    settings = QSettings(str(tmp_path_factory.mktemp("shared") / "settings.ini"), QSettings.Format.IniFormat)
    theme = Theme(settings)
    theme.choose(Choice.LIGHT)
    theme.dress(qapp)
    made = RigWindow(theme, settings)
    made.show()
    list(made.area.views.values())  # a view made in a test would lose its hidden menus with that test
    begun = threading.Event()
    made.tasks.do(begun.set)  # its thread lasts as long as the window
    assert begun.wait(PATIENCE_S)
    yield made
    made.close()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def window(shared_window, client, qtbot):
    """Attach a new bench to the shared window, which knows nothing of those before."""
    window = as_new(shared_window)
    window.attach(BenchConnection(client), owned=False)
    heard = []
    window.ask("heard", heard.append)  # commands are answered in their order
    qtbot.waitUntil(lambda: bool(heard))
    client.asked.clear()
    window.procedures.check()
    window.paint()
    window._timer.start()
    yield window
    window._timer.stop()
    window.source.close()
    window.source = None


def as_new(window):
    """Forget what benches have told, and what was typed, chosen and read."""
    window.queue.known = KnownState()
    window._newest = Newest()
    window.bench_log.forget()
    window._lost, window._raised, window._narrator = "", None, None
    window.alarm._dismissed = None
    window.log.entries.clear()
    window.messages.dismiss()
    window.notes.text.clear()
    window.show_log()
    window.area.raise_tab(0)
    return window
