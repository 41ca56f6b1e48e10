"""The guardian: a small process that makes the rig safe when the one that runs it is gone.

It is started with the rig file before anything moves, imports what it needs, says "ready", and waits on its
standard input. The line "done" sends it home. The end of that input without it means that the other process
was killed: then the card is reset, the bias set to 0 V and the tip retracted. Nobody else is left to do it: so a
rig that does not answer is tried again, each time with more patience.

    python -m app.guardian RIG.toml
"""

import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from app.rig import Rig, load_rig
from drivers.errors import RigError

READY = "ready"
DONE = "done"

PERSISTS_S = 60.0
"""For so long it is tried again."""
_BETWEEN_S = 0.1


def make_safe(rig: Rig, within_s: float) -> str:
    """Bias 0 V, tip retracted, over a connection of its own. Raises ``RigError`` if the card can't be reached."""
    from app.station import daq_outputs
    from drivers.guard import make_safe as reset_and_retract

    return reset_and_retract(
        rig.daq.controller, rig.daq.device, daq_outputs(rig), {"z": rig.safe.z_V}, within_s
    )


def insist(rig: Rig, for_s: float = PERSISTS_S) -> str:
    """`make_safe` until it is done; a rig that is slow, or away for a moment, is given longer each time.

    Raises
    ------
    RigError
        As `make_safe`, when ``for_s`` seconds are over.
    """
    until_s, within_s = time.monotonic() + for_s, rig.safe.within_s
    while True:
        try:
            return make_safe(rig, within_s)
        except RigError:
            if time.monotonic() >= until_s:
                raise
        time.sleep(_BETWEEN_S)
        within_s *= 2


class Guardian:
    """Runs the guardian process; a context manager. Leaving it, in whatever way, sends the process home."""

    def __init__(self, rig_file: Path) -> None:
        self._rig_file = rig_file

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app.guardian", str(self._rig_file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def wait_until_ready(self) -> None:
        """Wait for it to come up. Raises ``RuntimeError`` if it does not: a rig must not be run without it."""
        answer = self._process.stdout.readline().strip() if self._process.stdout else ""
        if answer != READY:
            raise RuntimeError(
                f"The guardian process did not start ({answer or 'no answer'}); nothing was moved."
            )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(BrokenPipeError):  # it has gone already
            self._process.communicate(DONE + "\n")


def main() -> int:
    """Wait for the other process to finish or to die."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the Ctrl-C that stops the run must not stop its guardian
    rig = load_rig(Path(sys.argv[1]))
    import drivers.guard  # noqa: F401  imported now: when it is needed there is no time for it

    print(READY, flush=True)  # noqa: T201
    if sys.stdin.readline().strip() != DONE:
        insist(rig)
    return 0


if __name__ == "__main__":
    sys.exit(main())
