"""Request of a user to skip the step in progress; the run goes on with the next junction."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from drivers.errors import NotNow
from procedures.steps import Step

NOTHING = (
    "Nothing can be skipped now: the tip moves between two junctions, or this step must be completed. Skip during a "
    "trace, a hold or a curve."
)


class StepSkip:
    """Passes the request from the thread of a user to that of the run."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._offered = ""
        self._asked = False

    @contextmanager
    def offered(self, step: Step) -> Iterator[None]:
        """Let the step be skipped during the block, if its plan allows it."""
        with self._turn:
            self._offered, self._asked = getattr(step, "skips", ""), False
        try:
            yield
        finally:
            with self._turn:
                self._offered, self._asked = "", False

    def ask(self) -> str:
        """Skip the step in progress; return its name ("trace"). Raises ``NotNow`` if it can't be skipped."""
        with self._turn:
            if not self._offered:
                raise NotNow(NOTHING)
            self._asked = True
            return self._offered

    def asked(self) -> bool:
        """Return True if the step in progress is to be skipped."""
        return self._asked
