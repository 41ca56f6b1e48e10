"""Results of statistics as tables of text, for terminal and page."""

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from analysis.numbers import counted, significant
from analysis.statistics.estimate import Estimate
from analysis.statistics.result import Cell, ResultTable, StatisticResult
from app.report.table import Table


def statistic_tables(result: StatisticResult) -> list[Table]:
    """Return the numbers of a result, then its own tables."""
    numbers = [numbers_table(result)] if result.numbers else []
    return [*numbers, *(text_table(table) for table in result.tables)]


def numbers_table(result: StatisticResult) -> Table:
    """Return the numbers with errors, intervals and effective numbers; methods and doubts are below."""
    rows = []
    for number in result.numbers:
        estimate = number.estimate
        rows.append(
            (
                f"{number.name} ({number.unit})" if number.unit else number.name,
                estimate.text(number.scale),
                estimate.interval_text(number.scale),
                str(estimate.n),
                significant(estimate.n_eff, 3) if estimate.n_eff != estimate.n else str(estimate.n),
            )
        )
    estimates = [number.estimate for number in result.numbers]
    look = [i for i, estimate in enumerate(estimates) if estimate.doubts]
    note = f"Errors: {'; '.join(_distinct(estimate.method for estimate in estimates))}."
    doubts = _distinct(doubt for estimate in estimates for doubt in estimate.doubts)
    if doubts:
        note += f" Doubts: {'; '.join(doubts)}."
    return Table(("number", "value", "95 % interval", "n", "n_eff"), rows, words=(0,), look=look, note=note)


def _distinct(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))


def text_table(table: ResultTable) -> Table:
    """Return a table of text with its caption as the note."""
    rows = [[_text(cell) for cell in row] for row in table.rows]
    words = [i for i in range(len(table.headings)) if all(isinstance(row[i], str) for row in table.rows)]
    note = f"{table.caption[:1].upper()}{table.caption[1:]}. {table.note}".strip()
    return Table(table.headings, rows, words=words[:1], note=note)


def _text(cell: Cell) -> str:
    if isinstance(cell, Estimate):
        low, high = cell.interval
        return f"{significant(cell.value, 3)} ({significant(low, 2)} to {significant(high, 2)})"
    if isinstance(cell, float):
        return significant(cell, 3)
    return str(cell)


def print_statistic(console: Console, result: StatisticResult) -> None:
    """Print one result: heading, tables, remarks."""
    counts = f"  ({counted(result.n, result.counts)}: {result.made_of.selection})"
    console.print(Text.assemble("\n", (result.title, "bold"), counts))
    for table in statistic_tables(result):
        console.print(table.for_terminal())
        if table.note:
            console.print(table.note, style="dim")
    for remark in result.remarks:
        console.print(remark, soft_wrap=True)
