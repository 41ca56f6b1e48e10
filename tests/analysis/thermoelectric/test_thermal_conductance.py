"""Thermal conductance at rupture against a world of numbers: steps, Joule heat, exclusions, selection."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.heating.thermometer import Thermometer
from analysis.thermoelectric.rupture import measured
from analysis.thermoelectric.rupture_reader import RuptureRules
from analysis.thermoelectric.thermal_conductance import bootstrapped, spread
from analysis.thermoelectric.thermal_conductance_json import thermal_conductance_json
from analysis.thermoelectric.thermal_conductance_run import (
    ThermalConductanceRun,
    combine,
    summarise,
    with_controls,
)
from analysis.thermoelectric.thermal_conductance_words import conductance_words, warnings_of
from analysis.thermoelectric.wiedemann_franz import electron_W_per_K
from tests.validation.thermal_conductance import FILTERS, SEEBECK, Case, campaign, hold

RULES = RuptureRules(SEEBECK, FILTERS, 50.0)
MOLECULE = Case("2w", 5.1e-4, 20e-12, 0.35, 0.0, 0.02, True, 1e6, 0.8)


GOLD = Case()


def one(case=GOLD, heated=True, seed=1):
    return hold(np.random.default_rng(seed), case, 0, heated)


def look(made, seed=2):
    return measured(made, RULES, np.random.default_rng(seed))


def test_the_rupture_is_found_in_the_current_and_the_conductance_without_the_offset_of_the_bias():
    made, _ = one()
    shifted = replace(
        made, current_A=made.current_A + np.where(np.abs(made.current_A) > 1e-8, G0_S * 3e-4, 0.0)
    )
    found = look(shifted)
    broken = int(np.flatnonzero(np.abs(made.current_A) > 1e-8)[-1]) + 1
    assert 0 <= found.sample - broken <= 8
    plateau = np.abs(made.current_A[100] / made.bias_V[100])
    assert found.conductance_S == pytest.approx(plateau, rel=1e-3)
    assert found.power_W == pytest.approx(plateau * 25e-6, rel=2e-3)


@pytest.mark.parametrize("mode", ["2w", "dc"])
def test_the_value_without_noise_is_that_of_the_network(mode):
    case = Case(mode, G_th_W_per_K=600e-12, linger_s=2.0)
    rng = np.random.default_rng(5)
    made, true = hold(rng, case, 0, True)
    still = replace(made, thermocouple_V=made.thermocouple_V * 0.0 - SEEBECK * clean_K(made, true, case))
    step = look(still).step.value_K
    difference_K = look(still).difference_K if mode == "2w" else 30.0
    joule_W = 0.0 if mode == "2w" else 0.5 * look(still).power_W
    assert (step / case.resistance_K_per_W + joule_W) / difference_K == pytest.approx(true, rel=2e-3)


def clean_K(made, true_W_per_K, case):
    """The tip's temperature of `hold` without noise."""
    closed = np.abs(made.current_A) > 1e-8
    rise_K = made.heater_W * case.resistance_K_per_W
    power_W = made.current_A * made.bias_V
    leak = 1.0 / (1.0 + case.resistance_K_per_W * true_W_per_K)
    return rise_K * np.where(closed, leak, 1.0) + case.resistance_K_per_W * 0.5 * power_W


@pytest.mark.parametrize("mode", ["2w", "dc"])
def test_a_campaign_with_a_hundredth_of_the_noise_has_no_bias(mode):
    """Wiedemann and Franz with 5 % of phonons; the mean of the contacts differs from contact to contact."""
    result, _ = campaign(np.random.default_rng(5), Case(mode, noise=0.01, lifetime_s=0.6), 16)
    mean_sigma = result.noise_sigma_W_per_K / result.conductance.value
    assert result.lorenz.value == pytest.approx(1.05, rel=5 * mean_sigma + 0.003)
    per_contact = [
        one.W_per_K / (1.05 * electron_W_per_K(one.rupture.conductance_S, 315.0)) for one in result.used
    ]
    sigma = [one.sigma_W_per_K / one.W_per_K for one in result.used]
    assert np.all(np.abs(np.array(per_contact) - 1.0) < 5 * np.array(sigma) + 0.03)


