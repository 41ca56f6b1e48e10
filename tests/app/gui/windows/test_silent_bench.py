"""A bench that is stopped, goes on, is killed and is started anew: what a window says, and what it lets one do."""

import sys
from contextlib import ExitStack

import psutil
import pytest

from app.gui.bench_connection import BenchConnection
from app.gui.dialogs.close_dialog import Parting
from app.gui.windows.rig_status import NO_ANSWER
from app.gui.windows.rig_window import RigWindow
from app.server.client import BenchClient
from app.server.process import start_bench_process
from tests.support.rig.rigs import QUICK, served_rig

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="stops another process"),
]

LOST_MS = 60_000
BUTTONS = ("pause", "abort", "skip", "remove", "again", "until")
OF_A_RUN = ["pause", "abort", "skip", "again"]


def promises(window):
    """Return the times left, whether the end of all runs is told, and the commands that are offered."""
    queue = window.queue
    left = [queue.table.item(row, 2).text() for row in range(queue.table.rowCount())]
    offered = [name for name in BUTTONS if getattr(queue, name).isEnabled()]
    return [text for text in left if text != "–"], queue.all_done.isVisible(), offered


def is_lost(window):
    return NO_ANSWER in window.alarm.text()


@pytest.fixture
def start(tmp_path):
    """Start a bench of one rig in a process of its own."""
    with served_rig(tmp_path, "wall", heartbeat_s=30.0) as rig, ExitStack() as stack:

        def started():
            connection = start_bench_process(rig.file, rig.folder)
            process = psutil.Process(connection.pid)
            stack.callback(lambda: process.kill() if process.is_running() else None)
            return connection, process

        yield started


@pytest.fixture
def window(theme, settings):
    made = RigWindow(theme, settings)
    made.ask_about_run = lambda: Parting.LEAVE
    made.restarted.connect(lambda new: made.attach(BenchConnection(BenchClient(new)), owned=False))
    made.show()
    yield made
    made.close()


def test_a_silent_bench_promises_nothing_until_it_is_back(start, window, qtbot):
    connection, process = start()
    client = BenchClient(connection)
    window.attach(BenchConnection(client), owned=False)
    for number in range(2):
        values = {**QUICK, "traces": 2000}
        client.command("queue_add", procedure="break-junction", values=values, out=f"{number}.h5")
    qtbot.waitUntil(lambda: promises(window)[1:] == (True, OF_A_RUN), timeout=LOST_MS)

    process.suspend()
    qtbot.waitUntil(lambda: is_lost(window), timeout=LOST_MS)
    assert promises(window) == ([], False, [])
    assert window.rig_line.button.isEnabled()
    process.resume()
    qtbot.waitUntil(lambda: promises(window)[1:] == (True, OF_A_RUN), timeout=LOST_MS)
    qtbot.waitUntil(lambda: not is_lost(window))

    process.kill()
    process.wait()
    qtbot.waitUntil(lambda: is_lost(window), timeout=LOST_MS)
    assert promises(window) == ([], False, [])
    again, _ = start()
    qtbot.waitUntil(lambda: window.source.client.connection == again and not window._lost, timeout=LOST_MS)
    assert promises(window)[:2] == ([], False)
    assert window.queue.table.rowCount() == 0
