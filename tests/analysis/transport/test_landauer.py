"""Currents and linear response: reference values, identities, limits known by hand, and independent routes."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.constants import ELEMENTARY_CHARGE_C, G0_S, BOLTZMANN_eV_per_K, PLANCK_J_s
from analysis.transport.huckel import HuckelModel, Lead, bonded, ring_bonds
from analysis.transport.landauer import WATT_PER_eV2, currents, differential_conductance, linear_response
from analysis.transport.table import TableTransmission
from analysis.transport.transmission import BreitWignerLevel, FlatTransmission, LevelTransmission
from tests.support.physics.fermi_reference import by_definition, level_currents, level_moments

REFERENCE = json.loads(
    (Path(__file__).parents[2] / "golden" / "landauer_reference.json").read_text(encoding="utf-8")
)
R_P_K_PER_W = 72_800.0
LORENTZ_WF = 2.44300450907366671e-8  # pi^2/3 k^2 in eV^2/K^2


def one_level(energy_eV, probe_eV, substrate_eV=None, drop=0.5):
    return LevelTransmission(
        [BreitWignerLevel(energy_eV, probe_eV, probe_eV if substrate_eV is None else substrate_eV, drop)]
    )


def lorentzian(row):
    return one_level(float(row["level"]), float(row["fwhm"]) / 2)


def rel(ours, expected):
    return float(np.max(np.abs(np.asarray(ours) / expected - 1.0)))


# --- reference values -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REFERENCE["level_models"])
def test_level_models_agree_with_the_reference_to_13_digits(name):
    model = REFERENCE["level_models"][name]
    levels = [BreitWignerLevel(x["eps_eV"], x["Gamma_L_eV"], x["Gamma_R_eV"]) for x in model["levels"]]
    transmission = LevelTransmission(levels)
    linear = linear_response(transmission, 300.0)
    assert rel(linear.conductance_G0, model["G_over_G0_300K"]) < 1e-12
    assert rel(linear.seebeck_V_per_K, model["S_300K_V_per_K"]) < 1e-12
    rows = model["rows"]
    V = np.array([row["V"] for row in rows])
    up, down = currents(transmission, V), currents(transmission, -V)
    assert rel(up.current_A, [row["I_pos_A"] for row in rows]) < 1e-13
    assert rel(down.current_A, [row["I_neg_A"] for row in rows]) < 1e-13
    assert rel(up.heat_probe_W, [row["Q_P_pos_W"] for row in rows]) < 1e-13
    assert rel(down.heat_probe_W, [row["Q_P_neg_W"] for row in rows]) < 1e-13
    assert rel(up.heat_substrate_W, [row["Q_S_pos_W"] for row in rows]) < 1e-13
    assert rel(up.heat_probe_W * R_P_K_PER_W, [row["dT_pos_K"] for row in rows]) < 1e-13


@pytest.mark.parametrize(
    "row", REFERENCE["electrode_heat"], ids=lambda r: f"{r['tau']} {r.get('level')} {r['V']} V"
)
def test_electrode_heats_agree_with_the_reference(row):
    transmission = FlatTransmission(1.0) if row["tau"].startswith("flat") else lorentzian(row)
    result = currents(transmission, row["V"], row["T"], row["T"])
    assert rel(result.current_A, float(row["I_A"])) < 1e-13
    assert rel(result.heat_probe_W, float(row["Q_P_W"])) < 1e-13
    assert rel(result.heat_substrate_W, float(row["Q_S_W"])) < 1e-13


def moments(linear):
    """K_0, K_1, K_2 in powers of eV, out of the SI record."""
    unit = PLANCK_J_s / 2
    in_SI = linear.L0_per_J_s, linear.L1_per_s, linear.L2_W
    return [unit * L / ELEMENTARY_CHARGE_C**n for n, L in enumerate(in_SI)]


@pytest.mark.parametrize(
    "row", REFERENCE["onsager"]["lorentzian"], ids=lambda r: f"{r['T']} K {r['fwhm']} eV"
)
def test_onsager_integrals_of_a_level_agree_with_the_reference(row):
    linear = linear_response(one_level(float(row["level_minus_mu"]), float(row["fwhm"]) / 2), row["T"])
    K0, K1, K2 = moments(linear)
    assert rel(K0, float(row["K0"])) < 1e-12
    assert rel(K2, float(row["K2"])) < 1e-12
    assert pytest.approx(float(row["K1"]), rel=1e-12, abs=1e-30) == K1
    assert linear.seebeck_V_per_K == pytest.approx(float(row["S_V_per_K"]), rel=1e-12, abs=1e-30)
    assert rel(linear.thermal_conductance_W_per_K, float(row["kappa_W_per_K"])) < 1e-12


@pytest.mark.parametrize("row", REFERENCE["onsager"]["flat"], ids=lambda r: f"{r['T']} K")
def test_onsager_integrals_of_a_flat_transmission(row):
    linear = linear_response(FlatTransmission(1.0), row["T"])
    K0, K1, K2 = moments(linear)
    assert (rel(K0, 1.0) < 1e-15, K1 == 0.0) == (True, True)
    assert rel(K2, float(row["K2"])) < 1e-14
    assert rel(linear.thermal_conductance_W_per_K, float(row["kappa_W_per_K"])) < 1e-14


@pytest.mark.parametrize(
    "row", REFERENCE["onsager"]["benzene"], ids=lambda r: f"{r['GL']} {r['GR']} {r['GP']} {r['flat']}"
)
@pytest.mark.parametrize("pair", ["LR", "LP", "RP"])
def test_onsager_integrals_of_benzene_with_three_leads(row, pair):
    third = dict.fromkeys(range(1, 7), row["GP"] / 6) if row["flat"] else {4: row["GP"]}
    leads = (Lead("L", {1: row["GL"]}), Lead("R", {3: row["GR"]}), Lead("P", third))
    model = HuckelModel(bonded(6, ring_bonds(6), row["t"], -float(row["mu"])), leads)
    K0, _, K2 = moments(linear_response(model.transmission(*pair), row["T"]))
    expected = [float(x) for x in row[pair]]
    assert pytest.approx(expected[0], rel=1e-12) == K0
    assert pytest.approx(expected[2], rel=1e-12) == K2


# --- 50-digit arithmetic over the whole range ----------------------------------------------------------------------

widths = st.floats(-3.3, 0.0).map(lambda x: 10.0**x)
temperatures = st.floats(0.0, 3.0).map(lambda x: 10.0**x)
biases = st.tuples(st.sampled_from([-1.0, 1.0]), st.floats(-9.0, 0.477)).map(lambda x: x[0] * 10.0 ** x[1])
energies = st.tuples(st.sampled_from([-1.0, 1.0]), st.floats(-3.0, 0.5)).map(lambda x: x[0] * 10.0 ** x[1])
drops = st.sampled_from([0.0, 0.3, 0.5, 1.0])


@settings(max_examples=300, deadline=None)
@given(energies, widths, widths, drops, biases, temperatures, st.one_of(st.none(), temperatures))
def test_currents_keep_ten_digits_from_nanovolts_to_volts_and_from_1_to_1000_K(
    energy, probe, substrate, drop, V, T_P, T_S
):
    """Heat at tiny bias, levels far off resonance, one lead cold and one hot: where digammas would cancel."""
    T_S = T_P if T_S is None else T_S
    result = currents(one_level(energy, probe, substrate, drop), V, T_P, T_S)
    I, Q_P, Q_S = level_currents(energy, probe, substrate, drop, V, T_P, T_S)  # noqa: E741
    larger = max(abs(Q_P), abs(Q_S))
    assert result.current_A == pytest.approx(I, rel=1e-10)
    assert abs(result.heat_probe_W - Q_P) < 1e-10 * larger
    assert abs(result.heat_substrate_W - Q_S) < 1e-10 * larger


@settings(max_examples=150, deadline=None)
@given(energies, widths, temperatures)
def test_onsager_integrals_keep_ten_digits(energy, width, T):
    linear = linear_response(one_level(energy, width), T)
    K0, K1, K2 = level_moments(energy, width, width, T)
    ours = moments(linear)
    assert rel(ours[0], K0) < 1e-10
    assert rel(ours[1], K1) < 1e-10
    assert rel(ours[2], K2) < 1e-10
    assert rel(linear.seebeck_V_per_K, -K1 / (T * K0)) < 1e-10


@settings(max_examples=100, deadline=None)
@given(energies, widths, biases, temperatures)
def test_heat_of_a_difference_of_temperatures_alone_keeps_ten_digits(energy, width, V, T):
    """Leads that differ by parts in a billion: nothing but a temperature difference drives the current."""
    warmer = T * (1.0 + abs(V) * 1e-2)
    result = currents(one_level(energy, width), 0.0, warmer, T)
    I, Q_P, _ = level_currents(energy, width, width, 0.5, 0.0, warmer, T)  # noqa: E741
    assert result.current_A == pytest.approx(I, rel=1e-10)
    assert result.heat_probe_W == pytest.approx(Q_P, rel=1e-10)


# --- other routes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "levels", [[(0.9, 0.04, 0.04)], [(-0.6, 0.001, 0.3), (0.2, 0.05, 0.01)], [(0.01, 1e-3, 1e-3)]]
)
@pytest.mark.parametrize(("V", "T_P", "T_S"), [(0.3, 300.0, 300.0), (-1.27, 300.0, 310.0), (2.9, 80.0, 10.0)])
def test_closed_form_agrees_with_quadrature_of_the_definition(levels, V, T_P, T_S):
    I, Q_P, Q_S = by_definition(levels, V, T_P, T_S)  # noqa: E741
    result = currents(LevelTransmission([BreitWignerLevel(*x) for x in levels]), V, T_P, T_S)
    assert rel(result.current_A, I) < 1e-12
    assert rel(result.heat_probe_W, Q_P) < 1e-12
    assert rel(result.heat_substrate_W, Q_S) < 1e-12


def test_slope_is_that_of_the_current():
    transmission = LevelTransmission(
        [BreitWignerLevel(0.5, 0.02, 0.05, 0.3), BreitWignerLevel(-0.8, 0.1, 0.01)]
    )
    V, step = np.linspace(-1.5, 1.5, 31), 1e-5
    above, below = (
        currents(transmission, V + step, 300.0, 250.0),
        currents(transmission, V - step, 300.0, 250.0),
    )
    slope = differential_conductance(transmission, V, 300.0, 250.0)
    by_difference = (above.current_A - below.current_A) / (2 * step)
    assert np.max(np.abs(slope - by_difference)) < 1e-6 * slope.max()
    assert (
        rel(differential_conductance(transmission, 0.0), linear_response(transmission).conductance_S) < 1e-12
    )


# --- identities and limits -----------------------------------------------------------------------------------------


@settings(deadline=None)
@given(
    st.lists(st.tuples(energies, widths, widths, drops), min_size=1, max_size=3),
    biases,
    temperatures,
    temperatures,
)
def test_energy_is_conserved_to_rounding(levels, V, T_P, T_S):
    result = currents(LevelTransmission([BreitWignerLevel(*x) for x in levels]), V, T_P, T_S)
    closure = result.heat_probe_W + result.heat_substrate_W - result.current_A * V
    assert abs(closure) <= 2.3e-16 * max(abs(result.heat_probe_W), abs(result.heat_substrate_W))


@settings(deadline=None)
@given(energies, widths, biases, temperatures)
def test_reversing_the_bias_exchanges_the_electrodes_for_a_symmetric_drop(energy, width, V, T):
    up = currents(one_level(energy, width), V, T, T)
    down = currents(one_level(energy, width), -V, T, T)
    assert down.current_A == pytest.approx(-up.current_A, rel=1e-12)
    larger = max(abs(up.heat_probe_W), abs(up.heat_substrate_W))
    assert abs(down.heat_probe_W - up.heat_substrate_W) < 1e-11 * larger


@settings(deadline=None)
@given(energies, widths, drops, biases, temperatures, temperatures)
def test_mirror_image_carries_the_same_current_and_exchanges_the_heats(energy, width, drop, V, T_P, T_S):
    """Electrons and holes: eps -> -eps, bias_drop -> 1 - bias_drop with V and the leads exchanged."""
    one = currents(one_level(energy, width, None, drop), V, T_P, T_S)
    other = currents(one_level(-energy, width, None, drop), -V, T_P, T_S)
    larger = max(abs(one.heat_probe_W), abs(one.heat_substrate_W))
    assert other.current_A == pytest.approx(-one.current_A, rel=1e-10)
    assert abs(other.heat_probe_W - one.heat_probe_W) < 1e-10 * larger


def test_widths_can_be_exchanged_without_any_effect():
    V = np.linspace(-1, 1, 21)
    one, other = (currents(one_level(0.4, *x, 0.3), V) for x in ((0.01, 0.2), (0.2, 0.01)))
    assert np.array_equal(one.current_A, other.current_A)
    assert np.array_equal(one.heat_probe_W, other.heat_probe_W)


@pytest.mark.parametrize("V", [1e-9, 0.03, -0.067, 2.0])
def test_flat_transmission_obeys_ohm_and_heats_both_sides_alike(V):
    result = currents(FlatTransmission(0.7), V)
    assert rel(result.current_A, 0.7 * G0_S * V) < 1e-15
    assert rel(result.heat_probe_W, 0.5 * 0.7 * G0_S * V**2) < 1e-15
    assert rel(result.heat_substrate_W, result.heat_probe_W) < 1e-15


def test_flat_transmission_obeys_wiedemann_and_franz():
    linear = linear_response(FlatTransmission(1.0), np.array([10.0, 300.0]))
    lorenz = linear.thermal_conductance_W_per_K / (linear.conductance_S * linear.temperature_K)
    assert rel(lorenz, LORENTZ_WF) < 1e-14
    hot = currents(FlatTransmission(1.0), 0.0, 310.0, 290.0)
    kappa_at_300 = LORENTZ_WF * 300.0 * G0_S
    assert rel(hot.heat_probe_W, -kappa_at_300 * 20.0) < 1e-13


def test_cold_resonance_carries_one_quantum():
    linear = linear_response(one_level(0.0, 0.5), 1.0)
    assert linear.conductance_G0 == pytest.approx(1.0, abs=1e-7)
    wide = currents(one_level(0.0, 0.01), 3.0, 10.0, 10.0)
    assert rel(wide.current_A, G0_S * 0.01 * 2 * np.arctan(1.5 / 0.01)) < 1e-6


# --- the traps of signs and definitions ----------------------------------------------------------------------------


@pytest.mark.parametrize(("energy", "sign"), [(0.9, -1), (-0.69, 1)])
def test_a_lumo_has_negative_thermopower_and_heats_the_probe_at_negative_bias(energy, sign):
    transmission = one_level(energy, 0.04)
    assert np.sign(linear_response(transmission).seebeck_V_per_K) == sign
    up, down = currents(transmission, 0.8), currents(transmission, -0.8)
    assert np.sign(up.heat_probe_W - down.heat_probe_W) == sign
    assert up.current_A > 0 > down.current_A


def test_symmetric_junction_warms_the_tip_by_half_the_power_times_its_resistance():
    """dT_sym = Q_Total R_P / 2 = 36 400 K/W; the quotient in the paper's text is not a temperature."""
    result = currents(FlatTransmission(1.0), 0.067)
    assert result.heat_probe_W * R_P_K_PER_W == pytest.approx(
        result.heat_total_W * R_P_K_PER_W / 2, rel=1e-15
    )
    assert result.heat_probe_W * R_P_K_PER_W / result.heat_total_W == pytest.approx(36_400.0)


