"""`hotjunction compare A B...`: are the traces of two recordings the same?"""

import json
from pathlib import Path

import click

from app.console.errors import Command
from app.console.values import Number, all_rising, rising


@click.command(cls=Command)
@click.argument("sets", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--range",
    "range_G0",
    type=(Number(0), Number(0)),
    callback=rising,
    metavar="G0 G0",
    default=(0.5, 1.5),
    show_default=True,
    help="Range of conductance whose histograms are compared.",
)
@click.option(
    "--peak",
    "windows_G0",
    type=(Number(0), Number(0)),
    callback=all_rising,
    metavar="G0 G0",
    multiple=True,
    help="Window of a peak, once for each peak; by default the range, for the contact of gold 0.7 to 1.2 G0.",
)
@click.option(
    "--gaussians",
    type=click.IntRange(1, 2),
    default=1,
    show_default=True,
    help="Gaussians in each window: 2 where two levels overlap; the one nearest to the maximum is compared.",
)
@click.option("--log", is_flag=True, help="Logarithmic bins, for peaks of molecules; differences in decades.")
@click.option(
    "--margin",
    type=Number(0, min_open=True),
    help="Largest difference of the peaks that is equivalent: by default 0.02 G0, or 0.1 decades.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    sets: tuple[Path, ...],
    range_G0: tuple[float, float],
    windows_G0: tuple[tuple[float, float], ...],
    gaussians: int,
    log: bool,
    margin: float | None,
    as_json: bool,
) -> None:
    """Compare the opening traces of SETS: recordings, or folders of them, each of which is one set.

    The verdict on each pair is "different" (traces permuted between the sets, corrected for the number of pairs),
    "equivalent" (the difference of every peak is within the margin) or "cannot tell".
    """
    from analysis.recording import RecordingError
    from analysis.trace_statistics.two_sets import TwoSetsOptions
    from app.config.toml import FileError
    from app.console.progress import stderr_console
    from app.offline.two_sets import compare_recordings
    from app.report.statistic_tables import text_table
    from app.report.text import result_console

    if len(sets) < 2:
        raise click.UsageError("compare needs at least two recordings or folders")
    usual = (0.7, 1.2) if range_G0 == (0.5, 1.5) else range_G0
    margin = margin if margin is not None else 0.1 if log else 0.02
    options = TwoSetsOptions(range_G0, windows_G0 or (usual,), log, gaussians, margin)
    for low, high in (options.range_G0, *options.windows_G0):
        if log and low <= 0:
            raise click.UsageError(
                f"the range from {low:g} to {high:g} G0 begins at zero, which a log axis cannot show"
            )
    try:
        with stderr_console().status("Comparing"):
            compared = compare_recordings(sets, options)
    except (RecordingError, ValueError) as error:
        raise FileError(str(error)) from None
    if as_json:
        click.echo(json.dumps(compared.to_json(), indent=2))
        return
    console = result_console()
    table = text_table(compared.table())
    console.print(table.for_terminal())
    console.print(table.note, style="dim")
