"""The lock-in by which a ramp is stopped, and what an AC run refuses before anything moves."""

from fractions import Fraction

import numpy as np
import pytest

from analysis.conductance import CurrentCalibration
from analysis.constants import G0_S
from analysis.records import Block
from analysis.spectra.sine import Sine
from app.acquisition.run_checks import check
from app.acquisition.simulated_rig import SimulationSettings, rig_file_text
from app.config.rig import load_rig
from procedures.ac_break_junction import ACBreakJunction
from procedures.ac_controls import ACCapacitor, ACHalfAmplitude, ACOtherFrequency, ACResistor
from procedures.alternating import LiveConductance
from procedures.errors import ImpossibleSetting
from simulators.parameters import load_parameters
from tests.procedures.test_thermopower import ADDRESSES

RATE_Hz, SINE = 50_000.0, Sine(0.01, Fraction(3125))


def looked_at(pieces, conductance_G0, amplitude=1.0):
    """Conductances of samples that are fed in pieces of these lengths."""
    look = LiveConductance(SINE, RATE_Hz, 0.0, CurrentCalibration(1e6))
    bias_V = amplitude * SINE.bias_V(RATE_Hz, sum(pieces))
    data = np.stack([bias_V, 1e6 * G0_S * conductance_G0 * bias_V])
    found, at = [], 0
    for n in pieces:
        found.append(look(Block(at, RATE_Hz, ("bias", "current"), data[:, at : at + n])))
        at += n
    return np.concatenate(found)


@pytest.mark.parametrize("pieces", [(200,), (7, 93, 1, 99), (48,) * 4 + (8,), (0, 48, 0, 152)])
def test_each_sample_has_the_conductance_of_the_last_millisecond_however_it_is_cut(pieces):
    found = looked_at(pieces, 0.01)
    assert found.size == 200
    assert np.isinf(found[:47]).all(), "nothing is known before the first 3 periods are complete"
    assert found[47:] == pytest.approx(0.01)


def test_without_a_bias_the_conductance_is_unknown():
    assert np.isnan(looked_at((200,), 0.01, amplitude=0.3)[47:]).all()


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    parameters = load_parameters(overrides={"heater.where": "tip", "sample.species": "BDA"})
    path = tmp_path_factory.mktemp("rig") / "rig.toml"
    text = rig_file_text(SimulationSettings("fast", 1), parameters, ADDRESSES)
    path.write_text(text.replace("rise_time_s = 3e-4", "rise_time_s = 1e-5"), "utf-8")
    return load_rig(path)


def ac(procedure=ACBreakJunction, **values):
    return procedure.from_values({"conductance": 0.005, "contact_threshold": 3.0, **values})


def test_defaults_presets_and_controls_are_possible(rig):
    loads = (ACCapacitor.from_values({}), ACResistor.from_values({"resistance": 2e6}))
    for procedure in (ac(), ac(ACHalfAmplitude), ac(ACOtherFrequency), *loads):
        check(procedure, rig)
    for preset in ACBreakJunction.presets.values():
        check(ac(**preset), rig)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"ac_frequency": "3123"}, "whole number"),
        ({"ac_frequency": "12500", "rate": 200}, "rise time"),
        ({"ac_amplitude": 100.0}, "rails at"),
    ],
)
def test_impossible_settings_are_refused(rig, values, message):
    with pytest.raises(ImpossibleSetting, match=message):
        check(ac(**values), rig)
