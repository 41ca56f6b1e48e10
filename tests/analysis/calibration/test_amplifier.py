import numpy as np
import pytest

from analysis.calibration.amplifier import gain_on_resistor

BIAS = np.linspace(-1.0, 1.0, 11)


def test_gain_and_offset_of_an_ideal_amplifier():
    found = gain_on_resistor(BIAS, 3e-4 + 1.002e5 * BIAS / 1e6, 1e6, 1e3)

    assert found.gain_V_per_A == pytest.approx(1.002e5)
    assert found.offset_V == pytest.approx(3e-4)
    assert found.uncertainty_V_per_A == pytest.approx(1.002e5 * 1e-3), "nothing but the resistor's"


def test_noise_is_in_the_error():
    rng = np.random.default_rng(0)
    found = [
        gain_on_resistor(BIAS, 1e5 * BIAS / 1e6 + 1e-4 * rng.standard_normal(11), 1e6, 0.0)
        for _ in range(300)
    ]
    pulls = [(one.gain_V_per_A - 1e5) / one.uncertainty_V_per_A for one in found]

    assert np.mean(np.abs(pulls) < 2.0) == pytest.approx(0.954, abs=0.03)


def test_an_open_circuit_is_told():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="no resistor"):
        gain_on_resistor(BIAS, 1e-4 * rng.standard_normal(11), 1e6, 0.0)


def test_an_output_that_falls_as_the_bias_rises_is_that_of_an_inverting_amplifier():
    noise_V = 1e-4 * np.random.default_rng(0).standard_normal(11)

    found = gain_on_resistor(BIAS, noise_V + 3e-4 - 9.963 * BIAS, 1e4, 5.0)

    assert found.inverting
    assert found.gain_V_per_A == pytest.approx(9.963e4, rel=1e-4), "without its sign"
    assert found.offset_V == pytest.approx(3e-4, abs=2e-4)
