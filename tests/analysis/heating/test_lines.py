"""Lines in the thermometer's voltage: the mains, pumps beside a multiple of the modulation, and what is none."""

import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from analysis.heating.aligned_hold import place
from analysis.heating.estimator import EstimatorSettings, HoldEstimator, estimate_hold, estimate_holds
from analysis.heating.layout import layout
from analysis.heating.line import Line
from analysis.heating.lines import measure_lines
from analysis.heating.programme import programme, three_level
from analysis.heating.run_reducer import evaluate
from analysis.heating.runs import HeatingRun
from analysis.recording.header import Calibration, RecordedChannel, RunHeader
from tests.support.physics.made_holds import AMPLITUDE_V, RISE_K, RATE_Hz, SEEBECK_V_per_K, made_hold

SETTINGS = EstimatorSettings(SEEBECK_V_per_K)
NOISE_V = 10e-9 * np.sqrt(RATE_Hz / 2.0)


HEADER = RunHeader(
    "heating",
    (RecordedChannel("current"),),
    calibrations={
        "thermal_resistance": Calibration(72_800.0, "K/W", 500.0),
        "thermocouple_seebeck": Calibration(SEEBECK_V_per_K, "V/K", 0.2e-6),
    },
    settings={"voltage_preamplifier": {"filter_mode": 1, "lowpass_Hz": 1000.0, "coupling": 1}},
)


def rises(estimate):
    return [estimate.dT_pos_K, estimate.dT_neg_K]


def holds_beside(frequency_Hz, amplitude_V, n=40, seconds=5.0, **fields):
    """Holds at random times beside a pump and weak mains."""
    rng = np.random.default_rng(5)

    def line_V(t):
        return amplitude_V * np.sin(2.0 * np.pi * (frequency_Hz * t + phase)) + 5e-8 * np.sin(
            2.0 * np.pi * (50.0 * t + phase)
        )

    made = []
    for _ in range(n):
        phase = rng.uniform()
        made.append(made_hold(n=round(seconds * RATE_Hz), rng=rng, noise_V=NOISE_V, drift_V=line_V, **fields))
    return made


def separable(lines):
    return [line.frequency_Hz for line in lines if not line.hidden]


def known(lines_Hz):
    return tuple(map(Line, lines_Hz))


def off_and_errors_K(made, lines_Hz=()):
    found = list(estimate_holds(made, replace(SETTINGS, lines=known(lines_Hz))))
    off_K = np.array([one.dT_pos_K - RISE_K["+"] for one in found])
    return off_K, np.array([np.sqrt(one.covariance_K2[0, 0]) for one in found])


@cache
def mean_error_without_a_pump_K():
    return off_and_errors_K(holds_beside(0.0, 0.0))[1].mean()


@pytest.mark.parametrize("frequency_Hz", [60.0, 59.98, 60.02, 50.02])
@pytest.mark.parametrize("phase", [0.0, 1.0, 2.5])
def test_mains_at_the_measured_frequency_do_not_move_the_result(frequency_Hz, phase):
    def hum(t):
        return 1e-6 * np.sin(2.0 * np.pi * frequency_Hz * t + phase)

    rng = np.random.default_rng(5)
    holds = [made_hold(drift_V=hum, rng=rng, noise_V=1e-9) for _ in range(3)]
    lines = measure_lines(holds)
    settings = replace(SETTINGS, lines=lines)

    assert [line.frequency_Hz for line in lines] == pytest.approx([frequency_Hz], abs=2e-3)
    assert lines[0].amplitude_V == pytest.approx(1e-6, rel=0.03)
    assert rises(estimate_hold(made_hold(drift_V=hum), settings)) == pytest.approx([8e-3, 26e-3], abs=1e-6)


def test_noise_alone_is_not_taken_for_mains():
    rng = np.random.default_rng(7)

    assert measure_lines(made_hold(rng=rng, noise_V=3e-7) for _ in range(20)) == ()


def test_weak_lines_and_harmonics_are_found_among_the_noise():
    def hum(t):
        return 60e-9 * np.sin(2.0 * np.pi * 49.99 * t) + 60e-9 * np.sin(2.0 * np.pi * 149.97 * t)

    rng = np.random.default_rng(8)
    lines = measure_lines(made_hold(drift_V=hum, rng=rng, noise_V=3e-7) for _ in range(20))

    assert [line.frequency_Hz for line in lines] == pytest.approx([49.99, 149.97], abs=0.01)


