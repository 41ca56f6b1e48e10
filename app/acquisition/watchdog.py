"""The watchdog: a small process that makes the rig safe when the one that runs it is gone.

It is started with the rig file before anything moves, imports what it needs and says "ready". The line "arm" says
that the rig is about to be moved, the line "done" that it was seen safe. The end of its standard input after "arm"
and without "done" means that the other process was killed, or could not make the rig safe: then the card is reset,
the bias set to 0 V and the tip retracted. Nobody else is left to do it: so a rig that does not answer is tried
again, each time with more patience, until it is safe.

It has a session of its own and ignores what ends the other process (Ctrl-C, a closed terminal, a stopped service).
What it does is in its log (`log_file`).

    python -P -m app.acquisition.watchdog RIG.toml
"""

import logging
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, NoReturn, Self

import platformdirs

from app import child_process
from app.acquisition.simulated_rig import MARK
from app.config.rig import Rig, load_rig
from drivers.errors import RigError

READY, ARM, ARMED, DONE = "ready", "arm", "armed", "done"

SIMULATED_S = 60.0
"""Time for which a simulated rig is tried: it may have ended together with the bench."""

PAUSES_S = 0.05, 1.0
"""Between two tries, at first and at most."""

MOST_PATIENCE_S = 10.0
"""Longest time of one try."""

HOME_S = 30.0
"""Time that a watchdog may take to end once it was dismissed."""

IGNORED = "SIGINT", "SIGHUP", "SIGQUIT", "SIGTSTP", "SIGPIPE", "SIGBREAK"

log = logging.getLogger("watchdog")


def make_safe(rig: Rig, within_s: float) -> str:
    """Bias 0 V, tip retracted, over a connection of its own. Raises ``RigError`` if the card can't be reached."""
    from app.acquisition.open_rig import daq_inputs, daq_outputs, loop_back_tolerance
    from drivers.guard import LoopBacks
    from drivers.guard import make_safe as reset_and_retract

    looped = LoopBacks(daq_inputs(rig), loop_back_tolerance(rig))
    return reset_and_retract(
        rig.daq.controller, rig.daq.device, daq_outputs(rig), {"z": rig.safe.z_V}, within_s, looped
    )


def insist(rig: Rig, for_s: float = float("inf")) -> str:
    """`make_safe` until it is done; a rig that is slow, or away for a moment, is given longer each time.

    Raises
    ------
    Exception
        As `make_safe`, when ``for_s`` seconds are over.
    """
    until_s, within_s = time.monotonic() + for_s, rig.safe.within_s
    pause_s, longest_s = PAUSES_S
    said = ""
    while True:
        try:
            return make_safe(rig, within_s)
        except Exception as error:  # whatever it is: nobody else is left
            if time.monotonic() >= until_s:
                raise
            if said != str(error):
                said = str(error)
                log.warning("Not safe yet: %s", said)
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, longest_s)
        within_s = max(within_s, min(2 * within_s, MOST_PATIENCE_S))


def log_file() -> Path:
    """Return where watchdogs write what they did."""
    return Path(platformdirs.user_log_dir("hotjunction", appauthor=False)) / "watchdog.log"


class WatchdogGone(RigError):
    """The watchdog has ended, though the rig was not said to be safe: it must not be run on."""


class Watchdog:
    """Runs the watchdog process; a context manager.

    It is sent home by `dismiss`, or by leaving the context before `arm`. Otherwise it stays when the context is
    left, and makes the rig safe.
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
        """Get the number of the process."""
        return self._process.pid

    @property
    def gone(self) -> bool:
        """Tell whether the process has ended."""
        return self._process.poll() is not None

    def wait_until_ready(self) -> None:
        """Wait for it to come up, as long as it lives.

        Raises
        ------
        RuntimeError
            If it ended: a rig must not be run without it.
        """
        if (answer := self._answer()) != READY:
            raise RuntimeError(
                f"The watchdog process did not start ({answer or 'no answer'}; see {log_file()}); nothing was moved."
            )

    def arm(self) -> None:
        """Have it make the rig safe from now on, unless it is dismissed. Raises ``WatchdogGone``."""
        self._tell(ARM)
        if self._answer() != ARMED:
            raise WatchdogGone("The watchdog has gone; nothing was moved")
        self._armed = True

    def check(self) -> None:
        """Raise ``WatchdogGone`` if it has ended: once, for the way to safe goes on without it."""
        if not self._missed and self.gone:
            self._missed = True
            raise WatchdogGone("The watchdog has gone")

    def dismiss(self) -> None:
        """Send it home: the rig was seen safe."""
        self._armed = False
        self._tell(DONE)

    def stay(self) -> str:
        """Leave the rig, which is not safe, to it: from now on it tries until it is. Returns this as a sentence.

        One that has ended is replaced.
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
            log.critical("Nobody knows that the rig is safe. %s", self.stay())
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
        """Close the pipes and let it end by itself: nobody waits for it, and nobody is warned of it."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        if self._process.poll() is None:
            self._process.returncode = 0


@contextmanager
def _opened_log() -> Iterator[IO[bytes] | int]:
    """Open the log, to be written at its end; where that can't be, nothing is written."""
    try:
        log_file().parent.mkdir(parents=True, exist_ok=True)
        file = log_file().open("ab")
    except OSError:
        yield subprocess.DEVNULL
        return
    with file:
        yield file


class _Terminated(Exception):
    """Somebody asked the watchdog itself to end."""


def run_watchdog() -> int:
    """Wait for the other process to finish or to die."""
    for name in IGNORED:
        if hasattr(signal, name):  # each system has its own
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    logging.basicConfig(format=f"%(asctime)s %(process)d {sys.argv[1]}: %(message)s", level=logging.INFO)
    rig_file = Path(sys.argv[1])
    rig = load_rig(rig_file)
    simulated = rig_file.read_text(encoding="utf-8").startswith(MARK)
    import drivers.guard  # noqa: F401  imported now: when it is needed there is no time for it

    if (why := _wait_for_the_end()) is not None:
        log.info("%s; making the rig safe", why)
        log.info("Done: %s", insist(rig, SIMULATED_S if simulated else float("inf")))
    return 0


def _wait_for_the_end() -> str | None:
    """Listen to the other process; returns why the rig must be made safe, or None if it need not be."""
    armed = False

    def terminated(number: int, frame: FrameType | None) -> NoReturn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: what follows must not be interrupted
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
