import numpy as np
import pytest

from analysis.records import Event, EventKind
from app.replay.past import Past
from app.views.junction_state import State
from app.views.signals import Signals
from app.views.status_view import StatusView
from tests.app.views.streams import header

RATE_Hz = 2000.0


class Told:
    """A status that is told a story: steps and conductances, in blocks of any size."""

    def __init__(self, size=37, head=None, **more):
        self.view = StatusView(head or header("break-junction", parameters={"traces": 10}), **more)
        self.size, self.at = size, 0

    def event(self, kind, name, **payload):
        self.view.event(Event(self.at, kind, name, payload))
        return self

    def begin(self, step, **payload):
        return self.event(EventKind.STEP, step, phase="begin", **payload)

    def end(self, step, **payload):
        return self.event(EventKind.STEP, step, phase="end", **payload)

    def samples(self, conductance, seconds=0.2, bias_V=0.1, tip_m=4e-8):
        n = round(seconds * RATE_Hz)
        g = np.broadcast_to(np.asarray(conductance, dtype=float), n)
        for first in range(0, n, self.size):
            part = g[first : first + self.size]
            same = np.ones(part.size)
            self.view.feed(
                Signals(self.at, RATE_Hz, part, part * np.nan, bias_V * same, tip_m * same, same * np.nan)
            )
            self.at += part.size
        return self

    @property
    def shot(self):
        return self.view.snapshot()

    @property
    def state(self):
        return self.shot.state


@pytest.mark.parametrize("size", [1, 37, 200, 10_000])
def test_the_story_of_a_junction(size):
    told, n = Told(size), round(0.2 * RATE_Hz)
    seen = [told.state]
    told.begin("approach").samples(1e-6)
    seen.append(told.state)
    told.samples(1e-6 * 10 ** np.linspace(4, 5, n))
    seen.append(told.state)
    told.samples(6.0).end("approach", ended="contact").begin("withdraw").samples(3.0)
    seen.append(told.state)
    told.samples(2e-3 * (1.0 + 0.01 * np.random.default_rng(0).standard_normal(n)))
    seen.append(told.state)
    told.samples(2e-3 * 10 ** -np.linspace(0, 0.3, n), 0.2).end("withdraw", ended="plateau")
    told.begin("check").samples(2e-3)
    seen.append(told.state)
    told.end("check", ended="finished").begin("modulate", amplitude_V=1.2).samples(3e-3, bias_V=-1.2)
    seen.append(told.state)
    assert told.shot.modulated and told.shot.bias_V == 1.2
    told.end("modulate", ended="ruptured").samples(1e-6)
    seen.append(told.state)
    told.begin("leave").samples(1e-6).end("leave", ended="open")
    seen.append(told.state)
    told.event(EventKind.MARK, "safe", safe=True, status="finished")
    seen.append(told.state)
    assert seen == [
        State.UNKNOWN,
        State.APPROACHING,
        State.TUNNELLING,
        State.CONTACT,
        State.PLATEAU,
        State.HELD,
        State.HELD,
        State.RUPTURED,
        State.OUT_OF_CONTACT,
        State.RETRACTED,
    ]
    assert (told.shot.ended, told.shot.bias_V) == ("finished", 0.0)


def test_a_steep_gap_is_no_plateau():
    told = Told().begin("withdraw")
    told.samples(0.1 * 10 ** np.linspace(0.0, -1.8, 400))
    assert told.state is State.TUNNELLING


def test_a_flicker_changes_no_word():
    told = Told().begin("withdraw").samples(3.0)
    told.samples(1e-6, 0.02).samples(3.0, 0.02)
    assert told.state is State.CONTACT and told.shot.in_state_s == pytest.approx(0.21, abs=0.011)


def test_a_fault_stays_until_something_is_done():
    told = Told().begin("approach").samples(1e-6)
    told.event(EventKind.FAULT, "SurfaceLost", message="No contact.").samples(1e-6)
    assert (told.state, told.shot.message) == (State.FAULT, "No contact.")
    told.event(EventKind.MARK, "safe", safe=True, status="fault")
    assert (told.state, told.shot.ended) == (State.FAULT, "fault")
    told.begin("approach").samples(1e-6)
    assert told.state is State.APPROACHING


