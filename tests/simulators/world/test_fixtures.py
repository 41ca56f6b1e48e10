"""Test loads in place of the junction."""

import numpy as np
import pytest

from simulators.parameters import ParameterError
from tests.support.instruments.tip import QUIET, Tip


def fixed(kind: str, **overrides: object) -> Tip:
    return Tip(**{**QUIET, "sample.species": "BDNC", "fixture.kind": kind, **overrides})


def shown(tip: Tip, bias_V: float) -> tuple[float, float]:
    """(current in A, rise of the tip in K) once both have settled."""
    tip.bias_V = bias_V
    signals = tip.hold(0.05)
    return signals.current_A[-1], signals.thermocouple_V[-1] / -16.3e-6


@pytest.mark.parametrize("bias_V", [1.27, -0.5])
def test_a_resistor_carries_the_current_and_heats_nothing(bias_V: float) -> None:
    tip = fixed("resistor", **{"fixture.resistance_ohm": 3e6, "junction.series_resistance_ohm": 50.0})
    assert shown(tip, bias_V) == pytest.approx((bias_V / (3e6 + 50.0), 0.0), rel=1e-12)
    assert tip.world.truth.state == "resistor"


@pytest.mark.parametrize("bias_V", [0.2, -0.2])
def test_a_heater_heats_the_tip_with_all_of_its_power_and_carries_no_current(bias_V: float) -> None:
    assert shown(fixed("heater"), bias_V) == pytest.approx((0.0, 72800.0 * 0.2**2 / 1e5), rel=1e-12)


def test_open_shows_nothing() -> None:
    assert shown(fixed("open"), 1.0) == pytest.approx((0.0, 0.0), abs=1e-20)


def test_motion_makes_no_difference_and_there_is_no_surface() -> None:
    tip = fixed("resistor")
    at_rest = shown(tip, 0.1)
    tip.move(60.0, 100.0)
    tip.world.form_contact(1.0)
    tip.world.rupture()
    assert shown(tip, 0.1) == at_rest
    assert tip.world.truth.contacts == 0
    assert np.isinf(tip.world.truth.gap_m)


def test_a_resistor_has_thermal_noise_and_no_shot_noise() -> None:
    tip = fixed("resistor", **{"noise.strength": 1.0})
    tip.bias_V = 1.0
    assert tip.hold(0.1).current_noise_A2_per_Hz == pytest.approx(4 * 1.380649e-23 * 300 / 1e6, rel=1e-9)


def test_a_resistor_and_its_leads_have_the_thermal_noise_of_the_conductance_that_is_seen() -> None:
    leads = {"fixture.resistance_ohm": 3000.0, "junction.series_resistance_ohm": 1000.0}
    tip = fixed("resistor", **{"noise.strength": 1.0, **leads})
    signals = tip.hold(0.1)
    seen_S = signals.current_A[-1] / tip.bias_V
    assert seen_S == pytest.approx(1 / 4000, rel=1e-12)
    assert signals.conductance_S[-1] == pytest.approx(seen_S, rel=1e-12)
    assert signals.current_noise_A2_per_Hz[-1] == pytest.approx(4 * 1.380649e-23 * 300 * seen_S, rel=1e-12)


def test_the_amplifier_s_input_resistance_has_no_noise_of_its_own() -> None:
    """It is made by feedback."""
    tip = fixed("resistor", **{"noise.strength": 1.0, "fixture.resistance_ohm": 3000.0})
    signals = tip.world.advance(np.full(10, 0.1), np.zeros(10), 1e-3, ammeter_ohm=1000.0)
    expected = 4 * 1.380649e-23 * 300 / 3000 * 0.75**2
    assert signals.current_noise_A2_per_Hz[-1] == pytest.approx(expected, rel=1e-12)


def test_another_fixture_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"fixture\.kind = 'diode'"):
        fixed("diode")
