"""`hotjunction export FILE... --to FORMAT`: results for other programs, and figures for a paper."""

from pathlib import Path
from typing import Any

import click

from app.console import options
from app.console.errors import Command

FORMATS = ("csv", "npy", "mat", "tdms", "itx", "netcdf", "origin", "pdf", "svg", "png")


@click.command(cls=Command)
@click.argument("recordings", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--to",
    "format_name",
    required=True,
    type=click.Choice(FORMATS),
    help="Format: tables (csv, origin), arrays (npy, mat, tdms, itx, netcdf), or figures (pdf, svg, png).",
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help="File or folder to write; by default beside the first recording.",
)
@click.option(
    "--only", multiple=True, metavar="GROUP", help="Export only this: log_histogram, map, peaks, traces ..."
)
@click.option(
    "--width",
    type=click.Choice(["single", "double"]),
    default="single",
    show_default=True,
    help="Width of figures: one column of a journal (86 mm) or two (178 mm).",
)
@click.option("--force", is_flag=True, help="Replace what is there.")
@options.comparison
@options.many_files
@click.pass_context
def command(
    context: click.Context,
    recordings: tuple[Path, ...],
    format_name: str,
    out: Path | None,
    only: tuple[str, ...],
    width: str,
    force: bool,
    transmission: Path | None,
    first_periods: int | None,
    **means: Any,
) -> None:
    """Export the analysis of RECORDINGS: traces, histograms, peaks, plateaus, I-V and heat, or figures of them.

    With every file goes where its numbers come from: recordings with their SHA-256, samples, selection, version.
    """
    from app.config.toml import FileError
    from app.export.content import ExportError
    from app.export.write import export, usual_target
    from app.offline.command_line import Means, analyse_for_command

    target = out or usual_target(recordings[0], format_name)
    if target.exists() and not force:
        raise FileError(f"{target} exists already; --force replaces it, -o writes elsewhere")
    measurement = analyse_for_command(recordings, Means(**means), None, transmission, first_periods, "", {})
    try:
        export(measurement, format_name, target, only, width, force)
    except ExportError as error:
        raise FileError(str(error)) from None
    click.echo(str(target))
    if measurement.failed:
        for failure in measurement.failed:
            click.echo(failure.sentence, err=True)
        context.exit(1)
