"""The bench as a process of its own: it outlives its clients and its starter, and its own death is safe."""

import os
import signal
import subprocess
import sys

import pytest

from analysis.recording import Recording
from app import child_process
from app.acquisition.simulated_rig import SimulationSettings
from app.config.toml import FileError
from app.server.client import BenchClient
from app.server.connection import Connection, bench_of, running_benches
from app.server.process import BenchNotStarted, start_bench_process
from tests.support.rig.benches import Ears, same_as_recorded
from tests.support.rig.rigs import PATIENCE_S, QUICK, namesakes_in, served_rig, wait_until

WITHIN_S = 1.0
SLOWLY = {**QUICK, "traces": 1000, "approach_speed": 20.0}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def simulated(tmp_path):
    """A bench process with a simulated rig, started for a test and ended with it."""
    settings = SimulationSettings("fast", 1, overrides=("sample.species=Au",))
    connection = start_bench_process(settings, tmp_path, tmp_path / "run")
    try:
        yield connection
    finally:
        with BenchClient(connection) as client:
            client.command("shutdown", abort=True)
        wait_until(lambda: not connection.alive)


WATCHING = """
import sys, threading
from pathlib import Path
from app.server.client import BenchClient
from app.server.connection import Connection
with BenchClient(Connection.read(Path(sys.argv[1]))) as client:
    client.follow(lambda topic, what: print(topic, flush=True))
    threading.Event().wait(600)
"""


def test_a_killed_client_leaves_the_run_going_and_the_next_sees_it_from_its_start(simulated, tmp_path):
    (path,) = running_benches(tmp_path / "run")
    with BenchClient(simulated) as client:
        job = client.command("queue_add", procedure="break-junction", values={**QUICK, "traces": 12})
    watching = subprocess.Popen(
        [sys.executable, "-c", WATCHING, str(path)], stdout=subprocess.PIPE, text=True
    )
    for line in watching.stdout:
        if line.strip() == "block":
            break
    watching.kill()
    watching.communicate()

    ears = Ears()
    with BenchClient(simulated) as client:
        client.follow(ears)
        ears.wait("complete")
        ended = client.command("state")["queue"][0]

    assert ended["status"] == "finished"
    assert same_as_recorded(ears, job["out"])


def test_a_bench_runs_for_anybody_anywhere_and_takes_its_file_and_its_simulated_rig_away(
    tmp_path, monkeypatch
):
    """A user Jörg on Windows, in a folder with files that are called as our packages."""
    monkeypatch.chdir(namesakes_in(tmp_path / "namesakes"))
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252:strict")
    settings = SimulationSettings("fast", 1, overrides=("sample.species=Au",))
    connection = start_bench_process(settings, tmp_path, tmp_path / "Jörg")
    ears = Ears()
    with BenchClient(connection) as client:
        client.follow(ears)
        client.command("queue_add", procedure="break-junction", values={**QUICK, "traces": 2})
        assert ears.wait_over(1)["status"] == "finished"
        rig = client.command("hello")["rig"]
        client.command("shutdown")
    wait_until(lambda: not connection.alive)
    daq = Connection("tcp:" + rig["daq"]["controller"].removeprefix("grpc:"), "", "", "", 0, "", "")

    wait_until(lambda: not daq.alive)
    wait_until(lambda: not list((tmp_path / "Jörg").glob("bench-*.json")))


def test_a_bench_that_cannot_be_reached_is_not_left_behind(tmp_path, monkeypatch):
    """Whatever goes wrong between its start and its connection: here, its file is not what it should be."""
    started = []

    def start(module, *words, **options):
        say = "import sys, time; print(sys.argv[1], flush=True); time.sleep(600)"
        command = [sys.executable, "-c", say, str(tmp_path / "nothing.json")]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL))
        return started[0]

    monkeypatch.setattr(child_process, "start", start)
    with pytest.raises(FileError, match=r"nothing\.json"):
        start_bench_process(tmp_path / "rig.toml", tmp_path, tmp_path / "run")
    assert started[0].returncode is not None


@pytest.mark.parametrize(("text", "said"), [(None, "rig.toml"), ("[daq]\ncontroller = 7", "daq.controller")])
def test_a_bench_that_cannot_start_says_why(tmp_path, text, said):
    rig_file = tmp_path / "rig.toml"
    if text:
        rig_file.write_text(text)

    with pytest.raises(BenchNotStarted, match=said):
        start_bench_process(rig_file, tmp_path, tmp_path / "run")


@pytest.mark.skipif(sys.platform == "win32", reason="sends signals")
def test_a_killed_bench_leaves_the_rig_safe_and_its_file_is_known_as_stale(tmp_path):
    with served_rig(tmp_path, "wall") as rig:
        connection = start_bench_process(rig.file, tmp_path, tmp_path / "run")
        assert bench_of(rig.file, tmp_path / "run") == connection
        ears = Ears()
        with BenchClient(connection) as client:
            client.follow(ears)
            job = client.command("queue_add", procedure="break-junction", values=SLOWLY)
            ears.wait("job", lambda what: what["cycles"] >= 1)
            os.kill(connection.pid, signal.SIGKILL)
            took_s = wait_until(lambda: rig.is_safe(0.0))

        assert took_s < WITHIN_S
        wait_until(lambda: not running_benches(tmp_path / "run"))  # it frees its memory first
        with Recording(job["out"]) as recording:
            assert recording.status == "unfinished"


@pytest.mark.skipif(sys.platform == "win32", reason="sends signals")
def test_a_bias_set_by_hand_goes_when_the_bench_is_killed(tmp_path):
    with served_rig(tmp_path, "wall") as rig:
        connection = start_bench_process(rig.file, tmp_path, tmp_path / "run")
        with BenchClient(connection) as client:
            client.command("set_instrument", instrument="daq", setting="bias_V", value=0.2)
        assert rig.simulated.bench.outputs["bias"] == pytest.approx(0.2, abs=1e-3)
        os.kill(connection.pid, signal.SIGKILL)

        assert wait_until(lambda: rig.simulated.bench.outputs["bias"] == 0) < WITHIN_S


@pytest.mark.skipif(sys.platform == "win32", reason="sends signals")
def test_ctrl_c_ends_a_served_run_safely_and_clients_saw_it(tmp_path):
    with served_rig(tmp_path, "wall") as rig:
        options = [str(w) for name, v in SLOWLY.items() for w in (f"--{name.replace('_', '-')}", v)]
        command = [
            "run",
            "break-junction",
            "--serve",
            "--rig",
            str(rig.file),
            "--out",
            str(tmp_path / "run.h5"),
        ]
        process = subprocess.Popen(
            [sys.executable, "-m", "app", *command, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        )
        line = next(line for line in process.stderr if line.startswith("Clients may attach: "))
        connection = Connection.read(tmp_path / line.partition(": ")[2].strip())
        ears = Ears()
        with BenchClient(connection) as client:
            client.follow(ears)
            ears.wait("job", lambda what: what["cycles"] >= 1)
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=PATIENCE_S)
            ended = ears.wait_over(1)

        assert process.returncode == 0
        assert "aborted" in output
        assert ended["status"] == "aborted"
        assert rig.is_safe(0.0)
