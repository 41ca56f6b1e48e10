"""Spectra of samples fed whole or in blocks: equal to the last bit, and scipy's to rounding."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import signal

from analysis.constants import G0_S
from analysis.records import Event, EventKind
from analysis.spectra.noise_reducer import HELD, OPEN, NoiseReducer
from analysis.spectra.welch import SUMS, WelchAverager, power_spectrum

RATE_Hz = 400.0
BLOCKS = pytest.mark.parametrize("size", [1, 7, 1000], ids="blocks of {}".format)


@pytest.fixture(scope="module")
def rows():
    """Current, thermocouple and bias of 20 s: open, in contact for a second, open, then modulated."""
    rng = np.random.default_rng(5)
    n = 8000
    t = np.arange(n) / RATE_Hz
    current_A = 1e-11 * rng.standard_normal(n)
    current_A[2000:2400] += 3.0 * G0_S * 0.1
    current_A[5000:] += 1e-7 * np.sign(np.sin(2.0 * np.pi * 12.25 * t[5000:]))
    volts = 1e-7 * rng.standard_normal(n) + 3e-8 * np.sin(2.0 * np.pi * 50.0 * t)
    return np.stack([current_A, volts, np.full(n, 0.1)])


@BLOCKS
def test_blocks_of_any_size_give_the_offline_spectrum(rows, size):
    averager = WelchAverager(2.0)
    for at in range(0, rows.shape[1], size):
        averager.feed(rows[:2, at : at + size], RATE_Hz)
    for spectrum, row in zip(averager.spectra(), rows, strict=False):
        expected = power_spectrum([row], RATE_Hz, 2.0)
        assert (
            (spectrum.segments, spectrum.overlapped) == (expected.segments, expected.overlapped) == (19, 18)
        )
        np.testing.assert_array_equal(spectrum.density_per_Hz, expected.density_per_Hz)
        np.testing.assert_array_equal(spectrum.frequency_Hz, expected.frequency_Hz)


@pytest.mark.parametrize("length", [800, 801])
def test_the_density_is_that_of_scipy(rows, length):
    """Rounding aside: both subtract a line, and window, in their own order."""
    spectrum = power_spectrum([rows[1], rows[1, :3000]], RATE_Hz, length / RATE_Hz)
    total, segments = 0.0, 0
    for x in (rows[1], rows[1, :3000]):
        n = (x.size - length // 2) // (length - length // 2)
        total += n * signal.welch(x, RATE_Hz, "hann", length, length // 2, detrend="linear")[1]
        segments += n
    assert spectrum.segments == segments
    np.testing.assert_allclose(spectrum.density_per_Hz[1:], total[1:] / segments, rtol=1e-9)


def test_a_limited_averager_keeps_the_newest_segments_in_few_sums(rows):
    averager = WelchAverager(0.5, 5.0)  # 200 samples a segment, 19 segments
    kept = set()
    for stop in range(100, 8001, 100):
        averager.feed(rows[:2, stop - 100 : stop], RATE_Hz)
        n = len(averager)
        kept.add(n)
        assert len(averager._sums) <= SUMS
        if n:
            newest = rows[1, stop - 100 * (n + 1) : stop]
            expected = power_spectrum([newest], RATE_Hz, 0.5)
            spectrum = averager.spectra()[1]
            np.testing.assert_allclose(spectrum.density_per_Hz, expected.density_per_Hz, rtol=1e-12)
            assert (spectrum.segments, spectrum.overlapped) == (expected.segments, expected.overlapped)
            assert averager.averaged_s == pytest.approx(n * 0.25 + 0.25 * (stop == 100 * (n + 1)))
    assert kept == set(range(20))


def reduced(rows, size):
    noise, edges = NoiseReducer(segment_s=2.0), [0, 5000, rows.shape[1]]
    for first, stop in pairwise(edges):
        for at in range(first, stop, size):
            noise.feed(at, RATE_Hz, rows[:, at : min(at + size, stop)])
        programme = {"frequency_Hz": "49/4"}
        noise.event(Event(stop, EventKind.STEP, "modulate", {"phase": "begin", "programme": programme}))
    return noise.spectra()


@BLOCKS
def test_noise_of_each_state_does_not_depend_on_the_blocks(rows, size):
    whole, cut = reduced(rows, rows.shape[1]), reduced(rows, size)
    assert [each.name for each in cut] == [OPEN, HELD]
    for one, other in zip(cut, whole, strict=True):
        np.testing.assert_array_equal(one.current_A_per_rtHz, other.current_A_per_rtHz)
        np.testing.assert_array_equal(one.thermometer_V_per_rtHz, other.thermometer_V_per_rtHz)
        assert (one.segments, one.averaged_s) == (other.segments, other.averaged_s)
        assert (one.current_lines, one.thermometer_lines) == (other.current_lines, other.thermometer_lines)
    assert cut[0].averaged_s == 11.0  # 5 s before the contact, 6 s after it
    assert whole[1].averaged_s == 7.0
    assert [line.name for line in cut[0].thermometer_lines] == ["mains"]
