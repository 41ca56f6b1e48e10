"""The world as a whole: what it was told comes back out, whatever way it is asked."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.signal import welch

from analysis.constants import G0_S, BOLTZMANN_J_per_K
from analysis.transport.noise import equal_temperature_noise_A2_per_Hz
from simulators.parameters import ParameterError, load_parameters
from simulators.world.world import World
from tests.support.instruments.tip import QUIET, SURE, Tip

NM = 1e-9


def journey(n: int, dt: float = 5e-4, speed_nm_per_s: float = 5.0):
    """Bias and piezo volts of approach, withdrawals and modulation, with jumps of both; shape (n,) each."""
    t = dt * np.arange(n)
    bias = np.where(t % 0.4 < 0.3, 0.1, np.sign(np.sin(80.0 * t)) * 0.8)
    depth = 12.0 + 2.5 * np.abs((speed_nm_per_s * t / 2.5) % 2.0 - 1.0)
    return bias, np.minimum(speed_nm_per_s * t, depth) / 10.0


def fresh(species: str, seed: int = 3) -> World:
    overrides = {**SURE, "sample.species": species, "surface.initial_gap_nm": 13.0}
    return World(load_parameters(overrides=overrides), np.random.default_rng(seed))


def lived(world: World, bias, z, cuts, dt: float = 5e-4):
    parts = [world.advance(bias[a:b], z[a:b], dt) for a, b in pairwise(cuts)]
    return np.concatenate([p.current_A for p in parts]), np.concatenate([p.thermocouple_V for p in parts])


@pytest.mark.parametrize("species", ["Au", "BDNC", "BDA"])
def test_signals_do_not_depend_on_how_a_span_is_cut(species: str) -> None:
    bias, z = journey(40_000)
    whole, cut = fresh(species), fresh(species)
    cuts = np.unique(
        np.concatenate(([0, 1, 2, 5, 40_000], np.random.default_rng(0).integers(1, 40_000, 150)))
    )
    one = lived(whole, bias, z, [0, 20_000, 40_000])
    many = lived(cut, bias, z, cuts)
    assert whole.truth.contacts >= 3
    assert whole.truth.bridges >= (0 if species == "Au" else 2)
    for a, b in zip(one, many, strict=True):
        assert a.tobytes() == b.tobytes()
    assert whole.truth == cut.truth


def test_same_seed_same_bytes_other_seed_others() -> None:
    bias, z = journey(5000)
    first, again, other = (lived(fresh("BDNC", s), bias, z, [0, 5000]) for s in (3, 3, 4))
    assert first[0].tobytes() == again[0].tobytes()
    assert first[1].tobytes() == again[1].tobytes()
    assert not np.any(first[1] == other[1])


@pytest.mark.parametrize("bias_V", [0.74, 1.27])
def test_tip_heats_as_landauer_says(bias_V: float) -> None:
    """BDNC, one level at 0.90 eV: temperature rises computed with 30-digit quadrature."""
    expected_mK = {0.74: (2.601, 4.859), 1.27: (8.224, 28.986)}[bias_V]
    expected_total_W = {0.74: 0.10247e-6, 1.27: 0.51112e-6}[bias_V]
    exact = {"spread_decades": 0.0, "level_spread_eV": 0.0, "fall_decades": [0.0, 0.0], "step_decades": 0.0}
    steady = {"telegraph_probability": 0.0, "site_jump_Hz": 0.0, "lifetime_s": 1e9, "gap_nm": 1.5}
    tip = Tip(**{**QUIET, **SURE, "sample.species": "BDNC", "molecule.BDNC": {**exact, **steady}})
    tip.contact()
    tip.move(-20.0, 0.1, lambda truth: truth.state == "molecule", block=1)
    rises, powers = [], []
    for tip.bias_V in (bias_V, -bias_V):
        signals = tip.hold(0.1)
        rises.append(-signals.thermocouple_V[-1] / 16.3e-6)
        powers.append(signals.current_A[-1] * tip.bias_V)
    assert 1e3 * np.array(rises) == pytest.approx(expected_mK, abs=0.0005, rel=5e-5)
    assert powers == pytest.approx([expected_total_W] * 2, rel=1e-4)
    assert sum(rises) == pytest.approx(72800.0 * powers[0], rel=1e-4)


def test_gold_heats_both_electrodes_alike() -> None:
    tip = Tip(**{**QUIET, "sample.species": "Au"})
    tip.contact()
    tip.move(-20.0, 0.1, lambda truth: truth.conductance_G0 < 1.3, block=1)
    rises = []
    for tip.bias_V in (0.067, -0.067):
        signals = tip.hold(0.05)
        rises.append(-signals.thermocouple_V[-1] / 16.3e-6)
        assert rises[-1] == pytest.approx(0.5 * 72800.0 * signals.current_A[-1] * tip.bias_V, rel=1e-12)
    assert rises[0] == pytest.approx(rises[1], rel=1e-12)
    assert rises[0] == pytest.approx(12.66e-3 * tip.world.truth.conductance_G0, rel=1e-3)


def test_signals_come_with_the_density_of_their_white_noise() -> None:
    tip = Tip(sample__species="Au", junction__series_resistance_ohm=0.0)
    assert tip.hold(0.1).thermocouple_noise_V2_per_Hz == 4.0 * BOLTZMANN_J_per_K * 300.0 * 5000.0
    tip.contact()
    signals = tip.hold(0.1)
    G0 = tip.world.truth.conductance_G0
    whole, rest = int(G0), G0 % 1.0
    channels = [*[1.0] * (whole - 1), 0.95, 0.05 + 0.95 * rest, 0.05 * rest]
    expected = equal_temperature_noise_A2_per_Hz(channels, 0.1, 300.0)
    assert signals.current_noise_A2_per_Hz[-1] == pytest.approx(expected, rel=0.02)


def test_current_noise_of_a_contact_falls_as_one_over_f() -> None:
    tip = Tip(dt=5e-4, sample__species="Au", gold__lifetime_s=1e9, gold__noise_at_1Hz=1e-4)
    tip.contact()
    current = tip.hold(200.0).current_A
    frequency, density = welch(current / current.mean(), 2000.0, nperseg=20_000)
    for low, high in ((1.0, 3.0), (10.0, 30.0), (70.0, 90.0)):
        band = (frequency > low) & (frequency < high)
        assert (frequency[band] * density[band]).mean() == pytest.approx(1e-4, rel=0.25)


def test_mains_shows_in_both_signals_at_its_frequency_and_amplitude() -> None:
    mains = {"mains__frequency_Hz": 60.0, "mains__wander_Hz": 0.0, "mains__harmonics": [1.0, 0.0, 0.5]}
    tip = Tip(dt=5e-4, noise__strength=0.0, **mains)
    tip.hold(1.0)  # the first step of the bias is past
    signals = tip.hold(1.0)
    for samples, amplitude in ((signals.current_A, 2e-11), (signals.thermocouple_V, 3e-7)):
        lines = 2.0 * np.abs(np.fft.rfft(samples)) / len(samples)
        assert lines[60] == pytest.approx(amplitude, rel=1e-4)
        assert lines[120] < 1e-4 * amplitude
        assert lines[180] == pytest.approx(0.5 * amplitude, rel=1e-4)


def test_a_step_of_bias_spikes_once_into_both_signals() -> None:
    tip = Tip(dt=5e-4, **{**QUIET, "thermal.coupling_F": 3e-14, "junction.stray_capacitance_F": 2e-13})
    tip.bias_V = 0.0
    tip.hold(0.01)
    tip.bias_V = 1.27
    signals = tip.hold(0.01)
    assert signals.thermocouple_V[0] == pytest.approx(5000.0 * 3e-14 * 1.27 / 5e-4)
    assert np.sum(signals.current_A[:2]) * 5e-4 == pytest.approx(2e-13 * 1.27)  # the capacitor's charge
    assert np.all(np.abs(signals.thermocouple_V[1:]) < 1e-25)
    assert np.all(np.abs(signals.current_A[1:]) < 1e-25)


def test_surface_drifts_away_at_the_mean_rate() -> None:
    tip = Tip(dt=0.5, surface__drift_pm_per_s=2.0, surface__drift_spread_pm_per_s=0.0)
    tip.hold(1000.0)
    assert tip.world.truth.indentation_m == pytest.approx(-5.0 * NM - 2.0 * NM, rel=1e-9)


def test_a_step_of_the_piezo_to_zero_opens_the_junction_at_once() -> None:
    tip = Tip(sample__species="Au")
    tip.contact()
    signals = tip.wait_at(np.zeros(3))
    truth = tip.world.truth
    assert truth.state == "out of contact"
    assert truth.extension_m == 0.0
    assert truth.gap_m > 3 * NM
    assert np.all(np.abs(signals.current_A) < 1e-9)


def test_a_surface_out_of_reach_is_never_met() -> None:
    tip = Tip(surface__initial_gap_nm=500.0)
    tip.move(100.0, 50.0)
    assert tip.world.truth.state == "out of contact"
    assert tip.world.truth.contacts == 0
    assert tip.world.truth.deepest_indentation_m == 0.0
    tip.world.move_coarse(450 * NM)
    tip.hold(0.1)
    assert tip.world.truth.state == "contact"


def test_the_ammeters_input_takes_its_burden_off_the_bias() -> None:
    tip = Tip(**{**QUIET, "sample.species": "Au"})
    tip.contact()
    conductance_S = G0_S * tip.world.truth.conductance_G0
    measured = tip.world.advance(np.full(3, 0.1), np.full(3, tip.z_V), tip.dt, 2.0)
    assert measured.current_A[-1] == pytest.approx(0.1 / (2.0 + 1.0 / conductance_S), rel=1e-9)
    in_the_tip_W = 0.5 * measured.current_A[-1] ** 2 / conductance_S
    assert measured.thermocouple_V[-1] / -16.3e-6 == pytest.approx(72800.0 * in_the_tip_W, rel=1e-9)


def test_ground_current_shows_at_the_thermocouple_odd_in_the_bias() -> None:
    odd = []
    for ground_ohm in (0.0, 1e-2):
        tip = Tip(**{**QUIET, "sample.species": "Au", "thermal.ground_ohm": ground_ohm})
        tip.contact()
        tip.bias_V = 0.05
        plus = tip.hold(0.01)
        tip.bias_V = -0.05
        odd.append(plus.thermocouple_V[-1] - tip.hold(0.01).thermocouple_V[-1])
    assert odd[0] == pytest.approx(0.0, abs=1e-15)
    assert odd[1] == pytest.approx(2 * 1e-2 * plus.current_A[-1], rel=1e-6)


def test_a_ramp_of_the_tips_base_begins_anew_with_each_contact() -> None:
    tip = Tip(**{**QUIET, "sample.species": "Au", "thermal.tip_ramp_K_per_s": 0.01, "gold.lifetime_s": 1e9})
    tip.bias_V = 1e-9
    for _ in range(2):
        tip.world.form_contact(3.0)
        first_K, *_, last_K = tip.hold(10.0).thermocouple_V / -16.3e-6
        assert first_K == pytest.approx(0.01 * tip.dt)
        assert last_K == pytest.approx(0.1)
        tip.world.rupture()
        tip.move(-2.0, 1.0)
        assert tip.hold(1.0).thermocouple_V[-1] / -16.3e-6 == pytest.approx(0.13)


def test_series_resistance_and_leak_show_in_the_current() -> None:
    tip = Tip(**{**QUIET, "sample.species": "Au", "junction.series_resistance_ohm": 1000.0})
    tip.contact()
    conductance_S = G0_S * tip.world.truth.conductance_G0
    current = tip.hold(0.01).current_A[-1]
    assert current == pytest.approx(0.1 / (1000.0 + 1.0 / conductance_S), rel=1e-9)

    leaky = Tip(**{**QUIET, "junction.leak_ohm": 1e9})
    assert leaky.hold(0.01).current_A[-1] == pytest.approx(1e-10, rel=1e-9)


def test_changing_the_step_goes_on_from_where_the_world_was() -> None:
    tip = Tip(**QUIET)
    tip.move(2.0, 5.0)
    before = tip.world.truth
    tip.dt = 0.25
    tip.hold(0.25)
    after = tip.world.truth
    assert after.time_s == pytest.approx(before.time_s + 0.25)
    assert after.gap_m == pytest.approx(before.gap_m)


def test_an_unknown_species_is_refused_by_name() -> None:
    with pytest.raises(ParameterError, match=r"sample\.species = 'C60': expected one of Au, BDNC, BDA"):
        World(load_parameters(overrides={"sample.species": "C60"}), np.random.default_rng(0))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ({"thermal.resistance_K_per_W": -1}, r"thermal\.resistance_K_per_W = -1\.0: .*greater than 0"),
        ({"piezo.hysteresis_shares": [0.1]}, r"piezo.*equally many"),
        ({"gold.slope_per_nm": [2.0, 1.0]}, r"gold\.slope_per_nm.*least, most"),
        ({"molecule.BDNC.levels_eV": [0.9, -1.2]}, r"molecule\.BDNC.*level_widths"),
    ],
)
def test_a_parameter_out_of_bounds_is_refused_by_name(override, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        World(load_parameters(overrides=override), np.random.default_rng(0))
