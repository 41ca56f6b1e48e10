"""Nothing that a benchmark has started outlives it, however it ends."""

import signal
import subprocess
import sys

import psutil
import pytest

from tests.support.rig.rigs import PATIENCE_S

PROGRAM = """
import subprocess, sys
from app import child_process
from tests.support.leash import leash
with leash():
    child = child_process.start("timeit", "-n1", "-r1", "import time; time.sleep(600)", stdin=subprocess.DEVNULL)
    child.returncode = 0  # detached, as a bench is
    print(child.pid, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def program():
    """Start a program that starts a child in a session of its own; yield it, and the child."""
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        child = psutil.Process(int(process.stdout.readline()))
        yield process, child
        process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="no signals")
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGKILL", -9)])
def test_a_child_of_a_killed_program_ends(program, name, code):
    process, child = program
    process.send_signal(getattr(signal, name))
    assert process.wait(PATIENCE_S) == code
    child.wait(PATIENCE_S)


def test_a_child_that_was_forgotten_ends_with_the_block(program):
    process, child = program
    process.communicate(b"\n")
    assert process.returncode == 0
    child.wait(PATIENCE_S)
