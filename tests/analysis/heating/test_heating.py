"""Made holds, evaluated to the section "heating": grouping, exclusions, controls, noise, and what JSON says."""

import json
import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from analysis.heating.heating import HeatingOptions, analyse_heating
from analysis.heating.programme import three_level
from analysis.heating.run_reducer import evaluate
from analysis.heating.runs import EvaluationOptions, HeatingRun, control_name
from analysis.heating.thermometer import UncalibratedThermometer
from analysis.recording.header import Calibration, RecordedChannel, RunHeader
from tests.support.physics.made_holds import made_hold, sample_of, with_current

R_P = 72_800.0
WHITE_V2_per_Hz = (13e-9) ** 2
NOISE_V = math.sqrt(WHITE_V2_per_Hz * 1000.0)
CALIBRATIONS = {
    "thermal_resistance": Calibration(R_P, "K/W", 500.0),
    "thermocouple_seebeck": Calibration(16.3e-6, "V/K", 0.2e-6),
    "current_gain": Calibration(1e5, "V/A", 300.0),
}
SETTINGS = {
    "voltage_preamplifier": {"filter_mode": 1, "lowpass_Hz": 1000.0, "coupling": 1},
    "current_amplifier": {"rise_time_s": 100e-6},
}
OPTIONS = HeatingOptions(resamples=500)


def header(**changed):
    content = {"calibrations": CALIBRATIONS, "settings": SETTINGS, "started": "2026-11-21T08:00:00+00:00"}
    return RunHeader("heating", (RecordedChannel("current"),), **{**content, **changed})


def holds(rng, n, *, share=0.3, power_W=4e-7, amplitude_V=1.2, spread=0.1, programme=None, **fields):
    """``n`` holds with ``share`` of the power in the tip at positive bias; fields of the hold as given."""
    found = []
    for i in range(n):
        power = power_W * (1.0 + spread * rng.standard_normal())
        hold = made_hold(
            n=8000,  # 49 periods: a lone third at the end would weigh the drift differently
            programme=programme or three_level(amplitude_V),
            rise_K={"+": share * R_P * power, "-": (1.0 - share) * R_P * power},
            current_A=power / amplitude_V if amplitude_V else 0.0,
            rng=rng,
            noise_V=NOISE_V,
            current_noise_A=1e-10,
            drift_V=lambda t: 3e-6 - 163e-9 * t,  # 10 mK/s
        )
        described = {
            "number": i,
            "before_G0": 0.002,
            "window_G0": (0.0018, 0.0022),
            "expected_A": hold.current_A.max(),
        }
        found.append(replace(hold, **{**described, **fields}))
    return found


def analysed(*groups, seed=0, **changed):
    runs = [HeatingRun(group, header(**changed), f"run {i}") for i, group in enumerate(groups)]
    return analyse_heating(runs, np.random.default_rng(seed), OPTIONS)


def test_points_of_a_measurement():
    rng = np.random.default_rng(0)
    found = analysed([*holds(rng, 25), *holds(rng, 20, amplitude_V=0.8, power_W=1e-7)])
    low, high = found.points
    assert (low.amplitude_V, low.junctions, high.amplitude_V, high.junctions) == (0.8, 20, 1.2, 25)
    for point, power in ((low, 1e-7), (high, 4e-7)):
        assert point.q_total_pos_W == pytest.approx(power, rel=0.1)
        assert point.dT_pos_K == pytest.approx(0.3 * R_P * point.q_total_pos_W, abs=3.5 * point.sigma_pos_K)
        assert point.dT_neg_K == pytest.approx(0.7 * R_P * point.q_total_neg_W, abs=3.5 * point.sigma_neg_K)
        assert point.closure == pytest.approx(1.0, abs=3.5 * point.closure_sigma)
        assert point.significance > 5.0
        assert (point.frequency_Hz, point.order, point.date) == (12.25, "+0-", "2026-11-21")
    assert found.scale_relative == pytest.approx(0.014061387905905304)


