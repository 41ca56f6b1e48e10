"""Progress of a run on a terminal: cycles, rate, time left; and a safe end by Ctrl-C."""

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
from app.console.windows import console_end_stops

DRAW_EVERY_S = 0.1

LINE_EVERY_S = 5.0
"""Interval of the progress lines if output is not a terminal."""

BASIS = 5
"""Cycles or files that must be done before a rate says how long the rest takes. The first ones pay for the start, and
those of several workers end together."""

ASKS_TO_END = "SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"
"""Signals that ask a program to end; no system has all. A Windows console sends SIGBREAK when it closes."""

STOPPING = "Stopping: removing the bias and retracting the tip; the recording is kept."


def time_left(done: int, total: int, taken_s: float) -> str:
    """Return ", 40 s left"; nothing before there is a basis for it."""
    return f", {taken_s / done * (total - done):.0f} s left" if done >= BASIS else ""


class _Rate(ProgressColumn):
    """Cycles per minute."""

    def render(self, task: Task) -> Text:
        return Text(f"{60 * task.speed:.3g}/min" if task.speed else "-/min")


class RunProgress:
    """Progress of a run of known length, drawn by a thread of its own, so that callers never wait.

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
        """Count one more cycle."""
        self._done += 1

    def say(self, sentence: str) -> None:
        """Print a sentence soon."""
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
            taken_s = max(now - self._began, 1e-9)
            rate = f"{60 * self._done / taken_s:.3g}/min"
            left = time_left(self._done, self._total, taken_s)
            self._console.print(f"{self._what} {self._done}/{self._total}, {rate}{left}", highlight=False)


@contextmanager
def signals_stop(stop: Callable[[], None], say: Callable[[str], None]) -> Iterator[None]:
    """Call ``stop`` on Ctrl-C and other termination signals; a second Ctrl-C interrupts at once.

    Either way the rig is made safe. ``say`` gets a sentence after that; it must not wait for anything.
    """

    def asked(number: int, frame: FrameType | None) -> None:
        stop()
        if number == signal.SIGINT:
            # Not the handler of before: a shell lets a program in the background begin with SIGINT ignored.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            say(f"{STOPPING} (Ctrl-C again stops at once.)")
        else:
            say(STOPPING)

    numbers = [getattr(signal, name) for name in ASKS_TO_END if hasattr(signal, name)]
    before = {number: signal.signal(number, asked) for number in numbers}
    try:
        with console_end_stops(stop):
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def stderr_console() -> Console:
    """Console for progress and messages; results go to standard output."""
    return Console(file=sys.stderr, soft_wrap=True)
