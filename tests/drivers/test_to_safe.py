import threading
from contextlib import suppress

import numpy as np
import pytest

from drivers.errors import (
    InstrumentFault,
    InstrumentLost,
    NotNow,
    OutOfRange,
    RigError,
    SamplesLost,
)
from drivers.ni6281 import NI6281
from drivers.pxi import PXIController
from simulators.daqmx.server import DaqServer
from simulators.rig.clock import WallClock
from simulators.rig.faults import ConnectionLost, DeviceLost, OutputUnderflow, Overrun
from tests.support.instruments.cable import Cable
from tests.support.instruments.loopback import BIAS, INPUTS, LSB_V, RATE_HZ, Z, opened, put_out, served
from tests.support.patience import ANSWER_S, PATIENCE_S, free_s

SAFE = {"bias": 0.0, "z": 0.0}


def disturb_nothing(card: NI6281, server: DaqServer) -> None:
    pass


def run_a_ramp(card: NI6281, server: DaqServer) -> None:
    card.start_ramp({"z": np.linspace(3, 9, 1000)})
    card.read(100)


def run_a_modulation(card: NI6281, server: DaqServer) -> None:
    card.start_modulation({"bias": [1.0, -1.0]})
    card.read(11)


def stop_reading(card: NI6281, server: DaqServer) -> None:
    run_a_ramp(card, server)
    card.stop_acquisition()


def overrun(card: NI6281, server: DaqServer) -> None:
    run_a_ramp(card, server)
    server.bench.faults.add(Overrun())
    with pytest.raises(SamplesLost):
        card.read(10)


def run_dry(card: NI6281, server: DaqServer) -> None:
    server.bench.faults.add(OutputUnderflow(from_sample=20))
    run_a_ramp(card, server)


def let_another_program_take_the_outputs(card: NI6281, server: DaqServer) -> None:
    card.stop_acquisition()
    controller = PXIController(f"grpc://127.0.0.1:{server.port}", ANSWER_S)
    thief = NI6281(controller, "Dev1", INPUTS, (BIAS, Z), RATE_HZ)
    thief.write(bias=1.0, z=8.0)
    thief.start_acquisition()
    thief.start_modulation({"bias": [1.0, -1.0]})
    controller.close()  # killed: its tasks live on in the server


def forget_the_tasks(card: NI6281, server: DaqServer) -> None:
    run_a_modulation(card, server)
    for session in list(server.card.tasks):
        server.card.clear(session)


@pytest.mark.parametrize(
    "disturb",
    [
        disturb_nothing,
        run_a_ramp,
        run_a_modulation,
        stop_reading,
        overrun,
        run_dry,
        let_another_program_take_the_outputs,
        forget_the_tasks,
    ],
)
def test_to_safe_works_from_any_state_and_again(disturb, card: NI6281, server: DaqServer) -> None:
    disturb(card, server)
    begin = free_s()

    done = card.to_safe({"z": 0.5}, ANSWER_S)

    assert free_s() - begin < 1.0
    assert "bias 0 V, z 0.5 V" in done
    assert put_out(server) == pytest.approx({"bias": 0.0, "z": 0.5}, abs=LSB_V)
    assert card.held == {"bias": 0.0, "z": 0.5}
    server.bench.faults.clear()
    assert card.to_safe({"z": 0.5}) == "bias 0 V, z 0.5 V"
    assert put_out(server) == pytest.approx({"bias": 0.0, "z": 0.5}, abs=LSB_V)


def test_to_safe_leaves_the_acquisition_alone_and_the_card_usable(card: NI6281) -> None:
    run_a_modulation(card, None)  # type: ignore[arg-type]
    card.to_safe({"z": 0.0})

    assert card.read(10).first == 11
    card.start_ramp({"z": [1.0, 2.0]})
    card.read(4)
    assert card.ramp_done()
    assert card.held == {"bias": 0.0, "z": 2.0}


def test_to_safe_takes_the_bias_away_before_it_moves_the_tip(card: NI6281, server: DaqServer) -> None:
    held: list[str] = []
    hold = server.bench.hold
    server.bench.hold = lambda signal, volts: (held.append(signal), hold(signal, volts))[1]  # type: ignore

    card.to_safe({"z": 0.0})

    assert held == ["bias", "z"]


def test_a_forbidden_retreat_is_refused_but_the_bias_is_off(card: NI6281, server: DaqServer) -> None:
    with pytest.raises(OutOfRange, match="output 'z'"):
        card.to_safe({"z": -5.0})

    assert put_out(server)["bias"] == 0.0


@pytest.mark.parametrize("fault", [DeviceLost(), ConnectionLost()])
def test_to_safe_says_within_a_second_that_the_card_is_lost(
    card: NI6281, server: DaqServer, fault: DeviceLost | ConnectionLost
) -> None:
    run_a_ramp(card, server)
    server.bench.faults.add(fault)
    begin = free_s()

    with pytest.raises(InstrumentLost):
        card.to_safe({"z": 0.0})

    assert free_s() - begin < 1.2
    server.bench.faults.clear()  # closing would wait for a test's patience


def test_to_safe_gives_up_after_a_second_on_a_server_that_hangs(server: DaqServer) -> None:
    with Cable(server.port) as cable, opened(cable.port) as card:
        card.write(bias=0.1, z=3.0)
        cable.hold()
        begin = free_s()
        with pytest.raises(InstrumentLost):
            card.to_safe({"z": 0.0})
        assert free_s() - begin < 1.2

        cable.let_go()
        assert card.to_safe({"z": 0.0}, ANSWER_S) == "bias 0 V, z 0 V"
        assert put_out(server) == SAFE


