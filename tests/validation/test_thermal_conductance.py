"""A small version of the study of thermal conductance: the limits fail by chance with a probability below 1e-3."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.thermoelectric.thermal_conductance import bootstrapped
from analysis.thermoelectric.thermal_conductance_words import warnings_of
from tests.validation.thermal_conductance import Case, campaign

MOLECULE = Case("2w", 5.1e-4, 20e-12, 0.35, 0.0, 0.02, True, 1e6, 0.5, 0.5)


def test_errors_of_a_thermal_conductance_hold_the_truth_and_shams_vanish():
    rng = np.random.default_rng(11)
    pulls, chi2 = [], []
    for _ in range(8):
        result, true = campaign(rng, MOLECULE, 16)
        pulls.append((result.conductance.value - true) / result.conductance.sigma)
        chi2.append(result.sham.reduced_chi2)
    assert np.max(np.abs(pulls)) < 4.5
    assert 0.4 < np.sqrt(np.mean(np.square(pulls))) < 1.8
    assert abs(np.mean(pulls)) < 1.3
    assert 0.75 < np.mean(chi2) < 1.25


def test_a_pump_beside_the_alternating_heater_is_no_spread_of_the_junctions():
    rng = np.random.default_rng(14)
    quiet, pumped = (
        campaign(rng, replace(MOLECULE, spread=0.0, pump_V=pump_V), 40)[0] for pump_V in (0.0, 2e-7)
    )
    assert quiet.sham.error_scale == 1.0
    assert not any("a pump" in warning for warning in warnings_of(quiet))
    assert pumped.sham.error_scale > 2.0
    assert any("are multiplied by" in warning for warning in warnings_of(pumped))
    assert pumped.noise_sigma_W_per_K > 2.0 * quiet.noise_sigma_W_per_K
    assert np.isfinite(quiet.spread_W_per_K)
    assert np.isnan(pumped.spread_W_per_K), "equal molecules would scatter by five times the noise"


@pytest.mark.parametrize("spread", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("ruptures", [3, 5, 8, 20])
def test_two_errors_of_few_ruptures_hold_the_truth(ruptures, spread):
    """Windows end with exponential lifetimes, so that ruptures count very differently."""
    rng = np.random.default_rng(12)
    pulls = []
    for _ in range(200):
        sigma = np.clip(rng.exponential(1.0, ruptures), 0.05, 3.0) ** -0.5
        values = np.hypot(sigma, spread) * rng.standard_normal(ruptures)
        mean = bootstrapped(values, sigma, rng)
        pulls.append(mean.value / mean.sigma)
    assert np.mean(np.abs(pulls) < 2.0) > 0.9
    assert 0.6 < np.sqrt(np.mean(np.square(pulls))) < 1.3


def test_the_ratio_of_wiedemann_and_franz_has_the_error_of_the_joule_heat_in_it():
    """With one sign of the bias its share is uncertain: few ruptures with the heater off tell it."""
    case = Case("dc", bias_V=0.02, both_polarities=False, noise=0.2, lifetime_s=1.0, linger_s=1.0)
    rng = np.random.default_rng(13)
    for _ in range(4):
        result, _ = campaign(rng, case, 12)
        lorenz, mean = result.lorenz, result.conductance
        assert lorenz.sigma / lorenz.value == pytest.approx(mean.sigma / mean.value, rel=0.3)
        assert abs(lorenz.value - 1.05) < 3.0 * lorenz.sigma
