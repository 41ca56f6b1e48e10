"""Coverage of statistics over traces: shares and means with memory, the rule of enough traces, two sets."""

from collections.abc import Iterable

import numpy as np

from analysis.statistics.estimate import share_estimate
from analysis.statistics.memory import Memory, bootstrap, memory_of
from analysis.trace_statistics import enough_traces, two_sets
from tests.support.physics.opening_traces import molecular_traces, remembering, trace_of
from tests.validation.study import Table, share

TRACES = 400
RHOS = (0.0, 0.5, 0.8)
LEVEL = -2.7
RULE = enough_traces.EnoughOptions(((3e-4, 1.5e-2),), log=True)
MOST_TRACES = 400
SETS_OPTIONS = two_sets.TwoSetsOptions(
    (0.5, 1.5), ((0.7, 1.3),), permutations=199, resamples=200, margin=0.05
)


def share_covers(rng: np.random.Generator, rho: float, remember: bool) -> bool:
    """Tell if the 95 % interval of a share covers the truth, with the memory of the series or without."""
    series = remembering(TRACES, rho, rng)
    tau = memory_of(series).tau if remember else 1.0
    low, high = share_estimate(int(np.count_nonzero(series > 0.5)), TRACES, tau).interval
    return low < 0.30853754 < high  # share of a normal variable above 0.5


def mean_covers(rng: np.random.Generator, rho: float, remember: bool) -> bool:
    """Tell if the 95 % interval of the mean of counts covers the truth."""
    counts = np.exp(remembering(TRACES, rho, rng))
    memory = memory_of(np.log(counts)) if remember else Memory(TRACES)
    low, high = bootstrap(lambda drawn: counts[drawn].mean(axis=1), memory, rng, 200).interval
    return low < np.exp(0.5) < high


def stopped(rng: np.random.Generator) -> tuple[int, float, float, bool]:
    """Return number of traces, miss, 68 % error, and coverage at 95 % when the rule says that it is enough."""
    rows = np.array([enough_traces.enough_row(t, RULE)[0] for t in molecular_traces(MOST_TRACES, rng)])
    checks = enough_traces.checks_of(rows, RULE.axes[0], RULE, rng)
    stop = enough_traces.stop_at([one.reached for one in checks], RULE.successive)
    one = checks[-1 if stop is None else stop]
    return one.n, one.centre - LEVEL, one.half_width, one.interval[0] < LEVEL < one.interval[1]


def contacts(n: int, centre: float, rng: np.random.Generator) -> list:
    """Return traces of a contact whose level scatters."""
    return [
        trace_of(
            centre + 0.05 * rng.standard_normal() + 0.05 * rng.standard_normal(1 + int(rng.exponential(60)))
        )
        for _ in range(n)
    ]


def verdict(rng: np.random.Generator, n: int, shift: float) -> str:
    """Return the verdict on two sets of ``n`` traces, the second one shifted."""
    sets = [contacts(n, 1.0, rng), contacts(n, 1.0 + shift, rng)]
    return two_sets.compare_sets(sets, SETS_OPTIONS, rng)[0, 1].verdict


def tables(rng: np.random.Generator, sets: int) -> Iterable[Table]:
    """Return the study's tables."""
    rows = []
    for name, covers in (("share above a limit", share_covers), ("mean of log-normal counts", mean_covers)):
        for rho in RHOS:
            hits = [[covers(rng, rho, remember) for _ in range(sets)] for remember in (True, False)]
            rows.append((name, f"{rho:g}", share(hits[0]), share(hits[1])))
    columns = ("number", "correlation with the next trace", "95 %", "95 % if taken for independent")
    yield Table("traces", f"{sets} sets a line of {TRACES} traces.", columns, tuple(rows))
    found = [stopped(rng) for _ in range(max(sets // 4, 4))]
    n, misses, errors, inside = (np.array(column) for column in zip(*found, strict=True))
    yield Table(
        "enough",
        f"{len(found)} runs of at most {MOST_TRACES} traces with a level in 70 % of them, target "
        f"{RULE.target_decades:g} decades; decades.",
        ("traces at the stop (median)", "bias", "SD", "quoted (median)", "68 %", "95 %"),
        (
            (
                f"{np.median(n):.0f}",
                f"{misses.mean():+.3f} ({1000 * misses.std() / np.sqrt(len(found)):.0f})",
                f"{misses.std():.3f}",
                f"{np.median(errors):.3f}",
                share(list(np.abs(misses) < errors)),
                share(list(inside)),
            ),
        ),
    )
    lines = []
    for traces, shift in ((40, 0.0), (150, 0.0), (150, 0.03), (150, 0.1)):
        said = [verdict(rng, traces, shift) for _ in range(max(sets // 2, 4))]
        words = (two_sets.DIFFERENT, two_sets.EQUIVALENT, two_sets.CANNOT_TELL)
        lines.append((f"{traces}", f"{shift:g}", *(share([one == word for one in said]) for word in words)))
    yield Table(
        "sets",
        f"{max(sets // 2, 4)} pairs a line; level 0.05, margin {SETS_OPTIONS.margin:g} G0.",
        ("traces each", "shift (G0)", "different", "equivalent", "cannot tell"),
        tuple(lines),
    )
