"""The whole simulated rig through its wires, with the client libraries of a lab."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import pyvisa
from pyvisa.constants import StatusCode, StopBits

from analysis.constants import G0_S
from simulators.parameters import load_parameters
from simulators.rig.clock import FastClock, WallClock
from simulators.rig.faults import InstrumentSilent, Overload, Stall
from simulators.simulated_rig import SimulatedRig
from tests.support.instruments.daq_client import Client, read, refused, write
from tests.support.patience import PATIENCE_S

GAIN = 1e5
SERIES_ohm = load_parameters().values["junction"]["series_resistance_ohm"]


class Lab:
    """Instruments at the far end of the wires."""

    def __init__(self, rig: SimulatedRig) -> None:
        self._visa = pyvisa.ResourceManager("@py")
        self.daq = Client(rig.addresses["daq"])
        self.keithley: Any = self._visa.open_resource(
            rig.addresses["current_amplifier"], read_termination="\r\n", write_termination=""
        )
        self.sr560: Any = self._visa.open_resource(
            rig.addresses["voltage_preamplifier"], write_termination="\r\n"
        )
        if rig.addresses["voltage_preamplifier"].startswith("ASRL"):
            self.sr560.baud_rate, self.sr560.stop_bits = 9600, StopBits.two

    def close(self) -> None:
        self.daq.close()
        self.keithley.close()
        self.sr560.close()
        self._visa.close()


def fast_rig(seed: int = 3, species: str = "Au") -> SimulatedRig:
    return SimulatedRig(load_parameters(overrides={"sample.species": species}), seed, "fast")


@pytest.fixture
def rig() -> Iterator[SimulatedRig]:
    with fast_rig() as serving:
        yield serving


@pytest.fixture
def lab(rig: SimulatedRig) -> Iterator[Lab]:
    lab = Lab(rig)
    yield lab
    lab.close()


def contact(rig: SimulatedRig) -> None:
    """Press the tip into the sample."""
    rig.bench.hold("z", 9.0)


def settle(lab: Lab, task: Any, samples: int = 400) -> np.ndarray:
    """Let the amplifiers settle; then the mean of each channel, shape (4,)."""
    read(task, samples)
    return read(task, 2000).mean(axis=1)


@pytest.mark.parametrize("bias_V", [0.01, -0.01])
def test_bias_set_by_the_card_is_the_current_that_the_card_reads(
    rig: SimulatedRig, lab: Lab, bias_V: float
) -> None:
    lab.keithley.write("C0B0N0P0R5X")
    contact(rig)
    outputs = lab.daq.task()
    outputs.ao_channels.add_ao_voltage_chan("Dev1/ao0", min_val=-2, max_val=2)
    outputs.write(bias_V)
    inputs = lab.daq.inputs()
    inputs.start()
    shown_V = read(inputs, 4000)[0, -40:].mean()  # whole periods of the mains
    conductance_S = rig.bench.world.truth.conductance_G0 * G0_S
    expected_V = GAIN * bias_V / (1 / conductance_S + SERIES_ohm)
    assert shown_V == pytest.approx(expected_V, rel=0.05)


def test_the_amplifiers_own_bias_supply_drives_the_junction(rig: SimulatedRig, lab: Lab) -> None:
    lab.keithley.write("C0B0N0P0R5V-10E-3X")
    contact(rig)
    inputs = lab.daq.inputs()
    inputs.start()
    off = settle(lab, inputs)[0]
    lab.keithley.write("B1X")
    on = settle(lab, inputs)
    assert on[0] - off < -0.1
    assert on[2] == pytest.approx(0.0, abs=1e-3)  # the loop-back shows the card's output, which is 0


def test_the_preamplifiers_gain_is_set_on_its_line(lab: Lab) -> None:
    lab.sr560.write("LALL\r\nCPLG 1\r\nFLTM 0\r\nGAIN 9")  # gain 1000
    inputs = lab.daq.inputs()
    inputs.start()
    at_1000 = read(inputs, 8000)[1].std()  # the thermocouple's noise, far above the card's
    lab.sr560.write("GAIN 12")  # gain 10 000; the next sample shows it, for commands come before time passes
    at_10000 = read(inputs, 8000)[1].std()
    assert at_10000 == pytest.approx(10 * at_1000, rel=0.1)


def test_an_overload_is_seen_on_both_of_the_amplifiers_wires(rig: SimulatedRig, lab: Lab) -> None:
    lab.keithley.write("C0B0N0P0R5X")
    inputs = lab.daq.inputs()
    inputs.start()
    read(inputs, 100)
    assert lab.keithley.query("U1X")[12] == "0"
    rig.faults.add(Overload(from_sample=200, samples=100))
    current = read(inputs, 400)[0]
    assert np.all(current[150:190] > 9.5)
    assert np.all(np.abs(current[[0, 50, 99]]) < 1)
    assert abs(current[-1]) < 1
    assert lab.keithley.query("U1X")[12] == "1"


def test_an_amplifier_that_is_switched_off_times_out(rig: SimulatedRig, lab: Lab) -> None:
    silent = InstrumentSilent()
    rig.faults.add(silent)
    with pytest.raises(pyvisa.VisaIOError) as caught:
        lab.keithley.query("U1X")
    assert caught.value.error_code == StatusCode.error_timeout
    rig.faults.remove(silent)
    assert lab.keithley.query("U1X").startswith("428")


def test_a_preamplifier_that_is_switched_off_hears_nothing(rig: SimulatedRig, lab: Lab) -> None:
    inputs = lab.daq.inputs()
    inputs.start()
    lab.sr560.write("LALL\r\nCPLG 1\r\nGAIN 0")
    quiet = read(inputs, 4000)[1].std()
    rig.faults.add(InstrumentSilent(instrument="voltage_preamplifier"))
    lab.sr560.write("GAIN 13")
    assert read(inputs, 4000)[1].std() < 5 * quiet
    rig.faults.clear()
    lab.sr560.write("GAIN 13")
    assert read(inputs, 4000)[1].std() > 20 * quiet


def test_faults_wait_for_their_sample(rig: SimulatedRig, lab: Lab) -> None:
    rig.faults.add(InstrumentSilent(from_sample=100))
    rig.faults.add(Stall(from_sample=150))
    inputs = lab.daq.inputs()
    inputs.start()
    read(inputs, 99)
    assert lab.keithley.query("U3X")
    read(inputs, 1)
    with pytest.raises(pyvisa.VisaIOError):
        lab.keithley.query("U3X")
    with refused(-200284) as caught:
        read(inputs, 100, timeout_s=1.0)
    assert caught.value.samps_per_chan_read == 50


def cycle(lab: Lab, sizes: list[int]) -> bytes:
    """An approach, a stop and a withdrawal, read in pieces of these sizes."""
    lab.keithley.write("C0B0N0P0R5X")
    lab.sr560.write("LALL\r\nCPLG 1\r\nGAIN 9")
    single = lab.daq.task()
    single.ao_channels.add_ao_voltage_chan("Dev1/ao0", min_val=-2, max_val=2)
    single.write(0.1)
    single.close()
    inputs, outputs = lab.daq.inputs(), lab.daq.outputs("Dev1/ao1", finite=4000)
    inputs.start()
    data = []
    for ramp_V in (np.linspace(0, 9, 4000), np.linspace(9, 0, 4000)):
        write(outputs, ramp_V)
        outputs.start()
        data += [read(inputs, size) for size in sizes]
        outputs.stop()
    return np.concatenate(data, axis=1).tobytes()


def on_a_new_rig(act: Callable[[Lab], bytes], seed: int) -> bytes:
    with fast_rig(seed, "BDNC") as rig:
        lab = Lab(rig)
        try:
            return act(lab)
        finally:
            lab.close()


def test_same_seed_and_same_calls_give_the_same_bytes() -> None:
    def act(lab: Lab) -> bytes:
        return cycle(lab, [200] * 10 + [2500])

    first, again, other = (on_a_new_rig(act, seed) for seed in (5, 5, 6))
    assert first == again != other


def test_sizes_of_reads_do_not_matter() -> None:
    whole, pieces = (
        np.frombuffer(on_a_new_rig(lambda lab, sizes=sizes: cycle(lab, sizes), 5))  # type: ignore[misc]
        for sizes in ([4500], [200] * 5 + [1, 3499])
    )
    assert np.array_equal(whole, pieces)


def test_the_world_can_be_looked_at(rig: SimulatedRig, lab: Lab) -> None:
    assert rig.bench.world.truth.state == "out of contact"
    contact(rig)
    inputs = lab.daq.inputs()
    inputs.start()
    read(inputs, 2000)
    assert rig.bench.world.truth.state == "contact"
    assert rig.bench.outputs["z"] == 9.0


@pytest.mark.parametrize(("name", "kind"), [("fast", FastClock), ("wall", WallClock)])
def test_the_clock_is_chosen_at_the_start(name: Any, kind: type) -> None:
    assert isinstance(SimulatedRig(load_parameters(), 1, name).bench.clock, kind)


def test_the_wall_clock_gives_samples_at_their_rate() -> None:
    with SimulatedRig(load_parameters(), 1, "wall") as rig:
        client = Client(rig.addresses["daq"])
        inputs = client.inputs()
        began_s = rig.bench.clock.now()
        inputs.start()
        read(inputs, 100)
        took_s = rig.bench.clock.now() - began_s
        assert 100 <= rig.bench.acquired <= took_s * 2000 + 1
        client.close()


def test_a_clean_stop_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    with fast_rig() as rig:
        lab = Lab(rig)
        inputs = lab.daq.inputs()
        inputs.start()
        read(inputs, 100)
        lab.keithley.query("U1X")
        lab.sr560.write("LALL")
        lab.close()
    left = [thread for thread in threading.enumerate() if thread not in before]
    assert [thread.name for thread in left if "grpc" not in thread.name.lower()] == []


def test_a_stop_with_clients_still_there_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    with SimulatedRig(load_parameters(), 1, "wall") as rig:
        lab = Lab(rig)
        inputs = lab.daq.inputs()
        inputs.start()
        rig.faults.add(Stall())
        done = threading.Event()

        def wait_for_samples() -> None:
            with pytest.raises(Exception, match=r"Failed to connect|Cancelled|CANCELLED|stopped"):
                read(inputs, 10, timeout_s=60)
            done.set()

        reading = threading.Thread(target=wait_for_samples)
        reading.start()
        with rig.bench.changed:
            assert rig.bench.changed.wait_for(lambda: rig._daq.card.running, timeout=PATIENCE_S)
    assert done.wait(PATIENCE_S)
    reading.join(PATIENCE_S)
    lab.close()
    assert [thread.name for thread in threading.enumerate() if thread not in before] == []


def test_wires_bind_to_loopback_unless_told_otherwise(rig: SimulatedRig) -> None:
    assert rig.addresses["daq"].startswith("127.0.0.1:")
    assert "127.0.0.1" in rig.addresses["current_amplifier"]
