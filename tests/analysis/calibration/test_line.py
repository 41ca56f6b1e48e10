import numpy as np
import pytest

from analysis.calibration.line import fit_line
from analysis.statistics.junction_mean import few_widening


def test_an_exact_line_has_no_error():
    x = np.array([-1.0, 0.0, 3.0, 7.0])

    line = fit_line(x, 2.0 - 0.5 * x)

    assert (line.slope, line.intercept) == pytest.approx((-0.5, 2.0), abs=1e-14)
    assert (line.slope_sigma, line.intercept_sigma) == pytest.approx((0.0, 0.0), abs=1e-14)


@pytest.mark.parametrize("given", [True, False])
def test_errors_cover_the_truth_as_often_as_they_say(given):
    rng = np.random.default_rng(3)
    x, sigma = np.linspace(0.0, 5.0, 12), np.linspace(0.5, 1.0, 12) if given else np.full(12, 0.7)
    pulls = []
    for _ in range(800):
        line = fit_line(x, 3.0 * x + 1.0 + sigma * rng.standard_normal(12), sigma if given else None)
        pulls.append([(line.slope - 3.0) / line.slope_sigma, (line.intercept - 1.0) / line.intercept_sigma])
    # 12 points without errors: a Student t of 10 degrees of freedom, of which 0.66 lie within 1
    assert np.mean(np.abs(pulls) < 1.0, axis=0) == pytest.approx([0.68, 0.68], abs=0.06)


@pytest.mark.parametrize("points", [3, 4, 6])
def test_two_errors_of_a_line_through_few_points_hold_the_truth(points):
    """Three points gave errors of which two held the slope in 0.72 of the lines."""
    rng, x = np.random.default_rng(4), np.linspace(-1.0, 1.0, points)
    lines = [fit_line(x, 2.0 * x + rng.standard_normal(points)) for _ in range(400)]
    assert np.mean([abs(one.slope - 2.0) < 2.0 * one.slope_sigma for one in lines]) > 0.91
    assert np.mean([abs(one.intercept) < 2.0 * one.intercept_sigma for one in lines]) > 0.91


def test_scatter_beyond_the_errors_counts():
    x = np.arange(20.0)
    y = x + np.where(np.arange(20) % 2, 1.0, -1.0)

    tight, honest = fit_line(x, y, np.full(20, 0.01)), fit_line(x, y)

    assert tight.reduced_chi2 == pytest.approx(1e4, rel=0.2)
    assert few_widening(19) * tight.slope_sigma == pytest.approx(honest.slope_sigma)


@pytest.mark.parametrize("x", [[1.0, 2.0], [1.0, 1.0, 1.0]])
def test_too_few_points(x):
    with pytest.raises(ValueError, match="needs three"):
        fit_line(np.array(x), np.array(x))
