"""Waiting and timing in tests on a machine that may be busy with other work."""

import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PATIENCE_S = 300.0
"""For what happens for certain, sooner or later."""

ANSWER_S = 60.0
"""Longest time for an answer of a rig, which shares a process, and perhaps a busy machine, with the test."""


def free_s() -> float:
    """A clock that stands still while anything on this machine waits for a processor: limits of time are by it.

    What other programs take from a program is not the program's doing. Source: Linux, "PSI - Pressure Stall
    Information" (cpu, some); where nobody tells, this is life's clock.
    """
    stalled_us = "0"
    with suppress(OSError):
        (stalled_us,) = re.findall(r"some .*total=(\d+)", Path("/proc/pressure/cpu").read_text("ascii"))
    return time.monotonic() - 1e-6 * int(stalled_us)


def wait_until(
    condition: Callable[[], bool], patience_s: float = PATIENCE_S, look_every_s: float = 0.02
) -> float:
    """Seconds by `free_s` until the condition held; for what another process does in life's time.

    Who looks at a world on life's clock makes it move up to now, which takes a processor for milliseconds: look
    seldom where nothing hurries.
    """
    began_s, until_s = free_s(), time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < until_s, f"it did not happen within {patience_s} s"
        threading.Event().wait(look_every_s)
    return free_s() - began_s
