"""Printout of traces and peaks on a terminal."""

from rich.console import Console
from rich.table import Table

from app.offline.traces import Analysed
from app.report.trace_rows import peak_row, trace_counts

WIDTH = 120
"""Width of output to a file or another program."""


def print_result(analysed: Analysed) -> None:
    """Print counts and peaks as tables."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    header = analysed.header
    console.print(f"[bold]{analysed.path}[/bold]  {header.title or header.procedure}  ({analysed.status})")
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
