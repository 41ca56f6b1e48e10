from contextlib import nullcontext
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from drivers.errors import InstrumentFault, InstrumentLost, NotFound, NotNow
from drivers.guard import LASTING, LoopBacks, StandbyCard, clear_run, make_safe, session_names
from drivers.ni6281 import NI6281
from drivers.pxi import PXIController
from drivers.stepper import Stepper
from simulators.daqmx.server import DaqServer
from simulators.rig.faults import ConnectionLost, DeviceLost, OutputStuck
from tests.support.instruments.cable import Cable
from tests.support.instruments.loopback import BIAS, INPUTS, LSB_V, RATE_HZ, Z, opened, served
from tests.support.patience import ANSWER_S, free_s

WIDE_Z = replace(Z, min_V=-10.0)
"""An output whose retracted end is not 0 V."""


def leave_running(port: int, sessions: str) -> None:
    """Start a modulation and an acquisition that go on in the server when the client is killed."""
    controller = PXIController(f"grpc://127.0.0.1:{port}", sessions=sessions)
    card = NI6281(controller, "Dev1", INPUTS, (BIAS, WIDE_Z), RATE_HZ)
    card.write(bias=0.1, z=-8.0)
    card.start_acquisition()
    card.start_modulation({"bias": [1.27, 0.0, -1.27]})
    card.read(10)
    controller.close()


def seen_at_z(server: DaqServer, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return a list that grows by each voltage at which z is held."""
    volts, hold = [], server.bench.hold

    def held(signal: str, value: float) -> None:
        if signal == "z":
            volts.append(value)
        hold(signal, value)

    monkeypatch.setattr(server.bench, "hold", held)
    return volts


@pytest.mark.parametrize(
    ("sessions", "how"), [(session_names("Dev1"), "waveform aborted"), ("", "card reset")]
)
def test_a_dead_client_s_modulation_is_ended_and_the_tip_retracted(monkeypatch, sessions, how) -> None:
    """A card that is reset takes z through 0 V, 80 nm beyond where it was: the last resort."""
    with served() as server:
        leave_running(server.port, sessions)
        assert {task.engine.kind for task in server.card.running} == {"ai", "ao"}
        volts = seen_at_z(server, monkeypatch)
        begin = free_s()

        safe, loop_backs = {"bias": 0.0, "z": -9.5}, LoopBacks(INPUTS)
        done = make_safe(
            f"grpc://127.0.0.1:{server.port}", "Dev1", (BIAS, WIDE_Z), safe, ANSWER_S, loop_backs
        )

        assert free_s() - begin < 0.5
        assert done == f"{how}, bias 0 V, z -9.5 V (seen on the loop-backs)"
        assert server.card.running == []
        assert dict(server.bench.outputs) == pytest.approx({"bias": 0.0, "z": -9.5}, abs=LSB_V)
        assert (max(volts) < -9.0) == (how != "card reset")


def test_a_rig_at_rest_is_made_safe_without_a_reset(monkeypatch) -> None:
    """Nobody drives it: whoever presses RETRACT once more must not move the tip forward."""
    with served() as server:
        again = partial(
            make_safe,
            f"grpc://127.0.0.1:{server.port}",
            "Dev1",
            (BIAS, WIDE_Z),
            {"z": -9.5},
            ANSWER_S,
            LoopBacks(INPUTS),
        )
        again()
        volts = seen_at_z(server, monkeypatch)
        assert again() == "bias 0 V, z -9.5 V (seen on the loop-backs)"
    assert volts == pytest.approx([-9.5], abs=1e-3)


def test_a_reset_for_a_look_is_no_price_where_it_would_move_the_tip(monkeypatch) -> None:
    """Another program reads the inputs: the outputs are commanded, and said not to be seen."""
    with served() as server:
        leave_running(server.port, "")
        for name in [name for name, task in server.card.tasks.items() if task.engine.kind == "ao"]:
            server.card.clear(name)
        volts = seen_at_z(server, monkeypatch)
        done = make_safe(
            f"grpc://127.0.0.1:{server.port}",
            "Dev1",
            (BIAS, WIDE_Z),
            {"z": -9.5},
            ANSWER_S,
            LoopBacks(INPUTS),
        )
        assert "commanded, not seen: Can't read the inputs: another program uses the card" in done
        assert max(volts) < -9.0


def test_safe_is_what_the_loop_backs_show() -> None:
    with served() as server:
        address, loop_backs = f"grpc://127.0.0.1:{server.port}", LoopBacks(INPUTS)

        seen = make_safe(address, "Dev1", (BIAS, Z), {"z": 0.5}, 30.0, loop_backs)
        server.bench.faults.add(OutputStuck(signal="z"))
        stuck = make_safe(address, "Dev1", (BIAS, Z), {"z": 0.0}, 30.0, loop_backs)

    assert seen == "bias 0 V, z 0.5 V (seen on the loop-backs)"
    assert stuck.startswith("bias 0 V, z 0 V (commanded, not seen: z reads +0.")


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


def killed_while(doing, port: int) -> None:
    """Let a run's controller do something, and vanish before it can clean up."""
    controller = PXIController(f"grpc://127.0.0.1:{port}", ANSWER_S, sessions=session_names("Dev1"))
    doing(controller)
    controller.close()


def scan_terminals(controller: PXIController) -> None:
    card = NI6281(controller, "Dev1", INPUTS, (BIAS, WIDE_Z), RATE_HZ)
    card.all_terminals(RATE_HZ).__enter__()._task.start()


def step_coarsely(controller: PXIController) -> None:
    """Stand still between two steps of the coarse positioner."""

    class Killed(BaseException):
        pass

    def killed() -> None:
        raise Killed

    task = controller.new_task
    kept = []

    def not_cleaned_up(part: str = ""):
        kept.append(task(part))
        return nullcontext(kept[0])

    controller.new_task = not_cleaned_up
    with pytest.raises(Killed):
        stepper(controller).move(4e-7, killed)


def stepper(controller: PXIController) -> Stepper:
    return Stepper(controller, "Dev1", "port0/line4", "port0/line5", 2e-8, 1e3, lambda s: None)


@pytest.mark.parametrize("doing", [scan_terminals, step_coarsely])
def test_what_a_killed_run_had_reserved_is_free_for_the_next(doing) -> None:
    with served() as server:
        killed_while(doing, server.port)
        assert len(server.card.running) == 1
        with PXIController(f"grpc://127.0.0.1:{server.port}", ANSWER_S) as controller:
            if doing is step_coarsely:
                with pytest.raises(NotNow):
                    stepper(controller).move(2e-8)
            clear_run(controller, "Dev1")
            assert server.card.running == []
            stepper(controller).move(2e-8)
            NI6281(controller, "Dev1", INPUTS, (BIAS, Z), RATE_HZ).glance()
        assert {f"{session_names('Dev1')}.{part}" for part in LASTING}.isdisjoint(server.card.tasks)


def test_a_scan_of_a_killed_run_costs_no_reset_of_the_card() -> None:
    """A reset takes z through 0 V, which is no safe place for every piezo."""
    with served() as server:
        controller = PXIController(f"grpc://127.0.0.1:{server.port}", ANSWER_S)
        standby = StandbyCard(controller, "Dev1", (BIAS, Z), {"z": 0.5}, LoopBacks(INPUTS))
        standby.make_safe(ANSWER_S)
        killed_while(scan_terminals, server.port)
        controller.reset = lambda device: pytest.fail("the card was reset")
        assert standby.unseen() == ""
        standby.close()
