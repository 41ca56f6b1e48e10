import numpy as np
import pytest

from analysis.iv.mean import CurveRules, equal_power_amplitudes, mean_iv
from analysis.iv.sweeps import Sweep

PEAK_V = 1.3
N = 400
BIAS_V = np.interp(np.arange(N) / (N - 1), [0, 0.25, 0.75, 1], [0, PEAK_V, -PEAK_V, 0])


def cubic(voltage, conductance_S=1.5e-7):
    """A strongly non-linear junction."""
    return conductance_S * (voltage + 0.8 * voltage**3)


def sweep(number=0, current=None, bias_V=BIAS_V, **more):
    return Sweep(number, (0, bias_V.size), bias_V, cubic(bias_V) if current is None else current, **more)


def test_the_mean_of_equal_curves_is_the_curve():
    mean = mean_iv([sweep(k, junction=k) for k in range(4)])

    np.testing.assert_allclose(mean.current_A, cubic(mean.voltage_V), rtol=2e-3, atol=1e-12)
    np.testing.assert_allclose(mean.sd_A, 0, atol=1e-20)
    assert (mean.junctions, mean.curves, mean.dropped) == (4, 4, {})
    assert mean.voltage_V[50] == 0


def test_spread_is_that_of_the_junctions_not_of_the_mean():
    factors = [0.8, 1.0, 1.2]

    mean = mean_iv([sweep(k, f * cubic(BIAS_V), junction=k) for k, f in enumerate(factors)])

    np.testing.assert_allclose(mean.sd_A[-1] / mean.current_A[-1], 0.2, rtol=1e-9)


def test_several_curves_of_one_junction_count_once():
    three_of_one = [sweep(k, 2 * cubic(BIAS_V), junction=0) for k in range(3)]

    mean = mean_iv([*three_of_one, sweep(3, junction=1)])

    assert (mean.junctions, mean.curves) == (2, 4)
    np.testing.assert_allclose(mean.current_at(1.0), 1.5 * cubic(1.0), rtol=2e-3)


def test_both_directions_are_kept():
    hysteresis = 2e-9 * np.sign(np.gradient(BIAS_V))

    mean = mean_iv([sweep(0, cubic(BIAS_V) + hysteresis)])

    inner = np.abs(mean.voltage_V) < 1
    np.testing.assert_allclose((mean.rising_A - mean.falling_A)[inner], 4e-9, rtol=0.2)
    np.testing.assert_allclose(mean.current_A[inner], cubic(mean.voltage_V[inner]), rtol=1e-2, atol=1e-9)


def test_curves_are_aligned_where_the_current_is_nought():
    mean = mean_iv([sweep(0, cubic(BIAS_V - 0.02)), sweep(1, cubic(BIAS_V + 0.02), junction=1)])

    np.testing.assert_allclose(mean.current_at([-1.0, 0.0, 1.0]), cubic(np.array([-1, 0, 1])), atol=1e-9)
    np.testing.assert_allclose(mean.sd_A, 0, atol=2e-9)
    assert mean.largest_V == pytest.approx(PEAK_V - 0.02, abs=0.01)


def test_the_bias_before_the_sweep_and_the_series_resistance_are_not_the_junction_s():
    applied = BIAS_V + 1e5 * cubic(BIAS_V)
    applied[:2] = 0.1

    mean = mean_iv([sweep(0, cubic(BIAS_V), applied)], series_resistance_ohm=1e5)

    np.testing.assert_allclose(mean.current_at(1.0), cubic(1.0), rtol=2e-3)


def fading(share):
    return cubic(BIAS_V) * np.linspace(1, 1 - share, N)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (sweep(9, kind="ruptured"), "ruptured"),
        (sweep(9, ended="current"), "current"),
        (sweep(9, flags=("railed",)), "railed"),
        (sweep(9, fading(0.5)), "ends differ"),
        (sweep(9, -cubic(BIAS_V)), "no conductance at 0 V"),
        (sweep(9, cubic(BIAS_V - 0.3)), "far from the origin"),
        (sweep(9, cubic(np.abs(BIAS_V)), np.abs(BIAS_V)), "not to both sides"),
    ],
)
def test_curves_that_do_not_count_are_counted_by_reason(bad, reason):
    mean = mean_iv([sweep(0), bad])

    assert mean.dropped == {reason: 1}
    assert mean.curves == 1
    with pytest.raises(ValueError, match=f"1 {reason}"):
        mean_iv([bad])


def test_a_curve_that_changes_a_little_counts():
    assert mean_iv([sweep(0, fading(0.2))]).curves == 1


def test_ohmic_amplitudes_of_equal_steps_of_power_are_as_roots():
    ohmic = mean_iv([sweep(0, 7.7e-5 * BIAS_V)], rules=CurveRules(points=201))

    found = equal_power_amplitudes(ohmic, 5, 1.0)

    np.testing.assert_allclose(found, np.sqrt(np.arange(1, 6) / 5), rtol=1e-3)
    np.testing.assert_allclose(ohmic.power_W(found), 7.7e-5 * np.arange(1, 6) / 5, rtol=2e-3)
    np.testing.assert_allclose(ohmic.expected_A(found), 7.7e-5 * found, rtol=1e-6)


def test_the_amplitudes_of_lee_2013_are_equal_steps_on_a_cubic_power():
    """P ~ V^2.98 makes their 0.74 ... 1.27 V of five equal steps, within a few per cent."""
    current = np.sign(BIAS_V) * np.abs(BIAS_V) ** 1.98 + 1e-3 * BIAS_V

    found = equal_power_amplitudes(mean_iv([sweep(0, 1e-7 * current)]), 5, 1.27)

    np.testing.assert_allclose(found, [0.74, 0.95, 1.08, 1.18, 1.27], rtol=0.02)


@pytest.mark.parametrize("largest_V", [0, -1, 1.4])
def test_amplitudes_beyond_the_curve_are_refused(largest_V):
    with pytest.raises(ValueError, match="within the curve"):
        equal_power_amplitudes(mean_iv([sweep()]), 5, largest_V)
