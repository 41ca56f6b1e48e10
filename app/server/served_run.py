"""A run, or a queue of runs, in this terminal, with clients attached."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from analysis.numbers import of_many
from app.config.toml import FileError
from app.console.progress import RunProgress, signals_stop, stderr_console
from app.console.terminal import output_never_waits
from app.server.job import Job, Status
from app.server.messages import RunRequest
from app.server.process import announced
from app.server.server import BenchServer
from drivers.errors import NotNow, RigError
from procedures.errors import ImpossibleSetting

LOOK_S = 0.2


def run_served(rig_file: Path, runs: Sequence[RunRequest]) -> list[Job]:
    """Run these runs, whose outputs have names, and the jobs that clients add, until the queue is empty or held.

    Raises
    ------
    FileError
        If it can't run; the message gives the reason.
    """
    asked: list[bool] = []
    with (
        _in_words(),
        output_never_waits(),
        BenchServer(rig_file, Path(runs[0].out or "").absolute().parent) as server,
        announced(server.connection) as path,
    ):
        try:
            jobs = [server.intake.add(run) for run in runs]
        except (ImpossibleSetting, NotNow, OSError) as error:
            raise FileError(str(error)) from None
        click.echo(f"Clients may attach: {path}", err=True)
        with (
            RunProgress(runs[0].procedure, sum(job.total for job in jobs), stderr_console()) as progress,
            signals_stop(lambda: asked.append(True), progress.say),
        ):
            shown = 0
            while not server.queue.wait_until_empty(LOOK_S) and not asked:
                done = sum(job.cycles for job in jobs)
                for _ in range(done - shown):
                    progress.advance()
                shown = max(shown, done)
    return jobs


@contextmanager
def _in_words() -> Iterator[None]:
    """Raise ``FileError`` where the rig has another owner."""
    try:
        yield
    except RigError as error:
        raise FileError(str(error)) from None


def tell(jobs: Sequence[Job]) -> None:
    """Print the outcome of each run. Raises ``SystemExit`` with 1 after a fault."""
    for job in jobs:
        click.echo(f"{job.out}: {job.status}, {of_many(job.cycles, job.repeats)}, {job.samples} samples")
        if job.reason:
            click.echo(job.reason, err=True)
    if any(job.status is Status.FAULT or job.safe is False for job in jobs):
        raise SystemExit(1)
