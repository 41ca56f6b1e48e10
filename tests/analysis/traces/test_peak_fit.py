import numpy as np
import pytest

from analysis.traces.histogram import BinAxis, GrowingHistogram, Scale
from analysis.traces.peak_finder import PeakCandidate, candidate_in
from analysis.traces.peak_fit import fit_peak

LINEAR = BinAxis.linear(0.0, 2.5, 0.01)
LOG = BinAxis.log(1e-5, 1.0, 50)
NEAR_ONE = PeakCandidate(centre=1.0, sigma=0.06, low=0.6, high=1.4, significance=9.0)


def counted(axis, traces):
    growing = GrowingHistogram(axis)
    for trace in traces:
        growing.add(trace)
    return growing.snapshot()


def plateaus(rng, n, centre=1.0, between=0.05, within=0.02, background=30):
    """One plateau a trace: its level differs from trace to trace, its length is exponential.

    Together they are a Gaussian about ``centre`` of variance between^2 + within^2 on an even background.
    """
    return [
        np.concatenate(
            [
                rng.normal(centre, between) + within * rng.standard_normal(2 + int(rng.exponential(40.0))),
                rng.uniform(0.0, 2.5, background),
            ]
        )
        for _ in range(n)
    ]


def test_error_bar_of_the_bootstrap_covers_the_truth_as_often_as_it_says():
    """Counting samples as independent would give a third of this error: they come in plateaus."""
    n = 80
    misses = []
    for seed in range(n):
        rng = np.random.default_rng(seed)
        histogram = counted(LINEAR, plateaus(rng, 80))
        fit = fit_peak(histogram, NEAR_ONE, rng, background="constant", resamples=50)
        misses.append((fit.conductance_G0 - 1.0) / fit.uncertainty_G0)

    covered = [np.mean(np.abs(misses) < k) for k in (1.0, 2.0)]

    # Three standard deviations of a binomial of 80 trials.
    assert covered[0] == pytest.approx(0.683, abs=3 * np.sqrt(0.683 * 0.317 / n))
    assert covered[1] == pytest.approx(0.954, abs=3 * np.sqrt(0.954 * 0.046 / n))
    assert np.mean(misses) == pytest.approx(0.0, abs=3 / np.sqrt(n))


def test_centre_and_width_of_a_known_gaussian_are_found():
    rng = np.random.default_rng(1)
    histogram = counted(LINEAR, plateaus(rng, 2000))

    fit = fit_peak(histogram, NEAR_ONE, rng)

    assert fit.trusted, fit.reasons
    assert fit.scale is Scale.LINEAR
    assert fit.conductance_G0 == pytest.approx(1.0, abs=3 * fit.uncertainty_G0)
    assert fit.sigma_G0 == pytest.approx(np.hypot(0.05, 0.02), rel=0.05)
    assert fit.sigma_decades is None
    # 42 samples a trace in the peak, 30 spread over 250 bins.
    assert fit.amplitude == pytest.approx(41.5 * 0.01 / (np.hypot(0.05, 0.02) * np.sqrt(2 * np.pi)), rel=0.1)
    assert fit.background_at_peak == pytest.approx(30 / 250, rel=0.3)


def test_log_normal_peak_is_a_gaussian_in_decades():
    rng = np.random.default_rng(20)
    traces = [10.0 ** (rng.normal(-2.7, 0.3) + 0.03 * rng.standard_normal(50)) for _ in range(1500)]
    histogram = counted(LOG, traces)

    fit = fit_peak(histogram, candidate_in(histogram, 2e-4, 2e-2), rng, "none")

    assert fit.trusted, fit.reasons
    assert fit.conductance_G0 == pytest.approx(10.0**-2.7, abs=3 * fit.uncertainty_G0)
    # Equally weighted least squares to a Gaussian density: variance sigma^2 / n times int f'^2 f / (int f'^2)^2.
    expected_decades = 0.3 / np.sqrt(1500) * np.sqrt(16 / (6 * np.sqrt(3)))
    assert fit.uncertainty_G0 == pytest.approx(10.0**-2.7 * np.log(10) * expected_decades, rel=0.15)
    assert fit.sigma_decades == pytest.approx(0.3, rel=0.07)
    assert fit.sigma_G0 is None


def test_statistical_error_falls_with_the_square_root_of_the_traces():
    errors = [
        np.median(
            [
                fit_peak(counted(LINEAR, plateaus(rng, n)), NEAR_ONE, rng, "constant").uncertainty_G0
                for rng in map(np.random.default_rng, range(5))
            ]
        )
        for n in (100, 1600)
    ]

    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.25)


def test_same_seed_gives_the_same_errors_and_another_seed_others():
    histogram = counted(LINEAR, plateaus(np.random.default_rng(3), 100))

    first, again, other = (
        fit_peak(histogram, NEAR_ONE, np.random.default_rng(seed)).uncertainty_G0 for seed in (1, 1, 2)
    )

    assert first == again != other


def test_sloping_background_biases_a_fit_without_background_and_the_spread_shows_it():
    rng = np.random.default_rng(4)
    ramp = 2.5 * np.sqrt(rng.random((600, 300)))
    traces = [np.append(a, b) for a, b in zip(plateaus(rng, 600), ramp, strict=True)]
    histogram = counted(LINEAR, traces)

    sloping = fit_peak(histogram, NEAR_ONE, rng, "linear", window_G0=(0.7, 1.4))
    none = fit_peak(histogram, NEAR_ONE, rng, "none", window_G0=(0.7, 1.4))

    assert sloping.conductance_G0 == pytest.approx(1.0, abs=3 * sloping.uncertainty_G0)
    assert none.conductance_G0 > 1.0 + 5 * none.uncertainty_G0
    assert sloping.lowest_G0 <= sloping.conductance_G0 <= sloping.highest_G0
    assert sloping.spread_G0 > 2 * sloping.uncertainty_G0


