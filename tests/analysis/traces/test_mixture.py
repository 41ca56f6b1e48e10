"""Batches of fits of overlapping Gaussians."""

import numpy as np
import pytest

from analysis.traces.mixture import MOST_LEAN, fit_mixtures

X = np.linspace(-4.0, -1.0, 61)
SIGMAS = (0.06, 0.8)


def bell(centre, sigma, height):
    return height * np.exp(-0.5 * ((X - centre) / sigma) ** 2)


def start(*centres, sigma=0.25, many=1):
    return np.tile(centres, (many, 1)), np.full((many, len(centres)), sigma)


def test_two_overlapping_gaussians_on_a_line_are_found_exactly():
    y = bell(-2.7, 0.25, 1.0) + bell(-2.1, 0.2, 0.6) + 0.3 - 0.05 * X
    found = fit_mixtures(X, y[None], start(-2.6, -2.0), SIGMAS)
    assert found.centre[0] == pytest.approx([-2.7, -2.1], abs=1e-4)
    assert found.sigma[0] == pytest.approx([0.25, 0.2], abs=1e-4)
    assert found.amplitude[0] == pytest.approx([1.0, 0.6], abs=1e-3)
    assert found.cost[0] < 1e-8
    parts = found.curves(X)
    assert parts.shape == (1, 3, X.size)
    assert parts[0].sum(axis=0) == pytest.approx(y, abs=1e-4)


def test_a_batch_gives_what_each_fit_gives_alone():
    rng = np.random.default_rng(1)
    y = bell(-2.5, 0.3, 1.0) + 0.02 * rng.standard_normal((5, X.size))
    together = fit_mixtures(X, y, start(-2.4, many=5), SIGMAS)
    alone = [fit_mixtures(X, row[None], start(-2.4), SIGMAS).centre[0, 0] for row in y]
    assert together.centre[:, 0] == pytest.approx(alone, abs=1e-6)


def test_centres_and_widths_stay_within_their_bounds():
    y = np.stack([bell(-0.5, 0.3, 1.0), bell(-2.5, 1.5, 1.0), bell(-2.5, 0.02, 1.0)])
    found = fit_mixtures(X, y, start(-2.0, many=3), SIGMAS, terms=0)
    assert np.all((found.centre >= -4.0) & (found.centre <= -1.0))
    assert np.all((found.sigma >= 0.06) & (found.sigma <= 0.8))


def test_what_lies_outside_of_a_window_does_not_count():
    y = bell(-2.7, 0.25, 1.0) + bell(-1.2, 0.1, 5.0)
    inside = (X < -1.8)[None]
    found = fit_mixtures(X, y[None], start(-2.6), SIGMAS, inside=inside)
    assert found.centre[0, 0] == pytest.approx(-2.7, abs=1e-3)


def test_fewer_points_than_parameters_are_refused():
    with pytest.raises(ValueError, match="fewer points than the 8 parameters"):
        fit_mixtures(X[:7], X[None, :7], start(-4.0, -3.9), SIGMAS)


@pytest.mark.parametrize("lean", [0.35, -0.2, 0.0])
def test_the_centre_of_a_leaning_peak_is_its_maximum(lean):
    u = (X + 2.7) / 0.25
    y = (
        np.exp(-0.5 * (np.log(np.maximum(1.0 + lean * u, 1e-9)) / lean) ** 2)
        if lean
        else bell(-2.7, 0.25, 1.0)
    )
    found = fit_mixtures(X, (y + 0.1 - 0.02 * X)[None], (*start(-2.5, sigma=0.4), np.zeros((1, 1))), SIGMAS)
    assert found.centre[0, 0] == pytest.approx(-2.7, abs=1e-3)
    assert found.sigma[0, 0] == pytest.approx(0.25, abs=1e-3)
    assert found.lean[0, 0] == pytest.approx(lean, abs=1e-3)
    assert found.curves(X)[0].sum(axis=0) == pytest.approx(y + 0.1 - 0.02 * X, abs=1e-3)


def test_the_lean_of_a_narrow_step_stops_at_its_bound():
    y = np.where(X > -2.7, np.exp(-(X + 2.7) / 0.3), 0.0)
    found = fit_mixtures(X, y[None], (*start(-2.5), np.zeros((1, 1))), SIGMAS, terms=0)
    assert found.lean[0, 0] == MOST_LEAN


def test_a_bell_that_is_nowhere_in_its_window_ends_no_fit():
    """A resample may have its peak elsewhere; "Singular matrix" had ended the analysis of all traces."""
    y = bell(-1.1, 0.06, 1.0)[None]
    inside = X[None] < -3.5
    found = fit_mixtures(X, y, start(-1.1, sigma=0.06), SIGMAS, 0, inside)
    assert np.isfinite(found.centre).all() and np.isfinite(found.amplitude).all()
