"""Coverage with several peaks: the difference of each in two sets, and the rule of enough traces with two Gaussians."""

from collections.abc import Iterable

import numpy as np

from analysis.records import FloatArray, Trace
from analysis.statistics.memory import memory_of
from analysis.trace_statistics import enough_traces, two_sets
from tests.support.physics.opening_traces import trace_of
from tests.validation.study import Table, share

TRACES = 150
SHIFTS_G0 = (0.0, 0.03)
COMPARED = two_sets.TwoSetsOptions((0.5, 2.5), ((0.7, 1.3), (1.6, 2.4)), resamples=200)
PEAKS_G0 = (1.0, 2.0)

LEVEL = -2.7
APART = (0.6, 0.8)
RULE = enough_traces.EnoughOptions(((1e-4, 0.1),), log=True, gaussians=2)
MOST_TRACES = 400
SIGMAS_OF_90 = 1.6448536269514722


def contacts(shifts_G0: tuple[float, float], rng: np.random.Generator) -> list[Trace]:
    """Return traces with two plateaus whose levels scatter, moved by ``shifts_G0``."""

    def plateau(centre_G0: float) -> FloatArray:
        level = centre_G0 + 0.05 * rng.standard_normal()
        return np.asarray(level + 0.05 * rng.standard_normal(2 + int(rng.exponential(60.0))))

    centres = [peak + shift for peak, shift in zip(PEAKS_G0, shifts_G0, strict=True)]
    return [trace_of(np.concatenate([plateau(c) for c in reversed(centres)])) for _ in range(TRACES)]


def differences(rng: np.random.Generator) -> list[tuple[float, float, bool]]:
    """Return miss, standard error, and coverage of the 90 % interval of the difference of each peak."""
    rows = [two_sets.set_rows(contacts(shifts, rng), COMPARED) for shifts in ((0.0, 0.0), SHIFTS_G0)]
    first, second = (memory_of(np.log1p(each[0].sum(axis=1))) for each in rows)
    outcomes = []
    for axis, one, other, truth in zip(COMPARED.axes[1:], rows[0][1:], rows[1][1:], SHIFTS_G0, strict=True):
        found = two_sets.peak_difference(axis, one, other, (first, second), COMPARED, rng)
        outcomes.append((found.value - truth, found.se, found.interval[0] < truth < found.interval[1]))
    return outcomes


def overlapping(apart: float, rng: np.random.Generator) -> Trace:
    """Return a trace with a level in 70 % of cases, and another ``apart`` decades above it in 40 %."""
    parts = [np.linspace(6.0, 0.2, 20)]
    for centre, scatter, probability in ((LEVEL, 0.25, 0.7), (LEVEL + apart, 0.2, 0.4)):
        if rng.random() < probability:
            n = max(10, int(rng.normal(200.0, 50.0)))
            wander = 0.03 * np.cumsum(rng.standard_normal(n)) / np.sqrt(n)
            parts.append(10.0 ** (centre + scatter * rng.standard_normal() + wander))
    return trace_of(np.append(np.concatenate(parts), 1e-6))


def stopped(apart: float, rng: np.random.Generator) -> tuple[int, float, float, bool]:
    """Return number of traces, miss, 68 % error, and coverage at 95 % when the rule says that it is enough."""
    rows = np.array([enough_traces.enough_row(overlapping(apart, rng), RULE)[0] for _ in range(MOST_TRACES)])
    reached: list[bool] = []
    for n in range(RULE.first, MOST_TRACES + 1, RULE.every):
        one = enough_traces.check(rows[:n], RULE.axes[0], RULE, rng)
        reached.append(one.reached)
        if enough_traces.stop_at(reached, RULE.successive) is not None:
            break
    return one.n, one.centre - LEVEL, one.half_width, one.interval[0] < LEVEL < one.interval[1]


def tables(rng: np.random.Generator, sets: int) -> Iterable[Table]:
    """Return the study's tables."""
    drawn = [differences(rng) for _ in range(sets)]
    yield Table(
        "several-peaks",
        f"{sets} pairs of sets of {TRACES} traces; differences in G0.",
        ("peak (G0)", "shift", "bias", "SD", "quoted (median)", "68 %", "90 %"),
        tuple(
            (
                f"{peak:g}",
                f"{shift:g}",
                *_row([pair[i][:2] for pair in drawn]),
                share([p[i][2] for p in drawn]),
            )
            for i, (peak, shift) in enumerate(zip(PEAKS_G0, SHIFTS_G0, strict=True))
        ),
    )
    lines = []
    for apart in APART:
        found = [stopped(apart, rng) for _ in range(sets)]
        n = np.median([one[0] for one in found])
        lines.append(
            (f"{apart:g}", f"{n:.0f}", *_row([one[1:3] for one in found]), share([one[3] for one in found]))
        )
    yield Table(
        "enough-two",
        f"{sets} runs a line of at most {MOST_TRACES} traces with a level in 70 % of them and another "
        f"in 40 %, target {RULE.target_decades:g} decades; decades.",
        ("apart", "traces at the stop (median)", "bias", "SD", "quoted (median)", "68 %", "95 %"),
        tuple(lines),
    )


def _row(found: list[tuple[float, float]]) -> tuple[str, ...]:
    misses, errors = np.array(found).T
    return (
        f"{misses.mean():+.4f} ({10_000 * misses.std() / np.sqrt(misses.size):.0f})",
        f"{misses.std():.4f}",
        f"{np.median(errors):.4f}",
        share(list(np.abs(misses) < errors)),
    )