def test_background_without_peak_is_not_trusted():
    rng = np.random.default_rng(5)
    histogram = counted(LINEAR, [rng.uniform(0.0, 2.5, 200) for _ in range(100)])

    fit = fit_peak(histogram, NEAR_ONE, rng)

    assert not fit.trusted
    assert fit.reasons


def test_fit_that_runs_away_from_the_maximum_is_called_a_false_minimum():
    """A small peak was meant; the fit found the large one beside it."""
    rng = np.random.default_rng(6)
    small = [np.append(a, rng.normal(0.75, 0.04, 12)) for a in plateaus(rng, 300)]
    histogram = counted(LINEAR, small)
    meant = PeakCandidate(centre=0.75, sigma=0.05, low=0.4, high=1.4, significance=9.0)

    fit = fit_peak(histogram, meant, rng, window_G0=(0.4, 1.4))

    assert not fit.trusted
    assert any("false minimum" in reason for reason in fit.reasons)


def test_two_peaks_of_one_height_in_a_window_leave_the_choice_to_the_start_and_are_not_trusted():
    rng = np.random.default_rng(7)
    traces = [rng.normal(centre, 0.05, 40) for centre in (0.8, 1.2) * 100]
    histogram = counted(LINEAR, traces)
    between = PeakCandidate(centre=1.0, sigma=0.2, low=0.4, high=1.6, significance=9.0)

    fit = fit_peak(histogram, between, rng, window_G0=(0.5, 1.5))

    assert not fit.trusted


def test_few_traces_are_not_trusted_however_many_samples_they_have():
    rng = np.random.default_rng(8)
    histogram = counted(LINEAR, [rng.normal(1.0, 0.05, 100_000) for _ in range(5)])

    fit = fit_peak(histogram, NEAR_ONE, rng)

    assert not fit.trusted
    assert "only 5 traces have a sample in the window" in fit.reasons


def test_value_that_every_trace_passes_in_one_sample_is_no_plateau():
    """An amplifier that settles after each break shows the same values in every trace, one sample of each."""
    rng = np.random.default_rng(14)
    settling = [np.append(rng.normal(1.0, 0.03), rng.uniform(0.0, 2.5, 10)) for _ in range(400)]

    fit = fit_peak(counted(LINEAR, settling), NEAR_ONE, rng)

    assert not fit.trusted
    assert any("no plateau" in reason for reason in fit.reasons)


def test_peak_at_the_edge_of_its_window_is_not_trusted():
    rng = np.random.default_rng(9)
    histogram = counted(LINEAR, plateaus(rng, 500))

    fit = fit_peak(histogram, NEAR_ONE, rng, window_G0=(1.0, 1.4))

    assert not fit.trusted


def test_peak_much_lower_than_its_background_is_not_trusted():
    rng = np.random.default_rng(10)
    histogram = counted(LINEAR, plateaus(rng, 3000, background=15_000)[:300])

    fit = fit_peak(histogram, NEAR_ONE, rng, "constant")

    assert any("background dominates" in reason for reason in fit.reasons)


def test_reported_curve_is_the_histogram_within_its_noise():
    rng = np.random.default_rng(11)
    histogram = counted(LINEAR, plateaus(rng, 1000))

    fit = fit_peak(histogram, NEAR_ONE, rng)

    inside = (LINEAR.centres > fit.window_G0[0]) & (LINEAR.centres < fit.window_G0[1])
    curve, background = fit.curve(LINEAR.centres[inside])
    assert np.mean(np.abs(curve - histogram.counts_per_trace[inside])) < 0.1 * fit.amplitude
    assert np.all(curve >= background)


def test_unknown_background_is_refused():
    histogram = counted(LINEAR, plateaus(np.random.default_rng(12), 30))

    with pytest.raises(ValueError, match="'cubic' is not one of none, constant, linear"):
        fit_peak(histogram, NEAR_ONE, np.random.default_rng(0), "cubic")


def test_a_hump_that_ends_where_nothing_was_measured_is_cut_off():
    """The amplifier's full scale at 0.009 G0: levels above it are not in the histogram, and no flank is seen."""
    rng = np.random.default_rng(15)
    levels = rng.normal(-2.3, 0.3, 800)
    traces = [10.0 ** (level + 0.02 * rng.standard_normal(50)) for level in levels if level < np.log10(0.008)]
    histogram = counted(LOG, [np.append(g[g < 0.009], 1e-5) for g in traces])

    fit = fit_peak(histogram, candidate_in(histogram, 2e-4, 2e-2), rng, resamples=60)

    assert 10.0**histogram.top == pytest.approx(0.009, rel=0.05)
    assert not fit.trusted
    assert any("cut off: nothing was measured above 0.00" in reason for reason in fit.reasons)


def test_a_hump_wider_than_a_decade_is_no_level():
    rng = np.random.default_rng(16)
    traces = [10.0 ** (level + 0.02 * rng.standard_normal(50)) for level in rng.normal(-3.0, 0.7, 800)]
    histogram = counted(LOG, [*traces, *([np.array([0.9])] * 20)])

    fit = fit_peak(histogram, candidate_in(histogram, 2e-5, 1e-1), rng, "none", resamples=60)

    assert not fit.trusted
    assert any("wider than a decade" in reason for reason in fit.reasons)