def test_equation_2_of_the_paper_holds_at_microvolts_and_is_only_a_sign_at_its_biases():
    transmission = one_level(0.9, 0.0401237438973719)
    linear = linear_response(transmission)

    def ratio(V):
        difference = currents(transmission, V).heat_probe_W - currents(transmission, -V).heat_probe_W
        return difference / (2 * linear.conductance_S * 300.0 * linear.seebeck_V_per_K * V)

    assert ratio(1e-5) == pytest.approx(1.0, abs=1e-8)
    assert ratio(1.27) == pytest.approx(146.367210723565, rel=1e-10)


def test_level_pinned_to_the_probe_rectifies():
    pinned = one_level(0.9, 0.0401237438973719, None, 0.0)
    result = currents(pinned, [1.27, -1.27])
    assert result.current_A[0] == pytest.approx(0.081e-6, rel=0.01)
    assert result.current_A[1] == pytest.approx(-9.29e-6, rel=0.001)


def test_linear_transmission_has_the_seebeck_and_the_asymmetry_of_the_book():
    """tau = 1 - E/(10 eV): S = pi^2 k^2 T/(30 e eV); the table is exact but for what lies outside it."""
    table = TableTransmission(np.array([-3.0, 3.0]), np.array([1.3, 0.7]))
    linear = linear_response(table)
    assert rel(linear.seebeck_V_per_K, np.pi**2 * BOLTZMANN_eV_per_K**2 * 300.0 / 30.0) < 1e-12
    assert rel(linear.seebeck_V_per_K, REFERENCE["au_slope"]["S_V_per_K"]) < 1e-12
    up, down = currents(table, 0.067), currents(table, -0.067)
    assert rel(up.heat_probe_W - down.heat_probe_W, REFERENCE["au_slope"]["diff_W"]) < 1e-10
    share = up.heat_probe_W / up.heat_total_W - 0.5
    kT = BOLTZMANN_eV_per_K * 300.0
    assert share == pytest.approx(0.1 * (0.067 / 12 + np.pi**2 * kT**2 / (3 * 0.067)), rel=1e-10)


