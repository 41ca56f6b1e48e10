"""The queue of runs: what is to be done, in which order, and what became of what was done."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from drivers.errors import NotNow

DONE_KEPT = 200
"""Jobs that are over and still listed; their recordings stay in any case."""

PAUSE_LOOKS_S = 0.2
"""How long a paused run waits before it reads the samples that came meanwhile."""


class Status(StrEnum):
    """Of a job; "saving": the rig is safe, and the recording is being compressed."""

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
    """One run of a procedure, to be done, under way, or done.

    ``cycles`` of ``total`` whole cycles are done (``repeats`` says what they are: traces, holds); ``reason`` is a
    sentence where the run did not come to its own end, ``refused`` says that it never began because of a setting or a
    file, and ``safe`` whether the rig was safe at its end (None: not known). ``stop`` ends the run safely.
    """

    id: int
    procedure: str
    values: Mapping[str, Any]
    out: Path
    sample: str = ""
    notes: str = ""
    repeats: str = ""
    total: int = 0
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
        """Seconds to go at the pace so far, without pauses; None where nobody can say."""
        if self.began_s is None or self.status in OVER or not self.cycles:
            return None
        worked_s = now_s - self.began_s - self.paused_s
        return worked_s / self.cycles * max(self.total - self.cycles, 0)

    def to_json(self, now_s: float) -> dict[str, Any]:
        """What clients see of it."""
        shown = (
            "id",
            "procedure",
            "sample",
            "notes",
            "repeats",
            "total",
            "cycles",
            "traces",
            "samples",
            "reason",
            "refused",
            "safe",
        )
        end_s = now_s if self.ended_s is None else self.ended_s
        return {
            **{name: getattr(self, name) for name in shown},
            "values": dict(self.values),
            "out": str(self.out),
            "status": str(self.status),
            "elapsed_s": None if self.began_s is None else end_s - self.began_s,
            "left_s": self.left_s(now_s),
        }


class JobQueue:
    """Jobs in their order. Every method may be called from any thread.

    Jobs run as soon as there are any, one after another, unless the queue is held. Holding it also makes the run
    under way wait before its next approach, or, with ``within_run`` false at `hold`, lets it come to its end. A job
    that is asked for by itself (`let`) runs also while the queue is held.

    Snapshots (`snapshot`, `json_of`) are taken under the lock and numbered: the one with the larger ``version`` is
    newer, in whatever order they arrive.
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
        """Get the job under way."""
        return self._present

    @property
    def held(self) -> str:
        """Get why no job starts; "" if the queue is not held."""
        return self._held

    def new_id(self) -> int:
        """Get a number for a new job."""
        with self._changed:
            self._next_id += 1
            return self._next_id - 1

    def add(self, job: Job, *, place: int | None = None) -> None:
        """Queue a job at its end, or at ``place`` (0: next). Raises ``NotNow`` for an output that another has."""
        with self._changed:
            jobs = [*self._waiting, *([self._present] if self._present else [])]
            if any(other.out == job.out for other in jobs):
                raise NotNow(f"{job.out} is what another job of the queue records to; choose another name")
            self._waiting.insert(len(self._waiting) if place is None else place, job)
            self._changed.notify_all()

    def remove(self, job_id: int) -> None:
        """Take a waiting job away. Raises ``NotNow`` for any other."""
        with self._changed:
            self._waiting.remove(self._find(job_id))

    def move(self, job_id: int, place: int) -> None:
        """Put a waiting job at another place of those that wait (0: next). Raises ``NotNow``."""
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
        """Start no further job, and let the present one wait at its next safe point if ``within_run``.

        ``failed`` is the job because of which the queue is held, if one is; it is forgotten once another begins.
        """
        with self._changed:
            self._held, self._failed = why, failed
            self._let_wait(within_run)

    def let(self, job_id: int) -> None:
        """Have a waiting job be next, whether the queue is held or not; a paused run goes on. Raises ``NotNow``."""
        with self._changed:
            job = self._let = self._find(job_id)
            self._waiting.remove(job)
            self._waiting.insert(0, job)
            self._let_wait(False)

    def release(self) -> None:
        """Go on."""
        with self._changed:
            self._held, self._failed = "", None
            self._let_wait(False)

    def _let_wait(self, within_run: bool) -> None:
        """Let the present run wait, or go on: then it runs from now on, not from when it notices."""
        self._within_run = within_run
        job = self._present
        if not within_run and job is not None and job.status is Status.PAUSED and not job.stop.is_set():
            job.status = Status.RUNNING
        self._changed.notify_all()

    def change(self, job: Job, **values: Any) -> None:
        """Set attributes of a job together: no snapshot has only some of them."""
        with self._changed:
            for name, value in values.items():
                setattr(job, name, value)

    def paused(self) -> bool:
        """Whether the present run is to wait; if so it is told so only after a moment. Called by the run."""
        with self._changed:
            job = self._present
            if not self._within_run or job is None:
                return False
            began_s, job.status = self._clock(), Status.PAUSED
            self._changed.wait_for(lambda: not self._within_run or job.stop.is_set(), PAUSE_LOOKS_S)
            job.paused_s += self._clock() - began_s
            return self._within_run

    def abort(self, job_id: int | None = None) -> Job:
        """End a job: the one under way safely, a waiting one before it starts. Raises ``NotNow`` if there is none."""
        with self._changed:
            job = self._present
            if job is None or job_id not in (None, job.id):
                if job_id is None:
                    raise NotNow("No run is on")
                job = self._find(job_id)
                self._waiting.remove(job)
                job.status, job.reason = Status.ABORTED, "taken from the queue before it began"
                self._done.append(job)
            job.stop.set()
            self._changed.notify_all()
            return job

    @property
    def _ready(self) -> bool:
        """Whether a job may start."""
        return self._let in self._waiting or (bool(self._waiting) and not self._held)

    def take(self) -> Job | None:
        """Wait for the next job to run; it is then the present one. None once the queue is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._ready)
            if self._closed:
                return None
            let, self._let = self._let, None
            place = self._waiting.index(let) if let is not None and let in self._waiting else 0
            job = self._present = self._waiting.pop(place)
            job.status, job.began_s = Status.RUNNING, self._clock()
            self._failed = None  # the queue may stay held, but what happened last is something else
            return job

    def over(self, job: Job) -> None:
        """Say that the present job has ended; its status tells how."""
        with self._changed:
            job.ended_s = self._clock()
            self._present = None
            self._done.append(job)
            self._changed.notify_all()

    def wait_until_empty(self, timeout_s: float | None = None) -> bool:
        """Wait until nothing runs and nothing waits that could; tells whether it came to that."""
        with self._changed:
            return self._changed.wait_for(lambda: self._present is None and not self._ready, timeout_s)

    def close(self) -> None:
        """Let `take` return None; the present run is asked to end."""
        with self._changed:
            self._closed = True
            if self._present is not None:
                self._present.stop.set()
            self._changed.notify_all()

    def snapshot(self) -> dict[str, Any]:
        """The present job, why the queue is held and because of which job, and every job in its order.

        The order is: those that are over, the present one, those that wait.
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
                "queue": [job.to_json(now_s) | {"version": number} for job in jobs],
            }

    def json_of(self, job: Job) -> dict[str, Any]:
        """One job."""
        with self._changed:
            return job.to_json(self._clock()) | {"version": self._next_version()}

    def _next_version(self) -> int:
        self._version += 1
        return self._version
