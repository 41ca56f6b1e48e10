"""Settings that a Peltier run refuses or remarks on before anything moves."""

import pytest

from app.acquisition.run_checks import check, remarks
from app.acquisition.simulated_rig import SimulationSettings, rig_file_text
from app.config.rig import load_rig
from app.config.rig_context import planned_context
from procedures.errors import ImpossibleSetting
from procedures.peltier import Peltier
from simulators.parameters import load_parameters
from tests.procedures.test_thermopower import ADDRESSES


def rig_with(folder, **world):
    path = folder / "rig.toml"
    parameters = load_parameters(overrides={"sample.species": "BDA", **world})
    path.write_text(rig_file_text(SimulationSettings("fast", 1), parameters, ADDRESSES), "utf-8")
    return load_rig(path)


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    return rig_with(tmp_path_factory.mktemp("rig"), **{"thermal.resistance_K_per_W": 1e6})


def peltier(**values):
    return Peltier.from_values({"conductance": 0.005, **values})


def test_the_defaults_and_every_preset_are_possible(rig):
    check(peltier(), rig)
    for preset in Peltier.presets.values():
        check(peltier(**preset), rig)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"amplitudes": "0.02 0.06"}, "60 mV is too large for a Peltier coefficient. Up to 50 mV"),
        ({"levels": "+1:1 0:1"}, "a positive and a negative one"),
        ({"contact": "film"}, "contact_threshold = 5 G0 must lie in the window"),
    ],
)
def test_impossible_settings_are_refused(rig, values, message):
    with pytest.raises(ImpossibleSetting, match=message):
        check(peltier(**values), rig)


def test_the_tip_of_2013_is_refused_with_the_hours_that_a_molecule_takes(tmp_path):
    rig = rig_with(tmp_path)
    with pytest.raises(ImpossibleSetting, match=r"10 % takes \d+ holds, about \d+ h.*set anyway"):
        check(peltier(), rig)
    check(peltier(anyway=True), rig)


def test_the_thermopower_in_the_same_holds_needs_a_heater_that_alternates(rig, tmp_path):
    with pytest.raises(ImpossibleSetting, match=r"needs a heater.*\[heater\]"):
        check(peltier(thermopower=True), rig)
    world = {"thermal.resistance_K_per_W": 1e6, "heater.where": "tip"}
    heated = rig_with(tmp_path, **world)
    check(peltier(thermopower=True, bias=10.0), heated)
    for values, message in (
        ({"dT": 0.0}, "shows no thermopower"),
        ({"dT": -10.0}, "can only be positive"),
        ({"heater_frequency": "25"}, "a harmonic of 50 Hz"),
    ):
        with pytest.raises(ImpossibleSetting, match=message):
            check(peltier(thermopower=True, bias=10.0, **values), heated)


def test_coarse_steps_of_the_bias_are_remarked_on_and_a_divider_mends_them(rig, tmp_path):
    said = remarks(peltier(amplitudes="0.005 0.02"), rig)
    assert "steps of 61 uV" in said[0] and "5 mV becomes 5.005 mV" in said[0]
    assert "divider" in said[-1]
    divided = rig_with(tmp_path, **{"bias_line.divider": 5.0})
    assert planned_context(divided).facts.bias_divider == 5.0
    assert remarks(peltier(amplitudes="0.05"), divided) == []
