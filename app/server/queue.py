"""Queue of runs: waiting, running and finished jobs."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from app.server.errors import RECALLED
from app.server.job import Job, Status
from app.server.messages import JobState, QueueState
from drivers.errors import NotNow

DONE_KEPT = 200
"""Number of finished jobs that stay listed; recordings are always kept."""

PAUSED_BY_USER = "paused by the user"
"""Reason of a hold that a user has asked for."""

PAUSE_LOOKS_S = 0.2
"""Time for which a paused run waits between two reads of samples."""


class JobQueue:
    """Jobs in their order. Every method may be called from any thread.

    Jobs run one after another unless the queue is held. Holding it with ``within_run`` also pauses the present run
    before its next approach; without, that run goes on to its end. A job released with `let` runs even while the
    queue is held, and can be paused and resumed alone. A job that waits for a condition, and those behind it, start
    once it is met.

    Snapshots (`snapshot`, `json_of`) are taken under the lock and numbered: the larger ``version`` is the newer one,
    whatever the order of arrival.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: list[Job] = []
        self._done: deque[Job] = deque(maxlen=DONE_KEPT)
        self._present: Job | None = None
        self._next_id = 1
        self._held: str = ""
        self._failed: Job | None = None
        self._within_run = False
        self._paused_alone = False
        self._version = 0
        self._let: Job | None = None
        self._recalls = 0
        self._closed = False

    @property
    def present(self) -> Job | None:
        """Job in progress; None if there is none."""
        return self._present

    @property
    def ended(self) -> tuple[Job, ...]:
        """Jobs that ran and are over, in order; none while one runs."""
        with self._changed:
            return (
                tuple(job for job in self._done if job.ended_s is not None) if self._present is None else ()
            )

    @property
    def waiting_jobs(self) -> tuple[Job, ...]:
        """Jobs that wait, in order."""
        with self._changed:
            return tuple(self._waiting)

    @property
    def waiting(self) -> bool:
        """True if a job waits."""
        with self._changed:
            return bool(self._waiting)

    @property
    def held(self) -> str:
        """Reason for which no job starts; "" if the queue is not held."""
        return self._held

    def new_id(self) -> int:
        """Return a number for a new job."""
        with self._changed:
            self._next_id += 1
            return self._next_id - 1

    def add(self, job: Job, *, place: int | None = None) -> None:
        """Queue a job at its end, or at ``place`` (0: next). Raises ``NotNow`` if another job has the same output."""
        with self._changed:
            jobs = [*self._waiting, *([self._present] if self._present else [])]
            if any(other.out == job.out for other in jobs):
                raise NotNow(f"Another job of the queue records to {job.out}; choose another name")
            self._waiting.insert(len(self._waiting) if place is None else place, job)
            self._changed.notify_all()

    def remove(self, job_id: int) -> None:
        """Remove a waiting job. Raises ``NotNow`` for any other."""
        with self._changed:
            self._waiting.remove(self._find(job_id))

    def move(self, job_id: int, place: int) -> None:
        """Move a waiting job to another place in the queue (0: next). Raises ``NotNow``."""
        with self._changed:
            job = self._find(job_id)
            self._waiting.remove(job)
            self._waiting.insert(max(0, place), job)
            self._changed.notify_all()

    def annotate(self, job_id: int, notes: str) -> None:
        """Replace the notes of a waiting job. Raises ``NotNow``."""
        with self._changed:
            self._find(job_id).notes = notes

    def _find(self, job_id: int) -> Job:
        for job in self._waiting:
            if job.id == job_id:
                return job
        raise NotNow(f"There is no waiting job {job_id}")

    def hold(self, why: str, *, within_run: bool, failed: Job | None = None) -> None:
        """Start no further job; pause the present one at its next safe point if ``within_run``.

        ``failed`` is the job that caused the hold, if any, until another job starts.
        """
        with self._changed:
            self._held, self._failed = why, failed
            self._let_wait(within_run)

    def pause(self, why: str, *, within_run: bool) -> None:
        """Hold the queue; where it is held already, pause only the present run, and keep the reason of the hold."""
        with self._changed:
            if not self._held or self._present is None:
                self.hold(why, within_run=within_run)
            elif within_run and not self._within_run:
                self._paused_alone = True
                self._let_wait(True)

    @property
    def recalls(self) -> int:
        """Number of times that `recall` was called."""
        return self._recalls

    def recall(self, why: str) -> None:
        """Hold the queue against RETRACT: also a job that was released by `let`, and that did not start yet, waits."""
        with self._changed:
            self._let, self._recalls = None, self._recalls + 1
            self.hold(why, within_run=False)

    def let(self, job_id: int, recalls: int | None = None) -> None:
        """Run a waiting job next, even if the queue is held or a condition is not met; resume a paused run.

        Raises ``NotNow``, also if the number of `recalls` has grown since the job was wanted.
        """
        with self._changed:
            if recalls not in (None, self._recalls):
                raise NotNow(RECALLED)
            job = self._let = self._find(job_id)
            self._waiting.remove(job)
            self._waiting.insert(0, job)
            self._let_wait(False)

    def release(self) -> None:
        """Release the queue and resume a paused run; a run that was paused alone leaves the queue held."""
        with self._changed:
            if not self._paused_alone:
                self._held, self._failed = "", None
            self._let_wait(False)

    def wait_for(self, job_id: int, until: str) -> None:
        """Let a waiting job, and those behind it, wait for a condition; "" for none. Raises ``NotNow``."""
        with self._changed:
            job = self._find(job_id)
            job.until, job.awaits, job.awaits_since_s = until, "", None
            self._changed.notify_all()

    @property
    def awaiting(self) -> Job | None:
        """Job that would start now but for its condition; None if there is none."""
        with self._changed:
            first = self._waiting[0] if self._waiting else None
            idle = self._present is None and not self._held
            return first if idle and first is not None and first.until else None

    def _let_wait(self, within_run: bool) -> None:
        """Pause or resume the present run; a resumed run counts as running at once."""
        self._within_run = within_run
        self._paused_alone = self._paused_alone and within_run
        job = self._present
        if not within_run and job is not None and job.status is Status.PAUSED and not job.stop.is_set():
            job.status = Status.RUNNING
        self._changed.notify_all()

    def change(self, job: Job, **values: Any) -> None:
        """Set attributes of a job together, so that no snapshot has only some of them."""
        with self._changed:
            for name, value in values.items():
                setattr(job, name, value)

    def moves(self, job: Job) -> None:
        """Note that the work of the present job begins."""
        with self._changed:
            if job.opened_s is None:
                job.moves(self._clock())

    def counts(self, job: Job) -> None:
        """Count a cycle of the present job."""
        with self._changed:
            job.counts(self._clock())

    def paused(self) -> bool:
        """Return True, after a short wait, while the present run is to pause. Called by the run."""
        with self._changed:
            job = self._present
            if not self._within_run or job is None:
                return False
            began_s, job.status = self._clock(), Status.PAUSED
            self._changed.wait_for(lambda: not self._within_run or job.stop.is_set(), PAUSE_LOOKS_S)
            job.paused_s += self._clock() - began_s
            return self._within_run

    def abort(self, job_id: int | None = None) -> Job:
        """End the running job safely, or remove a waiting one. Raises ``NotNow`` if there is none."""
        with self._changed:
            job = self._present
            if job is None or job_id not in (None, job.id):
                if job_id is None:
                    raise NotNow("No run is in progress")
                job = self._find(job_id)
                self._waiting.remove(job)
                job.status, job.reason = Status.ABORTED, "removed from the queue before it started"
                self._done.append(job)
            job.stop.set()
            self._changed.notify_all()
            return job

    @property
    def _ready(self) -> bool:
        """True if a job may start."""
        return self._let in self._waiting or (self._moves and not self._waiting[0].until)

    @property
    def _moves(self) -> bool:
        """True if a job waits on a queue that is not held, perhaps for its condition."""
        return bool(self._waiting) and not self._held

    def take(self) -> Job | None:
        """Wait for the next job, make it the present one and return it; None once the queue is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._ready)
            if self._closed:
                return None
            let, self._let = self._let, None
            place = self._waiting.index(let) if let is not None and let in self._waiting else 0
            job = self._present = self._waiting.pop(place)
            job.status, job.began_s, job.until, job.awaits = Status.RUNNING, self._clock(), "", ""
            self._failed = None  # the queue may stay held, but no longer because of a failed job
            return job

    def over(self, job: Job) -> None:
        """Move the present job, whose status is final, to the finished ones."""
        with self._changed:
            job.ended_s = self._clock()
            self._present, self._paused_alone = None, False
            self._done.append(job)
            self._changed.notify_all()

    def wait_until_empty(self, timeout_s: float | None = None) -> bool:
        """Wait until no job runs or is due to start; return False after the timeout."""

        def empty() -> bool:
            return self._present is None and not self._moves and self._let not in self._waiting

        with self._changed:
            return self._changed.wait_for(empty, timeout_s)

    def close(self) -> None:
        """End the present run safely and make `take` return None."""
        with self._changed:
            self._closed = True
            if self._present is not None:
                self._present.stop.set()
            self._changed.notify_all()

    def snapshot(self) -> QueueState:
        """Return the present job, the reason and cause of a hold, and every job in order.

        The order is: finished, present, waiting.
        """
        with self._changed:
            number, now_s, present = self._next_version(), self._clock(), self._present
            jobs = [*self._done, *([present] if present else []), *self._waiting]
            return {
                "version": number,
                "bench": str(present.status) if present else "idle",
                "job": present.id if present else None,
                "held": self._held,
                "pausing": self._within_run,
                "failed": self._failed.id if self._failed else None,
                "queue": [job.to_json(now_s, number) for job in jobs],
            }

    def json_of(self, job: Job) -> JobState:
        """Return one job for clients."""
        with self._changed:
            return job.to_json(self._clock(), self._next_version())

    def _next_version(self) -> int:
        self._version += 1
        return self._version
