"""`hotjunction run PROCEDURE`: options are made from the procedure's parameters."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.console.errors import Command

if TYPE_CHECKING:
    from rich.console import Console

    from app.acquisition.bench import Bench, RunSummary
    from procedures.procedure import RigProcedure

PROCEDURES = {
    "break-junction": ("procedures.break_junction", "BreakJunction", "Take opening traces."),
    "heating": ("procedures.heating", "Heating", "Measure the heat dissipated in the tip by held junctions."),
    "iv": ("procedures.iv", "IV", "Take I-V curves of held junctions."),
    "control-out-of-contact": ("procedures.controls", "OutOfContact", "Modulate a gap: nothing may be seen."),
    "control-zero-amplitude": ("procedures.controls", "ZeroAmplitude", "Hold junctions at 0 V."),
    "control-dummy-resistor": ("procedures.controls", "DummyResistor", "Modulate a resistor: no heat."),
    "control-order-reversed": ("procedures.controls", "OrderReversed", "Levels in the reverse order."),
    "control-other-frequencies": ("procedures.controls", "OtherFrequencies", "Modulate faster and slower."),
    "control-leads-swapped": ("procedures.controls", "LeadsSwapped", "Thermocouple's leads swapped by hand."),
    "control-gold": ("procedures.controls", "Gold", "Contacts of one gold atom: heat the same at +V and -V."),
    "playback": (
        "procedures.playback",
        "Playback",
        "Record again what hotjunction sim --recording plays back.",
    ),
}
"""Module, class and what it does."""


class Procedures(click.Group):
    """Procedures as commands, each imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, for the help."""
        return list(PROCEDURES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Build the command of a procedure from its parameters; ``None`` for an unknown one."""
        if cmd_name not in PROCEDURES:
            return None
        module, class_name, _ = PROCEDURES[cmd_name]
        return _procedure_command(cmd_name, getattr(import_module(module), class_name))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the procedures without importing one."""
        with formatter.section("Procedures"):
            formatter.write_dl([(name, text) for name, (_, _, text) in PROCEDURES.items()])


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
            required=True,
            help="Recording to write (.h5).",
        ),
        click.Option(["--sample"], default="", help="What is measured, for the recording."),
        click.Option(["--notes"], default="", help="Notes for the recording."),
        click.Option(["--serve"], is_flag=True, help="Let clients attach, watch and queue more meanwhile."),
    ]
    options += [parameter_option(name, parameter) for name, parameter in parameters.items()]

    def run(rig_file: Path, out: Path, sample: str, notes: str, serve: bool, **values: Any) -> None:
        if serve:
            from app.server.served_run import run_served, tell

            tell(run_served(rig_file, cmd_name, values, out, sample, notes))
            return
        from app.acquisition.bench import Bench

        run_and_tell(lambda: procedure_class.from_values(values), Bench(rig_file), out, sample, notes)

    help_text = (procedure_class.__doc__ or "").split("\n")[0].replace("``", "")
    return Command(cmd_name, callback=run, params=options, help=help_text)


class _InWords(click.ParamType):
    """Numbers read, and refused, as the window's form does it."""

    def __init__(self, parameter: Any) -> None:
        super().__init__(min=parameter.minimum, max=parameter.maximum)  # type: ignore[call-arg]
        self._parameter = parameter

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number; fails with a sentence."""
        from procedures.parameters import read

        try:
            return read(self._parameter, value)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


class _Whole(_InWords, click.IntRange):
    """A whole number."""


class _Number(_InWords, click.FloatRange):
    """A number."""


def parameter_option(name: str, parameter: Any) -> click.Option:
    """An option with the parameter's type, unit, bounds, default and description."""
    from pymeasure.experiment import FloatParameter, IntegerParameter, ListParameter

    flag = "--" + name.replace("_", "-")
    unit = (getattr(parameter, "units", None) or "").replace("_", "")
    text = parameter.description or parameter.name
    if isinstance(parameter.default, bool):
        return click.Option(
            [f"{flag}/--no-{flag[2:]}", name], default=parameter.default, show_default=True, help=text
        )
    kind: click.ParamType = click.STRING
    match parameter:
        case ListParameter():
            kind = click.Choice(parameter.choices)
        case IntegerParameter():
            kind = _Whole(parameter)
        case FloatParameter():
            kind = _Number(parameter)
    if parameter.default is None:
        default: dict[str, Any] = {"required": True}
    else:
        shown = str(parameter) if isinstance(parameter.default, tuple) else parameter.default
        default = {"default": shown, "show_default": shown != ""}
    return click.Option(
        [flag, name],
        type=kind,
        metavar=None
        if isinstance(parameter, ListParameter)
        else unit or ("TEXT" if kind is click.STRING else "N"),
        help=text,
        **default,
    )


def run_and_tell(
    make: "Callable[[], RigProcedure]", bench: "Bench", out: Path, sample: str, notes: str
) -> "RunSummary":
    """Run a procedure with its progress on the terminal and say what was recorded.

    Raises
    ------
    FileError
        For whatever kept it from running, in words.
    SystemExit
        With 1, if it ended with a fault.
    """
    procedure, summary = run_shown(make, bench, out, sample, notes)
    click.echo(
        f"{summary.recording}: {summary.end.status}, {summary.cycles} {procedure.repeats}, {summary.samples} samples"
    )
    if summary.end.reason:
        click.echo(summary.end.reason, err=True)
    if summary.end.status == "fault" or not summary.end.safe:
        raise SystemExit(1)
    return summary


def run_shown(
    make: "Callable[[], RigProcedure]", bench: "Bench", out: Path, sample: str, notes: str
) -> "tuple[RigProcedure, RunSummary]":
    """Run a procedure with its progress on the terminal; Ctrl-C ends it safely.

    Raises
    ------
    FileError
        For whatever kept it from running, in words.
    """
    from analysis.recording import RecordingError
    from app.acquisition.bench import Observer
    from app.acquisition.recorder import RecorderFailed
    from app.acquisition.run_checks import check
    from app.config.toml import FileError
    from app.console.progress import RunProgress, signals_stop, stderr_console
    from app.console.terminal import output_never_waits
    from drivers.errors import RigError
    from procedures.errors import ImpossibleSetting

    with output_never_waits():
        console = stderr_console()
        try:
            procedure = make()
            check(procedure, bench.rig)
            _announce(procedure, bench, console)
            with (
                RunProgress(procedure.name, procedure.total_cycles, console) as progress,
                signals_stop(bench.stop, progress.say),
            ):
                observer = Observer(
                    event=lambda event: progress.advance() if procedure.counts(event) else None
                )
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
        return procedure, summary


def _announce(procedure: "RigProcedure", bench: "Bench", console: "Console") -> None:
    """How much is to be done, and about how long it takes."""
    from app.acquisition.run_checks import duration_s
    from app.console.durations import amount

    seconds = duration_s(procedure, bench.rig)
    console.print(amount(procedure.total_cycles, procedure.repeats, seconds), highlight=False)
