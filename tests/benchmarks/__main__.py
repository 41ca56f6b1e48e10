"""Prints the figures of merit of this machine as a table: `python -m tests.benchmarks [NAME ...]`."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from rich.console import Console
from rich.table import Table

BENCHMARKS = (
    "simulation",
    "reaction",
    "trip",
    "recorder",
    "traces",
    "histograms",
    "offline",
    "heating",
    "landauer",
    "probes",
    "views",
    "gui",
    "window",
    "replay",
    "kill_recordings",
    "crash_states",
    "seal",
)
ON_REQUEST = ("day", "alarms", "guard")
"""Take half an hour or more each."""


def arguments(texts: Sequence[str]) -> argparse.Namespace:
    """Read the command line; a wrong one ends the program with the usage."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"{', '.join(BENCHMARKS)}; and {', '.join(ON_REQUEST)}, which runs only if named. Default: all others",
    )
    parser.add_argument(
        "--size",
        type=float,
        default=1.0,
        help="share of the work: 1 for figures to quote (default), 0 for a quick look whether all run",
    )
    read = parser.parse_args(texts)
    if unknown := sorted(set(read.names) - {*BENCHMARKS, *ON_REQUEST}):
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join((*BENCHMARKS, *ON_REQUEST))}")
    if not 0.0 <= read.size <= 1.0:
        parser.error(f"--size is {read.size:g}; it must lie between 0 and 1")
    return read


def main(texts: Sequence[str]) -> None:
    """Measure, and print the table."""
    read = arguments(texts)
    console = Console()
    if not console.is_terminal:
        console = Console(width=120)
    table = Table("figure", "here", "baseline", "ratio", title="hotjunction benchmarks", title_justify="left")
    for name in read.names or BENCHMARKS:
        with console.status(f"Measuring: {name}"):
            for row in import_module(f"tests.benchmarks.{name}").rows(read.size):
                table.add_row(row.name, row.ours, row.baseline, row.ratio)
        table.add_section()
    console.print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