def test_to_safe_does_not_wait_for_a_thread_that_hangs_in_a_call(server: DaqServer) -> None:
    with Cable(server.port) as cable, opened(cable.port) as card:
        card.write(bias=0.1, z=3.0)
        card.start_acquisition()
        cable.hold()
        stuck = threading.Thread(target=_ignoring_errors, args=(card.start_ramp, {"z": np.full(100, 4.0)}))
        stuck.start()
        begin = free_s()
        with pytest.raises(InstrumentLost):
            card.to_safe({"z": 0.0})
        assert free_s() - begin < 1.2
        cable.let_go()
        stuck.join(PATIENCE_S)

        assert [task.engine.kind for task in server.card.running] == [
            "ai"
        ]  # the ramp was not started after all
        card.to_safe({"z": 0.0})
        assert put_out(server) == SAFE


def _ignoring_errors(call, *arguments) -> None:
    with suppress(RigError):
        call(*arguments)


def test_to_safe_comes_back_over_a_cable_that_was_pulled_and_plugged_in(server: DaqServer) -> None:
    with Cable(server.port) as cable, opened(cable.port) as card:
        card.write(bias=0.1, z=3.0)
        card.start_acquisition()
        card.start_modulation({"bias": [1.0, -1.0]})
        cable.cut()

        assert "bias 0 V, z 0 V" in card.to_safe({"z": 0.0})
        assert put_out(server) == SAFE


def test_to_safe_interrupts_a_read_in_another_thread_no_more_than_it_must() -> None:
    with served(WallClock()) as server, opened(server.port) as card:
        card.write(bias=0.1, z=3.0)
        card.start_acquisition()
        blocks = []
        reader = threading.Thread(target=lambda: blocks.append(card.read(1000)))
        reader.start()
        card.start_modulation({"bias": [1.0, -1.0]})

        begin = free_s()
        card.to_safe({"z": 0.0}, ANSWER_S)
        assert free_s() - begin < 0.2
        assert put_out(server) == SAFE
        reader.join(PATIENCE_S)

    assert [len(block) for block in blocks] == [1000]


def test_closing_stops_what_runs_and_frees_the_card(server: DaqServer) -> None:
    with opened(server.port) as card:
        card.write(bias=0.1, z=3.0)
        card.start_acquisition()
        card.start_ramp({"z": np.linspace(3, 9, 100)})
        card.read(10)

    assert server.card.tasks == {}
    with pytest.raises(NotNow, match="closed"):
        card.to_safe({"z": 0.0})
    with pytest.raises(NotNow, match="closed"):
        card.write(bias=0.0)


@pytest.mark.parametrize("death", ["cut", "hold"])
def test_closing_a_card_whose_server_has_died_is_quiet_and_quick(server: DaqServer, death: str) -> None:
    with Cable(server.port) as cable, opened(cable.port) as card:
        card.write(bias=0.0, z=0.0)
        card.start_acquisition()
        card.start_ramp({"z": np.linspace(0, 1, 1000)})
        if death == "cut":
            server.stop()
        cable.hold()
        card.controller.answer_s = 2.0  # as on a rig; the tests' own is patient
        begin = free_s()
        card.close()
        assert free_s() - begin < 1.2


def test_all_is_refused_as_lost_when_the_controller_was_closed_first(server: DaqServer) -> None:
    with opened(server.port) as card:
        card.controller.close()
        with pytest.raises(InstrumentLost, match="was closed"):
            card.to_safe({"z": 0.0})
        with pytest.raises(InstrumentLost, match="was closed"):
            card.start_acquisition()


def test_a_locked_card_can_be_made_safe_and_moves_no_more(card: NI6281, server: DaqServer) -> None:
    run_a_ramp(card, server)
    card.lock("the tip was retracted by hand")

    card.to_safe({"z": 0.0})
    for move in (
        lambda: card.write(bias=0.1),
        lambda: card.start_ramp({"z": [1.0, 2.0]}),
        lambda: card.start_modulation({"bias": [0.1, -0.1]}),
    ):
        with pytest.raises(NotNow, match="retracted by hand"):
            move()

    assert put_out(server) == pytest.approx(SAFE, abs=LSB_V)


def test_a_reset_to_make_safe_is_said_to_who_reads(card: NI6281, server: DaqServer) -> None:
    let_another_program_take_one_output(server)
    assert card.to_safe({"z": 0.0}, ANSWER_S).startswith("card reset, ")

    with pytest.raises(InstrumentFault, match=r"The card was reset to make its outputs safe.*Start it again"):
        card.read(10)

    card.stop_acquisition()
    card.start_acquisition()
    assert card.read(10).first == 0


def let_another_program_take_one_output(server: DaqServer) -> None:
    for session in list(server.card.tasks):
        if server.card.tasks[session].engine.kind == "ao":
            server.card.clear(session)


def test_a_reset_by_another_program_is_said_to_who_reads(card: NI6281, server: DaqServer) -> None:
    card.read(10)
    with PXIController(f"grpc://127.0.0.1:{server.port}", ANSWER_S) as other:
        other.reset("Dev1")

    with pytest.raises(InstrumentFault, match=r"the card was reset, by another program.*-200834") as caught:
        card.read(10)

    assert caught.value.code == -200834
