"""`hotjunction report FILE... -o report.html`."""

from pathlib import Path
from typing import Any

import click

from app.console import options
from app.console.errors import Command


@click.command(cls=Command)
@click.argument("recordings", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Page to write, or its pages as PDF (report.pdf); by default beside the recording under its name, or "
    "report.html in the folder.",
)
@click.option(
    "--csv",
    "table",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the numbers of heating to this file.",
)
@options.comparison
@options.statistics
@options.many_files
@click.pass_context
def command(
    context: click.Context,
    recordings: tuple[Path, ...],
    out: Path | None,
    table: Path | None,
    transmission: Path | None,
    first_periods: int | None,
    statistics: str | None,
    statistic_options: tuple[tuple[str, str, Any], ...],
    workers: int | None,
    scheduler: str | None,
    no_cache: bool,
) -> None:
    """Write a report of RECORDINGS together: files, folders, or lists of them (@list.txt).

    It is a self-contained HTML page, or a PDF if the name that is given ends so.

    It shows traces and histograms with fits; of held junctions the mean I-V, the heat at both polarities with theory,
    controls, noise budget and exclusions; settings and calibrations.
    """
    from analysis.recording import RecordingError
    from analysis.shared_files import write_file
    from app.config.toml import FileError
    from app.console.progress import stderr_console
    from app.offline.command_line import Means, analyse_for_command
    from app.offline.statistics import USUAL
    from app.report.csv_table import points_csv
    from app.report.page import write_report

    first = recordings[0]
    target = out or (first / "report.html" if first.is_dir() else _beside(first))
    writing = target
    chosen = statistics or USUAL, options.by_statistic(statistic_options)
    means = Means(workers, scheduler, no_cache)
    measurement = analyse_for_command(recordings, means, None, transmission, first_periods, *chosen)
    if table is not None and measurement.heating is None:
        raise FileError("--csv: there is no heating in these recordings.")
    try:
        with stderr_console().status("Drawing"):
            if target.suffix.lower() == ".pdf":
                from app.report.pdf import write_pdf

                write_pdf(measurement, target)
            else:
                write_report(measurement, target)
        if table is not None:
            writing = table
            write_file(table, points_csv(measurement))
    except (RecordingError, ValueError) as error:
        raise FileError(str(error)) from None
    except OSError as error:
        raise FileError(
            f"{writing}: can't be written ({error.strerror}); name another place with --out or --csv"
        ) from None
    click.echo(str(target))
    if measurement.failed:
        context.exit(1)


def _beside(first: Path) -> Path:
    """Return the page beside a recording, or beside a list of them."""
    return Path(str(first).removeprefix("@")).with_suffix(".html")
