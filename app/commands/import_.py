"""`hotjunction import`: convert recordings of other programs."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.commands.import_options import LogAmplifierType, profile_from, reading_options
from app.console.errors import Command
from app.console.values import Number

if TYPE_CHECKING:
    from app.config.import_profile import ImportProfile

POSITIVE = Number(min=0.0, min_open=True)


class Format(click.ParamType):
    """Format of imported files: one of the registered ones, plug-ins included, or "auto"."""

    name = "format"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """Return the choices for the help text."""
        return f"[{'|'.join(self._names())}]"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return a known format."""
        names = self._names()
        if value not in names:
            self.fail(f"{value!r} is not one of {', '.join(map(repr, names))}", param, ctx)
        return value

    def _names(self) -> list[str]:
        from analysis.importers.registry import IMPORTERS

        return ["auto", *IMPORTERS]


def _list_units(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if not value:
        return
    from analysis.importers.unit_table import spellings

    for quantity, words in spellings().items():
        click.echo(f"{quantity}: {', '.join(words)}")
    ctx.exit()


@click.command(cls=Command)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="New recording.")
@click.option("--preview", is_flag=True, help="Print what is understood of the files; write nothing.")
@click.option("--save-profile", type=click.Path(dir_okay=False, path_type=Path),
              help="Keep all options of this import in a new file, for --profile.")  # fmt: skip
@click.option("--list-units", is_flag=True, is_eager=True, expose_value=False, callback=_list_units,
              help="Print every spelling of a unit that is known.")  # fmt: skip
@click.option("--kind", "format", type=Format(), help="Format of the files; usually recognised.")
@reading_options
@click.option("--profile", type=click.Path(dir_okay=False, path_type=Path),
              help="Import profile (TOML); options given here go before it.")  # fmt: skip
@click.option("--bias-mV", "bias_mV", type=Number(), help="Applied bias.")
@click.option("--series-resistance-ohm", type=Number(min=0.0), help="In series with the junction.")
@click.option("--rate-Hz", "rate_Hz", type=POSITIVE, help="Samples per second.")
@click.option("--speed-nm-per-s", type=POSITIVE, help="Speed of opening.")
@click.option("--gain-V-per-A", "gain_V_per_A", type=POSITIVE, help="Gain of the current amplifier.")
@click.option(
    "--extension-nm-per-V",
    "extension_nm_per_V",
    type=POSITIVE,
    help="Piezo constant, for extensions in volts.",
)
@click.option(
    "--log-amplifier",
    type=LogAmplifierType(),
    help="Logarithmic amplifier: current at an output, that output, volts a decade, such as 1nA,0V,0.25V.",
)
@click.option(
    "--cut-between",
    "cut_between_G0",
    type=(POSITIVE, POSITIVE),
    metavar="HIGH LOW",
    help="Cut a long channel into opening and closing traces between these conductances, in G0.",
)
@click.option(
    "--cut-every", type=click.IntRange(min=1), help="Cut a long channel after this number of samples."
)
@click.option("--sample", default="", help="Name of the sample.")
@click.option("--notes", default="", help="Anything else.")
@click.pass_context
def command(
    context: click.Context,
    paths: tuple[Path, ...],
    out: Path | None,
    preview: bool,
    save_profile: Path | None,
    profile: Path | None,
    sample: str,
    notes: str,
    **given: Any,
) -> None:
    """Turn the files PATHS (or those in folders) into one recording.

    Reads text in columns or rows (.csv, .txt, .dat, .lvm), Igor (.ibw, .pxp, .itx), TDMS, MATLAB (.mat) and Nanonis
    (.dat, .3ds, .sxm). The options give what the files lack; values in a file take precedence, except columns that
    are named with their unit. Values given by neither are marked as unknown. A file in a folder that can't be read is
    left out and listed, and the exit code is 1.
    """
    from analysis.importers import ForeignFile
    from analysis.numbers import counted
    from analysis.recording import RecordingError
    from app.config.toml import FileError

    if out is None and not preview and save_profile is None:
        raise click.UsageError(
            "Missing option '--out' for the new recording (or --preview, which writes nothing)."
        )
    chosen = profile_from(profile, given)
    try:
        if save_profile is not None:
            _save(chosen, save_profile)
        if preview or out is not None:
            unreadable = _import(paths, None if preview else out, chosen, sample, notes)
            if unreadable:
                click.echo(f"{counted(unreadable, 'file')} left out, see above.", err=True)
                context.exit(1)
    except (ForeignFile, FileExistsError, RecordingError) as error:
        raise FileError(str(error)) from None


def _save(profile: "ImportProfile", path: Path) -> None:
    from analysis.recording.names import demand_free
    from analysis.shared_files import write_file

    demand_free(path)
    write_file(path, profile.to_toml())
    click.echo(f"{path}: profile of these options; use it with --profile {path}")


def _import(
    paths: tuple[Path, ...], out: Path | None, profile: "ImportProfile", sample: str, notes: str
) -> int:
    """Import, print what was understood, and return the number of files left out because they can't be read."""
    from rich.console import Console
    from rich.progress import Progress

    from analysis.recording.names import demand_free
    from app.acquisition.import_files import headline, preview, summary, understood

    if out is not None:
        demand_free(out)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        reading = progress.add_task("reading", total=None)
        with understood(paths, profile, lambda: progress.advance(reading)) as content:
            if out is None:
                lines = [
                    *preview(content),
                    "Nothing was written; to import: --out FILE.h5 in place of --preview.",
                ]
            else:
                writing = progress.add_task("writing", total=len(content.imported.traces))
                stored = content.write(out, sample, notes, lambda: progress.advance(writing))
                lines = [headline(content, out, stored), *summary(content)]
    for line in lines:
        click.echo(line)
    return len(content.unreadable)
