"""Prints the figures of merit of this machine as a table: `python -m tests.benchmarks [NAME ...]`."""

import sys
from importlib import import_module

from rich.console import Console
from rich.table import Table

BENCHMARKS = (
    "simulation",
    "reaction",
    "trip",
    "recorder",
    "traces",
    "heating",
    "landauer",
    "probes",
    "views",
    "gui",
    "window",
    "replay",
    "kill_recordings",
)
ON_REQUEST = ("day",)
"""Takes half an hour."""


def main(names: list[str]) -> int:
    console = Console()
    if not console.is_terminal:
        console = Console(width=120)
    unknown = set(names) - {*BENCHMARKS, *ON_REQUEST}
    if unknown:
        console.print(
            f"No benchmark {', '.join(sorted(unknown))}; there are {', '.join((*BENCHMARKS, *ON_REQUEST))}."
        )
        return 2
    table = Table("figure", "here", "baseline", "ratio", title="hotjunction benchmarks", title_justify="left")
    for name in names or BENCHMARKS:
        with console.status(f"Measuring: {name}"):
            for row in import_module(f"tests.benchmarks.{name}").rows():
                table.add_row(row.name, row.ours, row.baseline, row.ratio)
        table.add_section()
    console.print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
