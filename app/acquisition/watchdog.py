"""The watchdog: a small process that makes the rig safe when the bench's process dies.

It starts with the rig file before anything moves, imports its modules and replies "ready". The line "arm" announces
that the rig will move, the line "done" that it was confirmed safe. If standard input ends after "arm" without "done",
the bench was killed or could not make the rig safe: the watchdog resets the card, sets the bias to 0 V and retracts
the tip. If the rig does not answer it tries again, each time with a longer time limit, until the rig is safe.

It has a session of its own and ignores what ends the other process (Ctrl-C, a closed terminal, a stopped service).
It logs its actions (`log_file`).

    python -P -m app.acquisition.watchdog RIG.toml
"""

import logging
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, NoReturn, Self

import platformdirs

from app import child_process
from app.acquisition.simulated_rig import MARK
from app.config.calibration_store import store_of
from app.config.last_proof import withdraw_proof
from app.config.rig import Rig, load_rig
from drivers.errors import RigError

READY, ARM, ARMED, DONE = "ready", "arm", "armed", "done"

SIMULATED_S = 60.0
"""Time for which it tries a simulated rig, which may have ended together with the bench."""

PAUSES_S = 0.05, 1.0
"""Pause between two tries, first and longest."""

MOST_PATIENCE_S = 10.0
"""Longest time limit of one try."""

HOME_S = 30.0
"""Time that a dismissed watchdog may take to end."""

IGNORED = "SIGINT", "SIGHUP", "SIGQUIT", "SIGTSTP", "SIGPIPE", "SIGBREAK"

log = logging.getLogger("watchdog")


def make_safe(rig: Rig, within_s: float) -> str:
    """Set the bias to 0 V and retract the tip over a new connection. Raises ``RigError`` if that fails."""
    from app.acquisition.open_rig import daq_inputs, daq_outputs, loop_back_tolerance
    from drivers.guard import LoopBacks
    from drivers.guard import make_safe as reset_and_retract

    looped = LoopBacks(daq_inputs(rig), loop_back_tolerance(rig))
    return reset_and_retract(
        rig.daq.controller, rig.daq.device, daq_outputs(rig), {"z": rig.safe.z_V}, within_s, looped
    )


def insist(rig: Rig, for_s: float = float("inf")) -> str:
    """Repeat `make_safe` until it succeeds, each time with a longer time limit.

    Raises
    ------
    Exception
        As `make_safe`, when ``for_s`` seconds are over.
    """
    until_s, within_s = time.monotonic() + for_s, rig.safe.within_s
    pause_s, longest_s = PAUSES_S
    reported = ""
    while True:
        try:
            return make_safe(rig, within_s)
        except Exception as error:  # any error: no other process can make the rig safe
            if time.monotonic() >= until_s:
                raise
            if reported != str(error):
                reported = str(error)
                log.warning("Not safe yet: %s", reported)
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, longest_s)
        within_s = max(within_s, min(2 * within_s, MOST_PATIENCE_S))


def log_file() -> Path:
    """Return the path of the watchdogs' log."""
    return Path(platformdirs.user_log_dir("hotjunction", appauthor=False)) / "watchdog.log"


class WatchdogGone(RigError):
    """The watchdog died before the rig was confirmed safe: the run must end."""


