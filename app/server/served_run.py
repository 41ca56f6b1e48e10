"""A run, or a queue of runs, in this terminal, with clients attached."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from app.config.toml import FileError
from app.console.progress import RunProgress, signals_stop, stderr_console
from app.console.terminal import output_never_waits
from app.server.messages import RunRequest
from app.server.process import announced
from app.server.queue import Job, Status
from app.server.server import BenchServer
from drivers.errors import NotNow, RigError
from procedures.errors import ImpossibleSetting

LOOK_S = 0.2


def run_served(
    rig_file: Path, procedure: str, values: Mapping[str, Any], out: Path, sample: str, notes: str
) -> Job:
    """Run a procedure and the jobs that clients add, until the queue is empty or held after a run.

    Raises
    ------
    FileError
        If it can't run; the message gives the reason.
    """
    asked: list[bool] = []
    with (
        _in_words(),
        output_never_waits(),
        BenchServer(rig_file, out.absolute().parent) as server,
        announced(server.connection) as path,
    ):
        try:
            job = server.add(RunRequest(procedure, values, str(out.absolute()), sample, notes))
        except (ImpossibleSetting, NotNow, OSError) as error:
            raise FileError(str(error)) from None
        click.echo(f"Clients may attach: {path}", err=True)
        with (
            RunProgress(procedure, job.total, stderr_console()) as progress,
            signals_stop(lambda: asked.append(True), progress.say),
        ):
            shown = 0
            while not server.queue.wait_until_empty(LOOK_S) and not asked:
                for _ in range(job.cycles - shown):
                    progress.advance()
                shown = max(shown, job.cycles)
    return job


@contextmanager
def _in_words() -> Iterator[None]:
    """Raise ``FileError`` where the rig has another owner."""
    try:
        yield
    except RigError as error:
        raise FileError(str(error)) from None


def tell(job: Job) -> None:
    """Print the outcome of a run. Raises ``SystemExit`` with 1 after a fault."""
    click.echo(f"{job.out}: {job.status}, {job.cycles} {job.repeats}, {job.samples} samples")
    if job.reason:
        click.echo(job.reason, err=True)
    if job.status is Status.FAULT or job.safe is False:
        raise SystemExit(1)
