"""Heat that crosses an open gap, from pairs of holds in a narrow and in a wide one."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.heating.thermometer import Thermometer
from analysis.thermoelectric.gap_widening import GAP_WIDENED, gap_hold, heat_across
from analysis.thermoelectric.rupture_holds import RuptureHold
from analysis.thermoelectric.rupture_reader import RuptureRules
from analysis.thermoelectric.thermal_conductance_run import ThermalConductanceRun, combine
from tests.validation.thermal_conductance import FILTERS, SEEBECK, Case, THERMAL_Hz, campaign

R_P, RATE_Hz = 1e6, 2000.0
RULES = RuptureRules(SEEBECK, FILTERS, 50.0)


def hold(rng, pair, which, gap_W_per_K, current_A=1e-13):
    """Return a second of an alternating tip that loses heat through the gap; its heater has another phase each time."""
    n = 2000
    time_s, phase = np.arange(n) / RATE_Hz, rng.uniform(0.0, 6.0)
    power_W = 15e-6 * (1.0 - np.cos(2 * np.pi * THERMAL_Hz * time_s + phase))
    tip_K = R_P / (1.0 + R_P * gap_W_per_K) * power_W + 1e-3 * rng.standard_normal(n)
    zero = np.zeros(n)
    return RuptureHold(
        pair, (0, n), RATE_Hz, np.full(n, 5e-3), np.full(n, current_A), -SEEBECK * tip_K, power_W, zero, zero,
        np.zeros(n, bool), 0.0, (0.7, 1.4), "finished", GAP_WIDENED, "2w", True, THERMAL_Hz,
        {"gap": which, "control": GAP_WIDENED},
    )  # fmt: skip


def pairs(rng, narrow_W_per_K, wide_W_per_K, n=10):
    gaps = {"narrow": narrow_W_per_K, "wide": wide_W_per_K}
    return [gap_hold(hold(rng, k, which, each), RULES) for k in range(n) for which, each in gaps.items()]


def test_the_difference_of_both_gaps_comes_back():
    value, sigma, n = heat_across(pairs(np.random.default_rng(1), 40e-12, 10e-12), R_P)
    assert n == 10 and sigma < 5e-12
    assert value == pytest.approx(30e-12, abs=4 * sigma)


def test_a_gap_that_conducts_heat_fails_the_control_and_few_pairs_decide_nothing():
    rng = np.random.default_rng(2)
    result, _ = campaign(
        rng, Case(G_th_W_per_K=100e-12, resistance_K_per_W=R_P, lifetime_s=0.5, linger_s=0.5), 12
    )
    own = ThermalConductanceRun("own", tuple(one.rupture for one in result.used), Thermometer(R_P, SEEBECK))
    verdicts = []
    for gaps in (pairs(rng, 0.0, 0.0), pairs(rng, 60e-12, 0.0), pairs(rng, 0.0, 0.0, n=2)):
        control = replace(own, ruptures=(), gaps=tuple(gaps))
        (found,) = (one for one in combine([own, control], rng).controls if one.name == GAP_WIDENED)
        verdicts.append(found.passed)
    assert verdicts == [True, False, None]


def test_a_gap_that_has_closed_is_left_out_by_its_current():
    rng = np.random.default_rng(3)
    assert gap_hold(hold(rng, 0, "wide", 0.0, current_A=4e-7), RULES).rejected == "the gap conducts"
    still = replace(hold(rng, 0, "wide", 0.0), heater_W=np.full(2000, 1e-6))
    assert "does not alternate" in gap_hold(still, RULES).rejected
