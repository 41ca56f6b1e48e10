"""A recording in the junction's place: the samples it had, to the bit, and amplifiers as they stood."""

from dataclasses import fields

import numpy as np
import pytest

from analysis.recording import RecordedChannel, Recording, RecordingError, RecordingWriter, RunHeader
from analysis.records import Block
from drivers.keithley428_words import Keithley428Settings
from drivers.sr560_settings import SR560Settings
from simulators.daqmx.errors import DaqError
from simulators.daqmx.inputs import InputEngine
from simulators.daqmx.timing import SampleClock
from simulators.keithley428.recall import keithley428_commands
from simulators.parameters import load_parameters
from simulators.rig.clock import WallClock
from simulators.rig.faults import FormContact, Overload, Stall
from simulators.rig.playback import PIECE, RecordedChain, recorded_chain
from simulators.simulated_rig import SimulatedRig
from simulators.sr560.recall import sr560_commands

RATE_Hz = 5000.0
CHANNELS = ("bias", "z", "thermocouple", "current")
SETTINGS = {
    "current_gain_V_per_A": 1.003e6,
    "current_full_scale_V": 5.0,
    "thermocouple_gain": 2e4,
    "current_amplifier": {"gain_V_per_A": 1e6, "rise_time_s": 1e-3, "filter_on": True, "enlarge": False},
    "voltage_preamplifier": {"gain": 2e4, "lowpass_Hz": 300.0, "coupling": 1, "filter_mode": 2, "source": 1},
}


def volts(n: int) -> np.ndarray:
    """Values on no converter's grid, shape (4, n)."""
    return np.random.default_rng(5).normal(0.0, 0.3, (4, n))


def write(path, data, *, channels=CHANNELS, unit="V", rate_Hz=RATE_Hz, gap=None, settings=SETTINGS):
    header = RunHeader(
        "test", tuple(RecordedChannel(name, unit) for name in channels), rate_Hz, settings=settings
    )
    with RecordingWriter(path, header) as writer:
        whole = Block(0, rate_Hz, channels, data)
        for part in [whole] if gap is None else [whole.part(0, gap[0]), whole.part(gap[1], len(whole))]:
            writer.append(part)
    return path


def rig_of(recording, clock="fast") -> SimulatedRig:
    parameters = load_parameters()
    return SimulatedRig(parameters, 1, clock, chain=recorded_chain(recording, parameters, 1))


class Scan:
    """A scan of all signals through the bench's converter."""

    def __init__(self, rig, rate_Hz=RATE_Hz, n=10**9) -> None:
        self.rate_Hz, self.left, self.at_s = rate_Hz, n, {}
        self.converter = rig.bench.converter((), 1 / rate_Hz)
        self.taken = [np.empty((4, 0))]

    def room(self):
        return self.left

    def convert(self, signals, before):
        return self.converter.convert(np.array([signals[name] for name in CHANNELS]))

    def store(self, readings):
        self.left -= readings.shape[1]
        self.taken.append(readings)

    @property
    def samples(self):
        return np.concatenate(self.taken, axis=1)


def scanned(rig, *waits_s) -> np.ndarray:
    scan, bench = Scan(rig), rig.bench
    bench.start_scan(scan, bench.clock.now())
    for seconds in waits_s:
        until_s = bench.clock.now() + seconds
        bench.wait_for(lambda until_s=until_s: bench.clock.now() >= until_s, lambda until_s=until_s: until_s)
    bench.stop_scan()
    return scan.samples


