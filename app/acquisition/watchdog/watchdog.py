"""The watchdog process as the bench sees it: started, armed, given beats, watched in turn, and sent home."""

import logging
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from app import child_process
from app.acquisition.watchdog.frames import Frame, Kind, read_frame
from app.acquisition.watchdog.latch import RigTripped, sentence
from app.acquisition.watchdog.logbook import log_file, opened_log
from app.acquisition.watchdog.rig_state import ARMED, SAFE, RigState, read_state, write_state
from app.config.rig import load_rig
from app.config.rig_folder import state_path
from app.console.terminal import LOOK_S
from drivers.errors import RigError

ATTENDED_S = 20.0
"""Silence allowed to a program that moves little, in the presence of a person: bias within 0.1 V, z within 5 nm."""

BEAT_EVERY_S = 0.02
"""Shortest time between two beats."""

ECHO_S = 1.0
"""Longest time for an answer of the watchdog, or the longest silence allowed to the bench if that is longer."""

LATE = 0.5
"""Share of the longest silence from which a gap between two beats is counted."""

HOME_S = 30.0
"""Time that a dismissed watchdog may take to end."""

SAY_EVERY_S = 10.0

log = logging.getLogger(__name__)


class WatchdogGone(RigError):
    """The watchdog died or hangs before the rig was confirmed safe: the run must end."""


class WatchdogTripped(RigError):
    """The watchdog has made the rig safe: the run must end."""


