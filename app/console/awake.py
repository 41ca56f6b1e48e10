"""Keep a Linux or macOS computer awake during a run; Windows has `app.console.windows.attentive` for that.

Sources: systemd-inhibit(1); caffeinate(8).
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

INHIBITED = "sleep:idle:handle-lid-switch"

Which = Callable[[str], str | None]


@contextmanager
def awake(which: Which = shutil.which) -> Iterator[None]:
    """Keep the computer from sleeping inside the block, where it has a program for that.

    The helper ends with its standard input, so that it outlives neither the block nor a killed process.
    """
    command = _command(which)
    if not command:
        yield
        return
    try:
        helper = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    except OSError:  # found, but not to be started: the run goes on without it
        yield
        return
    try:
        yield
    finally:
        with suppress(OSError):
            helper.terminate()
        helper.communicate()  # closes its standard input as well


def _command(which: Which) -> list[str]:
    if (inhibit := which("systemd-inhibit")) and (wait := which("cat")):
        why = [f"--what={INHIBITED}", "--mode=block", "--who=hotjunction", "--why=A run is on"]
        return [inhibit, *why, wait]
    if caffeinate := which("caffeinate"):
        return [caffeinate, "-i", "-w", str(os.getpid())]
    return []
