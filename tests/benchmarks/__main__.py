"""Prints the figures of merit of this machine, each as soon as it is known: `python -m tests.benchmarks [NAME ...]`.

Whatever it has started, simulated rigs and benches among them, ends with it, also if it is killed.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from rich.console import Console
from rich.table import Table

from tests.support.leash import leash

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the program does

BENCHMARKS = (
    "simulation",
    "reaction",
    "trip",
    "recorder",
    "traces",
    "histograms",
    "offline",
    "heating",
    "ruptures",
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
WIDTH = 120
"""Characters of a line in a file."""


def arguments(texts: Sequence[str]) -> argparse.Namespace:
    """Read the command line; a wrong one ends the program with the usage."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=(__doc__ or "").partition(":")[0]
    )
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
    """Measure, and print each line of the table as soon as it is known."""
    read = arguments(texts)
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    console.print(_line("figure", "here", "baseline", "ratio"), style="bold")
    with leash():
        for name in read.names or BENCHMARKS:
            with console.status(f"Measuring: {name}"):
                for row in import_module(f"tests.benchmarks.{name}").rows(read.size):
                    console.print(_line(row.name, row.ours, row.baseline, row.ratio))
            console.print()


def _line(*texts: str) -> Table:
    line = Table.grid(padding=(0, 2), expand=True)
    for share in (10, 5, 5, 1):
        line.add_column(ratio=share)
    line.add_row(*texts)
    return line


if __name__ == "__main__":
    main(sys.argv[1:])
