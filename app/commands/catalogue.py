"""`hotjunction catalogue`: find the recordings of a lab by molecule, tip, date and result."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analysis.numbers import counted
from app.console.errors import Command
from app.console.values import Suggesting

if TYPE_CHECKING:
    from app.catalogue.database import Catalogue, Found

_file = click.option(
    "--catalogue",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File of the catalogue; by default the user's own, or that of the variable HOTJUNCTION_CATALOGUE.",
)


class Range(click.ParamType):
    """LOW:HIGH, either of which may be left out."""

    name = "LOW:HIGH"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        """Return both ends."""
        if isinstance(value, tuple):
            return value
        low, colon, high = str(value).partition(":")
        try:
            ends = float(low or "-inf"), float(high or "inf")
        except ValueError:
            colon = ""
        if not colon or not ends[0] <= ends[1]:
            self.fail(f"{value!r} is not LOW:HIGH, such as 0.001:0.01", param, ctx)
        return ends


class Day(click.DateTime):
    """A day as in 2026-01-31."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d"])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the day; fail with a sentence."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is not a day, such as 2026-01-31", param, ctx)


@click.group(cls=Suggesting)
def command() -> None:
    """Find the recordings of a lab by molecule, tip, date and result.

    The catalogue holds nothing that is not in the recordings, and no recording is changed.
    """


@command.command(cls=Command)
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Processes that read the files.")
@_file
@click.pass_context
def add(context: click.Context, folders: tuple[Path, ...], workers: int | None, file: Path | None) -> None:
    """Take in the recordings in FOLDERS and the folders in them, or single files.

    Again for the same folder: new and changed files are read, moved ones recognised by their content, and deleted ones
    taken out.
    """
    from app.catalogue.add import add as add_to
    from app.catalogue.add import recordings_under
    from app.config.toml import FileError
    from app.offline.command_line import Means, reading_for_command
    from app.offline.recordings import ENDINGS

    missing = [folder for folder in folders if not folder.exists()]
    if missing:
        raise click.UsageError(
            f"{missing[0]}: there is no such file or folder; to take out what was deleted with it, add the folder above"
        )
    with _errors() as catalogue_of, reading_for_command(recordings_under(folders), Means(workers)) as reading:
        catalogue = catalogue_of(file)
        added = add_to(catalogue, folders, reading)
    if not (added.taken or added.removed or added.failed):
        raise FileError(
            f"no recording (a file that ends in {', '.join(ENDINGS)}) in {', '.join(map(str, folders))}; "
            "hotjunction import makes them of the files of other programs"
        )
    removed = f", {added.removed} that no longer exist taken out" if added.removed else ""
    click.echo(f"{catalogue.path}: {counted(added.taken, 'recording')}{removed}")
    for failure in added.failed:
        click.echo(failure.sentence, err=True)
    if added.failed:
        context.exit(1)


@command.command(cls=Command)
@click.argument("words", nargs=-1)
@click.option("--molecule", default="", help="Part of the name of the sample.")
@click.option("--tip", default="", help="Part of the identity of the probe.")
@click.option("--procedure", default="", help="Part of the name of the procedure.")
@click.option("--since", type=Day(), help="First day.")
@click.option("--until", type=Day(), help="Last day.")
@click.option("--peak", type=Range(), help="Range of a trusted peak of the histogram, in G0.")
@click.option("--rise", type=Range(), help="Range of a temperature rise of the tip, in mK.")
@click.option("--traces", type=Range(), help="Range of the number of kept traces.")
@click.option("--json", "as_json", is_flag=True, help="Print the entries as JSON.")
@_file
def search(words: tuple[str, ...], as_json: bool, file: Path | None, **conditions: Any) -> None:
    """List the recordings in which all WORDS occur and all conditions hold, the newest first."""
    from app.catalogue.database import Query
    from app.catalogue.entry import PEAK, RISE, TRACES

    ranges = {
        name: (limits[0] * unit, limits[1] * unit)
        for option, name, unit in (("peak", PEAK, 1.0), ("rise", RISE, 1e-3), ("traces", TRACES, 1.0))
        if (limits := conditions.pop(option)) is not None
    }
    days = {name: f"{day:%Y-%m-%d}" if (day := conditions.pop(name)) else "" for name in ("since", "until")}
    with _errors() as catalogue_of:
        found = catalogue_of(file).search(Query(words, **conditions, **days, ranges=ranges))
    if as_json:
        click.echo(json.dumps([each.to_json() for each in found], indent=2, ensure_ascii=False))
    else:
        _print(found)


@command.command(cls=Command)
@click.argument("name")
@_file
def show(name: str, file: Path | None) -> None:
    """Print all that is known of a recording: NAME is its path, its file name, or the beginning of its hash."""
    from app.config.toml import FileError

    with _errors() as catalogue_of:
        found = catalogue_of(file).show(name)
    if not found:
        raise FileError(f"{name} is not in the catalogue; hotjunction catalogue add takes it in.")
    click.echo(json.dumps([each.to_json() for each in found], indent=2, ensure_ascii=False))


@contextmanager
def _errors() -> "Iterator[Callable[[Path | None], Catalogue]]":
    """Open catalogues in the block; raise their errors, and those of worker processes, as ``FileError``."""
    from app.catalogue.database import Catalogue, CatalogueError, usual_catalogue
    from app.config.toml import FileError

    try:
        yield lambda file: Catalogue(file or usual_catalogue())
    except (CatalogueError, RuntimeError) as error:
        raise FileError(str(error)) from None


def _print(found: "list[Found]") -> None:
    from app.report.table import Table
    from app.report.text import WIDTH, result_console

    rows = [
        (
            str(each.entry["started"])[:10],
            str(each.entry["molecule"]),
            str(each.entry["tip"]),
            str(each.entry["procedure"]),
            str(each.entry["result"]),
            " = ".join(f"{path}{'' if path.exists() else ' (not found)'}" for path in each.paths),
        )
        for each in found
    ]
    console = result_console(max(WIDTH, *(sum(map(len, row)) + 12 for row in rows), 0))
    headings = ("date", "molecule", "tip", "procedure", "result", "file")
    console.print(Table(headings, rows, words=range(6)).for_terminal())
    click.echo(counted(len(found), "recording"))
