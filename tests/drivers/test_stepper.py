"""The stepper's driver on the simulated wire: what it does to the lines, and how far the walker comes."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from drivers.errors import InstrumentLost, NotFound, NotNow, OutOfRange
from drivers.ni6281 import NI6281
from drivers.pxi import PXIController
from drivers.stepper import STRETCH_STEPS, Stepper
from simulators.daqmx.server import DaqServer
from simulators.parameters import load_parameters
from simulators.rig.bench import SimulatedBench
from simulators.rig.clock import FastClock
from simulators.rig.faults import ConnectionLost, DeviceLost
from tests.support.instruments.loopback import BIAS, INPUTS, RATE_HZ, Loopback, Z
from tests.support.patience import ANSWER_S

NM = 1e-9
STEP_NM = 20.0
STEP, DIRECTION = "port0/line0", "port0/line1"


class Housing(Loopback):
    """A chain whose world only knows how far the housing was moved."""

    def __init__(self) -> None:
        self.moves_m: list[float] = []
        self.world = SimpleNamespace(move_coarse=self.moves_m.append)


class Rig:
    """A served card with a walker on its lines, what was seen on them, and the driver's pauses."""

    def __init__(self, controller: PXIController, bench: SimulatedBench) -> None:
        self.controller = controller
        self.bench = bench
        self.pauses_s: list[float] = []
        self.seen: list[tuple[bool, bool]] = []
        follow = bench.coarse.follow

        def watch(levels: Any) -> None:
            self.seen.append((levels.get(DIRECTION, False), levels.get(STEP, False)))
            follow(levels)

        bench.coarse.follow = watch  # type: ignore[method-assign]

    def stepper(self, **changes: Any) -> Stepper:
        arguments = {"device": "Dev1", "step_line": STEP, "direction_line": DIRECTION, "step_m": STEP_NM * NM}
        return Stepper(self.controller, **{**arguments, "pause": self.pauses_s.append, **changes})

    @property
    def moves_nm(self) -> np.ndarray:
        return np.array(self.bench.chain.moves_m) / NM


@pytest.fixture
def rig() -> Iterator[Rig]:
    bench = SimulatedBench(
        load_parameters(overrides={"coarse.step_scatter": 0.0}), 1, FastClock(), chain=Housing()
    )
    with DaqServer(bench) as server, PXIController(f"grpc://{server.address}", ANSWER_S) as controller:
        yield Rig(controller, bench)


@pytest.mark.parametrize(
    ("distance_nm", "steps"), [(60, 3), (-60, -3), (69, 3), (-71, -4), (9, 0), (0, 0), (1000, 50)]
)
def test_the_housing_moves_by_whole_steps(rig: Rig, distance_nm: float, steps: int) -> None:
    rig.stepper().move(distance_nm * NM)
    assert rig.moves_nm == pytest.approx(np.full(abs(steps), np.sign(steps) * STEP_NM))


@pytest.mark.parametrize("toward", [True, False])
def test_direction_first_then_pulses_then_low(rig: Rig, toward: bool) -> None:
    rig.stepper().move(2 * STEP_NM * NM * (1 if toward else -1))
    assert rig.seen == [(toward, step) for step in (False, True, False, True, False)]


def test_a_move_back_returns(rig: Rig) -> None:
    stepper = rig.stepper()
    for distance_nm in (100, -40, -60):
        stepper.move(distance_nm * NM)
    assert rig.bench.coarse.position_m == pytest.approx(0.0, abs=1e-15)


def test_a_step_line_left_high_takes_no_step_of_its_own(rig: Rig) -> None:
    rig.bench.drive({STEP: True})
    before = len(rig.moves_nm)
    rig.stepper().move(STEP_NM * NM)
    assert len(rig.moves_nm) - before == 1


def test_no_level_is_shorter_than_the_walker_needs(rig: Rig) -> None:
    rig.stepper(steps_per_s=250.0).move(3 * STEP_NM * NM)
    assert rig.pauses_s == pytest.approx([2e-3] * 7)


def test_others_are_let_in_between(rig: Rig) -> None:
    done = []
    rig.stepper().move(50 * STEP_NM * NM, lambda: done.append(len(rig.moves_nm)))
    assert done == [STRETCH_STEPS, 2 * STRETCH_STEPS]


def test_a_move_ends_where_it_is_interrupted(rig: Rig) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rig.stepper().move(1000 * NM, stop)
    assert len(rig.moves_nm) == STRETCH_STEPS
    rig.stepper().move(STEP_NM * NM)  # the lines are free again
    assert len(rig.moves_nm) == STRETCH_STEPS + 1


def test_an_acquisition_goes_on_beside(rig: Rig) -> None:
    with NI6281(rig.controller, "Dev1", INPUTS, (BIAS, Z), RATE_HZ) as card:
        card.write(bias=0.0, z=0.0)
        card.start_acquisition()
        card.read(20)
        rig.stepper().move(100 * NM)
        assert card.read(20).first == 20


def test_a_move_that_must_be_a_mistake_is_refused(rig: Rig) -> None:
    with pytest.raises(OutOfRange, match=r"coarse move .* up to 4e-05 m"):
        rig.stepper().move(41e-6)
    assert rig.seen == []


def test_a_line_that_another_task_holds(rig: Rig) -> None:
    with rig.controller.new_task() as other:
        other.do_channels.add_do_chan(f"Dev1/{STEP}")
        other.start()
        with pytest.raises(NotNow, match="another program uses the card"):
            rig.stepper().move(100 * NM)
    assert rig.seen == []


@pytest.mark.parametrize("changes", [{"device": "Dev2"}, {"step_line": "port9/line0"}])
def test_lines_that_are_not_there(rig: Rig, changes: dict[str, str]) -> None:
    with pytest.raises(NotFound, match="Can't move the coarse positioner"):
        rig.stepper(**changes).move(100 * NM)


@pytest.mark.parametrize("fault", [DeviceLost, ConnectionLost])
def test_a_card_that_vanishes_on_the_way(rig: Rig, fault: type) -> None:
    with pytest.raises(InstrumentLost, match="move the coarse positioner"):
        rig.stepper().move(1000 * NM, lambda: rig.bench.faults.add(fault()))
    assert len(rig.moves_nm) == STRETCH_STEPS
