"""Thermopower, thermal conductance, Peltier heat, noise and lock-in against values computed independently."""

import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from analysis.constants import G0_S, BOLTZMANN_J_per_K
from analysis.line_fit import least_squares_slope, line_with_both_errors, slope_through_origin
from analysis.spectra.lock_in import LockIn, admittance, seebeck_from_mean_current
from analysis.thermoelectric.bias_resolution import BiasOutput
from analysis.thermoelectric.detectability import (
    ThermometerNoise,
    modulated_rupture_sigma_W_per_K,
    repetitions,
    steady_sigma_W_per_K,
)
from analysis.thermoelectric.modulated_step import complex_amplitude, modulated_W_per_K
from analysis.thermoelectric.network import ThermalNetwork, junction_W_per_K
from analysis.thermoelectric.open_circuit import open_circuit
from analysis.thermoelectric.peltier import bias_of_largest_cooling_V, largest_cooling_W, peltier
from analysis.thermoelectric.rupture_step import (
    StepWindows,
    difference_of_means,
    pink_share,
    step_sigma,
    step_weights,
    white_per_s,
)
from analysis.thermoelectric.temperatures import thermoelectric_state
from analysis.thermoelectric.two_omega import delayed, heater_amplitude_K, seebeck_from_two_omega
from analysis.thermoelectric.wiedemann_franz import electron_heat_W, lorenz_ratio
from analysis.transport.landauer import currents, linear_response
from analysis.transport.noise import (
    amplifier_noise_A2_per_Hz,
    delta_T_noise_A2_per_Hz,
    equal_temperature_noise_A2_per_Hz,
    fano_factor,
    junction_noise_A2_per_Hz,
    noise_temperature_K,
)
from analysis.transport.transmission import BreitWignerLevel, LevelTransmission

PATH = Path(__file__).parents[2] / "golden" / "experiments_reference.json"
CASES = json.loads(PATH.read_text(encoding="utf-8"))["cases"]


def levels(rows):
    return LevelTransmission([BreitWignerLevel(*row) for row in rows])


def thermoelectric_landauer(given):
    transmission = levels(given["levels_eV_gammaL_gammaR"])
    linear = linear_response(transmission, 300.0)
    state = thermoelectric_state(transmission, given["T_probe_K"], given["T_substrate_K"])
    return {
        "G_300K_G0": float(linear.conductance_G0),
        "S_300K_V_per_K": float(linear.seebeck_V_per_K),
        "I_sc_A": state.short_circuit_A,
        "V_oc_V": state.open_circuit_V,
        "Q_probe_W": state.heat_probe_W,
        "Q_substrate_W": state.heat_substrate_W,
        "reduced_dT_K": state.reduced_difference_K,
        "S_from_Voc_over_dT_V_per_K": state.open_circuit_V / (given["T_probe_K"] - given["T_substrate_K"]),
        "S_from_Voc_over_reduced_dT_V_per_K": state.open_circuit_V / state.reduced_difference_K,
    }


def thermal_network(given):
    R_P, G_th = given["R_P_K_per_W"], given["G_th_W_per_K"]
    heat_W = given["share_of_Joule_heat_in_tip"] * given["G_G0"] * G0_S * given["bias_V"] ** 2
    heated = ThermalNetwork(R_P, given["probe_base_rise_K"], given["substrate_rise_K"])
    closed_K, step_K = heated.tip_rise_K(G_th, heat_W), heated.step_K(G_th, heat_W)
    across_K = closed_K - given["substrate_rise_K"]
    return {
        "tip_rise_closed_K": closed_K,
        "tip_rise_open_K": heated.tip_rise_K(0.0),
        "step_closed_minus_open_K": step_K,
        "G_th_without_Joule_correction_W_per_K": junction_W_per_K(step_K, across_K, R_P),
        "G_th_W_per_K": junction_W_per_K(step_K, across_K, R_P, heat_W),
        "step_with_heaters_off_K": ThermalNetwork(R_P).step_K(G_th, heat_W),
        "thermocouple_step_at_rupture_V_for_16p3uV": 16.3e-6 * step_K,
    }


def wiedemann_franz(given):
    G, T_P, T_S = given["G_G0"] * G0_S, given["T_probe_K"], given["T_substrate_K"]
    heat_W = electron_heat_W(G, T_P, T_S)
    G_th = heat_W / (T_P - T_S)
    return {
        "heat_leaving_tip_W": heat_W,
        "G_th_W_per_K": G_th,
        "L_over_L0_with_mean_temperature": lorenz_ratio(G_th, G, (T_P + T_S) / 2),
        "L_over_L0_with_substrate_temperature": lorenz_ratio(G_th, G, T_S),
    }


