"""What is left when the program that runs the rig goes away: a safe rig and a readable recording."""

import signal
import subprocess
import sys
import threading

import pytest

from analysis.recording import Recording, recover
from tests.rigs import PATIENCE_S, served_rig, wait_until

WITHIN_S = 1.0

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def running(tmp_path):
    """A rig on life's clock and a run on it in a process of its own, with a few traces done."""
    with served_rig(tmp_path, "wall") as rig:
        out = tmp_path / "run.h5"
        options = {"traces": 1000, "approach-speed": 50, "withdraw-speed": 20, "past-break": 0.5}
        words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
        command = [
            sys.executable,
            "-m",
            "app",
            "run",
            "break-junction",
            "--rig",
            str(rig.file),
            "--out",
            str(out),
        ]
        process = subprocess.Popen(
            [*command, *words], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            wait_until(lambda: rig.world.contacts >= 8)
            yield rig, process, out
        finally:
            process.kill()
            process.communicate()


def test_a_killed_program_leaves_the_rig_safe_and_the_recording_readable(running, tmp_path):
    rig, process, out = running

    process.kill()
    process.wait()
    took_s = wait_until(lambda: rig.is_safe(0.0))

    assert took_s < WITHIN_S
    with Recording(out) as recording:
        assert recording.status == "unfinished"
        assert len(recording.traces) >= 1
    assert recover(out, tmp_path / "recovered.h5") > 0


def test_ctrl_c_ends_the_run_safely_and_says_so(running):
    rig, process, out = running

    process.send_signal(signal.SIGINT)
    output, messages = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 0
    assert "aborted" in output
    assert "Stopping" in messages
    assert "Traceback" not in messages
    assert rig.is_safe(0.0)
    with Recording(out) as recording:
        assert recording.status == "aborted"


MODULATING = """
import sys
from pathlib import Path
from app.bench import Bench
from tests.procedures.holding import Holding
Bench(Path(sys.argv[1])).run(Holding(duration_s=600.0), Path(sys.argv[2]))
"""


def test_a_program_killed_during_a_modulation_leaves_no_bias_and_the_tip_back(tmp_path):
    with served_rig(tmp_path, "wall") as rig:
        out = tmp_path / "run.h5"
        process = subprocess.Popen([sys.executable, "-c", MODULATING, str(rig.file), str(out)])
        try:
            wait_until(lambda: abs(rig.simulated.bench.outputs["bias"]) > 0.4)
            begun = rig.simulated.bench.acquired
            wait_until(lambda: rig.simulated.bench.acquired > begun + 2000)  # the recorder has flushed since
            assert not rig.is_safe(0.0)
        finally:
            process.kill()
            process.wait()
        took_s = wait_until(lambda: rig.is_safe(0.0))
        threading.Event().wait(0.2)

        assert took_s < WITHIN_S
        assert rig.simulated.bench.outputs == {"bias": 0.0, "z": 0.0}
    with Recording(out) as recording:
        assert recording.status == "unfinished"
        assert [e.payload["phase"] for e in recording.events if e.name == "modulate"] == ["begin"]


if sys.platform == "win32":
    del test_ctrl_c_ends_the_run_safely_and_says_so  # Windows has no way to send it to one process
