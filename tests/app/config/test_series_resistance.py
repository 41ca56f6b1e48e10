"""Resistance in series with the junction: the leads and the input of the current amplifier, at each gain."""

import tomllib

import numpy as np
import pytest

from analysis.conductance import conductance_G0
from analysis.constants import G0_S
from app.acquisition.open_rig import open_rig
from app.acquisition.simulated_rig import SimulationSettings, rig_file_text
from app.config.amplifiers import ROLES
from app.config.calibrated_rig import load_calibrated_rig
from app.config.rig import Rig
from app.config.rig_context import current_calibration
from simulators.parameters import load_parameters
from tests.support.rig.rigs import served_rig

LEADS_ohm = load_parameters().values["junction"]["series_resistance_ohm"]
TEN_G0_ohm = 1.0 / (10.0 * G0_S)


@pytest.mark.parametrize(("gain_V_per_A", "input_ohm"), [(1e5, 2.0), (1e6, 20.0)])
def test_a_resistor_of_ten_quanta_shows_ten_quanta_at_each_gain(tmp_path, gain_V_per_A, input_ohm):
    """A Keithley 428 takes 1.5 % of the bias at 1e6 V/A, where its file states the input at 1e5 V/A."""
    world = {
        "fixture.kind": "resistor",
        "fixture.resistance_ohm": TEN_G0_ohm,
        "keithley428.gain_error": 0.0,
        "keithley428.output_offset_V": 0.0,
        "junction.leak_ohm": 1e15,
    }
    with served_rig(tmp_path, overrides=world) as served:
        rig = load_calibrated_rig(served.file, gain_V_per_A)
        assert current_calibration(rig).series_resistance_ohm == pytest.approx(LEADS_ohm + input_ohm)
        with open_rig(rig) as opened:
            daq, shown_G0 = opened.context.daq, []
            daq.start_acquisition()
            for sign in (1, -1):
                daq.write(bias=sign * 6e-3)
                daq.read(round(0.2 * daq.rate_Hz))
                block = daq.read(round(0.2 * daq.rate_Hz))
                volts, bias_V = (block.channel(name).mean() for name in ("current", "bias"))
                shown_G0.append(float(conductance_G0(volts, bias_V, opened.context.amplifier)))
            daq.write(bias=0.0)
            daq.stop_acquisition()
    assert np.mean(shown_G0) == pytest.approx(10.0, rel=2e-3)


def test_the_largest_gain_set_by_hand_is_no_unusual_calibration(tmp_path):
    """The input of a Keithley 428 at 1e10 V/A has 200 kohm, which a rig file would have to state twice."""
    with served_rig(tmp_path) as served:
        rig = load_calibrated_rig(served.file, 1e10)
    assert rig.current_amplifier.input_resistance_ohm == pytest.approx(2e5)
    told = rig.model_dump()
    assert Rig.for_content(told).model_validate(told).model_dump() == told, (
        "a window that comes later reads it"
    )


@pytest.mark.parametrize(
    ("model", "input_ohm"), [("keithley428", 2.0), ("sr570", 1.0), ("dlpca200", 50.0), ("manual", 1.0)]
)
def test_the_file_of_a_simulated_rig_states_the_input_of_its_amplifier(model, input_ohm):

    parameters = load_parameters()
    addresses = {"daq": "here", **dict.fromkeys(ROLES, "there")}
    text = rig_file_text(SimulationSettings(current_amplifier=model), parameters, addresses)
    assert tomllib.loads(text)["current_amplifier"]["input_resistance_ohm"] == input_ohm


def test_the_input_of_another_amplifier_is_the_same_at_each_gain(tmp_path):
    with served_rig(tmp_path) as served:
        text = rig_file_text(
            SimulationSettings(current_amplifier="sr570"), load_parameters(), served.simulated.addresses
        )
        served.file.write_text(text, "utf-8")
        totals = {current_calibration(load_calibrated_rig(served.file, gain)).series_resistance_ohm
                  for gain in (1e5, 1e6, 1e7)}  # fmt: skip
    assert totals == {LEADS_ohm + 1.0}
