"""`hotjunction import`: convert recordings of other programs."""

from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.commands.units import Units
from app.console.errors import Command

if TYPE_CHECKING:
    from analysis.importers import ImportOptions
    from analysis.importers.imported import ImportedTraces, Piece

POSITIVE = click.FloatRange(min=0.0, min_open=True)


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


@click.command(cls=Command)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="New recording.")
@click.option("--kind", type=Format(), default="auto", show_default=True, help="Format of the files.")
@click.option("--bias-mV", "bias_mV", type=float, help="Applied bias.")
@click.option("--series-resistance-ohm", type=click.FloatRange(min=0.0), help="In series with the junction.")
@click.option("--rate-Hz", "rate_Hz", type=POSITIVE, help="Samples per second.")
@click.option("--speed-nm-per-s", type=POSITIVE, help="Speed of opening.")
@click.option("--gain-V-per-A", "gain_V_per_A", type=POSITIVE, help="Gain of the current amplifier.")
@click.option(
    "--extension-nm-per-V", "nm_per_V", type=POSITIVE, help="Piezo constant, for extensions in volts."
)
@click.option(
    "--unit",
    "units",
    type=Units(),
    multiple=True,
    help="Unit of a column: current=nA, conductance=G0. Repeatable.",
)
@click.option("--sample", default="", help="Name of the sample.")
@click.option("--notes", default="", help="Anything else.")
def command(
    paths: tuple[Path, ...],
    out: Path,
    kind: str,
    bias_mV: float | None,
    series_resistance_ohm: float | None,
    rate_Hz: float | None,
    speed_nm_per_s: float | None,
    gain_V_per_A: float | None,
    nm_per_V: float | None,
    units: tuple[tuple[str, str], ...],
    sample: str,
    notes: str,
) -> None:
    """Turn the files PATHS (or those in folders) into one recording.

    Reads Igor binary waves, .csv with a trace a row, TDMS, and plain columns of text. The options give values
    that the files lack; values in a file take precedence. Values given by neither are marked as unknown.
    """
    from analysis.importers import ForeignFile, ImportOptions
    from analysis.recording import RecordingError
    from app.config.toml import FileError

    given = {
        "bias_V": None if bias_mV is None else bias_mV * 1e-3,
        "series_resistance_ohm": series_resistance_ohm,
        "opening_speed_m_per_s": None if speed_nm_per_s is None else speed_nm_per_s * 1e-9,
        "current_gain_V_per_A": gain_V_per_A,
        "extension_m_per_V": None if nm_per_V is None else nm_per_V * 1e-9,
    }
    settings = {name: value for name, value in given.items() if value is not None}
    options = ImportOptions(settings, float("nan") if rate_Hz is None else rate_Hz, dict(units))
    try:
        _import(paths, out, kind, options, sample, notes)
    except (ForeignFile, FileExistsError, RecordingError) as error:
        raise FileError(str(error)) from None


def _import(
    paths: tuple[Path, ...], out: Path, kind: str, options: "ImportOptions", sample: str, notes: str
) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from analysis.importers import files_in, read_file
    from analysis.importers.assemble import assemble
    from analysis.importers.record import record
    from analysis.recording.names import demand_free
    from app.acquisition.summary import results_of

    demand_free(out)
    files, skipped = files_in(paths)
    if not files:
        raise click.ClickException(
            f"nothing to import: no file of a known format in {', '.join(map(str, paths))} "
            "(folders inside folders are not searched)"
        )
    pieces: list[Piece] = []
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        for file in progress.track(files, description="reading"):
            pieces += read_file(file, kind)
        imported = assemble(pieces, options)
        if not imported.traces:
            raise click.ClickException("nothing to import: no trace holds a value")
        task = progress.add_task("writing", total=len(imported.traces))
        versions = {name: metadata.version(name) for name in ("hotjunction", "numpy", "h5py")}
        stored = record(
            imported,
            out,
            sample=sample,
            notes=notes,
            versions=versions,
            on_trace=lambda: progress.advance(task),
            results_of=results_of,
        )
    _tell(imported, out, stored, skipped)


def _tell(imported: "ImportedTraces", out: Path, stored: str, skipped: list[Path]) -> None:
    channels = ", ".join(f"{c.name} ({c.unit or 'unit unknown'})" for c in imported.channels)
    samples = sum(len(trace) for trace in imported.traces)
    click.echo(f"{out}: {imported.title}, {samples} samples of {channels}; {stored}")
    for title, lines in (
        ("from the files", imported.from_file),
        ("from the options", imported.from_options),
        ("unknown", imported.unknowns),
        ("counted", [f"{name}: {count}" for name, count in imported.counts.items()]),
        ("skipped, no known format", [path.name for path in skipped]),
    ):
        if lines:
            click.echo(f"  {title}:")
        for line in lines:
            click.echo(f"    {line}")
