"""Peltier coefficient of levels and of many junctions, against exact Landauer heat and known numbers."""

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis.heating.hold_estimate import LevelRises
from analysis.thermoelectric.detectability import ThermometerNoise
from analysis.thermoelectric.peltier import Peltier, peltier_of_levels
from analysis.thermoelectric.peltier_controls import judge_controls
from analysis.thermoelectric.peltier_expectation import odd_sigma_W, peltier_sigma_V
from analysis.thermoelectric.peltier_hold import PeltierHold
from analysis.thermoelectric.peltier_mean import Mean, coefficient_of, kelvin_of, point_of, weighted_mean
from analysis.thermoelectric.peltier_run import coldest_of
from analysis.transport.landauer import currents, linear_response
from analysis.transport.transmission import BreitWignerLevel, LevelTransmission

BDA = LevelTransmission([BreitWignerLevel(-0.69, 0.048568, 0.048568)])
PI_V = 300.0 * float(linear_response(BDA, 300.0).seebeck_V_per_K)


def exact(bias_V):
    flow = currents(BDA, np.asarray(bias_V), 300.0, 300.0)
    conductance_S = (flow.current_A[-1] - flow.current_A[0]) / (bias_V[-1] - bias_V[0])
    return flow.current_A, flow.heat_probe_W, conductance_S


@pytest.mark.parametrize("offset_V", [0.0, 3e-4])
@pytest.mark.parametrize("levels", [(-1.0, 1.0), (-1.0, 0.0, 1.0), (-1.0, -0.5, 0.5, 1.0)])
def test_heats_relative_to_any_level_give_the_coefficient_whatever_the_offset(levels, offset_V):
    """At 50 mV the cubic correction leaves 0.2 %, the conductance of the levels themselves about as much."""
    current_A, heat_W, G = exact(0.05 * np.array(levels) + offset_V)
    reference = levels.index(0.0) if 0.0 in levels else 0
    n = len(levels)
    found = peltier_of_levels(current_A, heat_W - heat_W[reference], np.eye(n), reference, G, 300.0)
    assert found.Pi_V == pytest.approx(PI_V, rel=0.01)
    assert math.isnan(found.sigma_square_ohm) == (n == 2)


def test_equal_currents_determine_nothing():
    with pytest.raises(ValueError, match="odd part"):
        peltier_of_levels(np.zeros(2), np.zeros(2), np.eye(2), 0, 4e-7, 300.0)


def test_the_error_is_that_between_junctions_not_between_their_holds():
    rng = np.random.default_rng(4)
    own = rng.normal(0.0, 1.0, 50)
    values = np.repeat(own, 20)
    mean = weighted_mean(
        values, np.full(1000, 1e-6), np.ones(1000), np.repeat(np.arange(50), 20).tolist(), rng
    )
    assert (mean.holds, mean.junctions) == (1000, 50)
    assert mean.sigma == pytest.approx(own.std(ddof=1) / math.sqrt(50), rel=0.1)


def test_few_junctions_have_at_least_the_noise_as_error():
    rng = np.random.default_rng(4)
    mean = weighted_mean(np.array([1.0, 1.0]), np.array([0.2, 0.2]), np.ones(2), ["a", "b"], rng)
    assert mean.sigma == pytest.approx(0.2 / math.sqrt(2.0))


def made(dT_K, sigma_K=1e-5, amplitude_V=0.05, **fields):
    """A hold at -V, 0, V with these rises."""
    rises = LevelRises(
        amplitude_V * 4e-7 * np.array([-1.0, 0.0, 1.0]),
        amplitude_V * np.array([-1.0, 0.0, 1.0]),
        np.array([dT_K[0], 0.0, dT_K[1]]),
        np.diag([sigma_K**2, 0.0, sigma_K**2]),
        1,
        True,
    )
    odd = 1e-6 * (dT_K[1] - dT_K[0]) / 2
    defaults = {"kept_s": 10.0, "odd": (odd, 1e-6 * sigma_K), "even": (0.0, 1e-6 * sigma_K)}
    given = {**defaults, **fields}
    return PeltierHold("a", 0, -1, given.pop("control", ""), "+0-", amplitude_V, levels=rises, **given)


@pytest.mark.parametrize(("rise_K", "seen"), [(-2.5e-5, True), (-1.5e-5, False), (3e-5, False)])
def test_cooling_needs_a_level_that_is_colder_than_zero_bias(rise_K, seen):
    coldest = coldest_of([made((rise_K, 5e-5))])
    assert coldest.seen is seen
    assert coldest.level_V == -0.05
    assert ("The tip cools" in coldest.sentence) is seen


