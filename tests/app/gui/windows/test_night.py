"""A night at the rig: two windows, one of them through a tunnel; a laptop that sleeps; a bench that is restarted."""

from contextlib import ExitStack, suppress
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from analysis.recording import Recording
from app.gui.bench_connection import BenchConnection
from app.gui.dialogs.close_dialog import Parting
from app.gui.windows import bench_search
from app.gui.windows.rig_window import RigWindow
from app.server.client import BenchClient
from app.server.job_text import waits_of
from tests.support.gui.fake_bench import CONNECTION, FakeClient, job, state
from tests.support.instruments.cable import Cable
from tests.support.rig.benches import served_bench
from tests.support.rig.rigs import QUICK
from tests.support.rig.unhurried import UnhurriedClock

pytestmark = pytest.mark.usefixtures("unanalysed")


@pytest.fixture
def open_window(theme, settings):
    opened = []

    def make(client):
        window = RigWindow(theme, settings)
        opened.append(window)
        window.ask_about_run = lambda: Parting.LEAVE
        window.show()
        window.attach(BenchConnection(client), owned=False)
        return window

    yield make
    for window in opened:
        with suppress(RuntimeError):
            window.close()


class Tunnel:
    """The three ports of a bench, forwarded to other ports as ssh does."""

    def __init__(self, connection, stack):
        ends = {name: urlsplit(getattr(connection, name)).port for name in ("commands", "retract", "topics")}
        self.cables = {name: stack.enter_context(Cable(port)) for name, port in ends.items()}
        here = {name: f"tcp://127.0.0.1:{cable.port}" for name, cable in self.cables.items()}
        self.connection = replace(connection, **here)

    def sleep(self):
        for cable in self.cables.values():
            cable.hold()

    def wake(self):
        for cable in self.cables.values():
            cable.let_go()


def status_of(window, number):
    return window.queue.jobs.get(number, {}).get("status", "")


def test_two_windows_one_through_a_tunnel_whose_laptop_sleeps_see_and_do_the_same(
    tmp_path, open_window, qtbot, monkeypatch
):
    monkeypatch.setattr("app.gui.bench_connection.SILENCE_S", 1.0)
    monkeypatch.setattr("app.gui.windows.window.FRAME_MS", 1000)  # pictures are tested elsewhere
    ready = tmp_path / "pumped"
    with served_bench(tmp_path, UnhurriedClock()) as bench, ExitStack() as stack:
        tunnel = Tunnel(bench.server.connection, stack)
        near = open_window(BenchClient(bench.server.connection))
        far = open_window(BenchClient(tunnel.connection))
        qtbot.waitUntil(lambda: all(w.procedures.rig is not None and w.state for w in (near, far)))

        # A run waits for a file: both windows say for what. It is released while the laptop sleeps.
        values = {**QUICK, "traces": 5000}
        far.ask("queue_add", procedure="break-junction", values=values, until=f"file {ready}")
        qtbot.waitUntil(lambda: all(w.queue.jobs.get(1, {}).get("awaits") for w in (near, far)))
        assert f"Waits for the file {ready} (since " in waits_of(near.queue.jobs[1])
        assert "Waits for the file" in far.queue.hint.text()
        tunnel.sleep()
        near.ask("queue_until", job=1)
        qtbot.waitUntil(lambda: near.queue.jobs[1]["cycles"] >= 2)
        near.pause()
        qtbot.waitUntil(lambda: status_of(near, 1) == "paused")
        assert status_of(far, 1) == "waiting", "asleep"

        # RETRACT through the tunnel ends the run of the other window; both have seen all of it.
        tunnel.wake()
        qtbot.waitUntil(lambda: status_of(far, 1) == "paused" and not far._lost)
        assert far.queue.jobs[1]["cycles"] >= 2
        far.rig_line.button.click()
        qtbot.waitUntil(lambda: all(status_of(w, 1) == "aborted" for w in (near, far)))
        qtbot.waitUntil(lambda: all(w.queue.held == "retracted by the user" for w in (near, far)))
        assert bench.rig.is_safe()
        with Recording(far.queue.jobs[1]["out"]) as recording:
            samples = recording.n_samples
        for window in (near, far):
            qtbot.waitUntil(
                lambda w=window: (
                    w.session is not None and w.session.status.snapshot().recorded_samples == samples
                )
            )

        # The disk is nearly full: the next run is refused before it moves, in amber, in both windows.
        monkeypatch.setattr(
            "app.acquisition.room.shutil.disk_usage", lambda folder: SimpleNamespace(free=1000)
        )
        near.ask("run_now", procedure="break-junction", values={**QUICK, "traces": 2000})
        qtbot.waitUntil(lambda: all(status_of(w, 2) == "fault" for w in (near, far)))
        for window in (near, far):
            qtbot.waitUntil(lambda w=window: w.state["failed"] == 2)
            window.paint()
            assert "Free some space" in window.alarm.notice.text
            assert not window.alarm.notice.danger
        for window in (near, far):
            window.close()


def test_a_bench_that_was_restarted_is_found_and_its_jobs_are_its_own(open_window, theme, qtbot, monkeypatch):
    monkeypatch.setattr(bench_search, "SEARCH_MS", 10)
    again = replace(CONNECTION, token="another", pid=2)
    monkeypatch.setattr(bench_search, "bench_of", lambda rig_file: again)
    before = FakeClient(state=state(job(7, "running", cycles=3)))
    window = open_window(before)
    qtbot.waitUntil(lambda: window.queue.present is not None)

    after = FakeClient(state={**state(job(1)), "version": 1}, log={"entries": []})
    after.connection = again
    window.restarted.connect(lambda found: window.attach(BenchConnection(after), owned=False))
    window.source.lost.emit("The bench did not answer")
    assert window._lost
    qtbot.waitUntil(lambda: list(window.queue.jobs) == [1])
    assert before.closed
    assert window._lost == ""
    assert window.procedures.check(), window.procedures.verdict.text()
