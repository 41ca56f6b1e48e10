"""One output taken to 0 V at once, while the others stay."""

import numpy as np
import pytest

from drivers.errors import InstrumentLost, NotNow, OutOfRange
from drivers.ni6281 import NI6281
from simulators.daqmx.server import DaqServer
from simulators.rig.faults import DeviceLost
from tests.support.instruments.loopback import LSB_V, NOISE_V, opened, put_out


def test_a_dropped_output_is_at_0_V_and_the_others_stay_known(card: NI6281, server: DaqServer) -> None:
    card.start_modulation({"bias": np.repeat([1.0, -1.0], 50)})
    card.read(120)

    card.drop("bias")

    assert put_out(server) == pytest.approx({"bias": 0.0, "z": 3.0}, abs=LSB_V)
    assert card.held == {"bias": 0.0, "z": 3.0}
    assert card.read(100).channel("bias")[1:] == pytest.approx(np.zeros(99), abs=NOISE_V)


def test_a_drop_takes_two_calls(card: NI6281, server: DaqServer) -> None:
    card.start_modulation({"bias": [1.0, -1.0]})
    calls: list[str] = []
    for task in server.card.tasks.values():
        for name in ("control", "write", "start", "stop"):
            original = getattr(task, name)

            def noted(
                *args: object, name: str = name, original: object = original, **kwargs: object
            ) -> object:
                calls.append(name)
                return original(*args, **kwargs)  # type: ignore[operator]

            setattr(task, name, noted)

    card.drop("bias")

    assert calls[:2] == ["control", "write"]
    assert set(calls[2:]) <= {"start"}  # the write's own


def test_the_card_goes_on_after_a_drop(card: NI6281, server: DaqServer) -> None:
    for _ in range(3):
        card.start_modulation({"bias": [1.0, -1.0, 0.5]})
        card.read(11)
        card.drop("bias")
        card.start_ramp({"z": [4.0, 5.0, 3.0]})
        card.read(10)
        assert card.ramp_done()
        card.write(bias=0.1)

    assert put_out(server) == pytest.approx({"bias": 0.1, "z": 3.0}, abs=LSB_V)


def test_a_drop_that_finds_nothing_running_is_a_write(card: NI6281, server: DaqServer) -> None:
    card.drop("bias")
    card.drop("bias")

    assert card.held == {"bias": 0.0, "z": 3.0}
    assert put_out(server) == pytest.approx({"bias": 0.0, "z": 3.0}, abs=LSB_V)


def test_an_output_that_moved_is_not_known_after_a_drop(card: NI6281, server: DaqServer) -> None:
    card.start_ramp({"bias": np.linspace(0, 1, 100), "z": np.linspace(3, 4, 100)})
    card.read(50)

    card.drop("bias")

    assert put_out(server)["bias"] == pytest.approx(0.0, abs=LSB_V)
    assert card.held["bias"] == 0.0
    assert np.isnan(card.held["z"])
    with pytest.raises(NotNow, match="output z is unknown"):
        card.start_ramp({"bias": [0.1, 0.2]})


def test_a_drop_of_an_unknown_output_stops_nothing(card: NI6281) -> None:
    card.start_modulation({"bias": [1.0, -1.0]})

    with pytest.raises(OutOfRange, match="tip"):
        card.drop("tip")

    with pytest.raises(NotNow, match="modulation runs"):
        card.write(z=4.0)


def test_a_drop_that_fails_knows_nothing_and_to_safe_works_after_it(card: NI6281, server: DaqServer) -> None:
    card.start_modulation({"bias": [1.0, -1.0]})
    fault = DeviceLost()
    server.bench.faults.add(fault)

    with pytest.raises(InstrumentLost):
        card.drop("bias")

    assert np.isnan(card.held["bias"])
    server.bench.faults.remove(fault)
    card.to_safe({"z": 0.0})
    assert put_out(server) == pytest.approx({"bias": 0.0, "z": 0.0}, abs=LSB_V)


def test_a_closed_card_drops_nothing(server: DaqServer) -> None:
    with opened(server.port) as card:
        card.write(bias=0.0, z=0.0)

    with pytest.raises(NotNow, match="closed"):
        card.drop("bias")
