"""One run of the queue: its settings, its progress and its time left."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from app.server.messages import JobState
from procedures.registry import PROCEDURES

OTHER_JOBS = {"commission": "Commissioning"}
"""Titles of jobs that are no procedures."""

EXPECTED_WITHIN = 0.2
"""Relative error, one standard deviation, with which the pace of a run is expected to be known before it."""

LEAST_WEIGHT = 0.25
"""Cycles for which the expected pace counts at least."""


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
    the procedure expects for all of them (None: unknown), ``starts_s`` that before the first one, ``scatter`` the
    relative scatter of the time of one. ``reason`` is a sentence if the run ended early, or, while
    it waits, why it can't start on the rig as it is now; ``refused`` is True if a setting or a file kept it from
    starting; ``safe`` is True if the rig was safe at its end (None: unknown). Setting ``stop`` ends the run safely.

    A job with a condition ``until`` starts once that is met, and so do those behind it; ``awaits`` says what was seen
    of it, since ``awaits_since_s`` (s since 1970; None: it is not yet its turn).
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
    starts_s: float = 0.0
    scatter: float = 1.0
    status: Status = Status.WAITING
    cycles: int = 0
    traces: int = 0
    samples: int = 0
    reason: str = ""
    refused: bool = False
    safe: bool | None = None
    began_s: float | None = None
    opened_s: float | None = None
    counted_s: float = 0.0
    paused_s: float = 0.0
    ended_s: float | None = None
    until: str = ""
    awaits: str = ""
    awaits_since_s: float | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def words(self) -> str:
        """Name and number of the run in messages: "Break junction, job 3"."""
        procedure = PROCEDURES.get(self.procedure)
        label = procedure.label if procedure is not None else OTHER_JOBS.get(self.procedure, self.procedure)
        return f"{label}, job {self.id}"

    @property
    def ending(self) -> str:
        """Outcome of the run: "I-V, job 2, aborted after 12 of 100 curves: stopped by the user"."""
        noun = self.repeats.removesuffix("s") if self.total == 1 else self.repeats
        done = f"{self.cycles} of {self.total} {noun}"
        how = f"finished: {done}" if self.status is Status.FINISHED else f"{self.status} after {done}"
        return f"{self.words}, {how}" + (f": {self.reason}" if self.reason else "")

    def moves(self, now_s: float) -> None:
        """Note that the rig has been opened and proved: the work begins."""
        self.opened_s = self._since(now_s)

    def counts(self, now_s: float) -> None:
        """Count a cycle."""
        self.cycles, self.counted_s = self.cycles + 1, self._worked(now_s)

    def _since(self, now_s: float) -> float:
        return now_s - (now_s if self.began_s is None else self.began_s) - self.paused_s

    def _worked(self, now_s: float) -> float:
        return self._since(now_s) - (self.opened_s or 0.0)

    def left_s(self, now_s: float) -> float | None:
        """Return the remaining time in s, without pauses; None if unknown.

        The pace is the mean over the cycles so far, together with the expected one. That counts as many cycles as it
        takes to know the pace to `EXPECTED_WITHIN`: few where all cycles take alike, more where luck decides. Before
        anything moves the expected time is left.
        """
        if self.began_s is None or self.status in OVER:
            return None
        if self.takes_s is None or not self.total:
            left = max(self.total - self.cycles, 0)
            return self._since(now_s) / self.cycles * left if self.cycles else None
        if self.opened_s is None:
            return self.takes_s
        worked_s, expected_s = self._worked(now_s), (self.takes_s - self.starts_s) / self.total
        weight = max((self.scatter / EXPECTED_WITHIN) ** 2, LEAST_WEIGHT)
        counted_s = max(self.counted_s - self.starts_s, 0.0)
        in_cycle_s = max(worked_s - max(self.counted_s, self.starts_s), 0.0)
        pace_s = (counted_s + weight * expected_s) / (self.cycles + weight)
        late_s = max(in_cycle_s - pace_s, 0.0)
        pace_s += late_s / (self.cycles + max(weight, 1.0))
        ahead_s = max(self.starts_s - worked_s, 0.0)
        cycles = max(self.total - self.cycles, 0)
        return ahead_s + max(pace_s * cycles - min(in_cycle_s, pace_s), 0.0)

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
            "until": self.until,
            "awaits": self.awaits,
            "awaits_since_s": self.awaits_since_s,
            "version": version,
        }