def test_a_drift_of_10_mK_per_s_moves_plain_means_and_not_the_result():
    rng = np.random.default_rng(1)
    found = analysed(holds(rng, 25, spread=0.0))
    (point,), (pooled,) = found.points, found.pooled_K
    truth = np.array([0.3, 0.7]) * R_P * 4e-7
    np.testing.assert_allclose(point.mean[:2], truth, atol=3.5 * point.sigma_pos_K)
    # -10 mK/s in the voltage is +10 mK/s of temperature: -s T/3 at the first level, +s T/3 at the last.
    np.testing.assert_allclose(pooled - truth, [-0.272e-3, 0.272e-3], atol=4 * point.sigma_pos_K)
    assert abs((pooled[1] - pooled[0]) - point.asymmetry_K) > 3.0 * point.asymmetry_noise_K


def test_errors_agree_where_junctions_are_alike():
    rng = np.random.default_rng(2)
    found = analysed(holds(rng, 40, spread=0.0))
    (entry,) = found.budget
    assert found.noise.white_per_Hz == pytest.approx(WHITE_V2_per_Hz, rel=0.1)
    assert entry.expected_K == pytest.approx(entry.noise_K, rel=0.1)
    assert entry.ratio == pytest.approx(1.0, abs=0.3)  # 40 junctions: 11 %
    by_hand = math.sqrt(3.0 * WHITE_V2_per_Hz / (40 * 4.0) * 54.42 / 48.42) / 16.3e-6
    assert entry.expected_K == pytest.approx(by_hand, rel=0.1)


def test_mains_are_found_and_taken_off():
    rng = np.random.default_rng(3)
    hum = [
        replace(
            h, thermocouple_V=h.thermocouple_V + 2e-5 * np.sin(2 * np.pi * 60.02 * np.arange(8000) / 2000.0)
        )
        for h in holds(rng, 12, spread=0.0)
    ]
    run = evaluate(HeatingRun(hum, header()))
    assert run.lines_Hz == pytest.approx((60.02,), abs=0.01)
    found = analysed(hum)
    assert found.noise.mains_Hz == pytest.approx(60.02, abs=0.01)
    (point,) = found.points
    assert point.dT_pos_K == pytest.approx(0.3 * R_P * 4e-7, abs=3.5 * point.sigma_pos_K)
    assert point.sigma_pos_K < 2.0 * found.budget[0].expected_K


def spiked(hold, samples=4, share_V=1e-5):
    """Add a capacitive spike after each edge, for some samples, in proportion to the step."""
    step = np.diff(hold.bias_V, prepend=hold.bias_V[0])
    shape = share_V * np.exp(-np.arange(samples))
    return replace(hold, thermocouple_V=hold.thermocouple_V + np.convolve(step, shape)[: len(step)])


def test_spikes_after_edges_are_left_out():
    rng = np.random.default_rng(13)
    clean = holds(rng, 10, spread=0.0)
    (point,), (with_spikes,) = analysed(clean).points, analysed([spiked(h) for h in clean]).points
    np.testing.assert_allclose(with_spikes.mean, point.mean, rtol=1e-9)
    masked = HeatingOptions(EvaluationOptions(mask_samples=0), 500)
    run = HeatingRun([spiked(h) for h in clean], header())
    (unmasked,) = analyse_heating([run], rng, masked).points
    assert abs(unmasked.dT_pos_K - point.dT_pos_K) > 1e-3 * point.dT_pos_K


def test_plain_means_are_weighted_by_time_too():
    long, short = (made_hold(n=n, rise_K={"+": rise, "-": 0.0}) for n, rise in ((8000, 4e-3), (4000, 1e-3)))
    found = analysed([long, short])
    assert found.pooled_K[0][0] == pytest.approx((46 * 4e-3 + 21 * 1e-3) / 67, rel=1e-3)
    assert found.points[0].dT_pos_K == pytest.approx((46 * 4e-3 + 21 * 1e-3) / 67, rel=1e-6)


