"""A killed program leaves a safe rig and a readable recording."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress

import pytest

from analysis.recording import Recording, RecordingError, recover
from tests.support.rig.rigs import PATIENCE_S, namesakes_in, served_rig, wait_until

WITHIN_S = 1.0

OPTIONS = {"traces": 1000, "approach-speed": 50, "withdraw-speed": 20, "past-break": 0.5}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@contextmanager
def quit_ends_a_program():
    """Let programs start with SIGQUIT as usual: a shell lets one in the background begin with it ignored."""
    before = signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGQUIT, before)


@contextmanager
def running(tmp_path, output=subprocess.PIPE, contacts=1):
    """A rig on life's clock, and a run on it after some contacts: a process of its own, in a group of its own."""
    with served_rig(tmp_path, "wall") as rig:
        out = tmp_path / "run.h5"
        words = [str(word) for name, value in OPTIONS.items() for word in (f"--{name}", value)]
        command = [sys.executable, "-P", "-m", "app", "run", "break-junction", *words]
        with quit_ends_a_program():
            process = subprocess.Popen(
                [*command, "--rig", str(rig.file), "--out", str(out)],
                stdout=output,
                stderr=output,
                cwd=namesakes_in(tmp_path / "namesakes"),
                start_new_session=True,
            )
        try:
            wait_until(lambda: rig.world.contacts >= contacts or process.poll() is not None, look_every_s=0.2)
            ended_early = (
                "" if process.poll() is None or output is not subprocess.PIPE else process.communicate()
            )
            assert not ended_early
            yield rig, process, out
        finally:
            process.kill()
            process.communicate()


def traces_in(path):
    """Return the number of whole traces in a recording that is being written."""
    try:
        with Recording(path) as recording:
            return len(recording.traces)
    except (RecordingError, OSError):
        return 0


@pytest.mark.skipif(sys.platform == "win32", reason="sends signals to a group")
def test_a_killed_group_leaves_the_rig_safe_and_the_recording_readable(tmp_path):
    with running(tmp_path) as (rig, process, out):
        wait_until(lambda: traces_in(out) >= 1, look_every_s=0.2)
        os.killpg(process.pid, signal.SIGQUIT)
        process.wait()
        took_s = wait_until(lambda: rig.is_safe(0.0))

        assert took_s < WITHIN_S
        with Recording(out) as recording:
            assert recording.status == "unfinished"
            assert len(recording.traces) >= 1
        assert recover(out, tmp_path / "recovered.h5") > 0


@pytest.mark.skipif(sys.platform == "win32", reason="sends signals to a group")
@pytest.mark.parametrize("name", ["SIGHUP", "SIGTERM"])
def test_a_closed_terminal_or_a_stopped_service_ends_the_run_safely(tmp_path, name):
    with running(tmp_path) as (rig, process, out):
        os.killpg(process.pid, getattr(signal, name))
        output, messages = process.communicate(timeout=PATIENCE_S)

        assert b"NOT SAFE" not in output + messages, (
            messages
        )  # else it is the watchdog that makes it safe, later
        assert b"aborted" in output, messages
        assert rig.is_safe(0.0)
        assert b"Stopping" in messages
        assert process.returncode == 0
        with Recording(out) as recording:
            assert recording.status == "aborted"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal that can be stopped")
def test_ctrl_c_ends_a_run_safely_though_the_terminal_takes_no_output(tmp_path):
    import pty
    import termios

    ours, theirs = pty.openpty()
    with running(tmp_path, theirs) as (rig, process, out):
        termios.tcflow(theirs, termios.TCOOFF)  # Ctrl-S
        threading.Event().wait(0.5)  # so that it is about to draw
        process.send_signal(signal.SIGINT)
        took_s = wait_until(lambda: rig.is_safe(0.0))
        still_writes = process.poll() is None

        termios.tcflow(theirs, termios.TCOON)
        said = _all_said(ours, theirs)
        assert process.wait(PATIENCE_S) == 0

    assert took_s < WITHIN_S
    assert still_writes
    assert "Stopping" in said
    assert "aborted" in said
    assert "Traceback" not in said
    with Recording(out) as recording:
        assert recording.status == "aborted"


def _all_said(ours, theirs):
    """Return the output of the terminal until its last program has ended."""
    os.close(theirs)
    said = b""
    with suppress(OSError):
        while data := os.read(ours, 65536):
            said += data
    os.close(ours)
    return said.decode()


MODULATING = """
import sys
from pathlib import Path
from app.acquisition.bench import Bench
from tests.support.rig.holding import Holding
Bench(Path(sys.argv[1])).run(Holding(duration_s=600.0), Path(sys.argv[2]))
"""


def test_a_program_killed_during_a_modulation_leaves_no_bias_and_the_tip_back(tmp_path):
    with served_rig(tmp_path, "wall") as rig:
        out = tmp_path / "run.h5"
        process = subprocess.Popen([sys.executable, "-c", MODULATING, str(rig.file), str(out)])
        try:
            wait_until(lambda: abs(rig.simulated.bench.outputs["bias"]) > 0.4, look_every_s=0.07)
            begun = rig.simulated.bench.acquired
            wait_until(lambda: rig.simulated.bench.acquired > begun + 2000, look_every_s=0.1)  # flushed since
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
