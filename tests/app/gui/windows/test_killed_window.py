"""The window is killed in the middle of a run: the run goes on, and the next window shows it from its start."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.acquisition.simulated_rig import SimulationSettings
from app.gui.bench_launcher import any_bench
from app.gui.dialogs.close_dialog import Parting
from app.gui.main import Program
from app.offline.analyse import analyse_measurement
from app.server.client import BenchClient
from app.server.connection import running_benches
from app.server.process import start_bench_process
from app.viewmodels.session_result import result_of
from tests.support.recordings.results import sections
from tests.support.rig.rigs import QUICK

TRACES = 100_000
"""More than it gets to on the fast clock, however slow the windows are: it is aborted when enough was seen."""
SEEN = 3
PROJECT = Path(__file__).parents[4]

pytestmark = pytest.mark.slow


@pytest.fixture
def bench(tmp_path):
    """The connection file of a bench that is a process of its own."""
    settings = SimulationSettings("fast", 1, overrides=("sample.species=Au",))
    connection = start_bench_process(settings, tmp_path, tmp_path / "run")
    (path,) = running_benches(tmp_path / "run")
    yield path
    with BenchClient(connection) as client:
        client.command("shutdown", abort=True)


def test_the_run_goes_on_and_the_next_window_shows_it_from_its_start(bench, qapp, settings, tmp_path, qtbot):
    connection, _ = any_bench(bench)
    window = subprocess.Popen(
        [sys.executable, "-m", "tests.support.gui.window_process", str(bench), str(tmp_path / "killed.ini")],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert window.stdout.readline() == "0\n"
    with BenchClient(connection) as client:
        job = client.command("queue_add", procedure="break-junction", values={**QUICK, "traces": TRACES})
    seen = next(int(line) for line in window.stdout if int(line) >= SEEN)
    window.kill()
    window.communicate()
    with BenchClient(connection) as client:
        qtbot.waitUntil(
            lambda: client.command("state")["queue"][0]["cycles"] >= seen
        )  # told before it is counted
        then = client.command("state")["queue"][0]
        assert then["status"] == "running"
        client.command("pause")  # at full speed it leaves a busy computer no time to show it from its start

        program = Program(qapp, settings)
        again = program.open_rig(lambda: any_bench(bench))
        qtbot.waitUntil(
            lambda: again.session is not None and again.session.status.snapshot().cycles >= then["cycles"]
        )
        paused = again.session.status.snapshot().cycles
        client.command("resume")
        qtbot.waitUntil(lambda: again.session.status.snapshot().cycles > paused)
        client.command("abort")
        qtbot.waitUntil(lambda: bool(again.session.status.snapshot().ended))
        qtbot.waitUntil(lambda: client.command("state")["queue"][0]["status"] == "aborted")
        ended = client.command("state")["queue"][0]
    shown, cycles = result_of(again.session), again.session.status.snapshot().cycles
    again.ask_about_run = lambda: Parting.LEAVE
    program.close()

    assert cycles == ended["cycles"] > then["cycles"]
    assert sections(shown) == sections(analyse_measurement([Path(job["out"])]).to_json())
