"""`hotjunction analyze FILE...`: the result of one recording or of a whole campaign, as tables or as JSON."""

import json
from pathlib import Path
from typing import Any

import click

from app.console import options
from app.console.errors import Command
from app.console.values import Number, rising


@click.command(cls=Command)
@click.argument("recordings", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--starts-above", type=Number(0), metavar="G0", help="Traces must start above this.")
@click.option("--opens-below", type=Number(0), metavar="G0", help="Traces must fall below this.")
@click.option(
    "--molecular",
    type=(Number(0), Number(0)),
    callback=rising,
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
@options.many_files
@click.pass_context
def command(
    context: click.Context,
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
    workers: int | None,
    scheduler: str | None,
    no_cache: bool,
) -> None:
    """Analyse RECORDINGS together: files, folders of them, or lists of them (@list.txt, one path a line).

    Opening traces give a histogram with fitted peaks, sweeps of held junctions the mean I-V (imported sweeps are read
    by hotjunction fit), modulated junctions the heat in the tip at
    both polarities, with the verdict of each control experiment. Errors are statistical, from resampled traces
    or junctions; errors common to all are stated separately.

    A file that can't be used is listed with the reason, the others are analysed, and the exit code is 1.
    """
    from app.offline.command_line import Means, analyse_for_command
    from app.offline.traces import ByHand

    by_hand = ByHand(starts_above, opens_below, molecular, background)
    chosen = statistics or "", options.by_statistic(statistic_options)
    means = Means(workers, scheduler, no_cache)
    measurement = analyse_for_command(recordings, means, by_hand, transmission, first_periods, *chosen)
    if as_json:
        click.echo(json.dumps(measurement.to_json(), indent=2))
    else:
        from app.report.heating_text import print_measurement

        print_measurement(measurement)
    if measurement.failed:
        context.exit(1)
