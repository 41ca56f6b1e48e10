"""Request of a user to skip the step in progress; the run goes on with the next junction."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from drivers.errors import NotNow
from procedures.steps import APPROACH, MakeSafe, Ramp, Step

NOTHING = (
    "Nothing can be skipped now: the run goes on with the next junction already, or this step must be completed. Skip "
    "during a trace, a hold or a curve."
)
REST = "rest"
"""Answer to a request between two steps of a junction: the next one that can be skipped is, if there is one."""


class StepSkip:
    """Passes the request from the thread of a user to that of the run.

    A request outlives a step that ends by itself, but not the junction: the next approach, or the safe state, ends it.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._offered = ""
        self._of_junction = False
        self._asked = False

    @contextmanager
    def offered(self, step: Step) -> Iterator[None]:
        """Let the step be skipped during the block, if its plan allows it."""
        leaves = isinstance(step, MakeSafe) or (isinstance(step, Ramp) and step.name == APPROACH)
        with self._turn:
            self._offered = getattr(step, "skips", "")
            self._of_junction = not leaves and (self._of_junction or bool(self._offered))
            self._asked = self._asked and not leaves
        try:
            yield
        finally:
            with self._turn:
                self._offered = ""

    def ask(self) -> str:
        """Skip the step in progress, or the next of this junction; return its name ("trace"), or `REST`.

        Raises
        ------
        NotNow
            If the tip is on its way to the next junction, or the run has nothing to skip.
        """
        with self._turn:
            if not self._of_junction:
                raise NotNow(NOTHING)
            self._asked = True
            return self._offered or REST

    def asked(self) -> bool:
        """Return True if the step in progress is to be skipped."""
        return self._asked and bool(self._offered)

    def granted(self) -> None:
        """Forget the request: a step was skipped."""
        self._asked = False