def test_exclusions_are_of_the_current_alone():
    rng = np.random.default_rng(3)
    for seed in range(6):
        made, _ = one(seed=seed)
        other = replace(made, thermocouple_V=1e-3 * rng.standard_normal(len(made.thermocouple_V)))
        assert look(other).rejected == look(made).rejected
        assert look(other).sample == look(made).sample


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda made: {"flags": ("railed",)}, "rail"),
        (lambda made: {"flags": ("gap",)}, "missing"),
        (lambda made: {"ended": "current"}, "trip"),
        (lambda made: {"window_G0": (0.2, 0.4)}, "twice the window"),
        (lambda made: {"current_A": stepped(made)}, "atoms of a metallic contact"),
        (lambda made: {"current_A": again(made)}, "conducts again"),
        (lambda made: {"heater_W": np.full_like(made.heater_W, 1e-4)}, "does not alternate"),
        (lambda made: {"current_A": made.current_A * 0.0}, "less than 50 ms"),
    ],
)
def test_each_reason_to_leave_a_rupture_out(change, reason):
    made, _ = one(seed=4)
    assert reason in look(replace(made, **change(made))).rejected
    assert not look(made).rejected


def stepped(made):
    last = np.flatnonzero(np.abs(made.current_A) > 1e-8)[-1]
    current_A = made.current_A.copy()
    current_A[: last // 2] *= 1.3
    return current_A


def again(made):
    current_A = made.current_A.copy()
    current_A[-300:] = 0.8 * G0_S * made.bias_V[-300:]
    return current_A


def test_a_censored_hold_is_counted_apart():
    made, _ = one()
    found = look(replace(made, ended="finished"))
    assert found.censored and not found.rejected and found.step is None


def test_joule_heat_is_subtracted_or_said():
    """Without the subtraction the molecule of 20 pW/K at 100 mV and 2e-3 G0 would conduct -5 pW/K."""
    case = Case("dc", 2e-3, 20e-12, 0.0, 0.0, 0.1, False, 1e6, 0.9, 1.2)
    result, true = campaign(np.random.default_rng(1), case, 50)
    assert abs(result.conductance.value - true) < 4 * result.conductance.sigma
    assert result.uncorrected_W_per_K == pytest.approx(true - 25.8e-12, abs=4 * result.noise_sigma_W_per_K)
    assert result.uncorrected_W_per_K < 0.0
    assert any("without the subtraction of Joule heat" in sentence for sentence in warnings_of(result))


def test_result_controls_words_and_json_agree():
    result, true = campaign(np.random.default_rng(2), MOLECULE, 40)
    other, _ = campaign(np.random.default_rng(3), replace(MOLECULE, G_th_W_per_K=200e-12), 40)
    whole = with_controls(result, [("other frequency", other)])
    verdicts = {control.name: control.passed for control in whole.controls}
    assert verdicts["heater off"] is None, "two ruptures with the heater off are too few to decide"
    assert verdicts["other frequency"] is False
    content = thermal_conductance_json(whole)
    assert content["wiedemann_franz"] is None and content["ruptures"] == len(whole.used)
    assert abs(content["G_th_W_per_K"] - true) < 4 * content["sigma_W_per_K"]
    assert f"from {len(whole.used)} ruptures (heater 2w" in conductance_words(whole)[0]
    assert content["average"]["time_s"][0] == pytest.approx(-1.95)


def test_spread_and_bootstrap_of_junctions():
    rng = np.random.default_rng(4)
    sigma = np.full(4000, 2.0)
    values = 10.0 + 3.0 * rng.standard_normal(4000) + sigma * rng.standard_normal(4000)
    assert spread(values, sigma) == pytest.approx(3.0, rel=0.06)
    assert bootstrapped(values, sigma, rng).sigma == pytest.approx(np.sqrt(13.0 / 4000), rel=0.15)


def with_the_other_side(more_W=0.0, heated_again=False, noise=0.02, number=40):
    """Return a steady measurement of gold, with the verdict on the control whose substrate is the warm side.

    ``more_W`` is heat that reaches the tip while a junction conducts, whichever side is warm.
    """
    case = Case("dc", noise=noise, linger_s=1.0, lifetime_s=1.0)
    rng = np.random.default_rng(11)
    runs = []
    for substrate in (False, not heated_again):
        seen = []
        for k in range(number):
            made, true = hold(rng, case, k, k % 5 != 0)
            closed = np.abs(made.current_A) > 1e-8
            tip_V = made.thermocouple_V - SEEBECK * case.resistance_K_per_W * more_W * closed
            if substrate and made.heated:
                warm_K = np.full(len(closed), 30.0)
                cold = 1.0 / (1.0 + case.resistance_K_per_W * true)
                own_K = 30.0 * np.where(closed, cold, 1.0)  # rise by the heater in the tip
                tip_K = -tip_V / SEEBECK - own_K + 30.0 * (1.0 - cold) * closed
                made = replace(made, substrate_K=warm_K, notes={"heater_where": "substrate"})
                tip_V = -SEEBECK * tip_K
            seen.append(look(replace(made, thermocouple_V=tip_V, control="other side" if runs else "")))
        runs.append(ThermalConductanceRun("toy", tuple(seen), Thermometer(case.resistance_K_per_W, SEEBECK)))
    (verdict,) = (one for one in combine(runs, rng).controls if one.name == "other side")
    return verdict


def test_the_step_changes_its_sign_with_the_temperature_difference():
    assert with_the_other_side().passed is True


def test_heat_that_does_not_follow_the_difference_is_found_with_the_other_side_heated():
    """5 nW of 18 nW: G_th is 170 pW/K too small with one side heated, and as much too large with the other."""
    verdict = with_the_other_side(5e-9)
    assert verdict.passed is False
    assert verdict.value == pytest.approx(333e-12, rel=0.15)


def test_the_other_side_decides_nothing_if_it_is_the_same_side_or_too_imprecise():
    again = with_the_other_side(heated_again=True, number=15)
    assert again.passed is None and "run it with the heater at the other side" in again.sentence
    imprecise = with_the_other_side(noise=1.0, number=15)
    assert imprecise.passed is None and "too imprecise" in imprecise.sentence


@pytest.mark.parametrize("mode", ["2w", "dc"])
@pytest.mark.parametrize(
    ("factor", "words"), [(2.0, "rises by 0.5 times R_P"), (0.5, "rises by 2 times R_P")]
)
def test_a_wrong_thermal_resistance_is_found_by_the_heater_and_by_metallic_contacts(mode, factor, words):
    case = Case(mode, noise=0.02, lifetime_s=1.0)
    rng = np.random.default_rng(12)
    seen = tuple(look(hold(rng, case, k, k % 5 != 0)[0]) for k in range(15))
    results = [
        summarise(
            [ThermalConductanceRun("toy", seen, Thermometer(one * case.resistance_K_per_W, SEEBECK))], rng
        )
        for one in (1.0, factor)
    ]
    right, wrong = (" ".join(warnings_of(one)) for one in results)
    assert results[0].heater_ratio == pytest.approx(1.0, abs=0.05) and "R_P" not in right
    assert words in wrong and "metallic contacts follow Wiedemann and Franz" in wrong


@pytest.mark.parametrize("mode", ["2w", "dc"])
def test_a_thermometer_of_the_wrong_sign_is_found_by_the_heater(mode):
    case = Case(mode, noise=0.02, lifetime_s=1.0)
    rng = np.random.default_rng(12)
    made = [hold(rng, case, k, k % 5 != 0)[0] for k in range(15)]
    seen = tuple(look(replace(one, thermocouple_V=-one.thermocouple_V)) for one in made)
    run = ThermalConductanceRun("toy", seen, Thermometer(case.resistance_K_per_W, SEEBECK))
    assert "reads colder with the heater on" in " ".join(warnings_of(summarise([run], rng)))
