"""The heartbeat line toggles while samples come, and stands still otherwise."""

from itertools import pairwise

import pytest

from drivers.errors import NotFound
from drivers.guard import session_names
from drivers.heartbeat_line import TOGGLE_EVERY_S, HeartbeatLine
from drivers.pxi import PXIController
from tests.support.instruments.loopback import served
from tests.support.rig.rigs import quick, served_rig

LINE = "port0/line7"


class Clock:
    """Time that passes when the test says so."""

    now_s = 0.0

    def __call__(self):
        return self.now_s


@pytest.fixture(params=["", session_names("Dev1")], ids=["without name", "of a run"])
def rig(request):
    with (
        served() as server,
        PXIController(
            f"grpc://{server.address}", connect=lambda address: server.direct(), sessions=request.param
        ) as controller,
    ):
        yield server, controller


def test_each_samples_give_an_edge_but_not_too_soon(rig):
    server, controller = rig
    clock, levels = Clock(), []
    with HeartbeatLine(controller, "Dev1", LINE, clock) as line:
        for after_s, samples in ((0.0, 5), (0.01, 5), (TOGGLE_EVERY_S, 5), (TOGGLE_EVERY_S, 0), (1.0, 1)):
            clock.now_s += after_s
            line.beat(samples)
            levels.append(server.bench.lines[LINE])

    assert levels == [True, True, False, False, True]


def test_it_goes_on_after_a_reset_of_the_card_and_is_free_afterwards(rig):
    server, controller = rig
    clock = Clock()
    with HeartbeatLine(controller, "Dev1", LINE, clock) as line:
        line.beat(1)
        controller.reset("Dev1")
        clock.now_s += 1
        line.beat(1)
        clock.now_s += 1
        line.beat(1)
        assert server.bench.lines[LINE] is True
    with HeartbeatLine(controller, "Dev1", LINE):
        assert server.bench.lines[LINE] is False


def test_a_line_that_is_not_there_is_named(rig):
    with pytest.raises(NotFound, match="heartbeat line Dev1/port9/line0"):
        HeartbeatLine(rig[1], "Dev1", "port9/line0")


def test_it_beats_through_a_run(tmp_path, monkeypatch):
    monkeypatch.setattr("drivers.heartbeat_line.TOGGLE_EVERY_S", 0.0)
    with served_rig(tmp_path) as rig:
        text = rig.file.read_text("utf-8").replace("[safe]\n", f'[safe]\nheartbeat_line = "{LINE}"\n', 1)
        rig.file.write_text(text, "utf-8")
        edges, drive = [], rig.simulated.bench.drive

        def driven(levels):
            if LINE in levels:
                edges.append(levels[LINE])
            drive(levels)

        monkeypatch.setattr(rig.simulated.bench, "drive", driven)
        summary = rig.bench("a test of the line").run(quick(1), tmp_path / "run.h5")

    assert summary.end.status == "finished"
    assert len(edges) > 20
    assert all(a != b for a, b in pairwise(edges[1:]))