@pytest.mark.parametrize("waits_s", [(3.0,), (0.0101,) * 300, (0.0002, 2.0, 0.5)])
def test_samples_are_those_recorded_to_the_bit(tmp_path, waits_s):
    data = volts(2000 + PIECE // 8)
    with Recording(write(tmp_path / "run.h5", data)) as recording:
        samples = scanned(rig_of(recording), *waits_s)
    n = min(samples.shape[1], data.shape[1])
    assert n > 10_000
    assert samples[:, :n].tobytes() == data[:, :n].tobytes()
    assert not samples[:, n:].any()  # behind the end there is nothing


def test_more_than_a_piece_at_a_time(tmp_path):
    data = np.arange(4.0 * (2 * PIECE + 77)).reshape(4, -1)
    with Recording(write(tmp_path / "run.h5", data)) as recording:
        chain = RecordedChain(recording, load_parameters(), np.random.default_rng(1))
        out = np.zeros(2 * PIECE + 80)
        signals = chain.sample(out, out, 1 / RATE_Hz, 0.0, {})
    for row, name in zip(data, CHANNELS, strict=True):
        assert np.array_equal(signals[name], [*row, 0.0, 0.0, 0.0])


def test_each_acquisition_begins_at_the_recordings_begin(tmp_path):
    data = volts(5000)
    with Recording(write(tmp_path / "run.h5", data)) as recording:
        rig = rig_of(recording)
        first, second = scanned(rig, 0.3), scanned(rig, 0.5)
    assert first.shape[1] == 1500
    assert np.array_equal(second[:, :1500], first)
    assert np.array_equal(second, data[:, :2500])


def test_what_is_put_out_changes_nothing(tmp_path):
    data = volts(3000)
    with Recording(write(tmp_path / "run.h5", data)) as recording:
        rig = rig_of(recording)
        rig.bench.hold("bias", 1.5)
        rig.bench.hold("z", 7.0)
        rig.bench.coarse.follow({})
        samples = scanned(rig, 0.5)
        assert rig.bench.outputs == {"bias": 1.5, "z": 7.0}
    assert np.array_equal(samples, data[:, :2500])


def test_a_stall_lets_no_sample_be_lost(tmp_path):
    data = volts(5000)
    with Recording(write(tmp_path / "run.h5", data)) as recording:
        rig, scan = rig_of(recording), None
        bench, scan = rig.bench, Scan(rig)
        bench.start_scan(scan, 0.0)
        stall = Stall(from_sample=700)
        rig.faults.add(stall)
        for until_s in (1.0, 2.0):
            bench.wait_for(lambda: bench.clock.now() >= until_s, lambda: until_s)  # noqa: B023
            if stall in rig.faults:
                assert scan.samples.shape[1] == 700
                rig.faults.remove(stall)
    assert scan.samples.shape[1] >= 5000
    assert np.array_equal(scan.samples[:, :5000], data)


def test_an_overload_rails_where_the_recorded_input_did(tmp_path):
    data = volts(3000)
    with Recording(write(tmp_path / "run.h5", data)) as recording:
        rig = rig_of(recording)
        rig.faults.add(Overload(from_sample=100, current_A=1e-6, samples=10))
        rig.faults.add(Overload(from_sample=200, current_A=-1.0, samples=10))
        rig.faults.add(FormContact(from_sample=300))
        samples = scanned(rig, 0.5)
    expected = data[:, :2500].copy()
    expected[3, 100:110] += 1.003
    expected[3, 200:210] = -5.0
    assert samples == pytest.approx(expected, abs=1e-12)


def test_missing_samples_are_not_made_up(tmp_path):
    data = volts(3000)
    with Recording(write(tmp_path / "gap.h5", data, gap=(1000, 1400))) as recording:
        samples = scanned(rig_of(recording), 0.5)
    assert np.isnan(samples[:, 1000:1400]).all()
    assert np.array_equal(samples[:, :1000], data[:, :1000])
    assert np.array_equal(samples[:, 1400:], data[:, 1400:2500])


@pytest.mark.parametrize(("settings", "bias_V"), [({}, 0.0), ({"bias_V": 0.1}, 0.1), ({"bias_V": None}, 0.0)])
def test_a_channel_that_was_not_recorded_reads_what_is_known(tmp_path, settings, bias_V):
    path = write(tmp_path / "one.h5", volts(3000)[:1], channels=("current",), settings=settings)
    with Recording(path) as recording:
        chain = recorded_chain(recording, load_parameters(), 1)
        samples = chain.sample(np.ones(10), np.ones(10), 1.0, 0.0, {})
        assert chain.filled == {"thermocouple": 0.0, "bias": bias_V, "z": 0.0}
    assert (samples["bias"] == bias_V).all()
    assert not samples["z"].any()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"channels": ("conductance", "extension", "bias", "z")}, "not the voltage of a current amplifier"),
        ({"unit": "A"}, "holds bias in A, .*plays back volts only"),
        ({"unit": ""}, "bias in unknown unit"),
        ({"rate_Hz": np.nan}, "has no sample rate"),
    ],
)
def test_a_recording_that_no_card_can_have_made_is_refused(tmp_path, changes, message):
    path = write(tmp_path / "run.h5", volts(100), **changes)
    with Recording(path) as recording, pytest.raises(RecordingError, match=message):
        recorded_chain(recording, load_parameters(), 1)


