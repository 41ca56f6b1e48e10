"""What a terminal shows of a run: cycles done, rate, time left; and Ctrl-C that asks for a safe end."""

import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from app.console.terminal import join

DRAW_EVERY_S = 0.1

LINE_EVERY_S = 5.0
"""Where there is no terminal to draw on (a log file), a line this often."""

ASKS_TO_END = "SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"
"""Signals that ask a program to end; no system has all. A console of Windows sends SIGBREAK as it closes."""

STOPPING = "Stopping: tip back, bias off, recording kept."


class _Rate(ProgressColumn):
    """Cycles per minute."""

    def render(self, task: Task) -> Text:
        return Text(f"{60 * task.speed:.3g}/min" if task.speed else "-/min")


class RunProgress:
    """Progress of a run of known length, drawn by a thread of its own: whoever tells it something never waits.

    ``advance`` and ``say`` may be called from any thread, ``say`` also from a signal handler.
    """

    def __init__(self, what: str, total: int, console: Console) -> None:
        self._what = what
        self._total = total
        self._console = console
        self._done = 0
        self._shown = 0
        self._began = self._said = time.monotonic()
        self._sentences: deque[str] = deque()
        self._over = threading.Event()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            auto_refresh=False,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(what, total=total)
        self._thread = threading.Thread(target=self._show, name="progress", daemon=True)

    def __enter__(self) -> "RunProgress":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        join(self._thread)

    def advance(self) -> None:
        """One more is done."""
        self._done += 1

    def say(self, sentence: str) -> None:
        """Have a sentence printed soon."""
        self._sentences.append(sentence)

    def _show(self) -> None:
        with self._bar:
            while not self._over.wait(DRAW_EVERY_S):
                self._draw()
            self._draw()

    def _draw(self) -> None:
        while self._sentences:
            self._console.print(self._sentences.popleft(), highlight=False)
        if self._console.is_terminal:
            if not getattr(self._console.file, "behind", False):
                self._bar.update(self._task, completed=self._done, refresh=True)
            return
        now = time.monotonic()
        if self._done > self._shown and (now - self._said >= LINE_EVERY_S or self._done == self._total):
            self._said, self._shown = now, self._done
            rate = self._done / max(now - self._began, 1e-9)
            left = (self._total - self._done) / rate
            self._console.print(
                f"{self._what} {self._done}/{self._total}, {60 * rate:.3g}/min, {left:.0f} s left",
                highlight=False,
            )


@contextmanager
def signals_stop(stop: Callable[[], None], say: Callable[[str], None]) -> Iterator[None]:
    """Let Ctrl-C, and what else asks a program to end, call ``stop``; a second Ctrl-C interrupts at once.

    Either way the rig is made safe. ``say`` gets a sentence after that; it must not wait for anything.
    """

    def asked(number: int, frame: FrameType | None) -> None:
        stop()
        if number == signal.SIGINT:
            signal.signal(signal.SIGINT, before[signal.SIGINT])
            say(f"{STOPPING} (Ctrl-C again stops at once.)")
        else:
            say(STOPPING)

    numbers = [getattr(signal, name) for name in ASKS_TO_END if hasattr(signal, name)]
    before = {number: signal.signal(number, asked) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def stderr_console() -> Console:
    """Console for progress and messages; results go to standard output."""
    return Console(file=sys.stderr, soft_wrap=True)