def test_exclusions_are_counted_by_reason_and_the_result_is_given_without_them():
    rng = np.random.default_rng(4)
    broken = [
        with_current(hold, lambda current: 0.01 * current, slice(sample_of(20 + i), None))
        for i, hold in enumerate(holds(rng, 10))
    ]
    short = [
        with_current(hold, lambda current: 0.01 * current, slice(sample_of(4), None))
        for hold in holds(rng, 2)
    ]
    found = analysed([*holds(rng, 20), *broken, *short])
    counts = found.to_json()["exclusions"]
    assert (counts["holds"], counts["holds_used"]) == (32, 30)
    assert counts["holds_rejected"] == {"fewer than 12 whole periods": 2}
    reason = "current changed by more than a factor of 2 from its median"
    assert counts["periods_excluded"][reason]["holds"] == 12
    assert counts["periods_excluded"][reason]["periods"] > 10 * 20
    (point,), (naive,) = found.points, found.points_without_exclusions
    assert (point.junctions, naive.junctions) == (30, 32)
    assert point.q_total_pos_W > 1.1 * naive.q_total_pos_W


def control(rng, n, name, **kwargs):
    return holds(rng, n, control=name, **kwargs)


def test_controls_come_from_holds_of_any_recording():
    rng = np.random.default_rng(5)
    nothing = {"spread": 0.0, "power_W": 1e-30}
    found = analysed(
        holds(rng, 20),
        control(rng, 8, "out-of-contact", window_G0=(math.nan, math.nan), **nothing),
        control(rng, 8, "zero amplitude", amplitude_V=0.0, programme=three_level(0.0), window_G0=(0.9, 1.1)),
        holds(rng, 12, programme=three_level(1.2, "-0+"), order="-0+", control="reversed order"),
        holds(rng, 12, programme=three_level(1.2, frequency_Hz=Fraction(49, 2)), control="frequency"),
        holds(rng, 20, share=0.5, amplitude_V=0.06, power_W=3e-7, window_G0=(0.9, 1.1), control="gold"),
    )
    verdicts = {v.name: v for v in found.controls}
    done = {name for name, v in verdicts.items() if v.done}
    assert done == {
        "out of contact",
        "zero amplitude",
        "order reversed",
        "other frequencies",
        "gold",
        "closure",
        "first periods",
    }
    assert {name for name in done if verdicts[name].passed is not True} == set()
    assert verdicts["closure"].uncertainty > math.hypot(0.01406, 0.003)
    (point,) = found.points
    assert point.junctions == 20
    assert {p.control for p in found.control_points} == done - {"closure", "first periods"}


def test_a_campaign_on_gold_is_its_own_control():
    rng = np.random.default_rng(6)
    found = analysed(holds(rng, 30, share=0.5, amplitude_V=0.06, power_W=3e-7, window_G0=(0.9, 1.1)))
    gold = next(v for v in found.controls if v.name == "gold")
    assert gold.done
    assert found.slopes["points symmetric"].slope_K_per_W == pytest.approx(36_400, rel=0.02)
    assert found.slopes["junctions symmetric"].slope_K_per_W == pytest.approx(36_400, rel=0.02)


def test_an_alternating_order_is_the_same_modulation():
    rng = np.random.default_rng(7)
    alternating = holds(rng, 6, programme=three_level(1.2, "alternating"), order="alternating")
    found = analysed([*holds(rng, 6), *alternating])
    (point,) = found.points
    assert (point.junctions, point.frequency_Hz, point.order) == (12, 12.25, "")


def test_two_tips_have_no_common_mean():
    rng = np.random.default_rng(8)
    other = {**CALIBRATIONS, "thermal_resistance": Calibration(60_000.0, "K/W", 600.0)}
    runs = [HeatingRun(holds(rng, 5), header()), HeatingRun(holds(rng, 5), header(calibrations=other))]
    found = analyse_heating(runs, rng, OPTIONS)
    assert [p.thermometer.resistance_K_per_W for p in found.points] == [72_800.0, 60_000.0]
    assert found.scale_relative == pytest.approx(math.hypot(600 / 60_000, 0.2 / 16.3))


