"""A night without a mouse: every step is a key press that Qt gives to the widget with the focus.

What cannot be reached with Tab, a letter with Alt or a key of the list under F1 fails here.
"""

import pytest
from PyQt6.QtGui import QKeySequence
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QFileDialog, QLineEdit

from app.gui.bench_connection import BenchConnection
from app.gui.dialogs.close_dialog import Parting
from app.gui.main import Program
from app.gui.windows.compare_window import CompareWindow
from app.gui.windows.replay_window import ReplayWindow
from app.server.client import BenchClient
from tests.support.rig.benches import served_bench
from tests.support.rig.rigs import QUICK
from tests.support.rig.unhurried import UnhurriedClock

pytestmark = pytest.mark.usefixtures("unanalysed")
MOST_TABS = 120


def press(window, keys):
    """Press keys in the window, as the window system delivers them."""
    for chord in keys.split(" "):
        key = QKeySequence(chord)[0]
        QTest.keyClick(window.windowHandle(), key.key(), key.keyboardModifiers())


def type_text(window, text):
    for letter in text:
        QTest.keyClick(window.windowHandle(), letter)


def tab_to(window, widget):
    """Press Tab until a widget has the focus."""
    for _ in range(MOST_TABS):
        if QApplication.focusWidget() is widget:
            return
        press(window, "Tab")
    pytest.fail(f"{widget.accessibleName() or widget.objectName() or widget!r} cannot be reached with Tab")


def write(window, field, text):
    tab_to(window, field)
    press(window, "Ctrl+A")
    type_text(window, text)


@pytest.fixture
def night(tmp_path, qapp, settings, qtbot):
    """A program with a window on a simulated rig, whose speeds are those of a preset of the user."""
    with served_bench(tmp_path, UnhurriedClock()) as bench:
        program = Program(qapp, settings)
        window = program.open_rig(lambda: None)
        window.ask_about_run = lambda: Parting.LEAVE
        window.attach(BenchConnection(BenchClient(bench.server.connection)), owned=False)
        qtbot.waitUntil(lambda: window.procedures.rig is not None and bool(window.state))
        window.procedures.form.set(QUICK)
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        yield window, bench, program
        program.close()


def status_of(window, number):
    return window.queue.jobs.get(number, {}).get("status", "")


def opened(kind, qtbot):
    """Wait for a window of a kind, and return it in front."""
    found = []

    def seen():
        found[:] = [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]
        return bool(found)

    qtbot.waitUntil(seen)
    found[0].activateWindow()
    qtbot.waitUntil(found[0].isActiveWindow)
    return found[0]


def test_a_night_by_keyboard_alone(night, qtbot, tmp_path):
    window, bench, _ = night
    queue, form = window.queue, window.procedures.form
    traces = form.fields["traces"].input

    # Queue three runs; the focus is in the form when the window opens.
    press(window, "Alt+C")
    assert QApplication.focusWidget() is window.procedures.procedure
    for number in ("5000", "3", "2"):
        write(window, traces, number)
        press(window, "Ctrl+Shift+Return")
    qtbot.waitUntil(lambda: [status_of(window, n) for n in (1, 2, 3)] == ["running", "waiting", "waiting"])

    # Pause and resume with Space, where the focus is not in a field.
    tab_to(window, queue.table)
    qtbot.waitUntil(lambda: queue.jobs[1]["cycles"] >= 1)
    press(window, "Space")
    qtbot.waitUntil(lambda: status_of(window, 1) == "paused")
    press(window, "Space")
    qtbot.waitUntil(lambda: status_of(window, 1) == "running")

    # The third run first; the second one is edited: into the form, changed, queued, the old one removed.
    press(window, "Down Down Down Up Down")
    assert queue.chosen["id"] == 3
    press(window, "Alt+U")
    qtbot.waitUntil(lambda: [job["id"] for job in queue.waiting] == [3, 2])
    press(window, "Down")
    qtbot.waitUntil(lambda: queue.chosen is not None and queue.chosen["id"] == 2)
    press(window, "Alt+T")
    qtbot.waitUntil(lambda: form.fields["traces"].input.text() == "3")
    write(window, form.fields["traces"].input, "4")
    press(window, "Ctrl+Shift+Return")
    qtbot.waitUntil(lambda: status_of(window, 4) == "waiting")
    tab_to(window, queue.table)
    assert queue.chosen["id"] == 2
    press(window, "Delete")
    qtbot.waitUntil(lambda: [job["id"] for job in queue.waiting] == [3, 4])

    # Skip a trace, end the long run; the rest goes on by itself.
    before = queue.jobs[1]["cycles"]
    press(window, "Ctrl+K")
    qtbot.waitUntil(lambda: queue.jobs[1]["cycles"] > before)
    press(window, "Alt+B")
    qtbot.waitUntil(lambda: [status_of(window, n) for n in (1, 3, 4)] == ["aborted", "finished", "finished"])
    assert queue.jobs[4]["total"] == 4

    # Look at a result, and export it.
    press(window, "Ctrl+2")
    qtbot.waitUntil(lambda: window.area.front == "Histogram")
    panel = window.area.views["Histogram"].panel
    tab_to(window, panel)
    press(window, "E")
    dialog = opened(QFileDialog, qtbot)
    name = dialog.findChild(QLineEdit)
    tab_to(dialog, name)
    press(dialog, "Ctrl+A")
    out = tmp_path / "night.png"
    type_text(dialog, str(out))
    press(dialog, "Return")
    qtbot.waitUntil(out.exists)

    # Compare two recordings of the list, and open one of them.
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    press(window, f"Alt+{list(window.docks).index('Recordings') + 1}")
    table = window.browser.table
    qtbot.waitUntil(lambda: len(window.browser.model.rows) >= 3)
    tab_to(window, table)
    press(window, "Down Up Up Up Up Shift+Down")
    press(window, "Alt+O")
    compared = opened(CompareWindow, qtbot)
    compared.reading.join()
    press(compared, "Ctrl+W")
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    tab_to(window, table)
    press(window, "Up Up Up Up Return")
    press(opened(ReplayWindow, qtbot), "Ctrl+W")

    # Retract from wherever the focus is.
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    press(window, "Esc Esc")
    qtbot.waitUntil(lambda: queue.held == "retracted by the user")
    assert bench.rig.is_safe()
