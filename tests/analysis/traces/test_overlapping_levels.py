"""One level, two that are apart, two that merge; what is fitted together with what."""

import numpy as np
import pytest
from scipy.stats import norm

from analysis.traces.histogram import BinAxis, Histogram
from analysis.traces.mixture import fit_mixtures
from analysis.traces.overlapping_levels import HALF_RANGES, ONE, SIGMAS, TWO, level_at, ranges
from analysis.traces.peak_finder import PeakCandidate

LOG = BinAxis.log(1e-5, 1.0, 100)


def histogram(rng, n, *levels):
    """Plateaus of 100 samples at levels of (centre, scatter, share of the traces), and a flat tail."""
    rows = []
    for _ in range(n):
        parts = [np.arange(-0.5, -5.0, -0.02)]
        parts += [
            c + s * rng.standard_normal() + 0.02 * rng.standard_normal(100)
            for c, s, p in levels
            if rng.random() < p
        ]
        rows.append(np.bincount(LOG.place(10.0 ** np.concatenate(parts)), minlength=LOG.bins + 3))
    return Histogram(LOG, np.array(rows))


def level(rng, counted, maximum):
    return level_at(counted, maximum, (), (maximum - 2.0, -0.6), 2, 100, rng)


def test_two_levels_that_are_seen_apart_are_two():
    rng = np.random.default_rng(1)
    found = level(rng, histogram(rng, 400, (-2.7, 0.2, 0.7), (-1.7, 0.15, 0.4)), -2.7)
    assert found.share_of_two > TWO
    assert not found.undecided
    assert found.fit.centre.shape == (1, 2)
    assert found.centre[0] == pytest.approx(-2.7, abs=3 * (found.interval[1] - found.interval[0]) / 2)
    whole, rest = found.curve(np.array([-2.7, -1.7]))
    assert rest[0, 1] == pytest.approx(
        whole[0, 1], rel=0.02
    )  # the other level belongs to what lies under this one


def test_an_interval_of_merged_levels_covers_what_one_and_what_two_say():
    rng = np.random.default_rng(2)
    found = level(rng, histogram(rng, 400, (-2.7, 0.25, 0.7), (-2.1, 0.2, 0.5)), -2.5)
    assert ONE <= found.share_of_two <= TWO
    assert found.undecided
    assert len(found.possible) > 1
    lows, highs = zip(*(found.intervals[fit] for fit in found.possible), strict=True)
    assert found.interval == (min(lows), max(highs))
    assert found.interval[0] < -2.7 + (found.interval[1] - found.interval[0])


def test_a_single_level_is_where_it_is():
    rng = np.random.default_rng(3)
    found = level(rng, histogram(rng, 400, (-2.7, 0.25, 0.7)), -2.7)
    assert not found.undecided
    assert found.centre[0] == pytest.approx(-2.7, abs=0.05)
    assert found.sigma[0] == pytest.approx(0.25, rel=0.2)


def test_a_candidate_is_fitted_with_its_nearest_neighbour_and_no_third():
    def at(centre, low, high, significance=9.0):
        return PeakCandidate(centre, 0.2, low, high, significance)

    three = [at(-4.0, -4.6, -3.6), at(-3.2, -3.6, -2.6), at(-2.2, -2.6, -1.8)]
    assert ranges(three, -6.0, -0.5) == [(-6.0, -2.6), (-5.2, -2.6), (-3.6, -0.5)]
    bump = [three[0], at(-3.2, -3.6, -2.6, significance=2.6), three[2]]
    assert ranges(bump, -6.0, -0.5)[0] == (-6.0, -4.0 + HALF_RANGES[-1])


@pytest.mark.parametrize("scatter", [0.02, 0.03, 0.05])
def test_a_level_narrower_than_the_usual_bins_is_fitted_in_finer_ones(scatter):
    rng = np.random.default_rng(4)
    counted = histogram(rng, 400, (-2.713, scatter, 0.7))

    found = level_at(counted, -2.71, (), (-4.7, -0.6), 2, 100, rng, scatter)

    assert found.sigmas[0] < found.sigma[0] < SIGMAS[1]
    assert found.sigma[0] == pytest.approx(np.hypot(scatter, 0.02), rel=0.4)
    assert found.centre[0] == pytest.approx(-2.713, abs=0.01)
    assert not found.undecided


def scattered(rng, deviates):
    """Plateaus at -2.7 and deviates of unit variance times 0.25 decades, and a flat tail."""
    rows = [histogram(rng, 1, (-2.7 + 0.25 * deviate, 0.0, 1.0)).rows[0] for deviate in deviates]
    return Histogram(LOG, np.array(rows))


def test_the_maximum_of_a_skewed_level_is_where_it_is():
    """A Gaussian is at -2.61 here, four of its errors off."""
    rng = np.random.default_rng(4)
    found = level(rng, scattered(rng, (rng.gamma(4.0, size=1000) - 3.0) / 2.0), -2.7)
    assert found.share_of_two < TWO
    assert found.skewness_known
    assert found.fit.lean[0, 0] == pytest.approx(0.39, abs=0.15)
    assert found.centre[0] == pytest.approx(-2.7, abs=0.04)


def test_a_symmetric_level_is_a_gaussian():
    """That a lean is not fitted keeps its error: it would be 1.7 times as large."""
    rng = np.random.default_rng(6)
    found = level(rng, scattered(rng, norm.ppf((np.arange(400) + 0.5) / 400)), -2.7)
    assert found.possible == (0,)
    assert found.skewness_known
    assert not found.fit.lean.any()
    gaussian, leaning, _ = found.intervals
    assert found.interval == gaussian
    assert np.ptp(leaning) > 1.3 * np.ptp(gaussian)


def test_few_traces_do_not_show_the_skewness_even_if_a_gaussian_wins():
    rng = np.random.default_rng(7)
    found = level(rng, scattered(rng, norm.ppf((np.arange(30) + 0.5) / 30)), -2.7)
    assert 0 in found.possible
    assert not found.skewness_known


def test_a_level_that_leans_farther_than_any_that_is_fitted_is_not_known():
    """A steep edge with a long tail."""
    rng = np.random.default_rng(5)
    found = level(rng, scattered(rng, rng.exponential(1.6, size=200) - 0.8), -2.7)
    assert not found.skewness_known


def test_equal_resamples_are_fitted_once(monkeypatch):
    fitted = []
    monkeypatch.setattr(
        "analysis.traces.overlapping_levels.fit_mixtures",
        lambda x, y, *rest: fitted.append(len(y)) or fit_mixtures(x, y, *rest),
    )
    rng = np.random.default_rng(9)
    found = level(rng, histogram(rng, 3, (-2.7, 0.25, 1.0)), -2.7)
    assert max(fitted[3:6]) <= 10  # ways to draw three traces out of three
    assert found.amplitudes.shape == (100,)