@pytest.mark.parametrize(
    ("frequency_Hz", "amplitude_V"),
    [(1.7, 3e-6), (8.3, 1e-6), (12.7, 1e-6), (24.8, 1e-6), (36.9, 1e-6), (98.7, 1e-6), (735.2, 1e-6)],
)
def test_a_pump_beside_the_modulation_changes_neither_rises_nor_their_errors(frequency_Hz, amplitude_V):
    """When only the mains were looked for, errors were ten times too large, or half the true ones near 12.25 k Hz."""
    made = holds_beside(frequency_Hz, amplitude_V)

    found_Hz = separable(measure_lines(made))

    assert found_Hz == pytest.approx(sorted([frequency_Hz, 50.0]), abs=0.01)
    off_K, errors_K = off_and_errors_K(made, found_Hz)
    assert np.sqrt(np.mean((off_K / errors_K) ** 2)) == pytest.approx(1.0, abs=0.25)  # 2 sigma of 40
    assert errors_K.mean() == pytest.approx(mean_error_without_a_pump_K(), rel=0.1)


@pytest.mark.parametrize("frequency_Hz", [12.25, 24.5, 98.0, 24.45])
def test_a_line_that_passes_for_heat_is_named(frequency_Hz):
    made = holds_beside(frequency_Hz, 3e-7)

    lines = measure_lines(made)
    (warning,) = evaluate(HeatingRun(made, HEADER)).warnings

    off_K, errors_K = off_and_errors_K(made, separable(lines))
    assert np.sqrt(np.mean((off_K / errors_K) ** 2)) > 3.0
    assert any(line.hidden and abs(line.frequency_Hz - frequency_Hz) < 0.1 for line in lines)
    assert warning.startswith("the thermometer shows a line near ")
    assert "a multiple of the modulation at 12.25 Hz" in warning


def test_a_line_that_long_holds_distinguish_is_not_hidden():
    short, long = (measure_lines(holds_beside(24.45, 2e-7, 12, seconds)) for seconds in (5.0, 30.0))

    assert 24.45 not in np.round(separable(short), 2)
    assert 24.45 in np.round(separable(long), 2)


def test_a_short_hold_leaves_out_a_line_that_a_long_one_takes_out():
    settings = replace(SETTINGS, lines=(Line(24.45),))
    short, long = (made_hold(n=round(seconds * RATE_Hz)) for seconds in (5.0, 30.0))

    assert rises(estimate_hold(short, settings)) == rises(estimate_hold(short, SETTINGS))
    assert rises(estimate_hold(long, settings)) == pytest.approx([8e-3, 26e-3], abs=1e-12)


@pytest.mark.parametrize(("amplitude_V", "used"), [(1e-6, False), (2e-8, True)])
def test_a_hold_too_short_for_a_strong_line_is_not_used(amplitude_V, used):
    """0.8 s of 24.8 Hz come out of step with 24.5 Hz by a quarter of a cycle: 76 +- 12 mK had been found, of 13."""
    made = [*holds_beside(24.8, amplitude_V, 20), *holds_beside(24.8, amplitude_V, 1, seconds=1.2)]

    *long, short = evaluate(HeatingRun(made, HEADER)).holds

    assert all(one.estimate.rejected == "" for one in long)
    assert (short.estimate.rejected == "") is used
    assert used or re.fullmatch(
        r"too short to distinguish the line at 24\.(79|80) Hz from heat", short.estimate.rejected
    )


def test_what_passes_of_a_line_is_what_a_made_one_adds():
    hold = made_hold(n=2400)
    placed = place(hold, 6)
    kept = np.ones(len(placed.starts) - 1, dtype=bool)
    fit, regression = HoldEstimator(SETTINGS).fit(placed, kept)
    time_s = np.arange(len(hold)) / RATE_Hz
    beside, _ = HoldEstimator(SETTINGS).fit(
        place(
            replace(hold, thermocouple_V=hold.thermocouple_V + 1e-6 * np.cos(2.0 * np.pi * 24.8 * time_s)), 6
        ),
        kept,
    )

    assert beside.levels_V - fit.levels_V == pytest.approx(1e-6 * regression.response(24.8).real, abs=1e-12)


def test_a_transient_after_the_edges_is_no_line():
    """It repeats with the modulation, and has a fixed phase."""
    made = holds_beside(0.0, 0.0, 12)
    since_edge_s = layout(made[0].programme, RATE_Hz, len(made[0])).since_edge / RATE_Hz
    made = [
        replace(hold, thermocouple_V=hold.thermocouple_V + 2e-6 * np.exp(-since_edge_s / 6e-3))
        for hold in made
    ]

    assert separable(measure_lines(made)) == pytest.approx([50.0], abs=0.01)
    assert not any(line.hidden for line in measure_lines(made))


def test_what_a_programme_hides():
    thirds, uneven = three_level(AMPLITUDE_V), programme([(1.0, 2), (0.0, 1), (-1.0, 1)])

    assert thirds.hides(24.5, 30.0)
    assert not thirds.hides(36.75, 30.0)  # equal thirds have nothing at the third multiple
    assert uneven.hides(36.75, 30.0)
    assert thirds.hides(24.58, 5.0)
    assert not thirds.hides(24.61, 5.0)
