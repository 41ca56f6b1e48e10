import numpy as np
import pytest

from simulators.signal.mains import Mains, MainsParameters

PARAMETERS = MainsParameters(
    frequency_Hz=50.0, wander_Hz=0.02, harmonics=[1.0], current_A=0.0, thermocouple_V=1e-6
)


def hum(wander_Hz):
    parameters = PARAMETERS.model_copy(update={"wander_Hz": wander_Hz})
    return Mains(parameters, 1e-6, np.random.default_rng(1))


def frequencies_Hz(mains, seconds):
    """Frequency in each second, by the phase of a line of 50 Hz at the begins of two."""
    rate_Hz = 1000.0
    time_s = np.arange(round(seconds * rate_Hz)) / rate_Hz
    turned = (mains.values(time_s) * np.exp(-100j * np.pi * time_s)).reshape(-1, 1000).mean(axis=1)
    return 50.0 + np.angle(turned[1:] / turned[:-1]) / (2.0 * np.pi)


def test_the_frequency_wanders_about_its_mean():
    found = frequencies_Hz(hum(0.02), 4000)

    assert found.mean() == pytest.approx(50.0, abs=1e-3)
    assert found.std() == pytest.approx(0.02, rel=0.05)
    assert np.abs(np.diff(found)).max() < 5e-3  # over minutes, not from second to second


def test_without_wander_the_frequency_is_one():
    assert frequencies_Hz(hum(0.0), 20) == pytest.approx(50.0, abs=1e-9)


def test_pieces_are_the_same_as_the_whole():
    mains, time_s = hum(0.02), 1234.5 + np.arange(5000) / 2000.0

    whole = mains.values(time_s)

    for pieces in (2, 7, 113):
        again = np.concatenate([mains.values(piece) for piece in np.array_split(time_s, pieces)])
        assert np.array_equal(again, whole)
