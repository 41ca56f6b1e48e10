"""A run in this terminal: progress, Ctrl-C, outcome."""

from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console

from analysis.numbers import of_many
from analysis.recording import RecordingError
from analysis.recording.run_log import log_of
from analysis.records import Event
from app.acquisition.bench import Bench, Observer, RunSummary
from app.acquisition.recorder import RecorderFailed
from app.acquisition.room import exhausted
from app.acquisition.run_checks import check, duration_s, expectation, remarks
from app.acquisition.went_back import left_alone
from app.config.rig import Rig
from app.config.toml import FileError
from app.console.durations import amount
from app.console.progress import RunProgress, signals_stop, stderr_console
from app.console.terminal import output_never_waits
from drivers.errors import RigError
from procedures.contact import ContactProcedure
from procedures.errors import ImpossibleSetting
from procedures.procedure import RigProcedure
from procedures.runner import PROOF


def run_and_tell(
    make: Callable[[], RigProcedure], bench: Bench, out: Path, sample: str, notes: str
) -> RunSummary:
    """Run a procedure with its progress on the terminal and print the outcome.

    Raises
    ------
    FileError
        For whatever kept it from running, in words.
    SystemExit
        With 1, if it ended with a fault.
    """
    procedure, summary = run_shown(make, bench, out, sample, notes)
    click.echo(
        f"{summary.recording}: {summary.end.status}, {of_many(summary.cycles, procedure.repeats)}, "
        f"{summary.samples} samples"
    )
    if summary.end.reason:
        click.echo(summary.end.reason, err=True)
    if isinstance(procedure, ContactProcedure):
        click.echo(left_alone(bench.rig), err=True)
    if summary.end.status == "fault" or not summary.end.safe:
        raise SystemExit(1)
    return summary


def run_shown(
    make: Callable[[], RigProcedure], bench: Bench, out: Path, sample: str, notes: str
) -> tuple[RigProcedure, RunSummary]:
    """Run a procedure with its progress on the terminal; Ctrl-C ends it safely.

    Raises
    ------
    FileError
        For whatever kept it from running, in words.
    """
    with output_never_waits():
        console = stderr_console()
        try:
            procedure = make()
            check(procedure, bench.rig)
            announce(procedure, bench.rig, console)
            with (
                RunProgress(procedure.name, procedure.total_cycles, console) as progress,
                signals_stop(bench.stop, progress.say),
            ):

                def on_event(event: Event) -> None:
                    if procedure.counts(event):
                        progress.advance()
                    if event.name == PROOF:
                        progress.say(str(event.payload["sentence"]))

                observer = Observer(on_event=on_event)
                summary = bench.run(procedure, out, observer=observer, sample=sample, notes=notes)
        except (
            ImpossibleSetting,
            FileExistsError,
            RecorderFailed,
            RecordingError,
            RigError,
            RuntimeError,
        ) as error:
            raise FileError(str(error)) from None
        except (MemoryError, OSError) as error:
            raise FileError(f"{exhausted(error)} {_kept(out, bench.unsafe)}") from error
        return procedure, summary


def _kept(out: Path, unsafe: str) -> str:
    """Return what is left of a run that this computer could not go on with."""
    kept = f" What was read is in {out} or its log." if log_of(out).exists() or out.exists() else ""
    return f"{unsafe or 'The rig is safe.'}{kept}"


def dry_run_and_tell(make: Callable[[], RigProcedure], rig: Rig) -> None:
    """Check a run and print its amount of work and the expected error; move nothing.

    Raises
    ------
    FileError
        For whatever would keep it from running, in words.
    """
    try:
        procedure = make()
        check(procedure, rig)
    except ImpossibleSetting as error:
        raise FileError(str(error)) from None
    announce(procedure, rig, Console())


def announce(procedure: RigProcedure, rig: Rig, console: Console) -> None:
    """Print the amount of work, its approximate duration, and the expected error; yellow if that is large."""
    seconds = duration_s(procedure, rig)
    console.print(amount(procedure.total_cycles, procedure.repeats, seconds), highlight=False)
    expected = expectation(procedure, rig)
    if expected is not None:
        style = "yellow" if expected.weak else None
        console.print(expected.sentence(seconds), style=style, highlight=False, soft_wrap=True)
    for remark in remarks(procedure, rig):
        console.print(remark, style="yellow", highlight=False, soft_wrap=True)
