"""Queue of runs: waiting, running and finished jobs."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from app.server.messages import JobState, QueueState
from drivers.errors import NotNow

DONE_KEPT = 200
"""Number of finished jobs that stay listed; recordings are always kept."""

PAUSED_BY_USER = "paused by the user"
"""Reason of a hold that a user has asked for."""

EXPECTED_CYCLES = 3
"""Number of cycles for which the expected pace of a run counts in its remaining time."""

PAUSE_LOOKS_S = 0.2
"""Time for which a paused run waits between two reads of samples."""


class Status(StrEnum):
    """Status of a job; "saving": the rig is safe and the recording is being compressed."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    SAVING = "saving"
    FINISHED = "finished"
    ABORTED = "aborted"
    FAULT = "fault"


OVER = (Status.FINISHED, Status.ABORTED, Status.FAULT)


@dataclass(eq=False)
class Job:
    """One run of a procedure: waiting, running or finished.

    ``cycles`` of ``total`` whole cycles are done; ``repeats`` names them (traces, holds). ``takes_s`` is the time that
    the procedure expects for all of them (None: unknown). ``reason`` is a sentence if the run ended early, or, while
    it waits, why it can't start on the rig as it is now; ``refused`` is True if a setting or a file kept it from
    starting; ``safe`` is True if the rig was safe at its end (None: unknown). Setting ``stop`` ends the run safely.
    """

    id: int
    procedure: str
    values: Mapping[str, Any]
    out: Path
    sample: str = ""
    notes: str = ""
    repeats: str = ""
    total: int = 0
    takes_s: float | None = None
    status: Status = Status.WAITING
    cycles: int = 0
    traces: int = 0
    samples: int = 0
    reason: str = ""
    refused: bool = False
    safe: bool | None = None
    began_s: float | None = None
    paused_s: float = 0.0
    ended_s: float | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    def left_s(self, now_s: float) -> float | None:
        """Return the remaining time in s, without pauses; None if unknown.

        The pace is the mean over the cycles so far, together with the expected one, which counts as `EXPECTED_CYCLES`.
        """
        if self.began_s is None or self.status in OVER:
            return None
        worked_s = now_s - self.began_s - self.paused_s
        if self.takes_s is None or not self.total:
            return worked_s / self.cycles * max(self.total - self.cycles, 0) if self.cycles else None
        expected_s = self.takes_s / self.total
        if not self.cycles:
            return max(self.takes_s - worked_s, expected_s)
        pace_s = (worked_s + EXPECTED_CYCLES * expected_s) / (self.cycles + EXPECTED_CYCLES)
        return pace_s * max(self.total - self.cycles, 0)

    def to_json(self, now_s: float, version: int) -> JobState:
        """Return the job for clients."""
        end_s = now_s if self.ended_s is None else self.ended_s
        return {
            "id": self.id,
            "procedure": self.procedure,
            "values": dict(self.values),
            "out": str(self.out),
            "sample": self.sample,
            "notes": self.notes,
            "repeats": self.repeats,
            "total": self.total,
            "takes_s": self.takes_s,
            "cycles": self.cycles,
            "traces": self.traces,
            "samples": self.samples,
            "status": str(self.status),
            "reason": self.reason,
            "refused": self.refused,
            "safe": self.safe,
            "elapsed_s": None if self.began_s is None else end_s - self.began_s,
            "left_s": self.left_s(now_s),
            "version": version,
        }


class JobQueue:
    """Jobs in their order. Every method may be called from any thread.

    Jobs run one after another unless the queue is held. Holding it with ``within_run`` also pauses the present run
    before its next approach; without, that run goes on to its end. A job released with `let` runs even while the
    queue is held.

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
        self._version = 0
        self._let: Job | None = None
        self._closed = False

    @property
    def present(self) -> Job | None:
        """Job in progress; None if there is none."""
        return self._present

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

    def let(self, job_id: int) -> None:
        """Run a waiting job next even if the queue is held; resume a paused run. Raises ``NotNow``."""
        with self._changed:
            job = self._let = self._find(job_id)
            self._waiting.remove(job)
            self._waiting.insert(0, job)
            self._let_wait(False)

    def release(self) -> None:
        """Release the queue and resume a paused run."""
        with self._changed:
            self._held, self._failed = "", None
            self._let_wait(False)

    def _let_wait(self, within_run: bool) -> None:
        """Pause or resume the present run; a resumed run counts as running at once."""
        self._within_run = within_run
        job = self._present
        if not within_run and job is not None and job.status is Status.PAUSED and not job.stop.is_set():
            job.status = Status.RUNNING
        self._changed.notify_all()

    def change(self, job: Job, **values: Any) -> None:
        """Set attributes of a job together, so that no snapshot has only some of them."""
        with self._changed:
            for name, value in values.items():
                setattr(job, name, value)

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
        return self._let in self._waiting or (bool(self._waiting) and not self._held)

    def take(self) -> Job | None:
        """Wait for the next job, make it the present one and return it; None once the queue is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._ready)
            if self._closed:
                return None
            let, self._let = self._let, None
            place = self._waiting.index(let) if let is not None and let in self._waiting else 0
            job = self._present = self._waiting.pop(place)
            job.status, job.began_s = Status.RUNNING, self._clock()
            self._failed = None  # the queue may stay held, but no longer because of a failed job
            return job

    def over(self, job: Job) -> None:
        """Move the present job, whose status is final, to the finished ones."""
        with self._changed:
            job.ended_s = self._clock()
            self._present = None
            self._done.append(job)
            self._changed.notify_all()

    def wait_until_empty(self, timeout_s: float | None = None) -> bool:
        """Wait until no job runs or may start; return False after the timeout."""
        with self._changed:
            return self._changed.wait_for(lambda: self._present is None and not self._ready, timeout_s)

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
