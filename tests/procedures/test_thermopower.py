"""Settings that thermopower refuses before anything moves, and the order of its temperature differences."""

from dataclasses import replace

import pytest

from app.acquisition.simulated_rig import SimulationSettings, rig_file_text
from app.config.rig import load_rig
from app.config.rig_context import planned_context
from procedures.errors import HeaterFault, ImpossibleSetting
from procedures.heated_junctions import Turns
from procedures.steps import SetHeater
from procedures.thermopower import Thermopower
from procedures.thermopower_controls import OtherSideHeated
from simulators.parameters import load_parameters

ADDRESSES = {
    "daq": "127.0.0.1:1",
    "current_amplifier": "TCPIP0::127.0.0.1::gpib0,22::INSTR",
    "voltage_preamplifier": "ASRL9::INSTR",
}


def context_of(folder, where="tip"):
    parameters = load_parameters(overrides={"heater.where": where, "sample.species": "BDA"})
    path = folder / "rig.toml"
    path.write_text(rig_file_text(SimulationSettings("fast", 1), parameters, ADDRESSES), "utf-8")
    return planned_context(load_rig(path))


@pytest.fixture
def context(tmp_path):
    return context_of(tmp_path)


def thermopower(**values):
    return Thermopower.from_values({"conductance": 0.005, **values})


def test_the_defaults_are_possible(context):
    thermopower().check(context)


@pytest.mark.parametrize("preset", Thermopower.presets)
def test_every_preset_is_possible(context, preset):
    thermopower(**Thermopower.presets[preset]).check(context)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"dT": "5 10"}, "must contain 0 K"),
        ({"dT": "0"}, "0 K alone gives no slope"),
        ({"dT": "0 10 10"}, "given twice"),
        ({"dT": "0 -10"}, "can only be positive"),
        ({"dT": "0 50"}, "rig file allows"),
        ({"hold_time": 0.1}, "is 1 whole period of 12.25 Hz; at least 3"),
        ({"amplitude": 100.0, "window_percent": 90.0, "conductance": 1.0}, "rails"),
        ({"method": "2w", "heater_frequency": "50"}, "a harmonic of 50 Hz"),
        ({"method": "2w", "heater_frequency": "343/8"}, "a harmonic of 12.25 Hz"),
        ({"method": "2w", "heater_frequency": "500"}, "Lower the frequency"),
    ],
)
def test_impossible_settings_are_refused(context, values, message):
    with pytest.raises(ImpossibleSetting, match=message):
        thermopower(**values).check(context)


@pytest.mark.parametrize(
    ("gain_V_per_A", "contact_V", "why"),
    [
        (1e5, 5e-3, "half of the amplitude in a junction"),
        (1e6, 1.613e-3, "40 G0 carry 5 uA"),
        (1e7, 1.831e-4, "three steps of 61 uV"),
        (1e8, 6.45e-5, "10 G0 carry 50 nA"),
    ],
)
def test_deep_contacts_do_not_rail_while_the_offset_is_measured(context, gain_V_per_A, contact_V, why):
    procedure = thermopower(amplitude=10.0)
    one = replace(context, amplifier=replace(context.amplifier, gain_V_per_A=gain_V_per_A))
    assert context.amplifier.full_scale_V == 5.0
    assert 0.01 * procedure.contact_share(one) == pytest.approx(contact_V, rel=1e-3), why


def test_a_rig_without_a_heater_is_refused(context):
    with pytest.raises(ImpossibleSetting, match=r"table \[heater\]"):
        thermopower().check(replace(context, heater=None))


def test_a_gain_at_which_the_hot_thermocouple_overloads_is_refused(context):
    facts = replace(context.facts, thermometer_gain=5e4)
    loud = replace(context, thermometer_V_per_K=16.3e-6 * 5e4, facts=facts)
    with pytest.raises(ImpossibleSetting, match=r"gives 16\.3 V; more than 60 % of 5 V .* to 9\.2e\+03"):
        thermopower().check(loud)


def test_a_substrate_heater_gives_the_other_sign(tmp_path):
    context = context_of(tmp_path, "substrate")
    thermopower(dT="0 -10 -20", at_once=20).check(context)
    with pytest.raises(ImpossibleSetting, match="can only be negative"):
        thermopower(dT="0 10").check(context)


def test_the_other_side_needs_a_heater_there(tmp_path, context):
    other = OtherSideHeated.from_values({"conductance": 0.005})
    other.check(context_of(tmp_path, "substrate"))
    with pytest.raises(ImpossibleSetting, match=r"at the tip, so that the difference.* can only be positive"):
        other.check(context)


def test_the_differences_come_there_and_back_until_each_has_its_junctions():
    turns, order = Turns((0.0, 10.0, 20.0), 2, 1), []
    while (difference_K := turns.present_K) is not None:
        order.append(difference_K)
        turns.count(len(order) != 2)  # the second junction does not count
    assert order == [0.0, 10.0, 20.0, 20.0, 10.0, 0.0, 10.0]


def test_a_power_beyond_the_limits_is_refused_as_a_step(context):
    from procedures.limits import check_limits

    with pytest.raises(ImpossibleSetting, match="heater power"):
        check_limits(SetHeater(1.0), context)


def test_a_read_back_that_differs_is_a_fault_in_words(context):
    context.heater.check_readback(0.5, 0.51)
    with pytest.raises(HeaterFault, match="unplugged"):
        context.heater.check_readback(0.5, 0.0)
