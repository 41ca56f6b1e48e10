"""One line of a benchmark's table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A figure, beside a baseline measured in the same run or a target, where there is one.

    ``ratio`` is how many times better than the baseline, or how much of the target's room is left.
    """

    name: str
    ours: str
    baseline: str = ""
    ratio: str = ""


def scaled(full: int, size: float, least: int = 1) -> int:
    """Return how much of a benchmark's work to do: ``size`` times all of it, but no less than ``least``."""
    return max(least, round(full * size))
