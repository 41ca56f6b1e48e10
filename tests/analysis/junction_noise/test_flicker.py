"""Flicker noise of held junctions: noise power, exponent, floor, refusals."""

import numpy as np
import pytest

from analysis.junction_noise.exponent import (
    exponent_error,
    flicker_exponent,
    junction_means,
)
from analysis.junction_noise.flicker import (
    FlickerRules,
    NoiseWindows,
    UnsuitableForFlicker,
    check_sampling,
    hold_windows,
    joined,
    noise_power,
    open_floor_A2,
    periodograms,
)
from tests.support.physics.held_noise import RATE_Hz, flicker_hold, tone_holds

MEAN_ONLY = FlickerRules(order=0)


@pytest.fixture(scope="module")
def golden():
    """Sixty holds made of tones, mean removed and no line, as in the reference."""
    holds, conductance, power = tone_holds()
    windows = joined([hold_windows(hold, RATE_Hz, i, rules=MEAN_ONLY) for i, hold in enumerate(holds)])
    return windows, conductance, power, holds


def drawn(rng, junctions, windows=5, exponent=1.4, between=0.3, within=0.15):
    """Return windows of junctions with a residual between them and within them, in decades."""
    log_g = np.repeat(rng.uniform(-4.0, -2.5, junctions), windows)
    residual = np.repeat(between * rng.standard_normal(junctions), windows)
    residual = residual + within * rng.standard_normal(junctions * windows)
    power = 10.0 ** (exponent * log_g - 4.5 + residual)
    junction = np.repeat(np.arange(junctions), windows)
    return NoiseWindows(junction, 10.0**log_g, power, np.zeros(junction.size))


def test_noise_power_is_the_trapezoid_of_the_periodogram_over_the_band(golden):
    windows, conductance, power, holds = golden
    assert windows.power_G02 == pytest.approx(power, rel=1e-10)
    assert windows.conductance_G0 == pytest.approx(conductance, rel=1e-12)
    assert np.log10(power[:3]) == pytest.approx([-9.075394697965766, -8.38282945970684, -9.804315804782224])
    frequency_Hz, density = periodograms(holds, RATE_Hz, 0)
    band = (frequency_Hz >= 100) & (frequency_Hz <= 1000)
    assert density[0, band].sum() * 10.0 / power[0] == pytest.approx(1.0238776499111306)


def test_exponent_of_the_reference(golden):
    windows, *_ = golden
    found = flicker_exponent(windows, np.random.default_rng(1))
    assert found.value == pytest.approx(1.3454461410271312, rel=1e-9)
    assert found.theil_sen == pytest.approx(1.351982395040688, rel=1e-9)
    assert found.theil_sen_95 == pytest.approx((1.1999489839782507, 1.5328206948467544), rel=1e-9)
    assert 0.0747 <= found.error < 1.15 * 0.07473993765848337
    assert found.interval_95[0] < 1.4 < found.interval_95[1]
    assert exponent_error(found.residual_decades, found.spread_decades, 60) == pytest.approx(0.0741, rel=0.01)
    means = junction_means(windows)
    for n, pearson in ((1.0, 0.5188233575706747), (1.4, -0.0954054492219838), (2.0, -0.7545911721288711)):
        rest = means.log_power - n * means.log_conductance
        assert np.corrcoef(rest, means.log_conductance)[0, 1] == pytest.approx(pearson, rel=1e-9)


def test_a_drift_within_the_window_is_not_noise():
    """A drift of 30 % multiplies the noise power of 5 % rms by about 1.5 if only the mean is subtracted."""
    hold = flicker_hold(np.random.default_rng(3), 1e-3, 1e-10, 4.0)
    within = np.arange(hold.size) % 1000 / 1000.0 - 0.5
    drifting = hold + 0.3 * 1e-3 * within
    powers = [hold_windows(x, RATE_Hz, 0, rules=FlickerRules()).power_G02.mean() for x in (hold, drifting)]
    assert powers[1] == pytest.approx(powers[0], rel=0.01)
    raised = hold_windows(drifting, RATE_Hz, 0, rules=MEAN_ONLY).power_G02.mean()
    assert raised > 1.3 * hold_windows(hold, RATE_Hz, 0, rules=MEAN_ONLY).power_G02.mean()