@pytest.mark.parametrize("missing", ["thermal_resistance", "thermocouple_seebeck"])
def test_no_temperatures_without_a_calibrated_tip(missing):
    known = {name: c for name, c in CALIBRATIONS.items() if name != missing}
    with pytest.raises(UncalibratedThermometer, match=f"run 0: the recording has no calibration {missing}"):
        analysed([], calibrations=known)


def test_unknown_uncertainty_and_unknown_filters_are_told():
    unknown = {name: replace(c, uncertainty=None) for name, c in CALIBRATIONS.items()}
    found = analysed(holds(np.random.default_rng(9), 6), calibrations=unknown, settings={})
    assert any("uncertainty of the tip" in warning for warning in found.warnings)
    assert any("run 0: the filters of the preamplifier are unknown" in warning for warning in found.warnings)
    assert found.to_json()["scale_relative"] is None
    assert next(v for v in found.controls if v.name == "closure").passed is None


def test_nothing_is_nothing():
    found = analysed([])
    assert found.points == ()
    assert found.noise is None
    assert {v.done for v in found.controls} == {False}
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["points"] == []


def test_all_holds_rejected_leave_no_point():
    hold = made_hold(n=500)
    found = analysed([hold])
    assert found.points == ()
    (entry,) = found.to_json()["junctions"]
    assert entry["rejected"]
    assert entry["dT_pos_K"] is None


def test_the_same_seed_gives_the_same_json():
    def content(seed):
        return analysed(holds(np.random.default_rng(10), 8), seed=seed).to_json()

    assert content(1) == content(1)
    assert content(1) == content(2)  # so few junctions, not skewed, need no bootstrap


def test_json_is_plain_and_complete():
    rng = np.random.default_rng(11)
    content = json.loads(json.dumps(analysed(holds(rng, 8)).to_json(), allow_nan=False))
    (point,) = content["points"]
    assert point["q_probe_neg_W"] == pytest.approx(point["dT_neg_K"] / R_P)
    assert point["cov_K2"] / (point["sigma_pos_K"] * point["sigma_neg_K"]) < 1.0
    assert content["scale_relative"] == pytest.approx(0.0140614, rel=1e-5)
    (asymmetry,) = content["asymmetry"]
    assert asymmetry["hotter_at"] == "negative bias"
    assert asymmetry["asymmetry_K"] == pytest.approx(point["dT_neg_K"] - point["dT_pos_K"])
    assert len(content["junctions"]) == 8
    assert content["junctions"][0]["recording"] == "run 0"
    assert len(content["controls"]) == 9
    assert len(content["points_without_exclusions"]) == 1
    assert content["budget"][0]["expected_500s_K"] < 1e-3
    assert point["pooled_dT_pos_K"] is not None


def test_masks_follow_filters_or_the_user():
    rng = np.random.default_rng(12)
    slow = {**SETTINGS, "voltage_preamplifier": {"filter_mode": 2, "lowpass_Hz": 300.0, "coupling": 1}}
    run = evaluate(HeatingRun(holds(rng, 3), header(settings=slow)))
    assert run.holds[0].mask_samples == 16  # 15 time constants of 0.53 ms at 2 kHz
    fixed = evaluate(HeatingRun(holds(rng, 3), header()), EvaluationOptions(mask_samples=9))
    assert fixed.holds[0].mask_samples == 9


def test_names_of_controls():
    names = ["out-of-contact", "zero_amplitude", "dummy resistor", "order reversed", "gold", None, "humming"]
    known = ["out of contact", "zero amplitude", "dummy resistor", "order reversed", "gold", "", "humming"]
    assert [control_name(name) for name in names] == known
