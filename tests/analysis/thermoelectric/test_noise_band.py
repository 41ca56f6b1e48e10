import numpy as np
import pytest

from analysis.thermoelectric.noise_band import band_noise
from simulators.signal.mains import Mains, MainsParameters

RATE_Hz, SECONDS = 20_000.0, 20.0
WHITE_A2 = 1e-24


@pytest.mark.parametrize("wander_Hz", [0.0, 0.02])
def test_lines_of_mains_that_wander_are_no_noise_of_a_resistor(wander_Hz):
    """As a rack of power supplies makes them: up to 6 kHz, together three times the white noise of the band."""
    rng = np.random.default_rng(1)
    harmonics = [1.0] * 3 + [0.1] * 117
    mains = MainsParameters(
        frequency_Hz=50.0, wander_Hz=wander_Hz, harmonics=harmonics, current_A=0.0, thermocouple_V=0.0
    )
    time_s = 100.0 + np.arange(round(SECONDS * RATE_Hz)) / RATE_Hz
    hum_A = Mains(mains, 1.7e-10 / 10.0, rng).values(time_s)
    noise_A = np.sqrt(WHITE_A2 * RATE_Hz / 2.0) * rng.standard_normal(len(time_s))

    found = band_noise(noise_A + hum_A, RATE_Hz, 50.0)

    assert abs(found.density_A2_per_Hz / WHITE_A2 - 1.0) < 4.0 * found.relative
    assert found.relative < 0.005
    assert abs(found.flicker_A2) < 4.0 * found.flicker_sigma_A2
