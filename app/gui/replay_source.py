"""Source of a replay window: a thread that plays a recording into a session."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from analysis.records import Event
from app.console.terminal import join
from app.replay.player import Player, PlayerState
from app.viewmodels.empty_recording import why_empty
from app.viewmodels.session import Session
from app.viewmodels.worker import Background

log = logging.getLogger(__name__)

BEAT_S = 0.02
"""Interval at which the player is polled."""

SEEN_S = 30.0
"""Data before a new position that are read to fill the strip charts."""

Move = Callable[[Player], "list[Event] | None"]


class ReplaySource(QObject):
    """Recording being played. Raises ``RecordingError`` if it cannot be read.

    Parameters
    ----------
    path : Path
    speed : float
    """

    moved = pyqtSignal()
    """Position, speed or play state has changed."""
    went = pyqtSignal()
    """Playback has jumped to another position."""
    failed = pyqtSignal(str)

    def __init__(self, path: Path, speed: float = 1.0, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path
        self._player = Player(path, speed)
        self._worker = Background()
        self.session = Session(
            self._player.header,
            worker=self._worker,
            name=path.name,
            total_cycles=self._player.total_cycles,
            folder=path.parent,
        )
        recording = self._player.recording
        self.reasons = why_empty(recording.header, recording.traces, path.name)
        """Reasons why views stay empty, by title of their tab."""
        self.state: PlayerState = self._player.state
        self.seeking = False
        """True while the views are filled for another position; a picture would show half of it."""
        self._moves: list[Move] = []
        self._changed = threading.Condition()
        self._ending = False
        self._sought_s: float | None = None
        self._thread = threading.Thread(target=self._work, name="replay", daemon=True)
        self._thread.start()

    # ---- called by the window ----

    def play(self) -> None:
        """Play, from the beginning if the recording is at its end."""

        def move(player: Player) -> "list[Event] | None":
            at_end = player.state.at_end and not player.state.growing
            player.play()
            return player.seek(player.recording.first) if at_end else None

        self.do(move)

    def pause(self) -> None:
        """Pause."""
        self.do(lambda player: player.pause())

    def toggle(self) -> None:
        """Play or pause."""
        if self.state.playing:
            self.pause()
        else:
            self.play()

    def set_speed(self, speed: float) -> None:
        """Set the speed as a multiple of real time; ``inf`` plays as fast as possible."""
        self.do(lambda player: setattr(player, "speed", speed))

    def seek_time(self, time_s: float) -> None:
        """Go to a time since the beginning, in seconds; only the last of several pending calls is executed."""

        def move(player: Player) -> "list[Event] | None":
            wanted, self._sought_s = self._sought_s, None
            return None if wanted is None else player.seek_time(wanted)

        self._sought_s = time_s
        self.do(move)

    def step_trace(self, steps: int) -> None:
        """Go a number of traces forward (or back if negative)."""
        self.do(lambda player: player.step_trace(steps))

    def step_hold(self, steps: int) -> None:
        """Go a number of holds forward (or back if negative)."""
        self.do(lambda player: player.step_hold(steps))

    def to_end(self) -> None:
        """Play to the end as fast as possible."""

        def move(player: Player) -> None:
            player.speed = float("inf")
            player.play()

        self.do(move)

    def do(self, move: Move) -> None:
        """Queue an action on the player for the replay thread."""
        with self._changed:
            self._moves.append(move)
            self._changed.notify_all()

    def close(self) -> None:
        """End the thread and close the file."""
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
        """Restore counters and the last seconds of data at a new position, as if it had been played up to there."""
        self.seeking = True
        try:
            past, items = self._player.look_back(SEEN_S)
            with self._worker.rest():
                self.session.jump(past)
                for item in items:
                    self.session.feed(item)
        finally:
            self.seeking = False

    def _feed(self, passed_s: float) -> None:
        items: Iterable[object] = self._player.advance(passed_s)
        for item in items:
            self.session.feed(item)  # type: ignore[arg-type]

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
