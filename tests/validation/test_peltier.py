"""A small version of the study of Peltier heat: the limits fail by chance with a probability below 1e-3."""

import numpy as np
import pytest

from tests.validation.peltier import Case, campaigns


def test_errors_of_a_peltier_coefficient_hold_the_truth_and_nothing_cools_at_50_mV():
    result = campaigns(np.random.default_rng(3), Case(), 60)
    assert np.mean(np.abs(result.pull) < 2.0) > 0.81
    assert 0.7 < np.sqrt(np.mean(result.pull**2)) < 1.35
    assert not result.cools.any()


def test_a_fine_tip_sees_the_cooling_at_small_bias_and_the_spread_makes_the_noise_too_small_an_error():
    result = campaigns(np.random.default_rng(3), Case(resistance_K_per_W=5e7, bias_V=0.006, spread=0.5), 20)
    assert result.cools.all()
    assert np.mean(np.abs(result.noise_pull) < 2.0) < np.mean(np.abs(result.pull) < 2.0)


@pytest.mark.parametrize(("resistance_K_per_W", "spread"), [(72_800.0, 0.1), (1e6, 0.1), (1e6, 0.5)])
@pytest.mark.parametrize("junctions", [3, 5, 8, 20])
def test_two_errors_of_few_junctions_hold_the_truth(junctions, resistance_K_per_W, spread):
    case = Case(junctions=junctions, resistance_K_per_W=resistance_K_per_W, spread=spread)
    pull = campaigns(np.random.default_rng(11), case, 200).pull
    assert np.mean(np.abs(pull) < 2.0) > 0.91
    assert 0.7 < np.sqrt(np.mean(pull**2)) < 1.3
    assert np.mean(np.abs(pull) < 1.0) > 0.6
