"""Heating as it grows: each hold once, points and errors of the analysis, convergence as 1/sqrt(t)."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.disk_backed_list import DiskBackedList
from analysis.heating.exclusion import ExclusionRules
from analysis.heating.heating import HeatingOptions, analyse_heating
from analysis.heating.junction_model import JunctionModel
from analysis.heating.programme import three_level
from analysis.heating.runs import EvaluationOptions, HeatingRun, RunEvaluator
from analysis.transport.transmission import BreitWignerLevel, LevelTransmission
from app.viewmodels.heating_view import HeatingModel
from tests.support.physics.made_holds import RATE_Hz, made_hold
from tests.support.recordings.streams import header

QUICK = HeatingOptions(resamples=400)
MODEL = JunctionModel(LevelTransmission([BreitWignerLevel(0.9, 0.04, 0.04)]), "one level")


def made(n, rng, noise_V=3e-7, spread=0.0, amplitudes=(0.8, 1.2), samples=2400):
    holds = []
    for number in range(n):
        amplitude_V = amplitudes[number % len(amplitudes)]
        rise = amplitude_V * (1.0 + spread * rng.standard_normal())
        hold = made_hold(
            n=samples,
            programme=three_level(amplitude_V),
            rise_K={"+": 6e-3 * rise, "-": 16e-3 * rise},
            rng=rng,
            noise_V=noise_V,
            current_noise_A=1e-9,
            number=number,
        )
        mains = 1e-6 * np.sin(2 * np.pi * 50.0 * (number * 5000 + np.arange(samples)) / RATE_Hz)
        hold = replace(hold, thermocouple_V=hold.thermocouple_V + mains)
        holds.append(replace(hold, kind="jumped") if number == 3 else hold)
    return holds


@pytest.fixture(scope="module")
def holds():
    return made(14, np.random.default_rng(6))


def grown(holds, options=QUICK, head=None, every=1, **more):
    shelf = DiskBackedList("programme")
    view = HeatingModel(shelf, head or header("heating"), options, **more)
    for hold in holds:
        shelf.add(hold)
        if len(shelf) % every == 0:
            view.work()
    return view


def expected(holds, options=QUICK):
    return analyse_heating([HeatingRun(holds, header("heating"))], np.random.default_rng(0), options)


def same(found, wanted):
    np.testing.assert_equal(found.to_json(), wanted.to_json())


def test_in_the_end_it_is_the_analysis(holds):
    told = []
    view = grown(holds, on_points=told.append)
    view.work(thorough=True)
    analysis = expected(holds)
    same(view.result, analysis)
    shot = view.snapshot()
    assert shot.points.amplitude_V.tolist() == [0.8, 1.2]
    point = analysis.points[1]
    assert shot.points.dT_neg_mK[1] == pytest.approx(point.dT_neg_K * 1e3)
    assert shot.points.q_probe_pos_uW[1] == pytest.approx(point.q_probe_pos_W * 1e6)
    assert shot.points.sigma_probe_neg_uW[1] == pytest.approx(point.sigma_neg_K / 1e5 * 1e6)
    assert (shot.holds, shot.used + shot.rejected) == (14, 14)
    assert told[-1] == view.result.points
    assert len(shot.judged) == 14
    assert shot.judged[-1].words.startswith("hold 14 kept")  # the fourteenth; recordings number from 0
    assert shot.judged[-1].until == holds[-1].samples[1]
    assert shot.symmetric_probe_uW[1] / shot.symmetric_total_uW[1] == 0.5
    assert shot.symmetric_total_uW[1] > shot.points.q_total_pos_uW.max()


def test_holds_are_evaluated_once_when_the_mains_are_known(holds, monkeypatch):
    known = HeatingOptions(EvaluationOptions(lines_Hz=(50.0,)), 400)
    view = grown(holds[:8], known)
    count, evaluated = 0, RunEvaluator.evaluated

    def counting(self, hold):
        nonlocal count
        count += 1
        return evaluated(self, hold)

    monkeypatch.setattr(RunEvaluator, "evaluated", counting)
    for hold in holds[8:]:
        view._holds.add(hold)
        view.work()
    view.work(thorough=True)
    assert count == 6
    same(view.result, expected(holds, known))


def test_edges_that_only_later_holds_show_are_masked_in_all_of_them(holds):
    """The first hold has no current; in the others it leads the bias by two samples."""
    early = [replace(hold, current_A=np.roll(hold.current_A, -2)) for hold in holds[:6]]
    early[0] = replace(early[0], current_A=np.zeros(len(early[0])))
    known = HeatingOptions(EvaluationOptions(lines_Hz=(50.0,)), 100)
    view = grown(early, known)
    view.work(thorough=True)
    same(view.result, expected(early, known))
    assert {hold.lead_samples for hold in view.result.holds} == {2}


def test_other_exclusions_give_what_they_would_have_given_from_the_start(holds):
    options = HeatingOptions(
        EvaluationOptions(ExclusionRules(drift=1e-6), mask_samples=12, lines_Hz=(50.0,)), 300
    )
    view = grown(holds)
    view.decide(options, 0.0)
    same(view.result, expected(holds, options))


def test_series_end_where_the_points_are_and_shrink_as_expected():
    holds = made(60, np.random.default_rng(7), amplitudes=(1.2,))
    view = grown(holds, every=30)
    view.work(thorough=True)
    (series,) = view.snapshot().series
    points, n = view.snapshot().points, series.hold.size
    assert n == points.junctions[0]
    assert 1e3 * series.dT_K[0, -1] == pytest.approx(points.dT_pos_mK[0], rel=1e-9)
    assert 1e3 * series.sigma_K[1, -1] == pytest.approx(points.sigma_neg_mK[0], rel=0.1), (
        "the bootstrap's own error"
    )
    assert series.sigma_K[0, -1] == pytest.approx(series.expected_K[0, -1], rel=0.3), "junctions all alike"
    np.testing.assert_allclose(
        series.expected_K[0] * np.sqrt(series.modulated_s),
        series.expected_K[0, 0] * series.modulated_s[0] ** 0.5,
    )
    assert series.modulated_s[-1] == pytest.approx(n * (14 - 3) / 12.25)
    assert series.single_K[1].mean() == pytest.approx(16e-3 * 1.2, rel=0.1)
    assert series.label == "1.2 V"


def test_where_junctions_differ_errors_stay_above_what_noise_allows():
    holds = made(40, np.random.default_rng(8), noise_V=1e-7, spread=0.5, amplitudes=(1.2,))
    (series,) = grown(holds, every=20).snapshot().series
    assert series.sigma_K[1, -1] > 3.0 * series.expected_K[1, -1]


def test_the_error_of_the_difference_knows_that_both_rises_are_of_the_same_junction():
    holds = made(40, np.random.default_rng(8), noise_V=1e-7, spread=0.5, amplitudes=(1.2,))
    view = grown(holds, every=20)
    view.work(thorough=True)
    (series,) = view.snapshot().series
    (point,) = view.result.points
    assert series.sigma_difference_K[-1] == pytest.approx(point.asymmetry_sigma_K, rel=0.1)
    apart = np.hypot(*series.sigma_K)
    assert series.sigma_difference_K[-1] < 0.7 * apart[-1]
    assert series.resistance_K_per_W == 1e5


def test_errors_are_known_from_three_junctions_on():
    holds = made(40, np.random.default_rng(8), noise_V=1e-7, spread=0.5, amplitudes=(1.2,))
    (series,) = grown(holds, every=20).snapshot().series
    assert series.error_known.tolist() == [False, False] + [True] * (series.hold.size - 2)
    (alike,) = grown(made(6, np.random.default_rng(1), amplitudes=(1.2,))).snapshot().series
    assert not alike.error_known[:2].any()


def test_a_tip_without_calibration_says_so(holds):
    view = grown(holds[:2], head=replace(header("heating"), calibrations={}))
    shot = view.snapshot()
    assert "thermal_resistance" in shot.problem and shot.holds == 2 and shot.series == ()


def test_models_stand_beside_the_points(holds):
    view = grown(holds, coupling_eV=0.01)
    assert view.snapshot().curves == ()
    view.show(MODEL)
    curves = {curve.name: curve for curve in view.snapshot().curves}
    assert list(curves) == ["Landauer", "voltage probe", "voltage-temperature probe"]
    landauer = curves["Landauer"].predicted
    assert landauer.bias_V[-1] == pytest.approx(1.1 * 1.2)
    prediction = MODEL.predicted(landauer.bias_V, 1e5)
    np.testing.assert_allclose(landauer.q_probe_neg_W, prediction.q_probe_neg_W)
    np.testing.assert_allclose(landauer.dT_pos_K, prediction.dT_pos_K)
    assert view.snapshot().model == "one level"
