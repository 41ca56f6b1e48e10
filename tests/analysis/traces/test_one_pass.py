"""Counts of one pass are those of the histograms that are defined by arithmetic, sample by sample."""

import numpy as np
import pytest

from analysis.records import Trace
from analysis.traces.histogram import BinAxis, GrowingHistogram, GrowingHistogram2D, Scale
from analysis.traces.one_pass import PIECE, OnePassHistograms

FINE = BinAxis(Scale.LOG, 1e-7, 1e2, 700)
COARSE = BinAxis(Scale.LOG, 1e-7, 1e2, 280)
DISPLACEMENT = BinAxis(Scale.LINEAR, -0.5e-9, 2.5e-9, 300)


def hard_numbers(rng):
    """Numbers on and next to every edge, beyond both ends, zeros, infinities, and undefined ones of both signs."""
    edges = np.concatenate([FINE.edges, COARSE.edges])
    steps = [edges]
    for towards in (0.0, np.inf):
        for _ in range(3):
            steps.append(np.nextafter(steps[-1] if len(steps) % 3 else edges, towards))
    odd = [0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, 1e308, -1e308]
    negative_nan = np.array([-1], dtype=np.int64).view(float)
    spread = 10.0 ** rng.uniform(-12, 6, 3 * PIECE // 2) * np.where(
        rng.random(3 * PIECE // 2) < 0.2, -1.0, 1.0
    )
    return rng.permutation(np.concatenate([*steps, odd, negative_nan, spread]))


@pytest.mark.parametrize("parts", [1, 7])
def test_counts_are_identical(parts):
    rng = np.random.default_rng(1)
    g = hard_numbers(rng)
    x = rng.uniform(-1e-9, 3e-9, g.size)
    x[:: g.size // 7] = np.nan
    x[1 : 1 + DISPLACEMENT.edges.size] = DISPLACEMENT.edges
    row = GrowingHistogram(FINE)
    row.add(g)
    wide = COARSE.bins + 3
    cells = np.bincount(
        DISPLACEMENT.place(x) * wide + COARSE.place(g), minlength=(DISPLACEMENT.bins + 3) * wide
    )

    counted = OnePassHistograms(FINE, COARSE, DISPLACEMENT)
    for one, other in zip(np.array_split(x, parts), np.array_split(g, parts), strict=True):
        counted.add(one, other)
        assert counted.row.sum() == counted.cells.sum()

    assert np.array_equal(counted.row, row.snapshot().rows[0])
    assert np.array_equal(counted.cells.ravel(), cells)
    assert counted.row.sum() == g.size


def test_a_trace_counts_as_in_the_histogram_of_traces():
    rng = np.random.default_rng(2)
    g = 10.0 ** np.sort(rng.uniform(-6, 1, 500))[::-1]
    x = np.linspace(0.0, 2e-9, 500)
    of_traces = GrowingHistogram2D(DISPLACEMENT, COARSE)
    of_traces.add(Trace(0, (0, 500), x, g, 0.1, "open"))
    counted = OnePassHistograms(FINE, COARSE, DISPLACEMENT)
    counted.add(x - x[np.flatnonzero(g >= 0.5)[-1] + 1], g)

    assert np.array_equal(counted.cells, of_traces.snapshot().cells)


def test_axes_of_other_ends_are_refused():
    with pytest.raises(ValueError, match="same ends"):
        OnePassHistograms(FINE, BinAxis(Scale.LOG, 1e-6, 1e2, 280), DISPLACEMENT)
    with pytest.raises(ValueError, match="same ends"):
        OnePassHistograms(BinAxis.linear(0.1, 1.0, 0.1), BinAxis.linear(0.1, 1.0, 0.1), DISPLACEMENT)
