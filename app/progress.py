"""What a terminal shows of a run: cycles done, rate, time left; and Ctrl-C that asks for a safe end."""

import signal
import sys
import time
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

LINE_EVERY_S = 5.0
"""Where there is no terminal to draw on (a log file), a line this often."""


class _Rate(ProgressColumn):
    """Cycles per minute."""

    def render(self, task: Task) -> Text:
        return Text(f"{60 * task.speed:.3g}/min" if task.speed else "-/min")


class RunProgress:
    """Progress of a run of known length. ``advance`` may be called from any thread."""

    def __init__(self, what: str, total: int, console: Console) -> None:
        self._what = what
        self._total = total
        self._console = console
        self._done = 0
        self._began = self._said = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(what, total=total)

    def __enter__(self) -> "RunProgress":
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def advance(self) -> None:
        """One more is done."""
        self._done += 1
        self._bar.advance(self._task)
        now = time.monotonic()
        if not self._console.is_terminal and (now - self._said >= LINE_EVERY_S or self._done == self._total):
            self._said = now
            rate = self._done / max(now - self._began, 1e-9)
            left = (self._total - self._done) / rate
            self._console.print(
                f"{self._what} {self._done}/{self._total}, {60 * rate:.3g}/min, {left:.0f} s left",
                highlight=False,
            )


@contextmanager
def ctrl_c_stops(stop: Callable[[], None], console: Console) -> Iterator[None]:
    """The first Ctrl-C calls ``stop``; the second interrupts at once. Either way the rig is made safe."""

    def first(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        console.print("Stopping: tip back, bias off, recording kept. (Ctrl-C again stops at once.)")
        stop()

    before = signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def stderr_console() -> Console:
    """Console for progress and messages; results go to standard output."""
    return Console(file=sys.stderr, soft_wrap=True)