class Watchdog:
    """Watchdog process as a context manager.

    It ends by `dismiss`, or when the context is left before `arm`. Otherwise it outlives the context and makes the
    rig safe.

    Parameters
    ----------
    rig_file : Path
    clock : callable
        Time in s.
    """

    def __init__(self, rig_file: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._rig_file = rig_file
        self._path = state_path(rig_file, load_rig(rig_file))  # the file may be changed during the run
        self._clock = clock
        self._armed = self._stays = self._missed = False
        self._limit_s = self._allowed_s = ATTENDED_S
        self._seq = 0
        self._samples = 0
        self._beaten_s = -float("inf")
        self._replies = _Replies()
        self.gaps_s: list[float] = []
        """Gaps between two beats that were longer than half of what is allowed."""

    def __enter__(self) -> Self:
        self._start()
        return self

    def _start(self) -> None:
        words = str(self._rig_file.absolute()), str(os.getpid())
        with opened_log() as file:
            self._process = child_process.start(
                "app.acquisition.watchdog.process", *words, stdin=subprocess.PIPE, stderr=file
            )
        self._replies = _Replies()
        assert self._process.stdout is not None
        self._replies.follow(self._process.stdout, self._clock)

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    @property
    def gone(self) -> bool:
        """True if the process has ended, or answers no more."""
        if self._process.poll() is not None or self._replies.ended.is_set():
            return True
        waited_s = self._replies.waited_s(self._clock())
        return self._armed and waited_s > self._echo_s

    @property
    def _echo_s(self) -> float:
        return max(ECHO_S, self._limit_s)

    @property
    def tripped(self) -> bool:
        """True if it makes the rig safe, or has done so."""
        return self._replies.tripped.is_set()

    def wait_until_ready(self) -> None:
        """Wait until the process has opened the card, as long as it lives.

        Raises
        ------
        RuntimeError
            If it ended: no run may start without it.
        """
        if not self._replies.wait(self._replies.ready, "watchdog process"):
            raise RuntimeError(f"The watchdog process did not start (see {log_file()}); nothing was moved.")

    def arm(self, limit_s: float = ATTENDED_S) -> None:
        """Arm it: it makes the rig safe unless it is dismissed, and unless samples come.

        Parameters
        ----------
        limit_s : float
            Longest time without a sample.

        Raises
        ------
        WatchdogGone
            If it does not answer; nothing was moved.
        RigTripped
            If an earlier trip holds the rig; nothing was moved.
        """
        self._limit_s = self._allowed_s = limit_s
        self._send(Kind.ARM, round(1000 * limit_s))
        if not self._replies.wait(self._replies.answered, "watchdog process"):
            raise WatchdogGone("The watchdog has gone; nothing was moved")
        if self._replies.refused:
            raise RigTripped(sentence(self._rig_file, self._state()))
        self._armed = True
        self._beaten_s = self._clock()

    def beat(self, samples: int) -> None:
        """Tell it that samples came, from the thread that has them."""
        self._samples += samples
        now_s = self._clock()
        gap_s = now_s - self._beaten_s
        if not self._armed or (gap_s < BEAT_EVERY_S and self._allowed_s == self._limit_s):
            return
        if gap_s > LATE * self._allowed_s:
            self.gaps_s.append(gap_s)
        self._beaten_s = now_s
        self._allow(self._limit_s)
        self._send(Kind.BEAT, self._samples)

    @contextmanager
    def allowing(self, silence_s: float) -> Iterator[None]:
        """Allow a longer time without samples, until some come after the block: for what ends in the safe state."""
        before_s, self._limit_s = self._limit_s, max(self._limit_s, silence_s)
        self._allow(self._limit_s)
        try:
            yield
        finally:
            self._limit_s = before_s

    def rest(self, silence_s: float) -> None:
        """Allow a longer time without samples on a rig that is safe now, until some come."""
        self._allow(silence_s)

    def pace(self, limit_s: float) -> None:
        """Set the longest time without samples, from the next samples on."""
        self._limit_s = limit_s

    def _allow(self, limit_s: float) -> None:
        if self._armed and limit_s != self._allowed_s:
            self._allowed_s = limit_s
            self._beaten_s = self._clock()
            self._send(Kind.PACE, round(1000 * limit_s))

    def check(self) -> None:
        """Raise ``WatchdogTripped`` or ``WatchdogGone``; only once, so that making safe can proceed."""
        if self._missed:
            return
        if self.tripped:
            self._missed = True
            raise WatchdogTripped(f"The watchdog has made the rig safe: {self.why}")
        if self.gone:
            self._missed = True
            raise WatchdogGone("The watchdog has gone")

    @property
    def why(self) -> str:
        """Reason of its trip, as part of a sentence."""
        state = self._state()
        return state.why if state is not None and state.why else "the samples did not come"

    def made_safe(self, within_s: float) -> bool:
        """Wait until a tripped watchdog has seen a safe rig; return False if that takes longer."""
        return self._replies.made_safe.wait(within_s)

    def dismiss(self) -> None:
        """End it: the rig was confirmed safe, or the run has ended after its trip."""
        self._armed = False
        self._send(Kind.SAFE)
        if self.gaps_s:
            log.warning(
                "Samples came late %d times, after %.2f s at most; the watchdog acts after %.2f s. Close other "
                "programs on this computer.",
                len(self.gaps_s),
                max(self.gaps_s),
                self._limit_s,
            )

    def stay(self) -> str:
        """Let it make the unsafe rig safe, however long that takes; return a sentence for the user.

        A process that has ended is replaced.
        """
        if self.gone:
            self._end()
            self._start()
            self._send(Kind.ARM, round(1000 * self._limit_s))
        self._send(Kind.HELP)
        self._armed, self._stays = False, True
        self._part()
        return (
            f"The watchdog (process {self.pid}) goes on trying to make the rig safe until it is, as {log_file()} "
            "tells; once you have made it safe by hand, kill that process."
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._armed:
            log.critical("The rig is not confirmed safe. %s", self.stay())
        if self._stays:
            return
        self._send(Kind.SAFE)
        if self.gone:
            self._written_safe()
        self._end(0.0 if self.gone else HOME_S)

    def _end(self, within_s: float = 0.0) -> None:
        """Close the pipes and wait for the end of the process; kill one that hangs."""
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._replies.join()

    def _written_safe(self) -> None:
        """Note in place of a watchdog that is gone that the rig is safe, so that its "armed" holds no later run."""
        state = self._state()
        if (
            state is not None
            and state.watchdog is not None
            and state.state == ARMED
            and state.watchdog.pid == self.pid
        ):
            with suppress(OSError):
                write_state(self._path, RigState(SAFE, rig_file=str(self._rig_file), bench=state.bench))

    def _state(self) -> RigState | None:
        return read_state(self._path)

    def _send(self, kind: Kind, number: int = 0) -> None:
        self._seq += 1
        stream = self._process.stdin
        if stream is None or stream.closed:
            return
        if kind is Kind.BEAT and self._replies.waited_s(self._clock()) > self._echo_s:
            return  # a pipe without a reader would fill and stop the run
        self._replies.expect(self._seq, self._clock())
        with suppress(OSError, ValueError):  # it has gone already
            os.write(stream.fileno(), Frame(kind, self._seq, number).to_bytes())

    def _part(self) -> None:
        """Close the pipes and detach the process, without waiting for it and without a warning."""
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        if self._process.poll() is None:
            self._process.returncode = 0


class _Replies:
    """Answers of the process, read by a thread."""

    def __init__(self) -> None:
        self.ready, self.answered, self.tripped, self.made_safe, self.ended = (
            threading.Event() for _ in range(5)
        )
        self.refused = False
        self._waiting: tuple[int, float] | None = None
        self._thread: threading.Thread | None = None

    def follow(self, stream: IO[bytes], clock: Callable[[], float]) -> None:
        """Read the answers from a pipe until it ends."""
        self._thread = threading.Thread(
            target=self._read, args=(stream,), name="watchdog's answers", daemon=True
        )
        self._thread.start()

    def join(self) -> None:
        """Wait for the end of the thread; the process has ended."""
        if self._thread is not None:
            self._thread.join(ECHO_S)

    def _read(self, stream: IO[bytes]) -> None:
        with suppress(OSError, ValueError), stream:
            while (frame := read_frame(lambda size: os.read(stream.fileno(), size))) is not None:
                self._take(frame)
        self.ended.set()

    def _take(self, frame: Frame) -> None:
        match frame.kind:
            case Kind.READY:
                self.ready.set()
            case Kind.TRIPPED:
                self.tripped.set()
            case Kind.MADE_SAFE:
                self.made_safe.set()
            case _:
                self.refused = frame.kind is Kind.REFUSED
                waiting = self._waiting
                if waiting is not None and frame.seq >= waiting[0]:
                    self._waiting = None
                self.answered.set()

    def expect(self, seq: int, now_s: float) -> None:
        """Note that a frame was sent."""
        if self._waiting is None:
            self._waiting = seq, now_s

    def waited_s(self, now_s: float) -> float:
        """Return for how long an answer is due."""
        waiting = self._waiting
        return now_s - waiting[1] if waiting is not None else 0.0

    def wait(self, event: threading.Event, what: str) -> bool:
        """Wait for an event as long as the process lives; return True if it came."""
        began_s = said_s = time.monotonic()
        while not event.wait(LOOK_S):
            if self.ended.is_set():
                return event.is_set()
            if (now_s := time.monotonic()) - said_s >= SAY_EVERY_S:
                said_s = now_s
                log.warning("Waiting for the %s, %.0f s so far", what, now_s - began_s)
        return True
