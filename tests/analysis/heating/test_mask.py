from fractions import Fraction

import numpy as np
import pytest
from scipy.signal import lfilter

from analysis.heating.mask import (
    Filters,
    UnsuitableFilter,
    filters_of,
    mask_for,
    settling_fraction,
    settling_matrix,
)
from analysis.heating.programme import programme, three_level

RATE_Hz = 2000.0
WAVE = three_level(1.0)
LEVEL_S = 1.0 / 36.75


def tau_s(corner_Hz):
    return 1.0 / (2.0 * np.pi * corner_Hz)


@pytest.mark.parametrize(
    ("corner_Hz", "fraction"),
    [
        (30, 0.19381028122320781),
        (100, 0.05848943938891748),
        (300, 0.01949648052875718),
        (1000, 0.005848944158627154),
        (3000, 0.0019496480528757181),
    ],
)
def test_share_of_a_step_that_an_unmasked_mean_misses(corner_Hz, fraction):
    assert settling_fraction(LEVEL_S, tau_s(corner_Hz)) == pytest.approx(fraction, rel=1e-9)


@pytest.mark.parametrize(
    ("corner_Hz", "matrix"),
    [
        (30, [[0.6135338408814811, 0.1915217426323245], [-0.1915217426323245, 0.8050555835138056]]),
        (100, [[0.8830211234195191, 0.05848943499420962], [-0.05848943499420962, 0.9415105584137288]]),
        (300, [[0.9610070389424856, 0.01949648052875718], [-0.01949648052875718, 0.9805035194712428]]),
        (1000, [[0.9883021116827457, 0.005848944158627154], [-0.005848944158627154, 0.9941510558413729]]),
    ],
)
def test_unmasked_one_pole_mixes_the_polarities(corner_Hz, matrix):
    by_rising_bias = settling_matrix(WAVE, tau_s(corner_Hz))

    assert by_rising_bias[::-1, ::-1] == pytest.approx(np.array(matrix), abs=1e-9)


