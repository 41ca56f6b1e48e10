"""Way of jobs into the queue: checked against the rig, when they come and while they wait."""

import math
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from app.acquisition.run_checks import check, duration_s, free_name, why_not
from app.config.rig import Rig
from app.config.rig_context import planned_context
from app.server.commissioning import Commissioning
from app.server.instruments import Instruments
from app.server.job import Job
from app.server.messages import COMMISSION, CommissionRequest, RunRequest
from app.server.outside import OutsideConditions
from app.server.queue import JobQueue
from drivers.errors import NotNow
from procedures.registry import procedure_of


class JobIntake:
    """Intake of one bench.

    Parameters
    ----------
    queue : JobQueue
    instruments : Instruments
    outside : OutsideConditions
    commissioning : Commissioning
    folder : Path
        Folder of recordings without a name of their own.
    on_change : callable
        Called once the queue has changed.
    """

    def __init__(
        self,
        queue: JobQueue,
        instruments: Instruments,
        outside: OutsideConditions,
        commissioning: Commissioning,
        folder: Path,
        on_change: Callable[[], None],
    ) -> None:
        self._queue = queue
        self._instruments = instruments
        self._outside = outside
        self._commissioning = commissioning
        self._folder = folder
        self._on_change = on_change
        self._checked_rig: Rig | None = None

    def add(self, run: RunRequest, place: int | None = None) -> Job:
        """Queue a run.

        Raises
        ------
        ImpossibleSetting
            For settings that can't work on this rig.
        FileExistsError, NotNow
            For a recording that exists, or that another job will write.
        """
        made, rig = procedure_of(run.procedure, run.values), self._instruments.rig()
        check(made, rig)
        takes_s = duration_s(made, rig)
        taken = {Path(job["out"]) for job in self._queue.snapshot()["queue"]}
        path = (
            free_name(self._folder, run.procedure, taken)
            if run.out is None
            else (self._folder / run.out).absolute()
        )
        if path.exists():
            raise FileExistsError(f"{path} exists; a recording is never overwritten. Choose another name.")
        if not path.parent.is_dir():
            raise FileNotFoundError(f"{path.parent} is not a folder; create it, or choose another.")
        labels = run.sample, run.notes, made.repeats
        job = Job(self._queue.new_id(), run.procedure, run.values, path, *labels, made.total_cycles)
        job.takes_s = takes_s if math.isfinite(takes_s) and not rig.on_fast_clock else None
        job.starts_s, job.scatter = made.starts_s(planned_context(rig)), made.pace_scatter
        job.until = self._outside.checked(run.until)
        self._queue.add(job, place=place)
        self._on_change()
        return job

    def wait_for(self, job: int, until: str) -> None:
        """Let a waiting job, and those behind it, wait for a condition; "" for none.

        Raises
        ------
        ImpossibleSetting
            For text that is no condition, or an input that the rig does not have.
        NotNow
            For a job that does not wait.
        """
        self._queue.wait_for(job, self._outside.checked(until))

    def check_waiting(self) -> None:
        """Check the waiting jobs against the rig as it is now; one that can't start says why."""
        rig = self._instruments.rig()
        if rig == self._checked_rig:
            return
        self._checked_rig, changed = rig, False
        for job in self._queue.waiting_jobs:
            reason = "" if job.procedure == COMMISSION else why_not(job.procedure, job.values, rig)
            changed = changed or reason != job.reason
            self._queue.change(job, reason=reason)
        if changed:
            self._on_change()

    def commission(self, request: CommissionRequest, recalls: int | None = None) -> Job:
        """Commission the rig next, unless RETRACT came since the queue had this number of recalls.

        Raises
        ------
        ImpossibleSetting
            For a resistor or steps that there are not.
        NotNow
            While runs go on or wait, or a trip of the watchdog holds the rig.
        """
        if self._queue.snapshot()["bench"] != "idle" or self._queue.waiting:
            raise NotNow("Runs go on or wait: end or remove them before the rig is commissioned")
        if tripped := self._instruments.tripped():
            raise NotNow(tripped)
        job = self._commissioning.job(self._queue.new_id(), request)
        self._queue.add(job)
        with suppress(NotNow):  # it has already started
            self._queue.let(job.id, recalls)
        self._on_change()
        return job
