"""Expected errors against what the estimators themselves find."""

import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.line_fit import line_with_both_errors
from analysis.thermoelectric.detectability import (
    current_noise_A2_per_Hz,
    open_circuit_sigma_V,
    thermopower_sigma_V_per_K,
)
from analysis.thermoelectric.open_circuit import open_circuit


@pytest.mark.parametrize("levels", [(0.01, 0.0, -0.01), (0.01, 0.0, 0.01)])
def test_the_error_of_an_open_circuit_voltage_is_that_of_its_line(levels):
    bias_V, G = np.repeat(levels, 200), 0.005 * G0_S
    line = open_circuit(bias_V, G * bias_V, 1e-24, 2000.0)
    expected = open_circuit_sigma_V(np.array(levels), np.full(3, 1 / 3), 0.3, G, 1e-24)
    assert expected == pytest.approx(line.sigma_open_circuit_V, rel=1e-9)


def test_flicker_of_the_conductance_adds_to_it():
    """A sine of 4 mV rms, S_G/G2 = 1e-5/Hz, 0.5 s: sqrt(1e-5 / (2 x 0.5)) x 4 mV."""
    levels, share = np.array([4e-3, -4e-3]), np.full(2, 0.5)
    assert open_circuit_sigma_V(levels, share, 0.5, 1e-6, 0.0, 1e-5) == pytest.approx(12.65e-6, rel=1e-3)


def test_the_error_of_a_thermopower_is_that_of_the_line_through_its_means():
    theta_K, sigma_V = np.array([0.0, 10.0, 20.0]), np.hypot(11e-6, 6e-6 * np.array([0.0, 10.0, 20.0]))
    line = line_with_both_errors(theta_K, 12e-6 * theta_K, np.full(3, 1e-9), sigma_V / np.sqrt(60))
    assert thermopower_sigma_V_per_K(theta_K, 60, 11e-6, 6e-6) == pytest.approx(line.sigma_slope, rel=1e-4)
    with pytest.raises(ValueError, match="two temperature differences"):
        thermopower_sigma_V_per_K(np.zeros(2), 60, 11e-6, 6e-6)


def test_the_converter_dominates_the_current_noise_at_its_widest_range():
    """1.9 pA/rtHz at 1e6 V/A, +-10 V and 2 kHz; ten times less at +-1 V, where Johnson noise is 0.13 pA/rtHz."""
    wide, narrow = (current_noise_A2_per_Hz(1e6, range_V, 2000.0, 1e-12) for range_V in (10.0, 1.0))
    assert wide**0.5 == pytest.approx(1.90e-12, rel=0.01)
    assert narrow**0.5 == pytest.approx(0.229e-12, rel=0.01)
