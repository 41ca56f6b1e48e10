"""`hotjunction probes`: the figures and the numbers of the paper on Buettiker probes."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.console.errors import Command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.paper.numbers import Number


@click.command(cls=Command)
@click.option(
    "--figures",
    type=click.Path(file_okay=False, path_type=Path),
    help="Draw figures 1 to 6 into this folder (PNG and SVG), with numbers.csv and numbers.json.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")
def command(figures: Path | None, as_json: bool) -> None:
    """Voltage probes against voltage-temperature probes: Erdogan and Bergfield, arXiv:2508.20343.

    Prints every number of the paper, the value from its junctions, the values between the points of the sweep and
    beyond linear response, and the disagreements.
    """
    import json

    from app.config.toml import FileError
    from app.console.progress import stderr_console
    from app.paper.numbers import QUOTED, numbers
    from app.paper.table import print_numbers, to_json

    found = []
    with stderr_console().status("Solving the junctions") as status:
        for number in numbers():
            found.append(number)
            status.update(f"Solving the junctions: {len(found)} of {len(QUOTED)} numbers")
        if figures is not None:
            try:
                for name in _written(figures, found):
                    status.update(f"Drawing: {name} done")
            except OSError as error:
                raise FileError(f"{figures}: can't be written to ({error.strerror})") from None
    if as_json:
        click.echo(json.dumps(to_json(found), indent=2, ensure_ascii=False))
    else:
        print_numbers(found)


def _written(folder: Path, found: "list[Number]") -> "Iterator[str]":
    from app.paper.figures import save_figures
    from app.paper.table import save_table

    folder.mkdir(parents=True, exist_ok=True)
    save_table(folder, found)
    yield from save_figures(folder, found)
