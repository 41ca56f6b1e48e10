"""`hotjunction calibrate KIND`: measure a value of the rig, compare it with the previous one, save it on request."""

import json
import sys
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.console.errors import Command
from app.console.values import Number, Suggesting

if TYPE_CHECKING:
    from app.calibration import CalibrationResult
    from app.config.rig import Rig

KINDS = {
    "thermometer": ("CalibrateThermometer", "Thermal resistance of the probe, from a known heater power."),
    "piezo": ("CalibratePiezo", "Piezo constant, from the slope of tunnelling."),
    "amplifier": ("CalibrateAmplifier", "Gain and offset of the current amplifier, on a known resistor."),
    "lag": ("CalibrateLag", "Lag of the inputs behind the outputs."),
    "noise": ("CalibrateNoise", "Noise of the thermometer, and the resolution to expect."),
    "heater": ("CalibrateHeater", "Heater: rise per watt, time constant, leak into the current."),
}
SHOW = "show"
WIDTH_WITHOUT_TERMINAL = 140


class Kinds(Suggesting):
    """Kinds of calibration as commands, each imported when called, and the list of calibrations."""

    noun = "calibration"

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names for the help."""
        return [SHOW, *KINDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Build the command of a kind from its procedure's parameters; ``None`` for an unknown one."""
        if cmd_name == SHOW:
            return show
        return _kind_command(cmd_name) if cmd_name in KINDS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the kinds without importing one."""
        with formatter.section("Kinds"):
            known = (SHOW, "List the calibrations and their ages.")
            formatter.write_dl([known, *((name, text) for name, (_, text) in KINDS.items())])


@click.group(cls=Kinds, subcommand_metavar="KIND [ARGS]...")
def command() -> None:
    """Calibrate a part of the rig, and compare the result with the previous value.

    --save adds it to the folder of calibrations beside the rig file, and later runs use it. Files there are never
    overwritten.
    """


RIG_OPTION = click.Option(
    ["--rig", "rig_file"],
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("rig.toml"),
    show_default=True,
    help="Rig file.",
)


def _kind_command(kind: str) -> click.Command:
    from app.console.parameter_options import parameter_option

    procedure_class = _procedure_class(kind)
    parameters = procedure_class().parameter_objects()
    options: list[click.Parameter] = [
        RIG_OPTION,
        click.Option(
            ["--out"],
            type=click.Path(dir_okay=False, path_type=Path),
            help="Run the rig and write this recording (.h5).",
        ),
        click.Option(
            ["--from", "recording"],
            type=click.Path(dir_okay=False, path_type=Path),
            help="Evaluate this recording instead of running the rig. Parameters not given here are the recording's.",
        ),
        click.Option(["--save"], is_flag=True, help="Save the result for later runs."),
        click.Option(
            ["--gain", "gain_V_per_A"], type=Number(min=0, min_open=True), metavar="V/A",
            help="Gain of the current amplifier for this run, instead of the rig file's.",
        ),
        click.Option(["--yes"], is_flag=True, help="Confirm that what is set by hand is as the rig file says."),
        click.Option(["--json", "as_json"], is_flag=True, help="Print JSON."),
        click.Option(["--notes"], default="", help="Notes for the recording."),
    ]  # fmt: skip
    options += [parameter_option(name, parameter) for name, parameter in parameters.items()]

    def run(
        rig_file: Path,
        out: Path | None,
        recording: Path | None,
        save: bool,
        gain_V_per_A: float | None,
        as_json: bool,
        notes: str,
        yes: bool,
        **values: Any,
    ) -> None:
        from app.acquisition.declared import ask_in_terminal, confirm_declared
        from app.calibration import NEEDED
        from app.config.calibrated_rig import load_calibrated_rig
        from app.config.toml import FileError

        if (out is None) == (recording is None):
            raise click.UsageError("give either --out (run the rig) or --from (evaluate a recording)")
        rig = load_calibrated_rig(rig_file, gain_V_per_A)
        if out is not None:
            try:
                NEEDED.get(kind, lambda values, rig: None)(values, rig)
            except ValueError as error:
                raise FileError(f"{rig_file}: {error}") from None
            confirm_declared(rig_file, rig, yes, ask_in_terminal)
            _run(procedure_class, rig_file, rig, out, notes, values)
        path = recording or out
        assert path is not None
        given = {
            name: value
            for name, value in values.items()
            if recording is None or click.get_current_context().get_parameter_source(name) != _DEFAULT
        }
        try:
            found = _evaluate(kind, procedure_class, path, given, rig_file, rig)
        except ValueError as error:
            raise FileError(str(error)) from None
        _tell(found, as_json)
        if save:
            _save(found, rig_file, rig)
        elif not as_json:
            click.echo(
                "Not saved: runs keep using the previous value. Use --save to save the result.", err=True
            )

    return Command(kind, callback=run, params=options, help=KINDS[kind][1])


_DEFAULT = click.core.ParameterSource.DEFAULT


def _procedure_class(kind: str) -> Any:
    return getattr(import_module(f"procedures.calibrate_{kind}"), KINDS[kind][0])


def _run(
    procedure_class: Any, rig_file: Path, rig: "Rig", out: Path, notes: str, values: dict[str, Any]
) -> None:
    """Run the procedure; raise ``SystemExit`` if it did not finish, so that it is not evaluated."""
    from app.acquisition.bench import Bench
    from app.acquisition.run_in_terminal import run_and_tell

    with redirect_stdout(sys.stderr):  # standard output is the result's alone
        summary = run_and_tell(
            lambda: procedure_class.from_values(values), Bench(rig_file, rig=rig), out, "calibration", notes
        )
    if summary.end.status != "finished":
        raise SystemExit(1)


def _evaluate(
    kind: str, procedure_class: Any, path: Path, given: dict[str, Any], rig_file: Path, rig: "Rig"
) -> "CalibrationResult":
    from analysis.recording import Recording, RecordingError
    from app.calibration import ANALYSES, PreviousCalibration
    from app.config.calibration_store import store_of
    from app.config.toml import FileError
    from procedures.errors import ImpossibleSetting

    try:
        with Recording(path) as recording:
            recorded = procedure_class.recorded_values(recording.header.parameters)
            procedure = procedure_class.from_values({**recorded, **given})
            values = {name: getattr(procedure, name) for name in procedure.parameter_objects()}
            return ANALYSES[kind](recording, values, PreviousCalibration(rig, store_of(rig_file, rig)))
    except (RecordingError, ImpossibleSetting) as error:
        raise FileError(str(error)) from None


def _tell(found: "CalibrationResult", as_json: bool) -> None:
    if as_json:
        report = {
            "record": found.record.model_dump(mode="json"),
            "quantities": [{**vars(quantity), "agrees": quantity.agrees} for quantity in found.quantities],
            "remarks": list(found.remarks),
        }
        click.echo(json.dumps(report, indent=2))
        return
    from analysis.numbers import ASCII, with_error

    words = {True: "agrees with", False: "DISAGREES WITH", None: ""}
    for quantity in found.quantities:
        sentence = (
            f"{quantity.name}: {with_error(quantity.value, quantity.uncertainty, ASCII)} {quantity.unit}"
        )
        if quantity.before is not None:
            before = with_error(quantity.before, quantity.before_uncertainty, ASCII)
            sentence += f"; {words[quantity.agrees]} {before} {quantity.unit} before"
        click.echo(sentence)
    for remark in found.remarks:
        click.echo(f"  {remark}")


def _save(found: "CalibrationResult", rig_file: Path, rig: "Rig") -> None:
    from app.config.calibration_store import store_of

    click.echo(f"Saved as {store_of(rig_file, rig).save(found.record)}", err=True)


@click.command("show", cls=Command, params=[RIG_OPTION])
def show(rig_file: Path) -> None:
    """List every calibration and the last proof, newest first, with value, age and method; a star marks the used."""
    from datetime import UTC, datetime

    from rich.console import Console
    from rich.table import Table

    from app.config.calibrated_rig import (
        NEVER,
        OLD_AFTER_DAYS,
        age_days,
        described,
        load_calibrated_rig,
        of_rig_file,
        thermometer_advice,
        used_by,
    )
    from app.config.calibration_store import ProofRecord, store_of
    from app.config.rig import load_rig

    rig, as_written, now = load_calibrated_rig(rig_file), load_rig(rig_file), datetime.now(UTC)
    store = store_of(rig_file, rig)
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH_WITHOUT_TERMINAL)
    table = Table(
        "used", "what", "value", "days old", "how", title=f"{rig_file.name} with {store.folder.name}"
    )
    kept = (
        record
        for record in store.records()
        if not isinstance(record, ProofRecord) or used_by(rig, store, record)
    )
    records = [*kept, *of_rig_file(as_written)]
    for record in sorted(records, key=lambda record: record.date, reverse=True):
        days = age_days(record.date, now)
        age = f"{days:.0f} (old)" if days > OLD_AFTER_DAYS else f"{days:.0f}"
        age = age if record.date > NEVER else "unknown"
        what, value = described(record)
        table.add_row("*" if used_by(rig, store, record) else "", what, value, age, record.method)
    console.print(table)
    if advice := thermometer_advice(rig, store, now):
        console.print(advice, highlight=False)
