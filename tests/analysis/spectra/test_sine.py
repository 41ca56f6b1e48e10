"""Alternating bias and the response to it, against currents of known conductance, capacitance and lag."""

from fractions import Fraction

import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.spectra.sine import Demodulation, Sine, SineBias, lag_of_capacitance_s
from analysis.thermoelectric.ac_load import ACAdmittance, load_controls

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
    late = Demodulation(SINE, RATE_Hz, 800, lag_s)
    found = late.response(bias_V, current_A(1700, G, C, lag_s, 3e-12))
    assert found.conductance_S == pytest.approx([G, G], rel=1e-9)
    assert found.admittance_S.imag == pytest.approx([OMEGA * C] * 2, rel=1e-6)
    assert found.current_A == pytest.approx([3e-12, 3e-12], rel=1e-6)
    running_S = late.running_conductance_S(bias_V, current_A(1700, G, C, lag_s, 3e-12))
    assert np.flatnonzero(np.isfinite(running_S))[[0, -1]].tolist() == [400, 1300]
    assert running_S[400:1301] == pytest.approx(G, rel=1e-9), (
        "about each sample, whatever the phase of its boxcar"
    )
    assert np.isnan(late.running_conductance_S(bias_V[:799], bias_V[:799])).all()
    wrong = Demodulation(SINE, RATE_Hz, 800).response(bias_V, current_A(1700, G, C, lag_s))
    assert wrong.conductance_S[0] < 0.96 * G, "a lag of 20 us turns the phase by 22 degrees"


def test_the_series_resistance_is_taken_out():
    G, series_ohm = 5.0 * G0_S, 100.0
    bias_V = SINE.bias_V(RATE_Hz, 800)
    demodulation = Demodulation(SINE, RATE_Hz, 800, series_ohm=series_ohm)
    found = demodulation.response(bias_V, bias_V / (1.0 / G + series_ohm))
    assert found.conductance_S[0] == pytest.approx(G, rel=1e-9)


@pytest.mark.parametrize("lag_s", [-9e-6, 0.0, 2e-5, 1e-4])
def test_the_lag_follows_from_what_a_capacitance_lets_through(lag_s):
    bias_V = SINE.bias_V(RATE_Hz, 1600)
    demodulation = Demodulation(SINE, RATE_Hz, 1600)
    Y = demodulation.response(bias_V, current_A(1600, 0.0, 2e-13, lag_s)).admittance_S[0]
    assert lag_of_capacitance_s(complex(Y), 3125.0) == pytest.approx(lag_s, abs=1e-10)


def test_conductance_comes_without_lag_and_capacitance_though_both_are_late_by_different_times():
    """A stair of the bias makes the current of a capacitance late by another time than that of a conductor."""
    n, lag_s, late_s, C = 16 * 300, -1.7e-5, -6.5e-6, 2e-13
    G = np.repeat([4.0, 1.0, 0.005], n // 3) * G0_S
    t = np.arange(n) / RATE_Hz
    volts, bias_V = np.sqrt(2.0) * 0.01, SINE.bias_V(RATE_Hz, n)
    seen_A = volts * (G * np.sin(OMEGA * (t - lag_s)) + OMEGA * C * np.cos(OMEGA * (t - late_s)))
    content = {**SINE.to_json(), "average_s": 0.0016, "lag_s": late_s, "capacitance_F": C}
    known = SineBias.from_json(content)
    found_s = known.lag_of_contact_s(bias_V, seen_A, RATE_Hz)
    assert found_s == pytest.approx(lag_s, abs=1e-11)
    demodulation = Demodulation(SINE, RATE_Hz, 80, found_s, stray_S=known.stray_S)
    running_S = demodulation.running_conductance_S(bias_V, seen_A)
    assert running_S[-100:-50] == pytest.approx(0.005 * G0_S, rel=1e-9)
    assert known.lag_of_contact_s(bias_V[-800:], seen_A[-800:], RATE_Hz) == late_s, "no contact here"
    old = SineBias.from_json({name: content[name] for name in content if name != "capacitance_F"})
    assert old.stray_S == 0.0


@pytest.mark.parametrize(
    ("resistance_ohm", "error", "late_s", "passed"),
    [(2e6, 0.0, 0.0, [True, True]), (2e6, 0.05, 0.0, [False, True]), (2e6, 0.0, 2e-5, [False, False]),
     (None, 0.0, 0.0, [True]), (None, 0.0, 1e-5, [False])],
)  # fmt: skip
def test_known_loads_show_a_wrong_gain_and_a_wrong_lag(resistance_ohm, error, late_s, passed):
    lag_s, away = -1.7e-5, ACAdmittance(-6.5e-6, 2e-13, 1e-11, 3125.0)
    if resistance_ohm:
        turned = np.exp(-1j * OMEGA * (lag_s + late_s))
        Y = (1.0 + error) / resistance_ohm * turned + away.complex_S
        seen_s = lag_of_capacitance_s(Y, 3125.0)
    else:
        Y, seen_s = OMEGA * 2e-12, away.lag_s + late_s
    seen = ACAdmittance(seen_s, abs(Y) / OMEGA, 1e-11, 3125.0)
    controls = load_controls({"resistance_ohm": resistance_ohm}, seen, away, lag_s)
    assert [one.passed for one in controls] == passed
    if resistance_ohm:
        assert controls[1].value == pytest.approx(late_s, abs=1e-10)