# --- the record ----------------------------------------------------------------------------------------------------


def test_temperatures_and_biases_broadcast():
    transmission = one_level(0.5, 0.05)
    table = currents(transmission, np.array([[0.1], [0.2]]), np.array([100.0, 200.0, 300.0]), 300.0)
    assert table.current_A.shape == (2, 3)
    assert table.current_A[1, 2] == pytest.approx(currents(transmission, 0.2).current_A, rel=1e-14)


def test_accuracy_says_where_terms_cancel():
    """Two levels whose Peltier heats cancel leave a Joule heat of which the closed form keeps fewer digits."""
    pair = LevelTransmission([BreitWignerLevel(0.8, 0.03, 0.03), BreitWignerLevel(-0.8, 0.03, 0.03)])
    small, large = currents(pair, 1e-7), currents(pair, 1.0)
    assert large.accuracy < 1e-11 < small.accuracy
    assert rel(small.heat_probe_W, 0.5 * small.heat_total_W) < small.accuracy


@pytest.mark.parametrize(
    "wrong", [{"temperature_probe_K": 0.0}, {"temperature_substrate_K": -4.0}, {"bias_V": np.nan}]
)
def test_impossible_conditions_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        currents(FlatTransmission(1.0), **{"bias_V": 0.1, **wrong})


