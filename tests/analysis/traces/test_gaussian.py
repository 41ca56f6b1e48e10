import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares

from analysis.traces.gaussian import fit_gaussians

X = np.linspace(0.5, 1.5, 101)


def model(x, centre, sigma, amplitude, *background):
    t = (x - (x[0] + x[-1]) / 2) / ((x[-1] - x[0]) / 2)
    return amplitude * np.exp(-0.5 * ((x - centre) / sigma) ** 2) + sum(
        b * t**k for k, b in enumerate(background)
    )


@settings(max_examples=60)
@given(
    st.floats(0.8, 1.2),
    st.floats(0.03, 0.12),
    st.floats(1e-6, 1e6),
    st.lists(st.floats(-0.5, 0.5), max_size=2),
    st.sampled_from([-1.0, 0.0, 1.0]),
    st.sampled_from([0.5, 1.0, 2.0]),
)
def test_curve_without_noise_is_found_again(centre, sigma, amplitude, background, shift, factor):
    y = model(X, centre, sigma, amplitude, *(amplitude * b for b in background))

    fit = fit_gaussians(X, y, (centre + shift * sigma, factor * sigma), len(background))

    assert fit.good[0]
    assert fit.centre[0] == pytest.approx(centre, abs=1e-6)
    assert fit.sigma[0] == pytest.approx(sigma, rel=1e-5)
    assert fit.amplitude[0] == pytest.approx(amplitude, rel=1e-5)
    assert fit.background[0] == pytest.approx([amplitude * b for b in background], abs=1e-5 * amplitude)
    assert fit.curve(X)[0][0] == pytest.approx(y, abs=1e-5 * amplitude)


@pytest.mark.parametrize("terms", [0, 1, 2])
def test_noisy_data_have_the_minimum_that_scipy_finds(terms):
    rng = np.random.default_rng(terms)
    truth = (0.93, 0.05, 100.0, 40.0, 10.0)[: 3 + terms]
    y = model(X, *truth) + 5.0 * rng.standard_normal((20, X.size))

    fits = fit_gaussians(X, y, (0.95, 0.07), terms)

    for i, row in enumerate(y):
        reference = least_squares(lambda p, row=row: model(X, *p) - row, truth, xtol=1e-12, ftol=1e-12)
        assert fits.centre[i] == pytest.approx(reference.x[0], abs=1e-6)
        assert fits.sigma[i] == pytest.approx(abs(reference.x[1]), abs=1e-6)
        assert fits.cost[i] == pytest.approx(2.0 * reference.cost, rel=1e-9)


def test_each_fit_of_a_batch_is_what_it_is_alone():
    rng = np.random.default_rng(9)
    y = model(X, 0.95, 0.05, 10.0, 5.0) + rng.standard_normal((6, X.size))
    inside = np.array([high > X for high in (1.1, 1.15, 1.2, 1.3, 1.4, 2.0)])

    batch = fit_gaussians(X, y, (0.95, 0.05), 2, inside)

    for i in range(6):
        alone = fit_gaussians(X, y[i], (0.95, 0.05), 2, inside[i])
        assert batch.centre[i] == pytest.approx(alone.centre[0], abs=1e-9)
        assert batch.good[i] == alone.good[0]


def test_what_lies_outside_the_window_does_not_matter():
    y = model(X, 0.95, 0.05, 10.0, 5.0)
    inside = (X > 0.75) & (X < 1.2)

    fit = fit_gaussians(X, np.where(inside, y, 1e6), (1.0, 0.1), 1, inside)

    assert fit.centre[0] == pytest.approx(0.95, abs=1e-6)


def test_data_without_peak_yield_no_good_fit():
    falling = np.exp(-X)[None] * np.array([[1.0], [-1.0]])

    fits = fit_gaussians(X, falling, (1.0, 0.1), 0)

    assert not fits.good.any()


def test_dip_is_not_a_good_fit():
    fit = fit_gaussians(X, model(X, 1.0, 0.05, -10.0, 20.0), (1.0, 0.05), 1)

    assert fit.amplitude[0] == pytest.approx(-10.0, rel=1e-6)
    assert not fit.good[0]


def test_zeros_neither_fail_nor_pass():
    fit = fit_gaussians(X, np.zeros((3, X.size)), (1.0, 0.05), 2)

    assert np.isfinite(fit.centre).all()
    assert not fit.good.any()


def test_least_sigma_keeps_a_fit_off_a_spike():
    y = model(X, 1.0, 0.1, 10.0)
    y[40] += 60.0

    free = fit_gaussians(X, y, (0.9, 0.005), 1)
    bound = fit_gaussians(X, y, (1.0, 0.1), 1, least_sigma=0.03)

    assert free.sigma[0] < 0.01
    assert bound.centre[0] == pytest.approx(1.0, abs=0.05)


def test_too_few_points_are_refused():
    with pytest.raises(ValueError, match="fewer points than the 5 parameters"):
        fit_gaussians(X, X, (1.0, 0.1), 2, X < 0.53)


def test_one_of_a_batch_can_be_taken():
    y = np.stack([model(X, c, 0.05, 10.0) for c in (0.8, 0.9, 1.0)])
    fits = fit_gaussians(X, y, (0.9, 0.08), 0)

    assert fits[1].centre.tolist() == fits.centre[1:2].tolist()
    assert fits[fits.centre > 0.85].centre.size == 2