@pytest.mark.parametrize("poles", [1, 2])
@pytest.mark.parametrize("mask_samples", [0, 40])
def test_matrix_is_what_a_filter_does_to_a_long_modulation(poles, mask_samples):
    rate_Hz, corner_Hz = 36.75 * 400, 60.0
    wave = programme([(1.0, 2), (0.0, 3), (-0.4, 1), (-1.0, 2)], Fraction(49, 4))
    n = np.arange(10 * wave.repeat_samples(rate_Hz))
    index = wave.level_index(n, rate_Hz)
    since = n - np.maximum.accumulate(np.where(np.diff(index, prepend=-1) != 0, n, 0))
    pole = np.exp(-1.0 / (rate_Hz * tau_s(corner_Hz)))
    expected = np.empty((3, 3))
    for column, level in enumerate((3, 2, 0)):
        # a fine grid stands for continuous time; the mean of a sample and the next is its trapezium
        signal = np.repeat((index == level).astype(float), 8)
        fine = pole ** (1.0 / 8.0)
        for _ in range(poles):
            signal = lfilter([1.0 - fine], [1.0, -fine], signal)
        settled = signal.reshape(-1, 8).mean(axis=1)
        kept = (since >= mask_samples) & (n > len(n) // 2)
        means = [settled[kept & (index == row)].mean() for row in (3, 2, 0, 1)]
        expected[:, column] = np.array(means[:3]) - means[3]

    found = settling_matrix(wave, tau_s(corner_Hz), mask_samples / rate_Hz, poles)

    assert found == pytest.approx(expected, abs=3e-3)


def test_settled_filter_mixes_nothing():
    assert settling_matrix(WAVE, 0.0) == pytest.approx(np.eye(2), abs=0.0)
    assert settling_matrix(WAVE, tau_s(1000.0), 15.0 * tau_s(1000.0)) == pytest.approx(np.eye(2), abs=1e-7)


def test_mask_that_leaves_nothing_is_refused():
    with pytest.raises(ValueError, match="whole level"):
        settling_matrix(WAVE, 1e-3, 0.03)


@pytest.mark.parametrize(
    ("filters", "samples"),
    [
        (Filters(None), 6),
        (Filters(1000.0), 6),
        (Filters(1000.0, rise_time_s=300e-6), 6),
        (Filters(300.0, poles=2), 16),
        (Filters(1000.0, rise_time_s=100e-6), 6),
    ],
)
def test_admissible_filters_get_their_mask_without_a_word(filters, samples):
    mask = mask_for(filters, WAVE, RATE_Hz)

    assert (mask.samples, mask.warnings) == (samples, ())


def test_mask_grows_with_the_rate_and_begins_at_the_first_arrival():
    assert mask_for(Filters(1000.0), WAVE, 20_000.0).samples == 48
    late = mask_for(Filters(1000.0), WAVE, 20_000.0, (0, 2))
    assert (late.lead, late.samples) == (0, 50)
    early = mask_for(Filters(1000.0), WAVE, 20_000.0, (0, -1))
    assert (early.lead, early.samples) == (1, 48)
    assert mask_for(Filters(30.0), WAVE, RATE_Hz, (-2,)).samples == 25  # half of the level, the lead among it


@pytest.mark.parametrize(("tip_s", "samples", "share"), [(1e-3, 27, 1e-5), (5e-3, 27, 0.04)])
def test_slow_tip_is_warned_of_like_a_slow_filter(tip_s, samples, share):
    mask = mask_for(Filters(1000.0, tip_s=tip_s), WAVE, RATE_Hz)

    (warning,) = mask.warnings
    error = np.abs(settling_matrix(WAVE, tip_s, samples / RATE_Hz) - np.eye(2)).max()
    assert mask.samples == samples
    assert f"{1e3 * tip_s:g} ms, above 0.5 ms" in warning and f"{100 * error:.2g} %" in warning
    assert (error > share) == (tip_s > 2e-3)


def test_tip_of_the_paper_and_half_a_millisecond_are_quick():
    for tip_s, samples in ((10e-6, 6), (0.5e-3, 15)):
        mask = mask_for(Filters(1000.0, tip_s=tip_s), WAVE, RATE_Hz)
        assert (mask.samples, mask.warnings) == (samples, ())


def test_slow_low_pass_is_warned_of_with_the_size_of_its_mixing():
    mask = mask_for(Filters(30.0), WAVE, RATE_Hz)

    (warning,) = mask.warnings
    error = np.abs(settling_matrix(WAVE, tau_s(30.0), mask.samples / RATE_Hz) - np.eye(2)).max()
    assert mask.samples == 27
    assert error > 0.03
    assert f"{100 * error:.2g} %" in warning
    assert "300 Hz" in warning


def test_slow_current_amplifier_is_warned_of():
    (warning,) = mask_for(Filters(1000.0, rise_time_s=1e-3), WAVE, RATE_Hz).warnings

    assert "1000 us" in warning


def test_high_pass_is_refused_above_that_of_ac_coupling():
    with pytest.raises(UnsuitableFilter, match=r"0\.1 Hz"):
        mask_for(Filters(1000.0, highpass_Hz=0.1), WAVE, RATE_Hz)
    assert mask_for(Filters(1000.0, highpass_Hz=0.03), WAVE, RATE_Hz).samples == 6


@pytest.mark.parametrize(
    ("voltage", "expected"),
    [
        ({"filter_mode": 1, "lowpass_Hz": 1e3, "coupling": 1}, Filters(1e3)),
        ({"filter_mode": 2, "lowpass_Hz": 300.0, "coupling": 1}, Filters(300.0, 2)),
        ({"filter_mode": 0, "lowpass_Hz": 300.0, "highpass_Hz": 10.0, "coupling": 1}, Filters(None)),
        ({"filter_mode": 1, "lowpass_Hz": 1e3, "coupling": 2}, Filters(1e3, highpass_Hz=0.03)),
        ({"filter_mode": 5, "lowpass_Hz": 1e3, "highpass_Hz": 1.0}, Filters(1e3, highpass_Hz=1.0)),
        ({"filter_mode": None}, Filters(known=False)),
        ({}, Filters(known=False)),
    ],
)
def test_filters_are_read_from_the_settings_of_a_recording(voltage, expected):
    assert filters_of({"voltage_preamplifier": voltage}) == expected


def test_rise_time_is_read_and_unknown_filters_are_said_to_be():
    filters = filters_of({"current_amplifier": {"rise_time_s": 1e-4}})

    assert filters.rise_time_s == 1e-4
    assert "unknown" in mask_for(filters, WAVE, RATE_Hz).warnings[0]
