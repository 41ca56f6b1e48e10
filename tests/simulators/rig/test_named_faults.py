"""Faults by name: each has an effect on the rig, and a wrong name is corrected."""

import numpy as np
import pytest

from simulators.parameters import ParameterError, load_parameters
from simulators.rig.faults import AmplifierOutput, PanelPress
from simulators.rig.named_faults import NAMED_FAULTS, injection, listed
from simulators.rig.ni6281 import NI6281Parameters
from simulators.world.piezo import PiezoActuator, PiezoParameters


@pytest.mark.parametrize("name", sorted(set(NAMED_FAULTS) - {"none", "output-ranges-625x"}))
def test_every_fault_changes_the_rig_within_its_bounds(name):
    right = load_parameters()

    wrong = injection([name])

    changed = right.changed(wrong.overrides)
    assert bool(wrong.faults) != (changed.values != right.values), "parameters or faults"
    changed.section("ni6281", NI6281Parameters)
    assert f"{name} " in listed() or f"{name}[=" in listed()


def test_several_faults_act_at_once():
    wrong = injection(["current-reversed", "bias-loop-back-off", "filter-pressed=500"])

    assert wrong.overrides == {"ni6281.wiring.ai2": "ground"}
    assert wrong.faults == (AmplifierOutput(factor=-1.0), PanelPress(500, "P0X"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("curent-reversed", "did you mean 'current-reversed'"),
        ("bias-leak=much", "'much' is not a number"),
        ("thermocouple-open=1", "takes no value"),
    ],
)
def test_a_fault_that_can_not_be_injected_is_explained(text, said):
    with pytest.raises(ParameterError, match=said):
        injection([text])


def test_a_reversed_piezo_retracts_as_the_volts_rise():
    values = load_parameters().changed(injection(["piezo-reversed"]).overrides).values["piezo"]

    assert PiezoActuator(PiezoParameters(**values)).extension(np.full(10, 1.0), 1e-3)[-1] < -9e-9
