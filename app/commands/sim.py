"""`hotjunction sim`: serve a simulated rig."""

from pathlib import Path

import click

from app.simulated import SimulationSettings, rig_file_text
from app.toml_file import FileError

MARK = "# Rig file of a simulated rig"


@click.command()
@click.option("--species", type=click.Choice(["BDNC", "BDA", "Au"]), help="What is on the sample.")
@click.option(
    "--clock",
    type=click.Choice(["wall", "fast"]),
    default="wall",
    show_default=True,
    help="fast: time advances only as samples are asked for.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Same seed, same world.")
@click.option(
    "--parameters",
    type=click.Path(dir_okay=False, path_type=Path),
    help="TOML file of parameters that differ from their defaults.",
)
@click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="One parameter, e.g. sample.species=Au."
)
@click.option(
    "--list", "list_parameters", is_flag=True, help="Print every parameter with its default and its source."
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to bind to; others can then reach it."
)
@click.option(
    "--rig-file",
    type=click.Path(dir_okay=False, path_type=Path),
    default="rig.toml",
    show_default=True,
    help="Where to write the rig file that leads to it.",
)
def command(
    species: str | None,
    clock: str,
    seed: int,
    parameters: Path | None,
    overrides: tuple[str, ...],
    list_parameters: bool,
    host: str,
    rig_file: Path,
) -> None:
    """Serve a simulated rig: NI-DAQmx over gRPC, a VXI-11 gateway with the Keithley 428, the SR560's serial line.

    Prints a complete rig file and writes it; give that file to the other commands. Ctrl-C ends it.
    """
    import threading

    from simulators.parameters import DEFAULTS, ParameterError
    from simulators.rig import SimulatedRig

    if list_parameters:
        click.echo(DEFAULTS.read_text(encoding="utf-8"))
        return
    if rig_file.exists() and not rig_file.read_text(encoding="utf-8", errors="replace").startswith(MARK):
        raise FileError(f"{rig_file} exists and is not of a simulated rig; choose another --rig-file")
    if species:
        overrides = (f"sample.species={species}", *overrides)
    settings = SimulationSettings("fast" if clock == "fast" else "wall", seed, parameters, overrides, host)
    try:
        loaded = settings.load()
        rig = SimulatedRig(loaded, settings.seed, settings.clock, settings.host)
        rig.start()
    except (ParameterError, OSError) as error:
        raise FileError(str(error)) from None
    try:
        text = rig_file_text(settings, loaded, rig.addresses)
        try:
            rig_file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise FileError(f"{rig_file} can't be written: {error.strerror}") from None
        click.echo(text)
        click.echo(f"Serving. Wrote {rig_file}. Ctrl-C ends it.", err=True)
        while not threading.Event().wait(3600):
            pass
    except KeyboardInterrupt:
        click.echo("Ended.", err=True)
    finally:
        rig.stop()
