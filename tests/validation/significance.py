"""Rate of asymmetries in symmetric junctions, and coverage of the 95 % interval."""

from collections.abc import Callable, Iterator

import numpy as np

from analysis.heating.combine import combine
from analysis.heating.points import HeatingPoint
from analysis.heating.thermometer import Thermometer
from tests.support.physics.junction_draws import R_P, estimate
from tests.validation.study import Table, share

TIP = Thermometer(R_P, 16.3e-6, 500.0, 0.2e-6)
NUMBERS = (5, 10, 24, 100)
TRUTH_K = 1e-3
LONGEST_S, LONG_S = 200.0, 5.0

Draw = Callable[[np.random.Generator, int], np.ndarray]


def _normal(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.standard_normal(n)


def _exponential(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.exponential(size=n) - 1.0


def _equal(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.full(n, LONG_S)


def _short(rng: np.random.Generator, n: int) -> np.ndarray:
    """Lives as of a bond that breaks by chance, up to the length of a hold."""
    return np.minimum(0.2 + rng.exponential(2.0, n), LONG_S)


def _dominated(rng: np.random.Generator, n: int) -> np.ndarray:
    """One hold that was not ended after five seconds."""
    return np.append(_short(rng, n - 1), LONGEST_S)


CASES: dict[str, tuple[Draw, Draw]] = {
    "normal, equal times": (_normal, _equal),
    "normal, exponential times": (_normal, _short),
    "normal, one hold of 200 s": (_normal, _dominated),
    "exponential, equal times": (_exponential, _equal),
}


def drawn(rng: np.random.Generator, n: int, case: str, resamples: int = 400) -> HeatingPoint:
    """Return a point of ``n`` junctions whose asymmetry is ``TRUTH_K`` on average and scatters by 1 mK."""
    law, times = CASES[case]
    asymmetry_K = TRUTH_K + 1e-3 * law(rng, n)
    holds = [
        estimate(0.0, x, kept_s=w, sigma_K=1e-5) for x, w in zip(asymmetry_K, times(rng, n), strict=True)
    ]
    return combine(holds, TIP, rng, resamples)


def outcomes(rng: np.random.Generator, n: int, case: str, sets: int) -> tuple[list[bool], list[bool], int]:
    """Return whether p falls below 0.05 for a truth of zero, whether 95 % hold the truth, and how often there is no p.

    The test of zero is made on the same draws, less their truth.
    """
    false, held, without = [], [], 0
    for _ in range(sets):
        sure = drawn(rng, n, case).asymmetry
        if np.isnan(sure.p_value):
            without += 1
            continue
        low, high = sure.interval95()
        held.append(low < TRUTH_K < high)
        off = type(sure)(sure.value - TRUTH_K, sure.sigma, n, sure.effective, sure.skewness, sure.widening)
        false.append(off.p_value < 0.05)
    return false, held, without


def tables(rng: np.random.Generator, sets: int) -> Iterator[Table]:
    """Yield one table: a line for each case and number of junctions."""
    rows = []
    for case in CASES:
        for n in NUMBERS:
            false, held, without = outcomes(rng, n, case, 5 * sets)
            found = (share(false), share(held)) if len(false) > sets // 4 else ("-", "-")
            rows.append((case, str(n), *found, f"{without / (5 * sets):.2f}"))
    yield Table(
        "significance",
        f"Asymmetries of junctions, scatter 1 mK, {5 * sets} sets a line.",
        (
            "asymmetries and times of the holds",
            "junctions",
            "p < 0.05 though symmetric",
            "95 % interval holds",
            "one junction decides",
        ),
        tuple(rows),
    )
