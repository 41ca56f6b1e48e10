"""Alternating bias and the response to it, against currents of known conductance, capacitance and lag."""

from fractions import Fraction

import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.spectra.sine import Sine, lag_of_capacitance_s, response, running_conductance_S

RATE_Hz, SINE = 50_000.0, Sine(0.01, Fraction(3125))
OMEGA = 2.0 * np.pi * 3125.0


def current_A(n, conductance_S, capacitance_F, lag_s, offset_A=0.0):
    t = np.arange(n) / RATE_Hz - lag_s
    volts = np.sqrt(2.0) * 0.01
    return volts * (conductance_S * np.sin(OMEGA * t) + OMEGA * capacitance_F * np.cos(OMEGA * t)) + offset_A


def test_a_sine_has_its_rms_value_and_whole_periods():
    volts = SINE.bias_V(RATE_Hz, 16 * 50)
    assert SINE.period_samples(RATE_Hz) == 16
    assert volts.std() == pytest.approx(0.01, rel=1e-12)
    assert abs(volts).max() == pytest.approx(SINE.largest_V, rel=1e-12)
    assert SINE.boxcar_samples(RATE_Hz, 0.016) == 800
    assert Sine.from_json(SINE.to_json()) == SINE


@pytest.mark.parametrize("frequency", [Fraction(3123), Fraction(12_500)])
def test_a_frequency_without_whole_periods_or_with_few_samples_is_refused(frequency):
    with pytest.raises(ValueError, match="whole number"):
        Sine(0.01, frequency).period_samples(RATE_Hz)


def test_conductance_and_capacitance_come_apart_with_the_right_lag():
    G, C, lag_s = 0.005 * G0_S, 2e-13, 2e-5
    bias_V = SINE.bias_V(RATE_Hz, 1700)
    found = response(bias_V, current_A(1700, G, C, lag_s, 3e-12), SINE, RATE_Hz, 800, lag_s)
    assert found.conductance_S == pytest.approx([G, G], rel=1e-9)
    assert found.admittance_S.imag == pytest.approx([OMEGA * C] * 2, rel=1e-6)
    assert found.current_A == pytest.approx([3e-12, 3e-12], rel=1e-6)
    running_S = running_conductance_S(bias_V, current_A(1700, G, C, lag_s, 3e-12), SINE, RATE_Hz, 800, lag_s)
    assert np.flatnonzero(np.isfinite(running_S))[[0, -1]].tolist() == [400, 1300]
    assert running_S[400:1301] == pytest.approx(G, rel=1e-9), (
        "about each sample, whatever the phase of its boxcar"
    )
    assert np.isnan(running_conductance_S(bias_V[:799], bias_V[:799], SINE, RATE_Hz, 800, 0.0)).all()
    wrong = response(bias_V, current_A(1700, G, C, lag_s), SINE, RATE_Hz, 800, 0.0)
    assert wrong.conductance_S[0] < 0.96 * G, "a lag of 20 us turns the phase by 22 degrees"


def test_the_series_resistance_is_taken_out():
    G, series_ohm = 5.0 * G0_S, 100.0
    bias_V = SINE.bias_V(RATE_Hz, 800)
    found = response(bias_V, bias_V / (1.0 / G + series_ohm), SINE, RATE_Hz, 800, 0.0, series_ohm)
    assert found.conductance_S[0] == pytest.approx(G, rel=1e-9)


@pytest.mark.parametrize("lag_s", [-9e-6, 0.0, 2e-5, 1e-4])
def test_the_lag_follows_from_what_a_capacitance_lets_through(lag_s):
    bias_V = SINE.bias_V(RATE_Hz, 1600)
    Y = response(bias_V, current_A(1600, 0.0, 2e-13, lag_s), SINE, RATE_Hz, 1600, 0.0).admittance_S[0]
    assert lag_of_capacitance_s(complex(Y), 3125.0) == pytest.approx(lag_s, abs=1e-10)
