"""Runs of the queue that wait for something outside of it: looked at once a second, started when it is met."""

import logging
import threading
import time
from collections.abc import Callable

from app.server.hold_until import condition_of, inputs_of, look
from app.server.instruments import Instruments
from app.server.job import Job
from app.server.queue import JobQueue
from app.server.rpc_server import apart
from procedures.errors import ImpossibleSetting

log = logging.getLogger(__name__)

LOOKS = 2
"""Looks in a row that must find a condition met: a file may be half written, and a reading be noise."""


class OutsideConditions:
    """Conditions of the jobs of a queue.

    Parameters
    ----------
    queue : JobQueue
    instruments : Instruments
        Source of the rig's inputs, which are read once a second between runs.
    changed : callable
        Called after a job has changed.
    clock : callable
        Time in s since 1970.
    """

    def __init__(
        self,
        queue: JobQueue,
        instruments: Instruments,
        changed: Callable[[], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._queue = queue
        self._instruments = instruments
        self._changed = changed
        self._clock = clock
        self._looking = threading.Lock()
        self._met: tuple[Job | None, str, int] = (None, "", 0)

    def checked(self, until: str) -> str:
        """Return a condition in its full form; "" for none.

        Raises
        ------
        ImpossibleSetting
            For text that is no condition, or an input that the rig does not have.
        """
        if not until.strip():
            return ""
        condition = condition_of(until, self._clock())
        known = self._instruments.rig().daq.inputs.named
        if condition.kind == "input" and condition.name not in known:
            raise ImpossibleSetting(
                f"The rig has no input {condition.name!r}; it has {', '.join(known)}.", "until"
            )
        return str(condition)

    def look(self) -> None:
        """Look at the condition of the job whose turn it is, in a thread of its own: an address may take long."""
        job = self._queue.awaiting
        if job is not None and self._looking.acquire(blocking=False):
            apart(lambda: self._look_at(job))

    def _look_at(self, job: Job) -> None:
        try:
            until = job.until
            if not until:
                return
            seen = look(condition_of(until), lambda: inputs_of(self._instruments.to_json()), self._clock)
            before = self._met[2] if self._met[:2] == (job, until) else 0
            self._met = (job, until, before + 1 if seen.met else 0)
            self._tell(job, until, seen.sentence, self._met[2] >= LOOKS)
        except Exception:
            log.exception("Could not look at the condition of job %d", job.id)
        finally:
            self._looking.release()

    def _tell(self, job: Job, until: str, sentence: str, met: bool) -> None:
        if self._queue.awaiting is not job or job.until != until:
            return  # it was released, moved or held meanwhile
        since_s = self._clock() if job.awaits_since_s is None else job.awaits_since_s
        if met:
            log.info("%s, starts: %s", job.words, sentence)
            self._queue.wait_for(job.id, "")
        elif (job.awaits, job.awaits_since_s) != (sentence, since_s):
            self._queue.change(job, awaits=sentence, awaits_since_s=since_s)
        else:
            return
        self._changed()
