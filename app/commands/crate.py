"""`hotjunction crate FILE... --to FOLDER`: recordings, results, figures and report for the supplement of a paper."""

from pathlib import Path
from typing import Any

import click

from app.console import options
from app.console.errors import Command


@click.command(cls=Command)
@click.argument("recordings", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--to", "out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write."
)
@click.option("--title", default="", help="Title; by default the name of the sample.")
@click.option(
    "--author", "authors", multiple=True, metavar="NAME", help="Name or ORCID address; may be repeated."
)
@click.option(
    "--license", "licence", default="not stated", metavar="URL", help="License, such as its address."
)
@click.option(
    "--description", default="Recordings of break junctions, and their analysis.", help="Description."
)
@click.option("--force", is_flag=True, help="Replace what is there.")
@options.comparison
@options.many_files
def command(
    recordings: tuple[Path, ...],
    out: Path,
    title: str,
    authors: tuple[str, ...],
    licence: str,
    description: str,
    force: bool,
    transmission: Path | None,
    first_periods: int | None,
    **means: Any,
) -> None:
    """Write a folder with copies of RECORDINGS, tables, figures and the report, described as an RO-Crate.

    Every file is listed with its SHA-256; the results with the recordings and the version that they were made from.
    Every recording must be usable.
    """
    from datetime import UTC, datetime

    from app.config.toml import FileError
    from app.export.content import ExportError
    from app.export.crate import About, write_crate
    from app.offline.command_line import Means, analyse_for_command

    if out.exists() and not force:
        raise FileError(f"{out} exists already; --force replaces it, --to writes elsewhere")
    measurement = analyse_for_command(recordings, Means(**means), None, transmission, first_periods, "", {})
    if measurement.failed:
        raise FileError("\n".join(failure.sentence for failure in measurement.failed))
    today = datetime.now(UTC).date()
    name = title or measurement.sample or recordings[0].stem
    try:
        write_crate(measurement, About(name, description, licence, authors, today), out, force)
    except ExportError as error:
        raise FileError(str(error)) from None
    click.echo(str(out))