def step_fit(given):
    windows = StepWindows(
        given["rate_Hz"], given["samples_before"], given["samples_after"], given["gap_samples_each_side"]
    )
    t = windows.times_s()
    line = given["line_amplitude"] * np.sin(2 * np.pi * given["line_Hz"] * t + given["line_phase"])
    y = given["step"] * (t < 0) + given["drift_per_s"] * t + given["quadratic_per_s2"] * t**2 + line
    return {
        "difference_of_means": difference_of_means(windows, y),
        "order_1": float(step_weights(windows, 1) @ y),
        "order_2": float(step_weights(windows, 2) @ y),
        "order_2_with_mains": float(step_weights(windows, 2, [given["line_Hz"]]) @ y),
    }


def step_variance(given):
    windows = StepWindows(
        given["rate_Hz"], given["samples_before"], given["samples_after"], given["gap_samples_each_side"]
    )
    weights = step_weights(windows, given["baseline_order"])
    return {
        "white_coefficient_per_s": white_per_s(windows, weights),
        "pink_coefficient": pink_share(windows, weights),
        "sigma_V": step_sigma(windows, given["baseline_order"], given["S_w_V2_per_Hz"], given["corner_Hz"]),
    }


def ac_step(given):
    n, f_Hz = given["samples_each_side"], float(Fraction(given["thermal_Hz"]))
    t = (np.arange(-n, n) + 0.5) / given["rate_Hz"]
    R_P = given["R_P_K_per_W"]
    closed_K = given["amplitude_open_K"] / (1 + R_P * given["G_th_W_per_K"])
    amplitude_K = np.where(t < 0, closed_K, given["amplitude_open_K"])
    y = amplitude_K * np.cos(2 * np.pi * f_Hz * t + given["phase"]) + given["drift_K_per_s"] * t
    closed, opened = (complex_amplitude(y[part], t[part], f_Hz) for part in (t < 0, t > 0))
    return {
        "amplitude_closed_K": abs(closed),
        "amplitude_open_K": abs(opened),
        "G_th_W_per_K": modulated_W_per_K(closed, opened, R_P),
    }


def voc_fit(given):
    bias_V = np.tile(given["levels_V"], given["repetitions"])
    j = np.arange(len(bias_V))
    ripple_A = given["ripple_A"] * np.where(j % 2 == 0, 1, -1) * (1 + 0.5 * np.sin(j))
    current_A = given["G_S"] * (bias_V - given["V_oc_V"]) + ripple_A
    fit = open_circuit(bias_V, current_A, given["S_I_A2_per_Hz"], given["rate_Hz"])
    return {
        "G_S": fit.conductance_S,
        "V_oc_V": fit.open_circuit_V,
        "I_sc_A": fit.short_circuit_A,
        "sigma_G_S": fit.sigma_conductance_S,
        "sigma_V_oc_V": fit.sigma_open_circuit_V,
        "sigma_I_sc_A": fit.sigma_short_circuit_A,
    }


def both_errors(given):
    x, y, sigma_y = given["dT_K"], given["V_oc_V"], given["sigma_V_V"]
    line = line_with_both_errors(x, y, given["sigma_dT_K"], sigma_y)
    return {
        "slope_V_per_K": line.slope,
        "intercept_V": line.intercept,
        "sigma_slope_V_per_K": line.sigma_slope,
        "sigma_intercept_V": line.sigma_intercept,
        "chi2": line.chi2,
        "sigma_slope_with_scale_V_per_K": line.with_scale_error(given["relative_scale_error_of_dT"]),
        "slope_through_origin_V_per_K": slope_through_origin(x, y, given["sigma_dT_K"], sigma_y),
        "ordinary_least_squares_slope_V_per_K": least_squares_slope(x, y),
    }


def pearson_york_check(given):
    errors = (np.asarray(given[name]) ** -0.5 for name in ("weight_x", "weight_y"))
    line = line_with_both_errors(given["x"], given["y"], *errors)
    return {
        "slope": line.slope,
        "intercept": line.intercept,
        "sigma_slope": line.sigma_slope,
        "sigma_intercept": line.sigma_intercept,
        "chi2": line.chi2,
    }


