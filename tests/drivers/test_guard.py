import numpy as np
import pytest

from drivers.errors import InstrumentFault, InstrumentLost, NotFound
from drivers.guard import LoopBacks, make_safe
from drivers.ni6281 import NI6281
from drivers.pxi import PXIController
from simulators.rig.faults import ConnectionLost, DeviceLost, OutputStuck
from tests.support.instruments.cable import Cable
from tests.support.instruments.loopback import BIAS, INPUTS, LSB_V, RATE_HZ, Z, opened, served
from tests.support.patience import ANSWER_S, free_s


def leave_running(port: int) -> None:
    """Start a modulation and an acquisition that go on in the server when the client is killed."""
    controller = PXIController(f"grpc://127.0.0.1:{port}")
    card = NI6281(controller, "Dev1", INPUTS, (BIAS, Z), RATE_HZ)
    card.write(bias=0.1, z=8.0)
    card.start_acquisition()
    card.start_modulation({"bias": [1.27, 0.0, -1.27]})
    card.read(10)
    controller.close()


def test_a_dead_client_s_modulation_is_ended_and_the_tip_retracted() -> None:
    with served() as server:
        leave_running(server.port)
        assert {task.engine.kind for task in server.card.running} == {"ai", "ao"}
        begin = free_s()

        safe = {"bias": 0.0, "z": 0.5}
        done = make_safe(f"grpc://127.0.0.1:{server.port}", "Dev1", (BIAS, Z), safe, ANSWER_S)

        assert free_s() - begin < 0.5
        assert done == "card reset, bias 0 V, z 0.5 V (commanded, not seen)"
        assert server.card.running == []
        assert dict(server.bench.outputs) == pytest.approx({"bias": 0.0, "z": 0.5}, abs=LSB_V)


def test_safe_is_what_the_loop_backs_show() -> None:
    with served() as server:
        address, loop_backs = f"grpc://127.0.0.1:{server.port}", LoopBacks(INPUTS)

        seen = make_safe(address, "Dev1", (BIAS, Z), {"z": 0.5}, 30.0, loop_backs)
        server.bench.faults.add(OutputStuck(signal="z"))
        stuck = make_safe(address, "Dev1", (BIAS, Z), {"z": 0.0}, 30.0, loop_backs)

    assert seen == "card reset, bias 0 V, z 0.5 V (seen on the loop-backs)"
    assert stuck.startswith("card reset, bias 0 V, z 0 V (commanded, not seen: z reads +0.")


def test_a_rig_that_is_safe_already_stays_so() -> None:
    with served() as server:
        for _ in range(2):
            make_safe(f"grpc://127.0.0.1:{server.port}", "Dev1", (BIAS, Z), {"z": 0.0})
        assert dict(server.bench.outputs) == {"bias": 0.0, "z": 0.0}


@pytest.mark.parametrize("fault", [DeviceLost(), ConnectionLost()])
def test_a_lost_card_is_said_to_be_lost(fault: DeviceLost | ConnectionLost) -> None:
    with served() as server:
        server.bench.faults.add(fault)
        with pytest.raises(InstrumentLost):
            make_safe(f"grpc://127.0.0.1:{server.port}", "Dev1", (BIAS, Z), {"z": 0.0})


def test_a_server_that_never_answers_is_given_up_within_a_second() -> None:
    with Cable(None) as nowhere:
        begin = free_s()
        with pytest.raises(NotFound):
            make_safe(f"grpc://127.0.0.1:{nowhere.port}", "Dev1", (BIAS, Z), {"z": 0.0})
        assert free_s() - begin < 1.2


def test_a_client_that_was_overruled_while_it_lived_notices() -> None:
    with served() as server, opened(server.port) as card:
        card.write(bias=0.1, z=3.0)
        card.start_acquisition()
        card.start_ramp({"z": np.linspace(3, 4, 1000)})
        make_safe(f"grpc://127.0.0.1:{server.port}", "Dev1", (BIAS, Z), {"z": 0.0})

        with pytest.raises(InstrumentFault):
            card.read(10)
        card.stop_ramp()
        assert np.isnan(card.held["z"]), "the card can't tell how far the ramp has come"
