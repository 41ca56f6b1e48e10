"""Samples into the 1D and the 2D logarithmic histogram of traces, beside numpy.histogram and numpy.histogram2d."""

import time
from collections.abc import Callable

import numpy as np

from analysis.records import Trace
from analysis.traces.histogram import BinAxis, GrowingHistogram2D, Scale, common_bins, last_opening
from tests.benchmarks.table import Row, scaled

SAMPLES = 10_000  # a trace
TRACES = 2000
FINE = BinAxis(Scale.LOG, 1e-7, 1e2, 700)
COARSE = BinAxis(Scale.LOG, 1e-7, 1e2, 280)
DISPLACEMENT = BinAxis(Scale.LINEAR, -2.6e-9, 0.4e-9, 300)
BREAK_G0 = 0.5

Counts = tuple[np.ndarray, np.ndarray]


def traces(n: int, rng: np.random.Generator) -> list[Trace]:
    """Return traces, one in seven of their conductances negative, none on an edge of the axes."""
    found = []
    for number in range(n):
        sign = np.where(rng.random(SAMPLES) < 1 / 7, -1.0, 1.0)
        x = np.sort(rng.uniform(-2.4e-9, 0.0, SAMPLES))
        g = sign * 10.0 ** rng.uniform(-6.9, 1.9, SAMPLES)
        g[-2:] = 1.0, 0.1
        found.append(Trace(number, (0, SAMPLES), x, g, 0.1, "open"))
    return found


def ours(content: list[Trace]) -> Counts:
    """Return the counts of both histograms as the analysis makes them, from one pass."""
    fine = np.zeros(FINE.bins + 3, dtype=np.int64)
    two = GrowingHistogram2D(DISPLACEMENT, COARSE, BREAK_G0)
    bins = common_bins(FINE, COARSE)
    for trace in content:
        places = bins.place(trace.conductance_G0)
        fine += bins.fine_counts(places)
        two.add_placed(trace, bins.coarse(places))
    return fine[1:-2], two.snapshot().counts


def joined(content: list[Trace]) -> tuple[np.ndarray, np.ndarray]:
    """Return aligned displacements and conductances of all traces, each in one array."""
    g = np.concatenate([trace.conductance_G0 for trace in content])
    x = np.concatenate(
        [t.displacement_m - t.displacement_m[last_opening(t.conductance_G0, BREAK_G0)] for t in content]
    )
    return x, g


def with_logs(x: np.ndarray, g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return displacements and logarithms of the positive conductances."""
    positive = g > 0.0
    return x[positive], np.log10(g[positive])


def one_dimensional(logs: np.ndarray) -> np.ndarray:
    """Return numpy's counts."""
    return np.histogram(logs, FINE.coordinate(FINE.edges))[0]


def two_dimensional(x: np.ndarray, logs: np.ndarray) -> np.ndarray:
    """Return numpy's counts."""
    edges = DISPLACEMENT.edges, COARSE.coordinate(COARSE.edges)
    return np.histogram2d(x, logs, edges)[0].astype(np.int64)


def numpys(x: np.ndarray, g: np.ndarray) -> Counts:
    """Return the counts of both histograms by numpy's functions, each of which needs the logarithms."""
    return one_dimensional(with_logs(x, g)[1]), two_dimensional(*with_logs(x, g))


def on_ready_logs(x: np.ndarray, logs: np.ndarray) -> Counts:
    """Return the same from logarithms that were taken before."""
    return one_dimensional(logs), two_dimensional(x, logs)


def timed(work: Callable[..., Counts], *arguments: object) -> float:
    """Return the processor time, s."""
    began = time.process_time()
    work(*arguments)
    return time.process_time() - began


def rows(size: float = 1.0) -> list[Row]:
    """Return a row from conductances, the goal's comparison, and one in which numpy is given the logarithms.

    The traces come to numpy aligned and joined in one array, to us as they are. The counts of both must be the same.
    """
    content = traces(scaled(TRACES, size, 2), np.random.default_rng(1))
    x, g = joined(content)
    logs = with_logs(x, g)
    if not all(np.array_equal(a, b) for a, b in zip(ours(content), numpys(x, g), strict=True)):
        raise RuntimeError("the counts differ from numpy's")
    rounds = [
        (timed(ours, content), timed(numpys, x, g), timed(on_ready_logs, *logs))
        for _ in range(scaled(5, size))
    ]
    ours_s, numpy_s, logs_s = (min(taken) for taken in zip(*rounds, strict=True))
    name = f"{len(content) * SAMPLES:.3g} samples into 1D and 2D histograms"
    return [
        Row(name, f"{ours_s:.2f} s", f"{numpy_s:.2f} s (numpy)", f"{numpy_s / max(ours_s, 1e-9):.1f}"),
        Row(
            "the same, logarithms free of charge for numpy",
            f"{ours_s:.2f} s",
            f"{logs_s:.2f} s (numpy)",
            f"{logs_s / max(ours_s, 1e-9):.1f}",
        ),
    ]
