"""Newton's method on systems whose roots are known."""

import numpy as np
import pytest

from analysis.buettiker.coordinates import Natural, Squares
from analysis.buettiker.newton import roots


def unbounded(unknown, systems):
    return np.full_like(unknown, -1e3), np.full_like(unknown, 1e3)


def test_steps_are_damped_where_the_whole_one_would_diverge():
    """arctan(x - a): from |x - a| > 1.39 the plain method runs away. Each system has its own a."""
    root = np.array([0.3, -20.0, 7.0])

    def equations(unknown, systems):
        x = unknown - root[systems]
        return np.arctan(x), np.ones_like(x), lambda: (1 / (1 + x**2))[None]

    found = roots(equations, np.full((1, 3), 5.0), np.ones((1, 3)), unbounded, 40)
    assert found.found.all()
    assert found.unknown[0] == pytest.approx(root, abs=1e-12)
    assert found.iterations.min() > 1


def test_two_unknowns_and_one_system_without_a_root():
    def equations(unknown, systems):
        x, y = unknown
        shift = np.where(systems == 0, 1.0, -1.0)  # x^2 = -1 has no root
        value = np.stack([x**2 - shift, x * y - 2.0])
        zero = np.zeros_like(x)
        return value, np.ones_like(value), lambda: np.array([[2 * x, zero], [y, x]])

    found = roots(equations, np.full((2, 2), 3.0), np.ones((2, 2)), unbounded, 40)
    assert found.found.tolist() == [True, False]
    assert found.unknown[:, 0] == pytest.approx([1.0, 2.0], rel=1e-12)
    assert np.isfinite(found.unknown).all()


def test_bounds_limit_every_step():
    seen = []

    def equations(unknown, systems):
        seen.append(float(unknown[0, 0]))
        return unknown - 10.0, np.ones_like(unknown), lambda: np.ones((1, *unknown.shape))

    found = roots(equations, np.zeros((1, 1)), np.ones((1, 1)), lambda u, _: (u - 1.0, u + 1.0), 40)
    assert np.diff(seen).max() <= 1.0 + 1e-12
    assert found.unknown[0, 0] == pytest.approx(10.0)


def test_a_singular_jacobian_is_no_root():
    def equations(unknown, systems):
        return np.ones_like(unknown), np.ones_like(unknown), lambda: np.zeros((1, *unknown.shape))

    assert not roots(equations, np.zeros((1, 2)), np.ones((1, 2)), unbounded, 40).found.any()


@pytest.mark.parametrize("coordinates", [Squares(), Natural()])
def test_coordinates_go_there_and_back_and_know_their_slopes(coordinates):
    """Two chemical potentials, the second of a probe whose temperature floats too."""
    own, state = np.array([1]), np.array([[0.3, -0.2], [0.1, 0.4], [0.02, 0.05]])
    unknown = coordinates.unknown(state, own)
    assert coordinates.state(unknown, own) == pytest.approx(state, rel=1e-14)
    slopes = coordinates.slopes(state, own)
    for j in range(3):
        step = 1e-6 * np.eye(3)[j][:, None] * unknown
        change = coordinates.state(unknown + step, own) - coordinates.state(unknown - step, own)
        assert change / (2e-6 * unknown[j]) == pytest.approx(slopes[:, j], rel=1e-8, abs=1e-10)
    low, high = coordinates.bounds(unknown, own, np.ones(2))
    assert np.all(low < unknown) and np.all(high > unknown) and np.all(low[2] > 0)
