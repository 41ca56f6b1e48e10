"""Samples computed ahead: the same as without, whatever happens between the reads; and state that is set back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

from analysis.recording import Recording
from simulators.daqmx.outputs import BufferedWaveform
from simulators.parameters import load_parameters
from simulators.rig.bench import SimulatedBench
from simulators.rig.clock import FastClock
from simulators.rig.converter import Conversion
from simulators.rig.faults import FormContact, Overload, Rupture
from simulators.rig.memento import Memento
from simulators.signal.noise import white
from simulators.signal.random_processes import Switching
from tests.support.rig.rigs import quick, served_rig

NAMES = "current", "thermocouple", "bias", "z"
RATE_Hz = 2000.0
WORLD = {"sample.species": "BDNC", "surface.initial_gap_nm": 2.0}
WORLDS = {
    "as it is": WORLD,
    "heated": {
        **WORLD,
        "heater.where": "tip",
        "heater.noise_per_rtHz": 1e-4,
        "thermoelectric.offset_walk_V_per_rth": 1e-3,
    },
    "with a film": {**WORLD, "fixture.kind": "film", "thermal.tip_ramp_K_per_s": 0.1},
}


@dataclass
class Scan:
    """A scan of the four signals that keeps its readings."""

    converter: object
    rate_Hz: float = RATE_Hz
    at_s: dict[str, float] = field(default_factory=lambda: {"current": 1e-5, "thermocouple": 2e-5})
    readings: list[np.ndarray] = field(default_factory=list)

    def room(self):
        return 10**6

    def convert(self, signals, before):
        return self.converter.convert(np.array([signals[name] for name in NAMES]))

    def store(self, readings):
        self.readings.append(readings)


def triangle() -> BufferedWaveform:
    """Volts of the piezo that move the tip into the surface and out of it, again and again."""
    waveform = BufferedWaveform(None, ("z",), 2000, 0, None, True, lambda: False)
    waveform.buffer.append(1.5 * (1.0 - np.abs(np.arange(1, 2001) - 1000) / 1000.0)[np.newaxis])
    return waveform


def lived(look_ahead: bool, seed: int, world: Mapping[str, Any]) -> tuple[np.ndarray, object]:
    """Read a while in pieces; return the readings and the truth at the end."""
    rng = np.random.default_rng(seed)
    parameters = load_parameters(overrides={**world, "junction.rectification_per_V": 0.1})
    bench = SimulatedBench(parameters, seed, FastClock())
    bench.looks_ahead = look_ahead
    inputs = [Conversion(f"ai{k}", 10.0, (k + 1) * 1e-5) for k in range(len(NAMES))]
    scan = Scan(bench.converter(inputs, 1 / RATE_Hz))
    bench.hold("bias", 0.1)
    bench.start_scan(scan, bench.clock.now())
    bench.start_generation(triangle(), bench.clock.now())
    while bench.acquired < 6000:
        wanted = bench.acquired + int(rng.integers(1, 60))
        bench.wait_for(
            lambda end=wanted: bench.acquired >= end,
            lambda end=wanted: bench.scan_due_s(end),
            catch_up=bench.catch_up_to_read,
        )
        if rng.random() < 0.04:
            act = int(rng.integers(7))
            if act == 0:
                bench.hold("bias", float(rng.choice([-0.1, 0.0, 0.05, 0.1])))
            elif act == 1:
                bench.faults.add(Rupture() if rng.random() < 0.5 else FormContact(conductance_G0=3.0))
            elif act == 2:
                bench.faults.add(Overload(bench.acquired + 20, 1e-5, 30))
            elif act == 3:
                bench.chain.voltage_preamplifier.receive(b"GAIN 12\r\n")
            elif act == 4 and bench.chain.has_heater:
                bench.hold("heater", float(rng.choice([0.0, 0.2, 0.4])))
            else:
                assert bench.world.truth.time_s == pytest.approx(bench.acquired / RATE_Hz, rel=1e-3)
            bench.faults.clear() if rng.random() < 0.5 else None
    return np.concatenate(scan.readings, axis=1), bench.world.truth


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("world", WORLDS)
def test_samples_are_the_same_byte_for_byte_whatever_happens_between_reads(seed, world):
    plain, truth = lived(look_ahead=False, seed=seed, world=WORLDS[world])
    ahead, its_truth = lived(look_ahead=True, seed=seed, world=WORLDS[world])

    assert np.array_equal(plain, ahead)
    assert truth == its_truth
    assert truth.contacts > 1


@pytest.mark.parametrize("world", ["as it is", "heated"])
def test_a_run_is_the_same_with_fewer_steps_of_the_world(tmp_path, world):
    samples, steps = [], []
    for look_ahead in (False, True):
        folder = tmp_path / str(look_ahead)
        folder.mkdir()
        with served_rig(folder, overrides=WORLDS[world]) as rig:
            bench = rig.simulated.bench
            bench.looks_ahead = look_ahead
            advance, calls = bench._sample, []
            bench._sample = lambda *given, advance=advance, calls=calls, **heater: (
                calls.append(0) or advance(*given, **heater)
            )
            rig.bench().run(quick(2, contact_threshold=0.5), folder / "run.h5")
            steps.append(len(calls))
        with Recording(folder / "run.h5") as recording:
            samples.append(recording.samples(recording.first, recording.stop))

    assert np.array_equal(*samples)
    assert steps[1] < 0.8 * steps[0]


def test_samples_are_computed_ahead_unless_a_part_is_a_stranger():
    bench = SimulatedBench(load_parameters(overrides=WORLDS["heated"]), 1, FastClock())
    chain = bench.chain

    assert bench.looks_ahead
    assert not SimulatedBench(load_parameters(), 1, FastClock(), Mock(spec=type(chain))).looks_ahead


def test_objects_their_closures_and_their_random_numbers_are_set_back():
    rng = np.random.default_rng(1)
    noise, switching = white(rng), Switching(1.0, 50.0, lambda value: -value, 0.0, np.random.default_rng(2))
    noise.take(100)

    def drawn() -> list[np.ndarray]:
        return [noise.take(3000), switching.values(np.linspace(0.0, 1.0, 50))]

    memento = Memento(noise, switching)
    first = drawn()
    memento.restore()

    assert all(np.array_equal(one, other) for one, other in zip(first, drawn(), strict=True))


def test_a_state_that_cannot_be_read_is_refused():
    with pytest.raises(TypeError, match="can't be read"):
        Memento([iter(()), (number for number in range(3))])
