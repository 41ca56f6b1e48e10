"""Parks the tip of a bench that has been idle for long after a run that approached."""

import logging
import time
from collections.abc import Callable

from app.acquisition.went_back import left_alone
from app.config.rig import Rig
from app.config.toml import FileError
from app.server.job import Job
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
    """

    def __init__(
        self,
        queue: JobQueue,
        rig: Callable[[], Rig],
        add: Callable[[RunRequest, int], Job],
        by_hand: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._queue, self._rig, self._add, self._by_hand, self._clock = queue, rig, add, by_hand, clock
        self._parked: Job | None = None

    def look(self) -> None:
        """Queue a `Park` if the last run approached and ended long ago; once after each run.

        On a rig without a coarse positioner say that the tip is not far back.
        """
        rig, last = self._rig(), self._queue.last
        after_s = ALONE_S if rig.coarse is None else rig.coarse.park_after_s
        if not after_s or last is None or last is self._parked:
            return
        procedure = recorded_by(last.procedure)
        if procedure is None or not issubclass(procedure, ContactProcedure):
            return
        if last.ended_s is None or self._clock() - last.ended_s < after_s or self._by_hand():
            return
        self._parked = last
        if rig.coarse is None:
            log.warning("%s", left_alone(rig))
            return
        try:
            job = self._add(RunRequest(Park.name, {}, notes="The bench was idle."), 0)
            self._queue.let(job.id)
        except (FileError, NotNow, OSError, ValueError) as error:
            log.warning("The tip was not parked, though the bench is idle: %s", error)