def test_the_power_of_known_flicker_noise():
    hold = flicker_hold(np.random.default_rng(4), 1e-3, 1e-9, 20.0)
    windows = hold_windows(hold, RATE_Hz, 0)
    assert len(windows) == 200
    error = windows.power_G02.std() / np.sqrt(200)
    assert windows.power_G02.mean() == pytest.approx(1e-9, abs=4 * error)


def test_the_floor_of_the_amplifier_is_subtracted():
    """A floor of a quarter of the median power turns 1.4 into about 1.0; with it subtracted 1.4 is inside."""
    rng = np.random.default_rng(5)
    clean = drawn(rng, 200)
    floor = 0.25 * float(np.median(clean.power_G02))
    measured = NoiseWindows(
        clean.junction, clean.conductance_G0, clean.power_G02 + floor, np.full(len(clean), floor)
    )
    assert flicker_exponent(clean, rng).value == pytest.approx(1.4, abs=0.2)
    unknown = NoiseWindows(
        measured.junction, measured.conductance_G0, measured.power_G02, np.full(1000, np.nan)
    )
    ignored = flicker_exponent(unknown, rng)
    assert ignored.interval_95[1] < 1.4
    assert any("not subtracted" in doubt for doubt in ignored.doubts)
    found = flicker_exponent(measured, rng)
    assert found.rejected > 0
    assert found.floor_share == pytest.approx(0.2, abs=0.03)
    assert found.interval_95[0] < 1.4 < found.interval_95[1]
    assert any("does not stand out from the amplifier's" in doubt for doubt in found.doubts)
    assert any("Raise the bias or the gain" in doubt for doubt in found.doubts)


def test_the_error_counts_junctions_and_not_windows():
    rng = np.random.default_rng(6)
    few, many = (flicker_exponent(drawn(rng, 100, windows=n, within=0.0), rng) for n in (1, 20))
    assert many.error == pytest.approx(few.error, rel=0.3)
    assert many.junctions == 100
    assert many.windows == 2000


def test_few_junctions_have_no_error():
    found = flicker_exponent(drawn(np.random.default_rng(7), 4), np.random.default_rng(1))
    assert np.isnan(found.error)
    assert np.isnan(found.interval_95).all()
    assert found.doubts[0].startswith("Only 4 junctions")
    one = drawn(np.random.default_rng(7), 1)
    with pytest.raises(ValueError, match="needs two of different conductance"):
        flicker_exponent(one, np.random.default_rng(1))


@pytest.mark.parametrize(
    ("rate_Hz", "samples", "rules", "words"),
    [
        (2000.0, 2000, FlickerRules(), "needs 2500 samples/s"),
        (10_000.0, 400, FlickerRules(), "hold junctions for longer"),
        (10_000.0, 1000, FlickerRules(window_s=0.04), "too short"),
        (10_000.0, 1000, FlickerRules(band_Hz=(100.0, 150.0)), "widen the band"),
    ],
)
def test_samples_that_do_not_resolve_the_band_are_refused(rate_Hz, samples, rules, words):
    with pytest.raises(UnsuitableForFlicker, match=words):
        check_sampling(rate_Hz, samples, rules)


def test_the_floor_of_an_open_junction():
    rng = np.random.default_rng(8)
    current_A = 1e-12 * rng.standard_normal(20_000)
    assert open_floor_A2(current_A, RATE_Hz) == pytest.approx(1e-24 * 900.0 / 5000.0, rel=0.05)
    assert np.isnan(open_floor_A2(current_A[:100], RATE_Hz))
    frequency_Hz = np.arange(0.0, 2001.0, 10.0)
    assert noise_power(frequency_Hz, np.ones((1, 201)))[0] == pytest.approx(900.0)
