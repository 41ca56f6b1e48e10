"""Nearest of the steps that an instrument has."""

from collections.abc import Sequence
from math import isclose, log10


def nearest(value: float, steps: Sequence[float]) -> int:
    """Return the index of the step nearest to the value, by ratio."""
    exact = (i for i, step in enumerate(steps) if isclose(step, value, rel_tol=1e-6))
    return next(exact, min(range(len(steps)), key=lambda i: abs(log10(steps[i] / value))))
