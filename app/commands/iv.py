"""`hotjunction iv FILE...`: I-V curves of many junctions, from recordings or columns of text."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.commands.import_options import profile_from, reading_options
from app.console.errors import Command
from app.console.values import Number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis.statistics.result import StatisticResult


@click.command(cls=Command)
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--temperature-K",
    "temperature_K",
    type=Number(min=0, min_open=True),
    default=300.0,
    show_default=True,
    help="Temperature of the electrodes.",
)
@click.option(
    "--molecules-free", is_flag=True, help="Fit the number of molecules too: junctions of large area."
)
@reading_options
@click.option(
    "--import-profile",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Import profile (TOML) for the columns; options given here go before it.",
)
@click.option(
    "--figures", type=click.Path(file_okay=False, path_type=Path), help="Draw the figures into this folder."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    data: tuple[Path, ...],
    temperature_K: float,
    molecules_free: bool,
    import_profile: Path | None,
    figures: Path | None,
    as_json: bool,
    **reading: Any,
) -> None:
    """Compare the I-V curves in DATA, one junction a file: recordings, or text with columns of voltage and current.

    Prints mean currents and rectification, hysteresis, transition voltages of both polarities, and whether one level
    describes the junctions. A junction counts once; files that hold the same values count once.
    """
    import json

    from analysis.held_statistics.single_level import LevelOptions
    from analysis.iv.curves import read_curves
    from app.config.toml import FileError
    from app.console.progress import stderr_console
    from app.offline.curve_files import curve_statistics
    from app.report.statistic_tables import print_statistic
    from app.report.text import result_console

    options = profile_from(import_profile, reading).options()
    try:
        with stderr_console().status("Analysing"):
            results = curve_statistics(
                read_curves(data, options), LevelOptions(temperature_K, molecules_free)
            )
    except ValueError as error:
        raise FileError(str(error)) from None
    if figures is not None:
        _draw(results, figures)
    if as_json:
        click.echo(json.dumps({name: result.to_json() for name, result in results.items()}, indent=2))
        return
    console = result_console()
    for result in results.values():
        print_statistic(console, result)


def _draw(results: "Mapping[str, StatisticResult]", folder: Path) -> None:
    from app.figure_style import LIGHT, drawn_in, write_figure
    from app.report.statistic_figures import statistic_figure

    folder.mkdir(parents=True, exist_ok=True)
    for name, result in results.items():
        for number, picture in enumerate(result.pictures, 1):
            with drawn_in(LIGHT):
                write_figure(statistic_figure(picture, LIGHT), folder / f"{name}-{number}.svg")