class Watchdog:
    """Watchdog process as a context manager.

    It ends by `dismiss`, or when the context is left before `arm`. Otherwise it outlives the context and makes the
    rig safe.
    """

    def __init__(self, rig_file: Path) -> None:
        self._rig_file = rig_file
        self._armed = self._stays = self._missed = False

    def __enter__(self) -> Self:
        self._process = self._start()
        return self

    def _start(self) -> "subprocess.Popen[bytes]":
        words = str(self._rig_file.absolute())
        with _opened_log() as file:
            return child_process.start("app.acquisition.watchdog", words, stdin=subprocess.PIPE, stderr=file)

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    @property
    def gone(self) -> bool:
        """True if the process has ended."""
        return self._process.poll() is not None

    def wait_until_ready(self) -> None:
        """Wait until the process is ready, as long as it lives.

        Raises
        ------
        RuntimeError
            If it ended: no run may start without it.
        """
        if (answer := self._answer()) != READY:
            raise RuntimeError(
                f"The watchdog process did not start ({answer or 'no answer'}; see {log_file()}); nothing was moved."
            )

    def arm(self) -> None:
        """Arm it: it makes the rig safe unless it is dismissed. Raises ``WatchdogGone``."""
        self._tell(ARM)
        if self._answer() != ARMED:
            raise WatchdogGone("The watchdog has gone; nothing was moved")
        self._armed = True

    def check(self) -> None:
        """Raise ``WatchdogGone`` if it has ended; only once, so that making safe can proceed."""
        if not self._missed and self.gone:
            self._missed = True
            raise WatchdogGone("The watchdog has gone")

    def dismiss(self) -> None:
        """End it: the rig was confirmed safe."""
        self._armed = False
        self._tell(DONE)

    def stay(self) -> str:
        """Let it make the unsafe rig safe, however long that takes; return a sentence for the user.

        A process that has ended is replaced.
        """
        if self.gone:
            self._part()
            self._process = self._start()
        self._tell(ARM)
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
        self._tell(DONE)
        try:
            self._process.communicate(timeout=HOME_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def _tell(self, word: str) -> None:
        if self._process.stdin is not None and not self._process.stdin.closed:
            with suppress(OSError):  # it has gone already
                self._process.stdin.write(f"{word}\n".encode())
                self._process.stdin.flush()

    def _answer(self) -> str:
        return child_process.next_line(self._process, "watchdog process")

    def _part(self) -> None:
        """Close the pipes and detach the process, without waiting for it and without a warning."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        if self._process.poll() is None:
            self._process.returncode = 0


@contextmanager
def _opened_log() -> Iterator[IO[bytes] | int]:
    """Open the log for appending; discard the output if that fails."""
    try:
        log_file().parent.mkdir(parents=True, exist_ok=True)
        file = log_file().open("ab")
    except OSError:
        yield subprocess.DEVNULL
        return
    with file:
        yield file


class _Terminated(Exception):
    """The watchdog itself was asked to end."""


def run_watchdog() -> int:
    """Wait for the other process to finish or to die."""
    for name in IGNORED:
        if hasattr(signal, name):  # each system has its own
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    logging.basicConfig(format=f"%(asctime)s %(process)d {sys.argv[1]}: %(message)s", level=logging.INFO)
    rig_file = Path(sys.argv[1])
    rig = load_rig(rig_file)
    simulated = rig_file.read_text(encoding="utf-8").startswith(MARK)
    import drivers.guard  # noqa: F401  imported now, as an emergency leaves no time for it

    if (why := _wait_for_the_end()) is not None:
        log.info("%s; making the rig safe", why)
        log.info("Done: %s", insist(rig, SIMULATED_S if simulated else float("inf")))
        with suppress(Exception):  # the rig is safe; a proof that stands costs no more than a short one
            withdraw_proof(store_of(rig_file, rig), "the watchdog made the rig safe", datetime.now(UTC))
    return 0


def _wait_for_the_end() -> str | None:
    """Wait for the other process; return the reason for making the rig safe, None if there is none."""
    armed = False

    def terminated(number: int, frame: FrameType | None) -> NoReturn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: making safe must not be interrupted
        raise _Terminated

    try:
        signal.signal(signal.SIGTERM, terminated)
        child_process.reply_to_parent(READY)
        for line in iter(sys.stdin.readline, ""):
            match line.strip():
                case word if word == ARM:
                    armed = True
                    child_process.reply_to_parent(ARMED)
                case word if word == DONE:
                    return None
        why = "The bench has gone"
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    except _Terminated:
        why = "The watchdog was asked to end"
    return why if armed else None


if __name__ == "__main__":
    sys.exit(run_watchdog())
