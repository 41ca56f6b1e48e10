"""Tables as terminal and page both show them."""

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
        Columns of words; the others are of numbers.
    look : collection of int
        Rows that should catch the eye.
    note : str
        What a reader must know to read it.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: Sequence[int] = ()
    look: Sequence[int] = ()
    note: str = ""

    def for_terminal(self) -> RichTable:
        """With no lines, numbers to the right."""
        table = RichTable(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for i, heading in enumerate(self.headings):
            table.add_column(heading, justify="left" if i in self.words else "right", overflow="fold")
        for i, row in enumerate(self.rows):
            table.add_row(*row, style="yellow" if i in self.look else "")
        return table
