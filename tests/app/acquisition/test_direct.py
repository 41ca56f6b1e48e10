"""The current amplifier of a rig in this process, by its wire and without."""

from collections.abc import Iterator

import pytest

from app.acquisition.direct import direct_wires
from drivers.errors import InstrumentLost
from drivers.keithley428 import Keithley428
from simulators.parameters import load_parameters
from simulators.rig.faults import InstrumentSilent
from simulators.simulated_rig import SimulatedRig


@pytest.fixture
def rig() -> Iterator[SimulatedRig]:
    with SimulatedRig(load_parameters(), 1, "fast") as rig:
        yield rig


@pytest.fixture
def amplifier(rig: SimulatedRig) -> Iterator[Keithley428]:
    amplifier = Keithley428(direct_wires(rig).current_amplifier(rig.addresses["current_amplifier"]))
    yield amplifier
    amplifier.close()


def test_it_says_the_same_of_itself_with_and_without_a_wire(
    rig: SimulatedRig, amplifier: Keithley428
) -> None:
    amplifier.gain_V_per_A = 1e6
    amplifier.rise_time_s = 1e-3
    by_wire = Keithley428(rig.addresses["current_amplifier"])

    said = amplifier.state, amplifier.settings, amplifier.id, amplifier.status_byte, amplifier.terminator

    assert said == (by_wire.state, by_wire.settings, by_wire.id, by_wire.status_byte, by_wire.terminator)
    assert amplifier.gain_V_per_A == 1e6
    by_wire.close()


def test_one_that_is_silent_is_lost(rig: SimulatedRig, amplifier: Keithley428) -> None:
    rig.faults.add(InstrumentSilent())

    with pytest.raises(InstrumentLost, match="was lost while"):
        _ = amplifier.state


def test_a_device_clear_brings_its_power_up_settings(amplifier: Keithley428) -> None:
    amplifier.zero_check = False

    amplifier.device_clear()

    assert amplifier.zero_check
