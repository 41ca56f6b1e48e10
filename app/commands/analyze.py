"""`hotjunction analyze FILE...`: the result of one recording or of a whole campaign, as tables or as JSON."""

import json
from pathlib import Path
from typing import Any

import click

from app.console import options
from app.console.errors import Command


@click.command(cls=Command)
@click.argument("recordings", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--starts-above", type=click.FloatRange(0), metavar="G0", help="Traces must start above this.")
@click.option("--opens-below", type=click.FloatRange(0), metavar="G0", help="Traces must fall below this.")
@click.option(
    "--molecular",
    type=(float, float),
    metavar="G0 G0",
    help="Range in which to search for peaks of the molecule; by default from the noise to the metal contact.",
)
@click.option(
    "--background",
    type=click.Choice(["none", "constant", "linear"]),
    default="linear",
    show_default=True,
    help="Background under a fitted Gaussian.",
)
@options.comparison
@options.statistics
def command(
    recordings: tuple[Path, ...],
    as_json: bool,
    starts_above: float | None,
    opens_below: float | None,
    molecular: tuple[float, float] | None,
    background: str,
    transmission: Path | None,
    first_periods: int | None,
    statistics: str | None,
    statistic_options: tuple[tuple[str, str, Any], ...],
) -> None:
    """Analyse RECORDINGS, or folders of them, together.

    Opening traces give a histogram with fitted peaks, sweeps of held junctions the mean I-V (imported sweeps are read
    by hotjunction fit), modulated junctions the heat in the tip at
    both polarities, with the verdict of each control experiment. Errors are statistical, from resampled traces
    or junctions; errors common to all are stated separately.
    """
    from analysis.recording import RecordingError
    from app.config.toml import FileError
    from app.console.progress import stderr_console
    from app.offline.measurement import analyse_measurement
    from app.offline.statistics import chosen_statistics
    from app.offline.traces import ByHand

    by_hand = ByHand(starts_above, opens_below, molecular, background)
    try:
        chosen = chosen_statistics(statistics or "", options.by_statistic(statistic_options))
        with stderr_console().status("Analysing"):
            measurement = analyse_measurement(
                recordings, by_hand, transmission, first_periods, statistics=chosen
            )
    except (RecordingError, ValueError) as error:
        raise FileError(str(error)) from None
    if as_json:
        click.echo(json.dumps(measurement.to_json(), indent=2))
    else:
        from app.report.heating_text import print_measurement

        print_measurement(measurement)
