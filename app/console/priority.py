"""Priority over other programs of this computer, where its system lets a user have that."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

URGENT = -10
"""Niceness, on systems that have it (setpriority(2)); on Linux that of the calling thread and those that it starts."""


SWITCH_S = 5e-4
"""Interval after which a thread yields to the one that watches for a contact or a trip (Python: 5 ms)."""


def become_urgent() -> None:
    """Put this thread ahead of other programs; do nothing where only an administrator may."""
    if sys.platform == "win32":
        import psutil

        with suppress(psutil.Error, OSError):
            psutil.Process().nice(psutil.HIGH_PRIORITY_CLASS)
    else:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, min(URGENT, os.getpriority(os.PRIO_PROCESS, 0)))


@contextmanager
def urgent_thread() -> Iterator[None]:
    """Put this thread ahead of others inside the block; Windows has `app.console.windows.attentive` for that."""
    if sys.platform == "win32":
        yield
        return
    before = os.getpriority(os.PRIO_PROCESS, 0)
    become_urgent()
    try:
        yield
    finally:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, before)


@contextmanager
def quick_switches() -> Iterator[None]:
    """Let the threads of this process take turns every `SWITCH_S` inside the block."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, SWITCH_S))
    try:
        yield
    finally:
        sys.setswitchinterval(before)
