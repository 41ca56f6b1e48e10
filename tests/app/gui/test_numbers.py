import numpy as np
import pytest

from analysis.numbers import fixed_decimals, power, significant, with_error
from app.gui.plots.decimate import decimated
from app.gui.plots.ranges import held, round_range, span


@pytest.mark.parametrize(
    ("value", "resolution", "text"),
    [
        (0.25, 0.05, "0.25"),
        (-3.0, 1.0, "−3"),
        (-1e-9, 0.1, "0.0"),
        (0.30000000000000004, 0.1, "0.3"),
        (250000.0, 50000.0, "2.5×10⁵"),
        (2e-5, 1e-5, "2×10⁻⁵"),
        (float("nan"), 0.1, "–"),
    ],
)
def test_fixed(value: float, resolution: float, text: str) -> None:
    assert fixed_decimals(value, resolution) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.00207, "0.00207"),
        (3.1e-6, "3.10×10⁻⁶"),
        (0.0, "0"),
        (-12.34, "−12.3"),
        (1234.5, "1234"),
        (4e7, "4.00×10⁷"),
    ],
)
def test_significant(value: float, text: str) -> None:
    assert significant(value) == text


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (2.07e-3, 5e-5, "(2.07 ± 0.05)×10⁻³"),
        (0.982, 0.004, "0.982 ± 0.004"),
        (0.9823, 0.0011, "0.9823 ± 0.0011"),
        (1.5, float("nan"), "1.50"),
    ],
)
def test_with_error(value: float, error: float, text: str) -> None:
    assert with_error(value, error) == text


def test_power() -> None:
    assert power(-3) == "10⁻³"
    assert power(12) == "10¹²"


def test_span_leaves_out_what_is_not_finite() -> None:
    assert span([np.nan, 2.0, -1.0], [np.inf, 5.0]) == (-1.0, 5.0)
    assert span([np.nan], []) is None


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-3e-9, 5e-7), (412.2, 412.9), (7.0, 7.0), (0.0, 0.0)])
def test_round_range_holds_the_data_with_little_room(low: float, high: float) -> None:
    a, b = round_range(low, high)
    assert a < low
    assert b > high
    if high > low:
        assert (b - a) < 1.25 * (high - low)


def test_a_range_is_held_until_the_data_leave_it_or_shrink() -> None:
    first = held(None, (0.0, 10.0))
    assert held(first, (0.5, 9.0)) is first
    assert held(first, (0.5, 12.0)) != first
    assert held(first, (4.0, 4.5)) != first
    assert held(first, None) is first
    counts = held(None, (3.0, 10.0), zero=True)
    assert counts is not None
    assert counts[0] == 0.0


def test_decimation_keeps_every_spike() -> None:
    rng = np.random.default_rng(1)
    x = np.linspace(0.0, 30.0, 60_000)
    y = rng.standard_normal(x.size)
    y[[17, 40_321]] = 50.0, -60.0
    thin_x, thin_y = decimated(x, y, 0.0, 30.0, 600)
    assert thin_x.size <= 2 * 602
    assert (thin_y.max(), thin_y.min()) == (50.0, -60.0)
    assert np.all(np.diff(thin_x) >= 0)
    for column in (0, 123, 599):
        inside = (x >= 0.05 * column) & (x < 0.05 * (column + 1))
        shown = (thin_x >= 0.05 * column - 1e-9) & (thin_x < 0.05 * (column + 1) - 1e-9)
        assert thin_y[shown].max() == y[inside].max()
        assert thin_y[shown].min() == y[inside].min()


def test_decimation_leaves_short_lines_and_gaps() -> None:
    x, y = np.arange(10.0), np.arange(10.0)
    assert decimated(x, y, 0.0, 10.0, 100) == (x, y)
    y = np.ones(10_000)
    y[2000:4000] = np.nan
    thin_x, thin_y = decimated(np.arange(10_000.0), y, 0.0, 10_000.0, 100)
    gap = (thin_x >= 2000) & (thin_x < 4000)
    assert np.isnan(thin_y[gap]).all()
    assert np.isfinite(thin_y[~gap]).all()


def test_points_without_a_place_on_the_axis_are_gaps_of_a_decimated_line():
    """Displacements before the break have none on a logarithmic axis."""
    x = np.concatenate([np.full(500, np.nan), np.linspace(0.0, 1.0, 2000)])
    thin_x, thin_y = decimated(x, np.ones(x.size), 0.0, 1.0, 100)
    assert np.isnan(thin_x[:2]).all() and np.isfinite(thin_x[2:]).all()
    assert np.isfinite(thin_y).all()
