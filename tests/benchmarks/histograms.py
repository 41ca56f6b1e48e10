"""Samples into a 1D and a 2D logarithmic histogram in one pass, beside numpy.histogram and numpy.histogram2d."""

import time
from collections.abc import Callable

import numpy as np

from analysis.traces.histogram import BinAxis, Scale
from analysis.traces.one_pass import OnePassHistograms
from tests.benchmarks.table import Row, scaled

SAMPLES = 10_000  # a trace
TRACES = 2000
FINE = BinAxis(Scale.LOG, 1e-7, 1e2, 700)
COARSE = BinAxis(Scale.LOG, 1e-7, 1e2, 280)
DISPLACEMENT = BinAxis(Scale.LINEAR, -0.5e-9, 2.5e-9, 300)

Trace = tuple[np.ndarray, np.ndarray]


def traces(n: int, rng: np.random.Generator) -> list[Trace]:
    """Return displacements and conductances, one in seven of these negative, none on an edge of the axes."""
    found = []
    for _ in range(n):
        sign = np.where(rng.random(SAMPLES) < 1 / 7, -1.0, 1.0)
        x = np.sort(rng.uniform(-0.49e-9, 2.49e-9, SAMPLES))
        found.append((x, sign * 10.0 ** rng.uniform(-6.9, 1.9, SAMPLES)))
    return found


def one_pass(content: list[Trace]) -> tuple[np.ndarray, np.ndarray]:
    """Return the counts of both histograms, ours."""
    counted = OnePassHistograms(FINE, COARSE, DISPLACEMENT)
    for x, g in content:
        counted.add(x, g)
    return counted.row[1:-2], counted.cells[1:-2, 1:-2]


def numpys(content: list[Trace]) -> tuple[np.ndarray, np.ndarray]:
    """Return the counts of both histograms, numpy's, with one logarithm for both."""
    x, g = (np.concatenate(each) for each in zip(*content, strict=True))
    positive = g > 0.0
    logs = np.log10(g[positive])
    fine, coarse = (axis.coordinate(axis.edges) for axis in (FINE, COARSE))
    one, _ = np.histogram(logs, fine)
    two, _, _ = np.histogram2d(x[positive], logs, (DISPLACEMENT.edges, coarse))
    return one, two.astype(np.int64)


def timed(work: Callable[[list[Trace]], tuple[np.ndarray, np.ndarray]], content: list[Trace]) -> float:
    """Return the processor time, s."""
    began = time.process_time()
    work(content)
    return time.process_time() - began


def rows(size: float = 1.0) -> list[Row]:
    """Return one row; the counts of both must be the same."""
    content = traces(scaled(TRACES, size, 2), np.random.default_rng(1))
    ours, theirs = one_pass(content), numpys(content)
    if not all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True)):
        raise RuntimeError("the counts differ from numpy's")
    ours_s, numpy_s = (
        min(timed(work, content) for _ in range(scaled(3, size))) for work in (one_pass, numpys)
    )
    name = f"{len(content) * SAMPLES:.3g} samples into 1D and 2D histograms"
    return [Row(name, f"{ours_s:.2f} s", f"{numpy_s:.2f} s (numpy)", f"{numpy_s / max(ours_s, 1e-9):.1f}")]