def peltier_coefficient(given):
    transmission, T = levels(given["levels_eV_gammaL_gammaR"]), given["T_K"]
    linear, R_P = linear_response(transmission, T), given["R_P_K_per_W"]
    G, S = float(linear.conductance_S), float(linear.seebeck_V_per_K)
    nominal_V = np.asarray(given["nominal_biases_V"])
    flow = currents(transmission, nominal_V + given["offset_of_true_bias_V"], T, T)
    current_A, heat_W = flow.current_A, flow.heat_probe_W
    nominal = np.linalg.lstsq(np.column_stack([nominal_V, nominal_V**2]) * G, heat_W, rcond=None)[0]
    return {
        "S_V_per_K": S,
        "Pi_exact_V": S * T,
        "I_A": current_A,
        "dT_tip_K": R_P * heat_W,
        "Pi_from_I_and_I2_V": peltier(current_A, heat_W, G, T, cubic=False).Pi_V,
        "Pi_from_I_with_cubic_and_I2_V": peltier(current_A, heat_W, G, T).Pi_V,
        "Pi_from_nominal_V_and_V2_V": nominal[0],
        "V_of_largest_cooling_V": bias_of_largest_cooling_V(S, T),
        "largest_cooling_W": largest_cooling_W(G, S, T),
    }


def noise(given):
    tau, T_P, T_S = given["transmissions"], given["T_probe_K"], given["T_substrate_K"]
    exact = junction_noise_A2_per_Hz(tau, given["bias_V"], T_P, T_S)
    G = sum(tau) * G0_S
    floor = amplifier_noise_A2_per_Hz(
        G,
        given["R_feedback_ohm"],
        given["e_n_V_per_rtHz"],
        given["C_in_F"],
        given["frequency_Hz"],
        given["adc_A2_per_Hz"],
    )
    return {
        "S_I_exact_A2_per_Hz": exact,
        "S_I_equal_temperatures_formula_A2_per_Hz": equal_temperature_noise_A2_per_Hz(
            tau, given["bias_V"], (T_P + T_S) / 2
        ),
        "delta_T_excess_leading_order_A2_per_Hz": delta_T_noise_A2_per_Hz(tau, T_P, T_S),
        "fano_factor": fano_factor(tau),
        "floor_A2_per_Hz": floor,
        "apparent_temperature_from_4kTG_K": noise_temperature_K(exact, G),
        "apparent_temperature_without_floor_subtraction_K": noise_temperature_K(exact + floor, G),
    }


def test_noise_is_exact_between_a_warm_and_a_cold_electrode_and_at_large_bias():
    """With one electrode at 0 K the partition noise is 2 k T (ln 2 - 1/2) 2 G0 tau (1 - tau)."""
    kT, tau = BOLTZMANN_J_per_K * 300.0, 0.3
    cold = 2.0 * G0_S * kT * (tau + 2.0 * (math.log(2.0) - 0.5) * tau * (1.0 - tau))
    assert junction_noise_A2_per_Hz([tau], 0.0, 300.0, 1e-6) == pytest.approx(cold, rel=1e-7)
    for T_K, bias_V in ((0.1, 1.0), (300.0, -1.0), (4.0, 1e-9)):
        expected = equal_temperature_noise_A2_per_Hz([tau, 1.0], bias_V, T_K)
        assert junction_noise_A2_per_Hz([tau, 1.0], bias_V, T_K, T_K) == pytest.approx(expected, rel=1e-10)


def test_channels_that_do_not_conduct_have_no_fano_factor():
    with pytest.raises(ValueError, match="a channel that conducts"):
        fano_factor([0.0])


def lock_in(given):
    f_Hz, rate_Hz = Fraction(given["frequency_Hz"]), given["rate_Hz"]
    w, G, lag_s = 2 * np.pi * float(f_Hz), given["G_S"], given["current_lag_s"]
    demodulator = LockIn(f_Hz, rate_Hz, given["periods"])
    t = np.arange(demodulator.length) / rate_Hz
    peak_V, offset_V, dT_K = given["bias_peak_V"], given["bias_offset_V"], given["dT_K"]
    bias_V = peak_V * np.cos(w * t) + offset_V
    drive_V = peak_V * np.cos(w * (t - lag_s)) + offset_V - given["S_V_per_K"] * dT_K
    charging_A = given["C_F"] * w * peak_V * np.sin(w * (t - lag_s))
    current_A = G * drive_V - charging_A + given["current_offset_A"]
    third = demodulator.length // 3  # blocks of other lengths than the boxcar
    parts = [demodulator.feed(x) for x in np.split(np.stack([bias_V, current_A]), [third, 2 * third], axis=1)]
    (bias, current), (_, mean_A) = (np.concatenate([part[k] for part in parts], axis=1)[:, 0] for k in (0, 1))
    known, lagging = admittance(bias, current, float(f_Hz), lag_s), admittance(bias, current, float(f_Hz))
    seebeck = [
        seebeck_from_mean_current(mean_A, offset_A, known.conductance_S, shift_V, dT_K)
        for offset_A, shift_V in ((0.0, 0.0), (given["current_offset_A"], offset_V))
    ]
    return {
        "bias_complex_V": [bias.real, bias.imag],
        "current_complex_A": [current.real, current.imag],
        "G_in_phase_after_lag_S": known.conductance_S,
        "quadrature_S": known.complex_S.imag,
        "G_in_phase_without_lag_S": lagging.conductance_S,
        "G_modulus_S": abs(lagging.complex_S),
        "I_dc_A": mean_A,
        "S_uncorrected_V_per_K": seebeck[0],
        "S_V_per_K": seebeck[1],
    }


