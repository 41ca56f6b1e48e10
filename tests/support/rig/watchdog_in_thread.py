"""The watchdog of a bench in a thread, over real pipes, with a card that a test can look at."""

import os
import queue
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from app.acquisition.watchdog import watchdog as bench_side
from app.acquisition.watchdog.frames import Frame, Kind
from app.acquisition.watchdog.process import Watch, read_frames
from app.config.rig import load_rig
from tests.support.patience import PATIENCE_S


class WatchdogThread:
    """Stands in for the process: what ``Popen`` is to the bench."""

    def __init__(self, rig_file: Path, card: Any) -> None:
        self.pid = 2**22 + 3
        self.returncode: int | None = None
        self.killed = False
        to_us, to_them = os.pipe(), os.pipe()
        self.stdin: Any = os.fdopen(to_us[1], "wb", buffering=0)
        self.stdout: Any = os.fdopen(to_them[0], "rb", buffering=0)
        self._end = to_them[1]
        self.messages: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.watch = Watch(
            rig_file, load_rig(rig_file), os.getpid(), card, lambda data: os.write(to_them[1], data)
        )
        self.watch.send(Frame(Kind.READY))
        reader = threading.Thread(
            target=read_frames, args=(self.messages, lambda size: os.read(to_us[0], size)), daemon=True
        )
        self._thread = threading.Thread(target=self._run, daemon=True)
        reader.start()
        self._thread.start()

    def _run(self) -> None:
        try:
            with suppress(SystemExit):
                self.watch.run(self.messages)
        finally:
            with suppress(OSError):
                os.close(self._end)

    def die(self) -> None:
        """End the thread with its next message."""
        self.messages.put(_Death())

    def poll(self) -> int | None:
        return None if self._thread.is_alive() else 0

    def wait(self, timeout: float | None = None) -> int:
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        return 0

    def kill(self) -> None:
        self.killed = True


class _Death:
    @property
    def kind(self) -> None:
        raise SystemExit


@pytest.fixture
def threads(monkeypatch):
    """Start watchdogs in threads; give the list of them, and let a test choose the card of the next."""
    started: list[WatchdogThread] = []
    cards: list[Any] = []

    def start(module: str, rig_file: str, *words: str, **pipes: Any) -> WatchdogThread:
        started.append(WatchdogThread(Path(rig_file), cards.pop(0)))
        return started[-1]

    monkeypatch.setattr(bench_side.child_process, "start", start)
    return started, cards
