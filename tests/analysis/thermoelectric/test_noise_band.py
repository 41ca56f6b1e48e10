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


@pytest.mark.parametrize("line_A", [1e-12, 3e-12, 1e-11, 1e-10, 1e-9])
@pytest.mark.parametrize("frequency_Hz", [1487.3, 3311.0])
def test_a_line_of_a_supply_or_a_rotor_is_no_noise(frequency_Hz, line_A):
    """It had counted as white noise: 10 pA were 2 %, five errors of a hold, 100 pA 5 %, thirteen errors."""
    rng = np.random.default_rng(2)
    time_s = np.arange(round(SECONDS * RATE_Hz)) / RATE_Hz
    pulls = []
    for _ in range(10):
        line = np.sqrt(2.0) * line_A * np.sin(2.0 * np.pi * (frequency_Hz * time_s + rng.uniform()))
        noise_A = np.sqrt(WHITE_A2 * RATE_Hz / 2.0) * rng.standard_normal(len(time_s))
        found = band_noise(noise_A + line, RATE_Hz, 50.0)
        pulls.append((found.density_A2_per_Hz / WHITE_A2 - 1.0) / found.relative)
        assert found.relative < 0.005

    assert abs(np.mean(pulls)) < 1.0
    assert np.sqrt(np.mean(np.square(pulls))) < 1.6


def test_errors_of_noise_alone_are_those_that_it_scatters_by():
    rng = np.random.default_rng(3)
    found = [
        band_noise(np.sqrt(WHITE_A2 * RATE_Hz / 2.0) * rng.standard_normal(40_000), RATE_Hz, 50.0)
        for _ in range(300)
    ]
    pulls = np.array([(one.density_A2_per_Hz / WHITE_A2 - 1.0) / one.relative for one in found])

    assert pulls.std() == pytest.approx(1.0, abs=0.12)  # three standard deviations of 300
    assert pulls.mean() == pytest.approx(0.0, abs=0.18)
