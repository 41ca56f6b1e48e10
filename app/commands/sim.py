"""`hotjunction sim`: serve a simulated rig."""

from pathlib import Path
from typing import Literal

import click

from app.acquisition.simulated_rig import SimulationSettings, served
from app.config.amplifiers import CURRENT_AMPLIFIER, DEFAULTS, VOLTAGE_PREAMPLIFIER, AmplifierError
from app.config.toml import FileError
from app.console import options
from app.console.errors import Command
from simulators.parameters import STANDARD_CARD

FAST = "fast"


class Speed(click.ParamType):
    """A positive number, or "fast"."""

    name = "speed"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float | str:
        """Return the checked value."""
        if value == FAST:
            return FAST
        try:
            speed = float(str(value))
        except ValueError:
            self.fail(f"{value!r} is neither a number nor {FAST!r}", param, ctx)
        if not SLOWEST <= speed <= FASTEST:
            self.fail(f"{speed:g} is not within {SLOWEST:g} to {FASTEST:g}", param, ctx)
        return speed


SLOWEST, FASTEST = 0.01, 300.0
"""Beyond, the card's largest buffer lasts less than 2 s of real time; "fast" waits for the reader instead."""


@click.command(cls=Command)
@options.simulated_rig
@click.option(
    "--list", "list_parameters", is_flag=True, help="Print every parameter with its default and its source."
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="NAME[=VALUE]",
    help="Something wrong with the rig that its file does not know; may be repeated.",
)
@click.option("--list-faults", is_flag=True, help="Print the name of every fault and what it does.")
@click.option(
    "--recording",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Play this recording back in place of a junction.",
)
@click.option(
    "--speed",
    type=Speed(),
    metavar="X|fast",
    help="With --recording: speed relative to real time, or as fast as samples are read.",
)
@click.option(
    "--current-amplifier",
    default=DEFAULTS[CURRENT_AMPLIFIER],
    show_default=True,
    metavar="MODEL",
    help="Model of the current amplifier.",
)
@click.option(
    "--voltage-preamplifier",
    default=DEFAULTS[VOLTAGE_PREAMPLIFIER],
    show_default=True,
    metavar="MODEL",
    help="Model of the preamplifier of the thermocouple.",
)
@click.option(
    "--card",
    default=STANDARD_CARD,
    show_default=True,
    metavar="NAME",
    help="Data acquisition card: PXI-6281, PCIe-6363, USB-6363, PXI-4461.",
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to bind to; others can then reach it."
)
@click.option(
    "--rig-file",
    type=click.Path(dir_okay=False, path_type=Path),
    default="rig.toml",
    show_default=True,
    help="Rig file to write.",
)
def command(
    species: str | None,
    clock: str,
    seed: int,
    parameters: Path | None,
    overrides: tuple[str, ...],
    list_parameters: bool,
    faults: tuple[str, ...],
    list_faults: bool,
    recording: Path | None,
    speed: float | str | None,
    current_amplifier: str,
    voltage_preamplifier: str,
    card: str,
    host: str,
    rig_file: Path,
) -> None:
    """Serve a simulated rig: NI-DAQmx over gRPC, a VXI-11 gateway and a serial line with its amplifiers.

    Prints and writes a complete rig file for the other commands. Ctrl-C ends it.

    With --recording, the inputs show the recorded volts, and the rig file is the recording's own:
    `hotjunction run playback` records them again.
    """
    import threading

    from analysis.recording import RecordingError
    from app.config.simulated_rig_file import demand_writable, write_simulated
    from app.console.terminal import LOOK_S
    from app.console.windows import fine_timer
    from simulators.parameters import DEFAULTS, ParameterError
    from simulators.rig.named_faults import listed

    if list_parameters:
        click.echo(DEFAULTS.read_text(encoding="utf-8"))
        return
    if list_faults:
        click.echo(listed())
        return
    demand_writable(rig_file)
    if speed is not None and recording is None:
        raise click.UsageError("--speed goes with --recording")
    if recording is not None and (species or parameters or overrides or faults):
        raise click.UsageError(
            "a recording has its own sample: --recording goes without --species, --parameters, --set, --fault"
        )
    if species:
        overrides = (f"sample.species={species}", *overrides)
    kind: Literal["fast", "wall"] = "fast" if FAST in (clock, speed) else "wall"
    times = speed if isinstance(speed, float) else 1.0
    settings = SimulationSettings(
        kind,
        seed,
        parameters,
        overrides,
        host,
        recording,
        times,
        current_amplifier,
        voltage_preamplifier,
        faults,
        card,
    )
    try:
        with fine_timer(), served(settings) as (_, text):
            write_simulated(rig_file, text)
            click.echo(text)
            click.echo(f"Serving. Wrote {rig_file}. Ctrl-C ends it.", err=True)
            ended = threading.Event()
            while not ended.wait(LOOK_S):
                pass
    except KeyboardInterrupt:
        click.echo("Ended.", err=True)
    except (ParameterError, RecordingError, AmplifierError, OSError) as error:
        raise FileError(str(error)) from None
