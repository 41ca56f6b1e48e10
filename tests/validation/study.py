"""One table of a study, and the text that `docs/explanation/validation.md` shows of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill

import numpy as np


@dataclass(frozen=True)
class Table:
    """Results of a study.

    ``name`` marks its place in `docs/explanation/validation.md`; ``about`` says what was drawn, what was estimated
    and how many sets there were.
    """

    name: str
    about: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """Return the table as Markdown."""
        lines = [self.columns, tuple("---" for _ in self.columns), *self.rows]
        return (
            fill(self.about, 100, break_on_hyphens=False)
            + "\n\n"
            + "\n".join(f"| {' | '.join(line)} |" for line in lines)
        )


def share(hits: Sequence[bool]) -> str:
    """Format the share of hits with its standard error, `0.68 (3)`."""
    n = len(hits)
    mean = float(np.mean(hits))
    error = np.sqrt(max(mean * (1 - mean), 1 / n) / n)
    return f"{mean:.2f} ({100 * error:.0f})"
