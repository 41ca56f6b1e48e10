"""The capacitance between sample and probe, from made pieces of bias and current."""

import numpy as np
import pytest
from scipy.signal import lfilter

from analysis.preflight.measured import Facts
from analysis.preflight.stray import Stray, cables_off, least_F, period, stray
from analysis.preflight.wiring import Wiring

RATE_Hz, RISE_S, PERIOD = 2000.0, 300e-6, 6
FINE = 50
NOISE_A = 3.3e-10
"""Scatter of a sample at 1e5 V/A on the range of 10 V."""


def piece(capacitance_F, leak_S, rng, seconds=1.0):
    """Return bias and current of a held sine through a capacitor, a leak and one pole; made with fine steps."""
    n = round(seconds * RATE_Hz)
    bias_V = 0.5 * np.sin(2 * np.pi * np.arange(n) / PERIOD)
    fine_V = np.repeat(bias_V, FINE)
    tau = RISE_S / 2.2 * RATE_Hz * FINE
    driven_A = capacitance_F * np.diff(fine_V, prepend=0.0) * RATE_Hz * FINE + leak_S * fine_V
    seen_A = lfilter([1 / tau], [1.0, 1 / tau - 1.0], driven_A)
    at_once = seen_A.reshape(n, FINE).mean(axis=1)
    return np.stack([bias_V, at_once + NOISE_A * rng.standard_normal(n)])


@pytest.mark.parametrize("capacitance_pF", [0.0, 0.05, 0.2, 1.0])
@pytest.mark.parametrize("leak_S", [0.0, 1e-11])
def test_the_capacitance_is_right_within_a_fifth_beside_a_leak(capacitance_pF, leak_S):
    rng = np.random.default_rng(3)

    found = stray([piece(capacitance_pF * 1e-12, leak_S, rng)], RATE_Hz, PERIOD, RISE_S)

    assert 1e12 * found.capacitance_F == pytest.approx(capacitance_pF, rel=0.2, abs=4e12 * found.error_F)
    assert 1e12 * found.error_F < 0.02


def test_beside_a_leak_that_hides_it_no_capacitance_is_told():
    found = stray([piece(2e-13, 1e-6, np.random.default_rng(1))], RATE_Hz, PERIOD, RISE_S)

    assert not found.misses(1e-10)
    assert not found.shows(5e-14)


def test_no_piece_of_noise_passes_for_a_cable_and_no_right_rig_is_refused():
    rng = np.random.default_rng(5)
    off = [stray([piece(5e-15, 0.0, rng, 0.3)], RATE_Hz, PERIOD, RISE_S) for _ in range(20)]
    on = [stray([piece(2e-13, 0.0, rng, 0.3)], RATE_Hz, PERIOD, RISE_S) for _ in range(20)]

    assert not any(one.shows(5e-14) for one in off)
    assert not any(one.misses(1e-13) for one in on)


def test_half_of_the_last_capacitance_is_asked_for_and_what_the_file_states():
    assert least_F(5e-14, None) == 5e-14
    assert least_F(5e-14, 4e-13) == 2e-13
    assert least_F(5e-14, 2e-14) == 5e-14


@pytest.mark.parametrize(("rise_s", "samples"), [(300e-6, 6), (10e-3, 40), (0.3, None)])
def test_a_slow_amplifier_gets_a_slow_bias_or_none(rise_s, samples):
    assert period(RATE_Hz, rise_s) == samples


def test_the_sentence_names_cables_numbers_and_remedy():
    facts = Facts(Wiring({"bias output": "ao0"}), current_amplifier="Keithley 428")

    said = cables_off(Stray(3e-15, 8e-15), 1e-13, 2e-13, facts)

    for words in (
        "Keithley 428",
        "0.003 +- 0.008 pF",
        "at least 0.1 pF (0.2 pF at the last proof)",
        "ao0",
        "probe",
    ):
        assert words in said
