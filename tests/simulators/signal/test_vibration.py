"""Vibrations of the tip: sizes and frequencies by hand, and the same however the time is cut."""

import numpy as np
import pytest

from simulators.parameters import ParameterError, load_parameters
from simulators.signal.vibration import Vibration, VibrationParameters

DT_s = 1 / 2000.0
TIME_s = DT_s * np.arange(1, 120_001)
QUIET = load_parameters().section("vibration", VibrationParameters)


def vibration(seed=1, **changed):
    return Vibration(QUIET.model_copy(update=changed), np.random.default_rng(seed))


def rms(values):
    return float(np.sqrt(np.mean(values**2)))


def test_nothing_shakes_unless_asked_for_and_no_random_number_is_taken():
    rng = np.random.default_rng(1)

    assert Vibration(QUIET, rng).along(TIME_s, DT_s).toward_m == 0.0
    assert rng.random() == np.random.default_rng(1).random()


def test_lines_have_their_size_and_shake_cables_with_their_speed():
    found = vibration(lines_Hz=[25.0], lines_pm=[100.0], cable_C_per_m=1e-6, leads_V_per_m=1e4).along(
        TIME_s, DT_s
    )

    assert rms(found.toward_m) == pytest.approx(100e-12, rel=1e-6)
    assert rms(found.thermocouple_V) == pytest.approx(1e-6, rel=1e-6)
    assert rms(found.current_A) == pytest.approx(1e-6 * 100e-12 * 2.0 * np.pi * 25.0, rel=1e-3)


def test_knocks_come_at_random_and_ring_down():
    """600 knocks in an hour; the mean square of one is A^2 tau / 4, and that of exponential sizes twice the mean's."""
    time_s = 1e-2 * np.arange(360_000)
    found = vibration(knock_pm=500.0, knock_every_s=6.0).along(time_s, 1e-2).toward_m

    assert rms(found) == pytest.approx(500e-12 * np.sqrt(2.0 * 0.3 / 4.0 / 6.0), rel=0.1)
    assert np.mean(np.abs(found) < 1e-12) > 0.1


def test_it_does_not_depend_on_how_the_time_is_cut():
    lines = {"lines_Hz": [24.8, 1.7], "lines_pm": [10.0, 30.0], "cable_C_per_m": 1e-6}
    shaking = {**lines, "knock_pm": 300.0, "knock_every_s": 3.0}
    whole, cut = vibration(**shaking), vibration(**shaking)
    parts = [cut.along(part, DT_s) for part in np.split(TIME_s, [1, 17, 4000, 4001, 90_000])]

    expected = whole.along(TIME_s, DT_s)
    np.testing.assert_array_equal(np.concatenate([part.toward_m for part in parts]), expected.toward_m)
    np.testing.assert_array_equal(np.concatenate([part.current_A for part in parts]), expected.current_A)


def test_each_line_needs_its_size():
    with pytest.raises(ParameterError, match="equal length"):
        vibration(lines_Hz=[1.0, 2.0], lines_pm=[1.0])
