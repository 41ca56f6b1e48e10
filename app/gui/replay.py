"""The window's end of a recording: a thread that plays it into a session."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from analysis.records import Event
from app.replay.player import Player, PlayerState
from app.terminal import join
from app.views.reasons import why_empty
from app.views.session import Session
from app.views.worker import Background

log = logging.getLogger(__name__)

BEAT_S = 0.02
"""How often the player is asked for what is due."""

SEEN_S = 30.0
"""What strip charts show is there also where nothing was played."""

Move = Callable[[Player], "list[Event] | None"]


class ReplaySource(QObject):
    """A recording that is played.

    Parameters
    ----------
    path : Path
        Raises ``RecordingError``.
    speed : float
    """

    moved = pyqtSignal()
    """It was played, paused, or is elsewhere."""
    went = pyqtSignal()
    """It is at a place to which it was not played."""
    failed = pyqtSignal(str)

    def __init__(self, path: Path, speed: float = 1.0, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path
        self._player = Player(path, speed)
        self._worker = Background()
        self.session = Session(
            self._player.header, worker=self._worker, name=path.name, total_cycles=self._player.total_cycles
        )
        recording = self._player.recording
        self.reasons = why_empty(recording.header, recording.traces, path.name)
        """Why views of it stay empty, by the titles of their tabs."""
        self.state: PlayerState = self._player.state
        self._moves: list[Move] = []
        self._changed = threading.Condition()
        self._ending = False
        self._sought_s: float | None = None
        self._thread = threading.Thread(target=self._work, name="replay", daemon=True)
        self._thread.start()

    # ---- asked by the window ----

    def play(self) -> None:
        """Go on, from the beginning if it is at its end."""

        def move(player: Player) -> "list[Event] | None":
            at_end = player.state.at_end and not player.state.growing
            player.play()
            return player.seek(player.recording.first) if at_end else None

        self.do(move)

    def pause(self) -> None:
        """Stay."""
        self.do(lambda player: player.pause())

    def toggle(self) -> None:
        """Play or pause."""
        if self.state.playing:
            self.pause()
        else:
            self.play()

    def set_speed(self, speed: float) -> None:
        """Seconds of the recording in one of life's; ``inf`` is as fast as it can."""
        self.do(lambda player: setattr(player, "speed", speed))

    def seek_time(self, time_s: float) -> None:
        """Go to a time since the beginning; of several that wait only the last is done."""

        def move(player: Player) -> "list[Event] | None":
            wanted, self._sought_s = self._sought_s, None
            return None if wanted is None else player.seek_time(wanted)

        self._sought_s = time_s
        self.do(move)

    def step_trace(self, steps: int) -> None:
        """Go so many openings on."""
        self.do(lambda player: player.step_trace(steps))

    def step_hold(self, steps: int) -> None:
        """Go so many holds on."""
        self.do(lambda player: player.step_hold(steps))

    def to_end(self) -> None:
        """Take in the rest, as fast as it can, and stay at the end."""

        def move(player: Player) -> None:
            player.speed = float("inf")
            player.play()

        self.do(move)

    def do(self, move: Move) -> None:
        """Have something done with the player, soon."""
        with self._changed:
            self._moves.append(move)
            self._changed.notify_all()

    def close(self) -> None:
        """End the thread, let go of the file."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        join(self._thread)
        self._player.close()
        self._worker.close()
        self.session.dispose()

    # ---- the thread ----

    def _work(self) -> None:
        last_s = time.monotonic()
        finished = False
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ending or bool(self._moves), self._nap_s())
                if self._ending:
                    return
                moves, self._moves = self._moves, []
            now_s = time.monotonic()
            try:
                elsewhere = [move(self._player) is not None for move in moves]
                if any(elsewhere):
                    self._look_back()
                    self.went.emit()
                    finished = False
                self._feed(now_s - last_s if not moves else 0.0)
                finished = self._finish(finished)
            except Exception as error:
                log.exception("Replay stopped")
                self._player.pause()
                self.failed.emit(f"The replay has stopped: {error}")
            last_s = now_s
            self._tell()

    def _nap_s(self) -> float | None:
        if not self.state.playing:
            return None
        return 1e-4 if self.state.speed == float("inf") else BEAT_S

    def _look_back(self) -> None:
        """Show the place as if it had been played to: its last seconds, and what had been counted."""
        past, items = self._player.look_back(SEEN_S)
        self.session.jump(past)
        for item in items:
            self.session.take(item)

    def _feed(self, passed_s: float) -> None:
        items: Iterable[object] = self._player.advance(passed_s)
        for item in items:
            self.session.take(item)  # type: ignore[arg-type]

    def _finish(self, finished: bool) -> bool:
        state = self._player.state
        if state.at_end and not state.growing and state.playing:
            if not finished:
                self.session.close()
            self._player.pause()
            return True
        return finished

    def _tell(self) -> None:
        before, self.state = self.state, self._player.state
        if before != self.state and not self._ending:
            self.moved.emit()
