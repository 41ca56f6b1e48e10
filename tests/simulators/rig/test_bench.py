"""The bench's passing of time, seen at a resistor in place of the junction."""

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from simulators.rig.bench import SimulatedBench
from simulators.rig.clock import FastClock, WallClock
from simulators.rig.faults import DeviceLost, FormContact, Overload, Rupture, Stall
from simulators.rig.signal_chain import SignalChain
from tests.support.instruments.stand_ins import GAIN, HandClock, RESISTANCE_ohm, Resistor, quiet_bench
from tests.support.patience import PATIENCE_S

FloatArray = NDArray[np.float64]


@dataclass
class RecordingScan:
    """A scan that keeps what it takes."""

    rate_Hz: float = 2000.0
    left: int = 10**9
    taken: list[Mapping[str, FloatArray]] = field(default_factory=list)
    earlier: list[Mapping[str, FloatArray]] = field(default_factory=list)
    at_s: Mapping[str, float] = field(default_factory=dict)
    converter: None = None

    def room(self) -> int:
        return self.left

    def convert(self, signals: Mapping[str, FloatArray], before: Mapping[str, FloatArray]) -> FloatArray:
        self.taken.append(signals)
        self.earlier.append(before)
        return np.array(list(signals.values()))

    def store(self, readings: FloatArray) -> None:
        self.left -= readings.shape[1]

    def signal(self, name: str) -> FloatArray:
        return np.concatenate([signals[name] for signals in self.taken]) if self.taken else np.empty(0)


@dataclass
class Staircase:
    """A waveform 1 V, 2 V, 3 V ... on the bias, that ends after ``limit`` values."""

    rate_Hz: float | None = None
    limit: int = 10**9
    signals: tuple[str, ...] = ("bias",)
    ended: bool = False
    played: int = 0

    def play(self, ticks: int) -> FloatArray:
        values = np.minimum(self.played + np.arange(1, ticks + 1), self.limit)
        self.played = min(self.played + ticks, self.limit)
        self.ended = self.played == self.limit
        return values[np.newaxis].astype(float)


def pass_time(bench: SimulatedBench, seconds: float) -> None:
    until_s = bench.clock.now() + seconds
    bench.wait_for(lambda: bench.clock.now() >= until_s, lambda: until_s)


@pytest.fixture
def bench() -> SimulatedBench:
    return quiet_bench(FastClock())


def chain(bench: SimulatedBench) -> Resistor:
    assert isinstance(bench.chain, Resistor)
    return bench.chain


# Without a sample clock


def test_the_world_lives_on_while_nothing_runs() -> None:
    clock = HandClock()
    bench = quiet_bench(clock)
    clock.advance(1.0)
    bench.catch_up()
    assert chain(bench).lived_s == pytest.approx(1.0)
    assert chain(bench).steps == 2000


def test_a_long_idle_stretch_gets_longer_steps_and_is_whole() -> None:
    clock = HandClock()
    bench = quiet_bench(clock)
    clock.advance(3600.0)
    bench.catch_up()
    assert chain(bench).steps == bench.parameters.idle_steps
    assert chain(bench).lived_s == pytest.approx(3600.0)


def test_fast_clock_stands_still_while_nobody_waits(bench: SimulatedBench) -> None:
    for _ in range(3):
        bench.catch_up()
        bench.hold("bias", 1.0)
    assert bench.clock.now() == 0.0
    assert chain(bench).steps == 0


def test_a_held_output_is_what_the_world_sees(bench: SimulatedBench) -> None:
    bench.hold("bias", 0.5)
    pass_time(bench, 0.1)
    assert bench.outputs == {"bias": 0.5, "z": 0.0}
    assert bench.present["current"] == pytest.approx(0.5 / RESISTANCE_ohm * GAIN)


def test_power_up_takes_everything_back(bench: SimulatedBench) -> None:
    bench.hold("z", 7.0)
    bench.start_scan(RecordingScan(), bench.clock.now())
    bench.power_up()
    assert bench.scan is None
    assert bench.outputs == {"bias": 0.0, "z": 0.0}


# An acquisition


def test_an_acquisition_gets_a_step_a_sample(bench: SimulatedBench) -> None:
    scan = RecordingScan()
    bench.start_scan(scan, bench.clock.now())
    pass_time(bench, 0.5)
    assert len(scan.signal("bias")) == bench.acquired == 1000
    assert chain(bench).lived_s == pytest.approx(0.5)


def test_waiting_for_a_sample_takes_its_time_exactly(bench: SimulatedBench) -> None:
    scan = RecordingScan(rate_Hz=3000.0)
    bench.start_scan(scan, bench.clock.now())
    for samples in (1, 2, 700, 701, 100_003):
        assert bench.wait_for(lambda: bench.acquired >= samples, lambda: bench.scan_due_s(samples))  # noqa: B023
        assert bench.acquired == samples
    assert bench.clock.now() == pytest.approx(100_003 / 3000)


