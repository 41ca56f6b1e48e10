"""Means over junctions: few, skewed, heavy-tailed, and of unequal weight."""

from collections.abc import Callable, Iterator

import numpy as np

from analysis.statistics.junction_mean import junction_mean, one_sigma_half
from tests.validation.study import Table, share

NUMBERS = (5, 10, 24, 100)
RESAMPLES = 400

Draw = Callable[[np.random.Generator, int], np.ndarray]


def _equal(rng: np.random.Generator, n: int) -> np.ndarray | None:
    return None


def _exponential_weights(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.minimum(0.2 + rng.exponential(2.0, n), 5.0)


def _one_heavy(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.append(_exponential_weights(rng, n - 1), 200.0)


def _outliers(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.standard_normal(n) * np.where(rng.random(n) < 0.05, 10.0, 1.0)


CASES: dict[str, tuple[Draw, float, Callable[[np.random.Generator, int], np.ndarray | None]]] = {
    "normal": (lambda rng, n: rng.standard_normal(n), 0.0, _equal),
    "exponential (skewed)": (lambda rng, n: rng.exponential(size=n), 1.0, _equal),
    "log-normal, averaged in the logarithm": (lambda rng, n: rng.standard_normal(n), 0.0, _equal),
    "log-normal, arithmetic mean": (lambda rng, n: np.exp(rng.standard_normal(n)), np.exp(0.5), _equal),
    "5 % outliers of ten times the scatter": (_outliers, 0.0, _equal),
    "normal, exponential weights": (lambda rng, n: rng.standard_normal(n), 0.0, _exponential_weights),
    "normal, one hold of 200 s": (lambda rng, n: rng.standard_normal(n), 0.0, _one_heavy),
}
"""Law of the values, its mean, and the weights."""


def outcomes(rng: np.random.Generator, case: str, n: int, sets: int) -> tuple[list[bool], list[bool], int]:
    """Return whether the 68 % and the 95 % intervals hold the mean, and how often the program cannot tell.

    That is where it gives no interval, or doubts that it is wide enough.
    """
    law, truth, weights = CASES[case]
    in_68, in_95, without = [], [], 0
    for _ in range(sets):
        found = junction_mean(law(rng, n), rng, weights(rng, n), RESAMPLES)
        if np.isnan(found.interval[0]) or any("too short" in doubt for doubt in found.doubts):
            without += 1
            continue
        in_68.append(abs(found.value - truth) < one_sigma_half(found))
        in_95.append(found.interval[0] < truth < found.interval[1])
    return in_68, in_95, without


def tables(rng: np.random.Generator, sets: int) -> Iterator[Table]:
    """Yield one table: a line for each law and number of junctions."""
    rows = []
    for case in CASES:
        for n in NUMBERS:
            in_68, in_95, without = outcomes(rng, case, n, 5 * sets)
            held = (share(in_68), share(in_95)) if len(in_68) > sets else ("-", "-")
            rows.append((case, str(n), *held, f"{without / (5 * sets):.2f}"))
    yield Table(
        "means",
        f"{5 * sets} sets a line.",
        ("values and weights", "junctions", "68 % interval holds", "95 % interval holds", "cannot tell"),
        tuple(rows),
    )