def test_an_end_that_is_not_safe_is_called_so():
    told = Told().event(EventKind.MARK, "safe", safe=False, status="aborted")
    assert told.state is State.NOT_SAFE


def test_numbers_of_the_line():
    told = Told(head=header("break-junction", parameters={"traces": 10}, rig=_RIG))
    for _ in range(4):
        told.samples(2e-3, 3.0, tip_m=4.2e-8).event(EventKind.MARK, "trace")
    told.samples(2e-3, 0.5, tip_m=4.2e-8)
    shot = told.shot
    assert shot.conductance_G0 == pytest.approx(2e-3) and shot.bias_V == pytest.approx(0.1)
    assert shot.tip_nm == pytest.approx(42.0) and shot.tip_range_nm == (0.0, 100.0)
    assert (shot.cycles, shot.total_cycles, shot.cycle_name) == (4, 10, "trace")
    assert shot.cycles_per_minute == pytest.approx(20.0) and shot.left_s == pytest.approx(18.0)
    assert (shot.recorded_samples, shot.recorded_bytes) == (25_000, 25_000 * 4 * 8)
    assert shot.time_s == 12.5 and not shot.modulated
    assert told.view.snapshot() is shot


_RIG = {
    "daq": {"outputs": {"z": {"min_V": 0.0, "max_V": 10.0}}},
    "piezo": {"extension_nm_per_V": 10.0},
    "safe": {"z_V": 0.5},
}


def test_without_bias_the_last_conductance_stands_until_the_tip_is_back():
    told = (
        Told(head=header("iv", parameters={"curves": 3}, rig=_RIG)).samples(2e-3).samples(np.nan, bias_V=0.0)
    )
    assert told.shot.conductance_G0 == pytest.approx(2e-3) and told.shot.bias_V == 0.0
    told.event(EventKind.MARK, "safe", safe=True)
    assert np.isnan(told.shot.conductance_G0) and told.shot.tip_nm == 5.0
    assert told.shot.cycle_name == "curve"


@pytest.mark.parametrize(
    "parameters, total",
    [
        ({"holds": 100, "amplitudes_V": [0.8, 1.2]}, 200),
        ({"holds": 10, "amplitudes_V": [0.8, 1.2], "taken": [4, 12]}, 6),
        ({"holds": 10, "amplitudes_V": [1.2], "frequencies_Hz": "6.125 12.25 24.5"}, 30),
        ({}, None),
    ],
)
def test_holds_to_be_taken(parameters, total):
    assert Told(head=header("heating", parameters=parameters)).shot.total_cycles == total
    assert Told(head=header("heating", parameters=parameters), total_cycles=7).shot.total_cycles == 7


def test_cycles_that_do_not_count_are_not_counted():
    told = Told(head=header("control gold", parameters={}))
    told.event(EventKind.MARK, "hold", counts=False).event(EventKind.MARK, "hold", counts=True)
    assert told.shot.cycles == 1


def test_a_jump_forgets_the_junction():
    told = Told().begin("withdraw").samples(3.0)
    told.view.jump(Past(5000, first=1000, samples=4000))
    assert told.state is State.UNKNOWN
    assert told.shot.in_state_s == 0.0
    assert told.shot.time_s == pytest.approx(2.0)


def test_a_jump_counts_what_lies_before():
    told = Told(head=header("heating", parameters={})).event(EventKind.MARK, "safe", status="finished")
    assert told.shot.ended == "finished"
    counts, last = {"hold": 7, "trace": 90}, {"hold": (20_000, 50_000)}
    told.view.jump(Past(60_000, samples=50_000, counts=counts, last=last))
    shot = told.shot
    assert (shot.cycles, shot.recorded_samples, shot.ended, shot.message) == (7, 50_000, "", "")
    assert shot.cycles_per_minute == pytest.approx(60.0 * 2000.0 / 30_000)