def test_many_levels_without_cooling_are_rarely_taken_for_it():
    """Twelve levels of noise: a criterion of 2 sigma for each alone would find a cooling in a quarter of the runs."""
    rng = np.random.default_rng(6)
    seen = 0
    for _ in range(200):
        holds = [made(1e-5 * rng.standard_normal(2), amplitude_V=0.001 * k) for k in range(1, 7)]
        seen += coldest_of(holds).seen
    assert seen <= 14  # 4.5 are expected; more than 14 come with a chance of 2e-4


def test_controls_must_vanish_and_be_able_to_see_what_was_measured():
    rng = np.random.default_rng(1)
    holds = [made((1e-4, 3e-4))]
    point = point_of(0.05, holds, rng)
    own = Mean(6.5e-3, 0.3e-3, 0.3e-3, 10, 10)
    quiet, leaky, loud = (
        [made(rises, sigma_K, control="dummy resistor")]
        for rises, sigma_K in (((0.0, 0.0), 1e-5), ((-1e-4, 1e-4), 1e-5), ((0.0, 0.0), 1e-3))
    )
    verdicts = [
        judge_controls(own, [point], {"dummy resistor": x}, {})[0].passed for x in (quiet, leaky, loud)
    ]
    assert verdicts == [True, False, None]
    swapped = judge_controls(own, [point], {}, {"leads swapped": Mean(-6.3e-3, 0.3e-3, 0.3e-3, 9, 9)})
    assert [(one.name, one.passed) for one in swapped] == [("leads swapped", True)]
    reversed_order = judge_controls(own, [point], {}, {"order reversed": Mean(3e-3, 0.3e-3, 0.3e-3, 9, 9)})
    assert [one.passed for one in reversed_order] == [False]


def test_a_warmer_tip_gives_the_thermopower_times_its_own_temperature():
    """Exact heat into a tip of 315 K from a substrate of 300 K; S from the voltage without a current."""
    flow = currents(BDA, np.array([-0.01, 0.0, 0.01]), 315.0, 300.0)
    G = (flow.current_A[2] - flow.current_A[0]) / 0.02
    heat_W = flow.heat_probe_W - flow.heat_probe_W[1]
    found = peltier_of_levels(flow.current_A, heat_W, np.eye(3), 1, G, 315.0)
    seebeck = -flow.current_A[1] / G / 15.0
    assert found.Pi_V / (seebeck * 315.0) == pytest.approx(1.0, abs=0.01)


def test_kelvin_s_relation_holds_though_the_thermopowers_have_noise():
    """A third of the thermopowers' spread is noise: without its share taken out the ratio would be 0.9."""
    rng, n, sigma_S, sigma_Pi = np.random.default_rng(8), 4000, 4e-6, 0.5e-3
    S = rng.normal(0.0, 12e-6, n)
    seen, Pi_V = S + rng.normal(0.0, sigma_S, n), 315.0 * S + rng.normal(0.0, sigma_Pi, n)
    holds = [
        PeltierHold("a", i, i, "", "+-", 0.05, fit=Peltier(Pi, 1.0, sigma_Pi), weight=1.0, temperature_K=315.0,
                    seebeck=(s, sigma_S))
        for i, (s, Pi) in enumerate(zip(seen, Pi_V, strict=True))
    ]  # fmt: skip
    mean = kelvin_of(holds, rng)
    assert mean.value == pytest.approx(1.0, abs=4 * mean.sigma)
    assert (mean.sigma < 0.01, mean.junctions) == (True, n)
    hidden = [replace(hold, seebeck=(hold.seebeck[0], 1e-3)) for hold in holds]
    assert math.isnan(kelvin_of(hidden, rng).value)


def test_no_hold_gives_no_coefficient():
    assert math.isnan(coefficient_of([], np.random.default_rng(1)).value)


@pytest.mark.parametrize(
    ("resistance", "amplitude_V", "hours"),
    [(72_800.0, 0.02, 460.0), (72_800.0, 0.05, 73.0), (1e6, 0.02, 2.4)],
)
def test_hours_that_ten_per_cent_of_a_molecule_take(resistance, amplitude_V, hours):
    """The first and the last are those of the specification; at 0.05 V it counts the cubic part of the heat as well."""
    tip = ThermometerNoise(resistance, 16.3e-6, 9.883894e-17, 3.2375903667117436)
    sigma_V = peltier_sigma_V(odd_sigma_W(tip, 3600.0, 12.25), [0.005 * 7.748e-5 * amplitude_V])
    assert (sigma_V / (0.1 * PI_V)) ** 2 == pytest.approx(hours, rel=0.05)


def test_the_odd_part_of_the_paper_s_tip_in_500_s_is_293_pW():
    tip = ThermometerNoise(72_800.0, 16.3e-6, 9.883894e-17, 3.2375903667117436)
    assert odd_sigma_W(tip, 500.0, 12.25) == pytest.approx(293e-12, rel=0.01)
