"""`hotjunction run PROCEDURE`: options are made from the procedure's parameters."""

from functools import partial
from pathlib import Path
from typing import Any

import click

from app.console.errors import Command
from app.console.parameter_options import numbered_names, parameter_option, swept, unproved_option
from app.console.values import Suggesting
from procedures.registry import PROCEDURES


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
    options: list[click.Parameter] = [
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
            ["--yes"],
            is_flag=True,
            help="Confirm that what is set by hand is as the rig file says.",
        ),
        click.Option(
            ["--dry-run"],
            is_flag=True,
            help="Check, print durations and expected errors; move nothing.",
        ),
    ]
    options += [parameter_option(name, parameter) for name, parameter in parameters.items()]

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
            from app.acquisition.planned_runs import preview_lines
            from app.config.calibrated_rig import load_calibrated_rig
            from procedures.sequence import swept_name

            names = [swept_name(each) for each in sweeps]
            lines = preview_lines(procedure_class, names, runs, load_calibrated_rig(rig_file))
            click.echo("\n".join(lines), err=not dry_run)
        elif dry_run:
            from app.acquisition.run_in_terminal import dry_run_and_tell
            from app.config.calibrated_rig import load_calibrated_rig

            dry_run_and_tell(lambda: procedure_class.from_values(values), load_calibrated_rig(rig_file))
        if dry_run:
            return
        if out is None:
            raise click.UsageError("Missing option '--out'.")
        confirm_declared(rig_file, load_rig(rig_file), yes, ask_in_terminal)
        numbered = numbered_names(out, len(runs))
        if serve:
            from app.server.messages import RunRequest
            from app.server.served_run import run_served, tell

            requests = [
                RunRequest(cmd_name, each, str(name.absolute()), sample, notes, "" if number else until)
                for number, (each, name) in enumerate(zip(runs, numbered, strict=True))
            ]
            tell(run_served(rig_file, requests))
            return
        from app.acquisition.bench import Bench
        from app.acquisition.run_in_terminal import run_and_tell
        from app.console.handles import allow_many_handles
        from app.console.memory import leave_modules_alone

        allow_many_handles()
        leave_modules_alone()
        for each, name in zip(runs, numbered, strict=True):
            summary = run_and_tell(
                partial(procedure_class.from_values, each),
                Bench(rig_file, unproved=unproved),
                name,
                sample,
                notes,
            )
            if summary.end.status != "finished":
                return

    help_text = (procedure_class.__doc__ or "").split("\n")[0].replace("``", "")
    return Command(cmd_name, callback=run, params=options, help=help_text)