def test_another_rate_than_the_recordings_is_refused_by_the_card(tmp_path):
    with Recording(write(tmp_path / "run.h5", volts(100))) as recording:
        bench = rig_of(recording).bench
        for rate_Hz in (2000.0, 5000.0001):
            engine = InputEngine(bench, clock=SampleClock(rate_Hz, "", False, 1000))
            with pytest.raises(DaqError, match="Allowed: 5000, as recorded"):
                engine.verify()
        InputEngine(bench, [], SampleClock(5000.0, "", False, 1000)).verify()


def test_the_amplifiers_stand_as_they_were_set(tmp_path):
    with Recording(write(tmp_path / "run.h5", volts(100))) as recording:
        chain = recorded_chain(recording, load_parameters(), 1)
    chain.current_amplifier.receive(b"U0X")
    word = chain.current_amplifier.send().decode()
    assert "C0" in word
    assert "P1R06" in word
    assert "T4W0" in word
    chain.current_amplifier.receive(b"U1X")
    assert chain.current_amplifier.send().startswith(b"42800000000000")
    assert chain.voltage_preamplifier.ignored == 0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "C0X"),
        ({"current_gain_V_per_A": 0.997e7}, "C0R7W0X"),
        ({"current_amplifier": {"gain_V_per_A": 1e6, "enlarge": True}}, "C0R5W1X"),
        ({"current_gain_V_per_A": 1.0}, "C0R3W0X"),
        (
            {"current_amplifier": {"rise_time_s": 0.0003, "auto_filter": False, "bias_supply_on": True}},
            "C0T3Z0B1X",
        ),
        (
            {
                "current_amplifier": {
                    "suppress_A": 2e-9,
                    "suppress_range": 2,
                    "bias_supply_V": 0.5,
                    "display": 1,
                }
            },
            "C0S2.0000E-09,2V5.0000E-01A1X",
        ),
    ],
)
def test_commands_of_the_current_amplifier(settings, words):
    assert keithley428_commands(settings) == words


def test_all_that_an_amplifier_was_set_to_is_set_again():
    values = {
        "suppress_A": 0.0,
        "suppress_range": 3,
        "bias_supply_V": 1.0,
        "gain_V_per_A": 1e5,
        "rise_time_s": 1e-3,
    }
    left = {"firmware", "zero_check"}  # what it is; and off whenever samples mean something
    given = {one.name: values.get(one.name, 1) for one in fields(Keithley428Settings) if one.name not in left}
    assert keithley428_commands({"current_amplifier": given}) == "C0R4W1T4S0.0000E+00,3V1.0000E+00P1Z1N1B1A1X"
    told = {**{one.name: 1 for one in fields(SR560Settings)}, "provenance": ""}
    assert len(sr560_commands({"voltage_preamplifier": told}, 0).splitlines()) == len(told) - 1 + 2


def test_commands_of_the_preamplifier():
    lines = sr560_commands(SETTINGS, 2).split("\r\n")
    assert lines == ["LISN 2", "GAIN 13", "LFRQ 8", "CPLG 1", "SRCE 1", "FLTM 2", "UNLS", ""]
    assert sr560_commands({"thermocouple_gain": -1e4}, 0).split("\r\n")[1] == "GAIN 12"


def test_a_wall_clock_can_go_faster_and_slower():
    life_s = [100.0]
    for speed in (0.5, 1.0, 1000.0):
        life_s[0] = 100.0
        clock = WallClock(speed, lambda: life_s[0])
        assert clock.now() == 0.0
        life_s[0] += 3.0
        assert clock.now() == 3.0 * speed
    for speed in (0.0, -1.0, np.inf, np.nan):
        with pytest.raises(ValueError, match="positive and finite"):
            WallClock(speed)


def test_the_converter_adds_and_rounds_nothing(tmp_path):
    with Recording(write(tmp_path / "run.h5", volts(100))) as recording:
        converter = rig_of(recording).bench.converter((), 1.0)
    odd = np.array([[np.nan, 123.456], [1e-12, -7.0]])
    assert np.array_equal(converter.convert(odd), odd, equal_nan=True)