def test_an_acquisition_ends_when_it_has_no_room(bench: SimulatedBench) -> None:
    scan = RecordingScan(left=300)
    bench.start_scan(scan, bench.clock.now())
    pass_time(bench, 1.0)
    assert len(scan.signal("bias")) == 300
    assert bench.scan is None
    assert chain(bench).lived_s == pytest.approx(1.0)  # the world lives on


def test_samples_do_not_depend_on_how_often_the_bench_is_asked() -> None:
    signals = []
    for waits in ([1.0], [0.0005] * 2000, [0.3333, 0.0001, 0.6666]):
        bench, scan = quiet_bench(FastClock()), RecordingScan()
        bench.start_scan(scan, bench.clock.now())
        bench.start_generation(Staircase(limit=500), bench.clock.now())
        for seconds in waits:
            pass_time(bench, seconds)
        signals.append(scan.signal("current"))
    assert np.array_equal(signals[0], signals[1])
    assert np.array_equal(signals[0], signals[2])


# Waveforms


def test_an_output_changes_at_the_tick_of_the_inputs_clock(bench: SimulatedBench) -> None:
    scan = RecordingScan()
    bench.hold("bias", -1.0)
    bench.start_scan(scan, bench.clock.now())
    pass_time(bench, 0.005)
    bench.start_generation(Staircase(), bench.clock.now())
    pass_time(bench, 0.005)
    assert scan.signal("bias")[9:15].tolist() == [-1.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert [before["bias"].tolist() for before in scan.earlier if before] == [[-1.0, *range(1, 10)]]
    assert bench.outputs["bias"] == 10.0


def test_a_waveform_holds_its_last_value(bench: SimulatedBench) -> None:
    scan = RecordingScan()
    bench.start_scan(scan, bench.clock.now())
    bench.start_generation(Staircase(limit=3), bench.clock.now())
    pass_time(bench, 0.005)
    assert scan.signal("bias").tolist() == [1.0, 2.0] + [3.0] * 8
    assert bench.outputs["bias"] == 3.0


def test_a_stopped_waveform_holds_where_it_was(bench: SimulatedBench) -> None:
    scan, staircase = RecordingScan(), Staircase()
    bench.start_scan(scan, bench.clock.now())
    bench.start_generation(staircase, bench.clock.now())
    pass_time(bench, 0.005)
    bench.stop_generation()
    pass_time(bench, 0.005)
    assert staircase.played == 10
    assert bench.outputs["bias"] == 10.0
    assert scan.signal("bias")[9:].tolist() == [10.0] * 11


def test_a_waveform_on_the_inputs_clock_waits_for_it(bench: SimulatedBench) -> None:
    staircase = Staircase()
    bench.start_generation(staircase, bench.clock.now())
    pass_time(bench, 0.1)
    assert staircase.played == 0
    bench.start_scan(RecordingScan(), bench.clock.now())
    pass_time(bench, 0.1)
    assert staircase.played == 200


def test_a_waveform_on_its_own_clock_without_an_acquisition(bench: SimulatedBench) -> None:
    staircase = Staircase(rate_Hz=500.0)
    bench.start_generation(staircase, bench.clock.now())
    pass_time(bench, 0.1)
    assert staircase.played == 50
    assert chain(bench).calls == [(50, 1 / 500)]


def test_a_slower_clock_of_its_own_during_an_acquisition(bench: SimulatedBench) -> None:
    scan = RecordingScan()
    bench.start_scan(scan, bench.clock.now())
    bench.start_generation(Staircase(rate_Hz=500.0), bench.clock.now())
    pass_time(bench, 0.006)
    assert scan.signal("bias").tolist() == [0.0] * 3 + [1.0] * 4 + [2.0] * 4 + [3.0]


def test_a_faster_clock_of_its_own_during_an_acquisition(bench: SimulatedBench) -> None:
    scan = RecordingScan()
    bench.start_scan(scan, bench.clock.now())
    bench.start_generation(Staircase(rate_Hz=6000.0), bench.clock.now())
    pass_time(bench, 0.002)
    assert scan.signal("bias").tolist() == [3.0, 6.0, 9.0, 12.0]


# Faults


def test_a_stalled_clock_delivers_nothing_and_holds_the_outputs(bench: SimulatedBench) -> None:
    scan = RecordingScan()
    bench.start_scan(scan, bench.clock.now())
    bench.start_generation(Staircase(), bench.clock.now())
    bench.faults.add(Stall(from_sample=7))
    pass_time(bench, 1.0)
    assert bench.acquired == 7
    assert bench.outputs["bias"] == 7.0
    assert math.isinf(bench.scan_due_s(8))
    assert chain(bench).lived_s == pytest.approx(1.0, abs=1e-3)  # the world does not stall


def test_after_a_stall_samples_come_at_their_rate_again(bench: SimulatedBench) -> None:
    bench.start_scan(RecordingScan(), bench.clock.now())
    bench.faults.add(Stall())
    pass_time(bench, 1.0)
    bench.faults.clear()
    pass_time(bench, 0.1)
    assert bench.acquired == 200


def test_a_lost_card_stops_everything_where_it_is(bench: SimulatedBench) -> None:
    bench.start_generation(Staircase(rate_Hz=1000.0), bench.clock.now())
    pass_time(bench, 0.01)
    bench.faults.add(DeviceLost())
    pass_time(bench, 0.01)
    assert bench.outputs["bias"] == 10.0


def test_an_overload_is_there_for_just_its_samples(bench: SimulatedBench) -> None:
    scan = RecordingScan()
    bench.faults.add(Overload(from_sample=10, current_A=2e-5, samples=5))
    bench.start_scan(scan, bench.clock.now())
    pass_time(bench, 0.01)
    expected = np.zeros(20)
    expected[10:15] = 2e-5 * GAIN
    assert scan.signal("current") == pytest.approx(expected)


def test_a_mishap_happens_once_and_at_its_sample(bench: SimulatedBench) -> None:
    bench.faults.add(FormContact(from_sample=7))
    bench.start_scan(RecordingScan(), bench.clock.now())
    pass_time(bench, 0.01)
    bench.faults.add(Rupture())
    pass_time(bench, 0.01)
    assert chain(bench).mishaps == [(7, FormContact(from_sample=7)), (20, Rupture())]
    assert list(bench.faults) == []


# Waiting


def test_a_wait_on_the_wall_clock_ends_with_the_time() -> None:
    clock = HandClock()
    bench = quiet_bench(clock)
    answers: list[bool] = []
    waiting = threading.Thread(
        target=lambda: answers.append(bench.wait_for(lambda: False, lambda: math.inf, 2.0))
    )
    waiting.start()
    clock.wait_for_waiters(1)
    clock.advance(1.5)
    clock.wait_for_waiters(2)
    assert answers == []
    clock.advance(0.5)
    waiting.join(PATIENCE_S)
    assert answers == [False]


def test_a_wait_without_end_on_the_fast_clock_is_woken_by_others(bench: SimulatedBench) -> None:
    answers: list[bool] = []
    ready = threading.Event()

    def wait() -> None:
        with bench.lock:
            ready.set()
            answers.append(bench.wait_for(lambda: bench.acquired >= 5, lambda: bench.scan_due_s(5)))

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert ready.wait(PATIENCE_S)
    bench.start_scan(RecordingScan(), bench.clock.now())
    waiting.join(PATIENCE_S)
    assert answers == [True]


def test_closing_the_bench_ends_every_wait(bench: SimulatedBench) -> None:
    answers: list[bool] = []
    waiting = threading.Thread(target=lambda: answers.append(bench.wait_for(lambda: False, lambda: math.inf)))
    waiting.start()
    bench.close()
    waiting.join(PATIENCE_S)
    assert answers == [False]


def test_listeners_hear_before_time_passes() -> None:
    clock = HandClock()
    bench = quiet_bench(clock)
    heard: list[float] = []
    bench.listeners.append(lambda: heard.append(chain(bench).lived_s))
    clock.advance(1.0)
    bench.catch_up()
    assert heard == [0.0]


def test_the_wall_clock_starts_at_zero_and_goes_on() -> None:
    clock = WallClock()
    first = clock.now()
    condition = threading.Condition()
    with condition:
        clock.wait(condition, first + 0.001)
    assert 0 <= first < clock.now() < 5


# The junction's own amplifiers


class Passed:
    """Record of the calls that a world and two amplifiers received."""

    bias_V = 0.25
    input_ohm = 2.0

    def __init__(self) -> None:
        self.seen: dict[str, FloatArray] = {}
        self.noises: list[FloatArray | float] = []
        self.times_s: list[float | None] = []

    def advance(self, bias_V: FloatArray, z_V: FloatArray, dt: float, ammeter_ohm: float) -> "Passed":
        self.seen |= {"bias": bias_V, "z": z_V}
        self.ammeter_ohm = ammeter_ohm
        self.current_A, self.thermocouple_V = bias_V * 1e-6, z_V * 1e-6
        self.current_noise_A2_per_Hz, self.thermocouple_noise_V2_per_Hz = bias_V, 2.0
        return self

    def amplify(
        self, values: FloatArray, dt: float, noise: FloatArray | float, at_s: float | None
    ) -> FloatArray:
        self.noises.append(noise)
        self.times_s.append(at_s)
        return values * 1e6


def test_the_current_amplifiers_bias_supply_is_in_series() -> None:
    part = Passed()
    signals = SignalChain(part, part, part).advance(
        np.full(3, 0.1), np.full(3, 5.0), 1e-3, 0.0, {"current": 36e-6}
    )
    assert part.ammeter_ohm == 2.0
    assert part.seen["bias"] == pytest.approx(np.full(3, 0.35))
    assert signals["current"] == pytest.approx(np.full(3, 0.35))
    assert signals["bias"] == pytest.approx(np.full(3, 0.1))  # the loop-back shows the card's own output
    assert signals["thermocouple"] == pytest.approx(np.full(3, 5.0))
    assert part.times_s == [36e-6, None]
    assert [np.max(noise) for noise in part.noises] == pytest.approx([0.35, 2.0])
