"""Requests to Windows: stay awake, a fine timer, time to make the rig safe when the console ends, a private file.

Nothing here has an effect on other systems. Sources: Microsoft, "SetThreadExecutionState", "timeBeginPeriod",
"SetPriorityClass", "HandlerRoutine callback function", "icacls", "Well-known SIDs".
"""

import ctypes
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CONTINUOUS, SYSTEM_REQUIRED = 0x80000000, 0x00000001
HIGH_PRIORITY, NORMAL_PRIORITY = 0x00000080, 0x00000020
TIMER_ms = 1
"""Step of Windows' timer during a run; its usual 15.6 ms are longer than a reaction to a contact takes."""

CLOSE, LOGOFF, SHUTDOWN = 2, 5, 6
OWNER_RIGHTS = "*S-1-3-4"

END_S = 4.5
"""Time to make the rig safe; Windows kills a process 5 s after its console was closed."""


def _system() -> Any:
    if sys.platform == "win32":
        return ctypes.windll
    return None


@contextmanager
def attentive(windll: Any = None) -> Iterator[None]:
    """Keep the computer awake, its timer fine and this process ahead of others inside the block.

    Parameters
    ----------
    windll : object, optional
        Windows' libraries, as ``ctypes.windll``.
    """
    windll = windll or _system()
    if windll is None:
        yield
        return
    kernel, multimedia = windll.kernel32, windll.winmm
    multimedia.timeBeginPeriod(TIMER_ms)
    kernel.SetThreadExecutionState(CONTINUOUS | SYSTEM_REQUIRED)
    kernel.SetPriorityClass(kernel.GetCurrentProcess(), HIGH_PRIORITY)
    try:
        yield
    finally:
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), NORMAL_PRIORITY)
        kernel.SetThreadExecutionState(CONTINUOUS)
        multimedia.timeEndPeriod(TIMER_ms)


@contextmanager
def fine_timer(windll: Any = None) -> Iterator[None]:
    """Keep Windows' timer fine inside the block, for a simulated rig at the pace of life."""
    windll = windll or _system()
    if windll is None:
        yield
        return
    windll.winmm.timeBeginPeriod(TIMER_ms)
    try:
        yield
    finally:
        windll.winmm.timeEndPeriod(TIMER_ms)


@contextmanager
def console_end_stops(stop: Callable[[], None], windll: Any = None) -> Iterator[None]:
    """Call ``stop`` when the console is closed, the user logs off or the computer shuts down.

    Windows ends the process when the handler returns, so it waits for the end of the block, for `END_S` at most.
    """
    windll = windll or _system()
    if windll is None:
        yield
        return
    over = threading.Event()

    def ended(event: int) -> bool:
        if event not in (CLOSE, LOGOFF, SHUTDOWN):
            return False
        stop()
        over.wait(END_S)
        return True

    handler = getattr(ctypes, "WINFUNCTYPE", ctypes.CFUNCTYPE)(ctypes.c_int, ctypes.c_uint32)(ended)
    windll.kernel32.SetConsoleCtrlHandler(handler, True)
    try:
        yield
    finally:
        over.set()
        windll.kernel32.SetConsoleCtrlHandler(handler, False)


def only_for_its_owner(
    path: Path, platform: str = sys.platform, run: Callable[..., object] = subprocess.run
) -> None:
    """Let only its owner open a file, in place of the rights that its folder would give. Raises ``OSError``."""
    if platform != "win32":
        return
    rights = ["icacls", str(path), "/inheritance:r", "/grant:r", f"{OWNER_RIGHTS}:F"]
    try:
        run(
            rights, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    except subprocess.CalledProcessError as error:
        raise PermissionError(0, "Windows does not let it be closed to other users", str(path)) from error
