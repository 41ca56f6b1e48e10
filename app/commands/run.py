"""`hotjunction run PROCEDURE`: options are made from the procedure's parameters."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from analysis.numbers import counted
from app.console.errors import Command
from app.console.parameter_options import numbered_names, parameter_option, swept, unproved_option
from app.console.values import Suggesting
from procedures.registry import PROCEDURES

NamedRun = tuple[dict[str, Any], Path]
"""Values of a run's parameters, and its recording."""


class Procedures(Suggesting):
    """Procedures as commands, each imported when called."""

    noun = "procedure"

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, for the help."""
        return list(PROCEDURES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Build the command of a procedure from its parameters; ``None`` for an unknown one."""
        if cmd_name not in PROCEDURES:
            return None
        return _procedure_command(cmd_name, PROCEDURES[cmd_name])

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the procedures without importing one."""
        with formatter.section("Procedures"):
            formatter.write_dl([(name, PROCEDURES.sentence(name)) for name in PROCEDURES])


@click.group(cls=Procedures, subcommand_metavar="PROCEDURE [ARGS]...")
def command() -> None:
    """Run a procedure on a rig and record it. Ctrl-C ends it safely and keeps what was recorded."""


def _procedure_command(cmd_name: str, procedure_class: Any) -> click.Command:
    parameters = procedure_class().parameter_objects()

    def run(
        rig_file: Path,
        out: Path | None,
        sample: str,
        notes: str,
        unproved: str,
        sweeps: tuple[str, ...],
        until: str,
        serve: bool,
        yes: bool,
        dry_run: bool,
        **values: Any,
    ) -> None:
        from app.acquisition.declared import ask_in_terminal, confirm_declared
        from app.config.rig import load_rig

        if serve and unproved:
            raise click.UsageError("--unproved goes without --serve: queued runs always prove the rig")
        if until and not serve:
            raise click.UsageError("--until goes with --serve: a run waits in the queue of a bench")
        runs = swept(parameters, sweeps, values)
        if sweeps:
            _tell_sweep(procedure_class, sweeps, runs, rig_file, dry_run)
        elif dry_run:
            _tell_run(procedure_class, values, rig_file)
        if dry_run:
            return
        if out is None:
            raise click.UsageError("Missing option '--out'.")
        confirm_declared(rig_file, load_rig(rig_file), yes, ask_in_terminal)
        named = list(zip(runs, numbered_names(out, len(runs)), strict=True))
        if serve:
            _run_served(cmd_name, named, rig_file, sample, notes, until)
        else:
            _run_here(procedure_class, named, rig_file, sample, notes, unproved)

    options = [*_options_of_a_run(), *(parameter_option(name, each) for name, each in parameters.items())]
    help_text = (procedure_class.__doc__ or "").split("\n")[0].replace("``", "")
    return Command(cmd_name, callback=run, params=options, help=help_text)


def _options_of_a_run() -> list[click.Parameter]:
    """Return the options that all procedures have, each time anew."""
    return [
        click.Option(
            ["--rig", "rig_file"],
            type=click.Path(dir_okay=False, path_type=Path),
            default="rig.toml",
            show_default=True,
            help="Rig file.",
        ),
        click.Option(
            ["--out"],
            type=click.Path(dir_okay=False, path_type=Path),
            help="Recording to write (.h5); runs of a sweep append a number to its name.",
        ),
        click.Option(["--sample"], default="", help="Name of the sample, for the recording."),
        click.Option(["--notes"], default="", help="Notes for the recording."),
        unproved_option(),
        click.Option(
            ["--sweep", "sweeps"],
            multiple=True,
            is_eager=True,
            metavar="PARAMETER=VALUES",
            help="Run once for each value: bias=50:200:50, 'peak=linspace(0.5, 1.5, 5)', 'order=+0-; -0+'. Repeat it "
            "for several parameters, one within the other; the recordings are numbered.",
        ),
        click.Option(
            ["--until"],
            default="",
            metavar="CONDITION",
            help='With --serve: hold the first run until "time 03:40", "input pressure < 1e-9", "file PATH", '
            '"file PATH < 5" or "url ADDRESS < 5".',
        ),
        click.Option(["--serve"], is_flag=True, help="Let clients attach, watch and queue more runs."),
        click.Option(
            ["--yes"], is_flag=True, help="Confirm that what is set by hand is as the rig file says."
        ),
        click.Option(
            ["--dry-run"], is_flag=True, help="Check, print durations and expected errors; move nothing."
        ),
    ]


def _tell_sweep(
    procedure_class: Any,
    sweeps: Sequence[str],
    runs: Sequence[Mapping[str, Any]],
    rig_file: Path,
    dry_run: bool,
) -> None:
    """Print a line for each run of a sweep: to standard output if that is all that was asked for.

    Raises ``ClickException`` if one of them can't run, before the first one starts.
    """
    from app.acquisition.planned_runs import planned_runs, preview_lines
    from app.config.calibrated_rig import load_calibrated_rig
    from procedures.sequence import swept_name

    names = [swept_name(each) for each in sweeps]
    planned = planned_runs(procedure_class.name, runs, load_calibrated_rig(rig_file))
    click.echo("\n".join(preview_lines(procedure_class, names, planned)), err=not dry_run)
    impossible = sum(run.error is not None for run in planned)
    if impossible:
        raise click.ClickException(
            f"{impossible} of {counted(len(planned), 'run')} can't run, as said above; none was started."
        )


def _tell_run(procedure_class: Any, values: Mapping[str, Any], rig_file: Path) -> None:
    """Print duration and expected error of one run."""
    from app.acquisition.run_in_terminal import dry_run_and_tell
    from app.config.calibrated_rig import load_calibrated_rig

    dry_run_and_tell(lambda: procedure_class.from_values(values), load_calibrated_rig(rig_file))


def _run_served(
    procedure: str, named: Sequence[NamedRun], rig_file: Path, sample: str, notes: str, until: str
) -> None:
    """Queue the runs on a bench that clients can attach to; only the first one waits for a condition."""
    from app.server.messages import RunRequest
    from app.server.served_run import run_served, tell

    requests = [
        RunRequest(procedure, values, str(out.absolute()), sample, notes, "" if number else until)
        for number, (values, out) in enumerate(named)
    ]
    tell(run_served(rig_file, requests))


def _run_here(
    procedure_class: Any, named: Sequence[NamedRun], rig_file: Path, sample: str, notes: str, unproved: str
) -> None:
    """Run one after the other in this process; end after one that did not finish."""
    from app.acquisition.bench import Bench
    from app.acquisition.run_in_terminal import run_and_tell
    from app.console.handles import allow_many_handles
    from app.console.memory import leave_modules_alone

    allow_many_handles()
    leave_modules_alone()
    for values, out in named:
        make = partial(procedure_class.from_values, values)
        summary = run_and_tell(make, Bench(rig_file, unproved=unproved), out, sample, notes)
        if summary.end.status != "finished":
            return
