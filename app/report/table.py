"""Tables for terminal and page."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table as RichTable


@dataclass(frozen=True)
class Table:
    """Cells of text.

    Parameters
    ----------
    headings : sequence of str
    rows : sequence of sequence of str
    words : collection of int
        Columns of words; the others contain numbers.
    look : collection of int
        Highlighted rows.
    note : str
        Note below the table.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: Sequence[int] = ()
    look: Sequence[int] = ()
    note: str = ""

    def for_terminal(self) -> RichTable:
        """Return the table without lines, numbers aligned to the right."""
        table = RichTable(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for i, heading in enumerate(self.headings):
            table.add_column(heading, justify="left" if i in self.words else "right", overflow="fold")
        for i, row in enumerate(self.rows):
            table.add_row(*row, style="yellow" if i in self.look else "")
        return table
