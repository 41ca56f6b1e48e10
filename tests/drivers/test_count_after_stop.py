"""A card whose count after a stop is not right: NI does not say what a stopped output task answers."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from drivers.daqmx.outputs import Outputs
from drivers.daqmx.waveform import OutputWaveform
from drivers.errors import InstrumentFault, NotNow
from drivers.ni6281 import NI6281
from simulators.daqmx.server import DaqServer
from simulators.parameters import load_parameters
from simulators.rig.bench import SimulatedBench
from simulators.rig.clock import FastClock
from tests.support.instruments.loopback import LSB_V, Loopback, opened, put_out


@contextmanager
def forgetful(count: str) -> Iterator[tuple[DaqServer, NI6281]]:
    parameters = load_parameters(overrides={"ni6281.count_after_stop": count})
    bench = SimulatedBench(parameters, 1, FastClock(), chain=Loopback())
    with DaqServer(bench) as server, opened(server.port) as card:
        card.write(bias=0.1, z=1.0)
        card.start_acquisition()
        yield server, card


@pytest.mark.parametrize("count", ["zero", "error"])
def test_where_a_stopped_ramp_is_is_unknown_until_the_loop_back_says_it(count: str) -> None:
    with forgetful(count) as (server, card):
        card.start_ramp({"z": np.linspace(1.0, 5.0, 6000)})
        card.read(3000)
        card.stop_ramp()

        assert np.isnan(card.held["z"])
        assert card.held["bias"] == 0.1, "what did not move is known"
        with pytest.raises(NotNow, match="present value of output z is unknown"):
            card.start_modulation({"bias": [0.1, 0.0]})
        seen_V = float(card.read(40).channel("z").mean())
        with pytest.raises(InstrumentFault, match=r"is unknown.*9 V"):
            card.locate("z", 9.0, 0.1)

        found_V = card.locate("z", seen_V, 0.01)

        assert found_V == card.held["z"] == pytest.approx(put_out(server)["z"], abs=2e-3)
        with pytest.raises(NotNow, match="can't be taken from its loop-back"):
            card.locate("z", seen_V, 0.01)


def test_what_a_ramp_may_have_left_is_forgotten_once_a_value_is_written() -> None:
    with forgetful("zero") as (_, card):
        card.start_ramp({"z": np.linspace(1.0, 5.0, 6000)})
        card.read(3000)
        card.stop_ramp()

        card.write(z=0.5)

        with pytest.raises(NotNow, match="can't be taken from its loop-back"):
            card.locate("z", 3.0, 0.1)
        assert card.held["z"] == 0.5


def test_a_count_of_an_earlier_ramp_is_not_believed() -> None:
    with forgetful("stale") as (server, card):
        card.start_ramp({"z": np.linspace(1.0, 2.0, 2000)})
        card.read(2100)
        card.stop_ramp()
        assert card.held["z"] == pytest.approx(2.0, abs=1e-3)

        card.start_ramp({"z": np.linspace(2.0, 5.0, 6000)})
        seen_V = float(card.read(1000).channel("z")[-1])
        card.stop_ramp()

        assert np.isnan(card.held["z"])
        assert card.locate("z", seen_V, 0.01) == pytest.approx(put_out(server)["z"], abs=5e-3)


@pytest.mark.parametrize("count", ["right", "zero", "stale", "error"])
def test_a_ramp_that_has_come_to_its_end_stands_there_whatever_the_card_says(count: str) -> None:
    with forgetful(count) as (server, card):
        card.start_ramp({"z": np.linspace(1.0, 5.0, 600)})
        card.read(700)
        card.stop_ramp()

        assert card.held == {"bias": 0.1, "z": 5.0}
        assert put_out(server)["z"] == pytest.approx(5.0, abs=LSB_V)


@pytest.mark.parametrize("count", ["zero", "error"])
def test_a_stopped_modulation_leaves_the_tip_known(count: str) -> None:
    with forgetful(count) as (_, card):
        card.start_modulation({"bias": [0.5, 0.0, -0.5]})
        card.read(100)
        card.stop_modulation()

        assert np.isnan(card.held["bias"])
        assert card.held["z"] == 1.0
        card.write(bias=0.0)
        assert card.held == {"bias": 0.0, "z": 1.0}


@pytest.mark.parametrize("unread", [0, 1500])
def test_a_right_count_is_believed_however_many_samples_are_unread(unread: int) -> None:
    with forgetful("right") as (server, card):
        card.start_ramp({"z": np.linspace(1.0, 5.0, 6000)})
        card.read(1000)
        bench = server.bench
        with bench.lock:
            bench.clock.wait(bench.changed, bench.clock.now() + unread / 2000)
        card.stop_ramp()

        assert card.held["z"] == pytest.approx(put_out(server)["z"], abs=2 * 4.0 / 6000 + LSB_V)


def test_a_stop_of_the_acquisition_leaves_a_ramp_known() -> None:
    with forgetful("right") as (server, card):
        card.start_ramp({"z": np.linspace(1.0, 5.0, 6000)})
        card.read(1000)
        bench = server.bench
        with bench.lock:
            bench.clock.wait(bench.changed, bench.clock.now() + 1.0)
        card.stop_acquisition()

        assert card.held["z"] == pytest.approx(put_out(server)["z"], abs=2 * 4.0 / 6000 + LSB_V)


def test_a_stop_asks_nothing_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with forgetful("right") as (server, card):
        card.start_ramp({"z": np.linspace(1.0, 5.0, 6000)})
        card.read(1000)
        asked_with_a_ramp = []
        count = type(card._outputs)._count

        def counted(outputs: Outputs, waveform: OutputWaveform) -> int:
            asked_with_a_ramp.append(server.bench._generation is not None)
            return count(outputs, waveform)

        monkeypatch.setattr(type(card._outputs), "_count", counted)
        card.stop_ramp()

        assert asked_with_a_ramp == [False]
