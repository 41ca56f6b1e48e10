"""Parks the tip of a bench that has been idle for long after a run that approached."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from app.acquisition.went_back import left_alone, left_before
from app.config.rig import Rig
from app.config.toml import FileError
from app.server.job import Job, Status
from app.server.messages import RunRequest
from app.server.queue import JobQueue
from drivers.errors import NotNow
from procedures.contact import ContactProcedure
from procedures.park import Park
from procedures.registry import recorded_by

log = logging.getLogger(__name__)


ALONE_S = 1800.0
"""Idle time after which a rig without a coarse positioner is mentioned."""


class IdlePark:
    """Looks now and then whether the tip has been left alone.

    Parameters
    ----------
    queue : JobQueue
    rig : callable
        Returns the rig as last read.
    add : callable
        Queues a run at a place.
    by_hand : callable
        True while something is set by hand.
    clock : callable
        The queue's, in s.
    last_contact : callable
        Returns when the tip last touched, also in runs of other programs; None if unknown, or if it went back since.
    """

    def __init__(
        self,
        queue: JobQueue,
        rig: Callable[[], Rig],
        add: Callable[[RunRequest, int], Job],
        by_hand: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
        last_contact: Callable[[], datetime | None] = lambda: None,
    ) -> None:
        self._queue, self._rig, self._add, self._by_hand, self._clock = queue, rig, add, by_hand, clock
        self._last_contact = last_contact
        self._parked: Job | None = None

    def look(self) -> None:
        """Queue a `Park` if a run approached and the bench has been idle for long; once after each such run.

        On a rig without a coarse positioner log that the tip is not far back.
        """
        rig, ended = self._rig(), self._queue.ended
        approached = _approached(ended)
        after_s = ALONE_S if rig.coarse is None else rig.coarse.park_after_s
        if not after_s or approached is None or approached is self._parked:
            return
        idle_s = self._clock() - (ended[-1].ended_s or 0.0)
        if idle_s < after_s or self._by_hand():
            return
        self._parked = approached
        if rig.coarse is None:
            log.warning("%s", left_alone(rig))
            return
        try:
            job = self._add(RunRequest(Park.name, {}, notes="The bench was idle."), 0)
            self._queue.let(job.id)
        except (FileError, NotNow, OSError, ValueError) as error:
            log.warning("The tip was not parked, though the bench is idle: %s", error)

    @property
    def alone(self) -> str:
        """Why drift can reach the tip of an idle bench that can't park it, and what to do; "" otherwise."""
        rig = self._rig()
        if self._queue.present is not None:
            return ""
        if _approached(self._queue.ended):
            return left_alone(rig) if rig.coarse is None else ""
        contact = self._last_contact()
        return left_before(rig, contact) if contact is not None else ""


def _approached(ended: Sequence[Job]) -> Job | None:
    """Return the last run that approached; None if the tip was parked after it."""
    for job in reversed(ended):
        if job.procedure == Park.name and job.status is Status.FINISHED:
            return None
        procedure = recorded_by(job.procedure)
        if procedure is not None and issubclass(procedure, ContactProcedure):
            return job
    return None
