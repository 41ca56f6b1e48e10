"""Printout of traces and peaks on a terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.offline.traces import Analysed
from app.report.trace_rows import peak_row, trace_counts

WIDTH = 120
"""Width of output to a file or another program."""


def result_console(width: int = WIDTH) -> Console:
    """Return the console for results, ``width`` characters wide where there is no terminal.

    What is in brackets stays as it is: names of files and notes in them are no markup.
    """
    console = Console(highlight=False, markup=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, width=width)


def print_result(analysed: Analysed) -> None:
    """Print counts and peaks as tables."""
    console = result_console()
    header = analysed.header
    what = f"  {header.title or header.procedure}  ({analysed.status})"
    console.print(Text.assemble((str(analysed.path), "bold"), what))
    counts = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    counts.add_column(style="dim")
    counts.add_column(justify="right")
    for row in trace_counts(analysed):
        counts.add_row(*row)
    console.print(counts)
    if not analysed.analysis.peaks:
        console.print("No maximum stands out from the differences between traces; more traces may show one.")
        return
    console.print(_peaks(analysed))


def _peaks(analysed: Analysed) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("peak (G0)", justify="right")
    table.add_column("statistical ±", justify="right")
    table.add_column("window, background ±", justify="right")
    table.add_column("width")
    table.add_column("fit")
    table.add_column("to be trusted")
    for row in map(peak_row, analysed.analysis.peaks):
        style = "" if row["trusted"] else "yellow"
        cells = ("conductance", "uncertainty", "spread", "sigma", "scale", "verdict")
        table.add_row(*(str(row[cell]) for cell in cells), style=style)
    return table