def two_omega(given):
    f_Hz = float(Fraction(given["heater_Hz"]))
    mean_K, rise = heater_amplitude_K(
        given["heater_peak_V"], given["heater_ohm"], given["rise_K_per_W"], f_Hz, given["time_constant_s"]
    )
    lag_I, lag_T = given["current_lag_s"], given["thermometer_lag_s"]
    current = delayed(-given["G_S"] * given["S_V_per_K"] * rise, 2 * f_Hz, lag_I)
    thermometer = delayed(rise, 2 * f_Hz, lag_T)
    S = seebeck_from_two_omega(current, thermometer, given["G_S"], f_Hz, lag_I, lag_T)
    return {
        "dT_dc_K": mean_K,
        "dT_2w_K": [rise.real, rise.imag],
        "thermometer_2w_K": [thermometer.real, thermometer.imag],
        "current_2w_A": [current.real, current.imag],
        "S_V_per_K": S.real,
        "S_imaginary_part_V_per_K": S.imag,
        "S_without_lag_correction_V_per_K": seebeck_from_two_omega(
            current, thermometer, given["G_S"], f_Hz
        ).real,
    }


def detectability(given):
    tip = ThermometerNoise(
        given["R_P_K_per_W"], given["S_TC_V_per_K"], given["S_w_V2_per_Hz"], given["corner_Hz"]
    )
    dT_K, window_s = given["dT_K"], given["window_each_side_s"]
    if given["thermal_Hz"]:
        sigma = modulated_rupture_sigma_W_per_K(tip, dT_K / 2, window_s, given["thermal_Hz"])
    else:
        sigma = steady_sigma_W_per_K(tip, dT_K, window_s, given["baseline_order"])
    return {
        "sigma_per_trace_W_per_K": sigma,
        "traces": repetitions(sigma, given["G_th_W_per_K"], given["wanted_relative"]),
    }


def bias_divider(given):
    output = BiasOutput(given["bits"], given["range_V"], given["divider"])
    wanted_V = given["wanted_V"]
    return {
        "lsb_at_junction_V": output.step_V,
        "levels_V": output.levels_V(wanted_V),
        "largest_error_V": output.largest_error_V(wanted_V),
        "asymmetry_of_levels_V": output.asymmetry_V(wanted_V),
        "relative_error_of_Peltier_coefficient_from_half_lsb_offset": output.relative_peltier_error(
            given["S_V_per_K"], given["T_K"]
        ),
    }


KINDS = {
    "thermoelectric_landauer": thermoelectric_landauer,
    "thermal_network": thermal_network,
    "wiedemann_franz": wiedemann_franz,
    "step_fit": step_fit,
    "step_variance": step_variance,
    "ac_step": ac_step,
    "voc_fit": voc_fit,
    "line_with_both_errors": both_errors,
    "pearson_york_check": pearson_york_check,
    "peltier": peltier_coefficient,
    "noise": noise,
    "lock_in": lock_in,
    "two_omega": two_omega,
    "detectability": detectability,
    "bias_divider": bias_divider,
}


def test_every_kind_of_reference_value_is_compared():
    assert KINDS.keys() == CASES.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_reference_values(kind):
    for case in CASES[kind]:
        expected, ours = case["outputs"], KINDS[kind](case["inputs"])
        assert ours.keys() == expected.keys()
        tolerance = case.get("tolerance", {})
        for name, value in expected.items():
            relative = tolerance.get(name, 1e-9) if isinstance(tolerance, dict) else 1e-8
            size = scale_of(name, value, expected)
            assert ours[name] == pytest.approx(value, rel=relative, abs=1e-9 * size), name


def scale_of(name, value, outputs):
    """Largest quantity of the same unit in a case, against which differences of nearly equal numbers are judged."""
    unit = name[name.find("_") :] if isinstance(value, list) else name.rsplit("_", 1)[-1]
    same = [other for key, other in outputs.items() if key.endswith(unit)]
    return max(np.max(np.abs(other)) for other in [value, *same])
