"""A leash: what a program has started ends with it, also if that was detached and the program is killed.

A mark in the environment finds the processes; a process of its own waits for the end of the program.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from types import FrameType
from uuid import uuid4

import psutil

from app import child_process

MARK = "HOTJUNCTION_LEASH"
ROUNDS, ROUND_S = 10, 3.0
"""A process may start another one while it is killed."""


@contextmanager
def leash() -> Iterator[None]:
    """End all that is started within, at the end of the block, at a signal to this process, and at its death."""
    mark = uuid4().hex
    if sys.platform != "win32":
        resource_tracker.ensure_running()  # without the mark; it ends by itself, and complains if it is killed
    watcher = child_process.start(__name__, mark, stdin=subprocess.PIPE)
    os.environ[MARK] = mark

    def end(number: int, frame: FrameType | None) -> None:
        end_all(mark)
        raise SystemExit(128 + number)

    names = ("SIGINT", "SIGTERM", "SIGHUP")
    before = {number: signal.signal(number, end) for name in names if (number := getattr(signal, name, None))}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        del os.environ[MARK]
        watcher.communicate()


def end_all(mark: str) -> None:
    """Kill the processes that carry a mark: they drive nothing but simulated rigs."""
    for _ in range(ROUNDS):
        if not (found := marked(mark)):
            return
        for process in found:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(found, ROUND_S)


def marked(mark: str) -> list[psutil.Process]:
    """Return the other processes that carry a mark."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):  # it has just ended, or belongs to somebody else
            if process.pid != os.getpid() and process.environ().get(MARK) == mark:
                found.append(process)
    return found


if __name__ == "__main__":
    sys.stdin.buffer.read()
    end_all(sys.argv[1])