def test_watt_per_eV_squared_is_2_over_h():
    assert pytest.approx(2 / PLANCK_J_s * ELEMENTARY_CHARGE_C**2) == WATT_PER_eV2


@pytest.mark.parametrize(
    ("level", "V", "T_P", "T_S", "current_A", "heat_probe_W", "heat_substrate_W"),
    [
        ((0.0, 1e-6), 0.1, 1e-3, 300.0, 2.126677091272499e-10, 1.063337014968442e-11, 1.063340076304057e-11),
        ((5.0, 0.03), 11.0, 1000.0, 1e-3, 7.116874696767346e-6, 3.774655702146642e-6, 7.451096596229416e-5),
        ((-5.0, 0.03), 11.0, 1e-3, 300.0, 7.155197845821202e-6, 7.491709009374004e-5, 3.790086210293182e-6),
        (
            (0.3, 1e-6),
            1e-9,
            1000.0,
            1e-3,
            7.265312238192336e-12,
            -2.179581611479402e-12,
            2.179581618744715e-12,
        ),
    ],
)
def test_millikelvin_against_a_hot_electrode_keeps_ten_digits(
    level, V, T_P, T_S, current_A, heat_probe_W, heat_substrate_W
):
    """Expected values: the digammas of the closed form with 60 digits (mpmath)."""
    result = currents(one_level(*level), V, T_P, T_S)
    assert rel(result.current_A, current_A) < 1e-10
    assert rel(result.heat_probe_W, heat_probe_W) < 1e-10
    assert rel(result.heat_substrate_W, heat_substrate_W) < 1e-10
    assert float(result.accuracy) < 1e-10
