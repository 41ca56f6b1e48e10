import numpy as np
import pytest

from analysis.conductance import CurrentCalibration
from analysis.constants import G0_S
from analysis.records import Event, EventKind
from app.replay.seek_context import SeekContext
from app.viewmodels.junction_state import ShownState
from app.viewmodels.signals import SampledSignals
from app.viewmodels.status_view import StatusView
from tests.support.recordings.streams import header

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

    def samples(self, conductance, seconds=0.2, bias_V=0.1, tip_m=4e-8, calibration=None):
        n = round(seconds * RATE_Hz)
        g = np.broadcast_to(np.asarray(conductance, dtype=float), n)
        for first in range(0, n, self.size):
            part = g[first : first + self.size]
            same = np.ones(part.size)
            self.view.feed(
                SampledSignals(
                    self.at,
                    RATE_Hz,
                    part,
                    part * np.nan,
                    bias_V * same,
                    tip_m * same,
                    same * np.nan,
                    calibration,
                )
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
        ShownState.UNKNOWN,
        ShownState.APPROACHING,
        ShownState.TUNNELLING,
        ShownState.CONTACT,
        ShownState.PLATEAU,
        ShownState.HELD,
        ShownState.HELD,
        ShownState.RUPTURED,
        ShownState.OUT_OF_CONTACT,
        ShownState.RETRACTED,
    ]
    assert (told.shot.ended, told.shot.bias_V) == ("finished", 0.0)


def test_a_steep_gap_is_no_plateau():
    told = Told().begin("withdraw")
    told.samples(0.1 * 10 ** np.linspace(0.0, -1.8, 400))
    assert told.state is ShownState.TUNNELLING


def test_a_flicker_changes_no_word():
    told = Told().begin("withdraw").samples(3.0)
    told.samples(1e-6, 0.02).samples(3.0, 0.02)
    assert told.state is ShownState.CONTACT and told.shot.in_state_s == pytest.approx(0.21, abs=0.011)


SUITS = {
    ShownState.CONTACT: (0.5, np.inf),
    ShownState.TUNNELLING: (1e-3, 0.5),
    ShownState.PLATEAU: (1e-3, 0.5),
    ShownState.OUT_OF_CONTACT: (-0.5, 1e-3),
    ShownState.APPROACHING: (-0.5, 1e-3),
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("step", ["approach", "withdraw"])
def test_word_and_number_never_contradict_each_other(step, seed):
    """Whatever the conductance does, and wherever one looks."""
    rng = np.random.default_rng(seed)
    told = Told(20).begin(step)
    for value in 10.0 ** rng.uniform(-6, 1, 150):
        told.samples(value * (1.0 + 0.3 * rng.standard_normal(20)), 0.01)
        shot = told.shot
        if shot.state is not ShownState.UNKNOWN and np.isfinite(shot.conductance_G0):
            low, high = SUITS[shot.state]
            assert low <= shot.conductance_G0 <= high, shot.state
    assert np.isfinite(told.shot.conductance_G0)


def test_a_recording_that_ends_while_a_junction_opens():
    """The last cells of a real recording: the word was "contact", the number −1.5e-4 G0."""
    told = Told(20).begin("withdraw").samples(2.0)
    for value in (0.065, -1.0e-4, -1.5e-4):
        told.samples(value, 0.01)
    assert (told.state, told.shot.conductance_G0) == (ShownState.CONTACT, pytest.approx(2.0))
    told.samples(-1.5e-4, 0.01)
    assert (told.state, told.shot.conductance_G0) == (ShownState.OUT_OF_CONTACT, pytest.approx(-1.5e-4))


def test_a_number_from_before_a_step_is_not_put_beside_the_word_of_its_end():
    told = Told(20).begin("approach").samples(1e-6).end("approach", ended="contact")
    assert told.state is ShownState.CONTACT
    assert np.isnan(told.shot.conductance_G0)
    told.samples(6.0, 0.01)
    assert told.shot.conductance_G0 == pytest.approx(6.0)


def test_words_that_change_all_the_time_do_not_freeze_the_number():
    told = Told(20).begin("withdraw").samples(3.0)
    for _ in range(20):
        told.samples(0.1, 0.01).samples(1e-5, 0.01)
    assert told.state in (ShownState.TUNNELLING, ShownState.OUT_OF_CONTACT)
    assert told.shot.conductance_G0 < 0.5


CALIBRATION = CurrentCalibration(1e5, full_scale_V=5.0)


@pytest.mark.parametrize(
    ("conductance", "state"), [(np.inf, ShownState.CONTACT), (-np.inf, ShownState.UNKNOWN)], ids=["+", "-"]
)
def test_a_railed_amplifier_is_more_than_it_shows(conductance, state):
    told = Told().begin("withdraw").samples(conductance, calibration=CALIBRATION)
    shot = told.shot
    assert (shot.state, shot.conductance_G0) == (state, conductance)
    assert shot.full_scale_G0 == pytest.approx(0.995 * 5.0 / 1e5 / 0.1 / G0_S)
    told.samples(np.nan, bias_V=0.0, calibration=CALIBRATION)
    assert np.isnan(told.shot.full_scale_G0)


def test_a_paused_run_has_its_tip_back_and_no_conductance():
    told = Told().begin("withdraw").samples(2e-3).end("withdraw", ended="open")
    told.event(EventKind.MARK, "paused").samples(np.nan, 0.2, bias_V=0.0)
    assert told.state is ShownState.RETRACTED
    assert np.isnan(told.shot.conductance_G0)
    told.event(EventKind.MARK, "resumed").begin("approach").samples(1e-6)
    assert told.state is ShownState.APPROACHING


def test_without_a_bias_for_a_second_the_conductance_is_not_known():
    told = Told().begin("withdraw").samples(2e-3).samples(np.nan, 0.9, bias_V=0.0)
    assert told.shot.conductance_G0 == pytest.approx(2e-3)
    told.samples(np.nan, 0.2, bias_V=0.0)
    assert np.isnan(told.shot.conductance_G0)


def test_a_fault_stays_until_something_is_done():
    told = Told().begin("approach").samples(1e-6)
    told.event(EventKind.FAULT, "SurfaceLost", message="No contact.").samples(1e-6)
    assert (told.state, told.shot.message) == (ShownState.FAULT, "No contact.")
    told.event(EventKind.MARK, "safe", safe=True, status="fault")
    assert (told.state, told.shot.ended) == (ShownState.FAULT, "fault")
    assert np.isnan(told.shot.conductance_G0)
    told.begin("approach").samples(1e-6)
    assert told.state is ShownState.APPROACHING


def test_an_end_that_is_not_safe_is_called_so():
    told = Told().event(EventKind.MARK, "safe", safe=False, status="aborted")
    assert told.state is ShownState.NOT_SAFE


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
    told.view.jump(SeekContext(5000, first=1000, samples=4000))
    assert told.state is ShownState.UNKNOWN
    assert told.shot.in_state_s == 0.0
    assert told.shot.time_s == pytest.approx(2.0)


def test_a_jump_counts_what_lies_before():
    told = Told(head=header("heating", parameters={})).event(EventKind.MARK, "safe", status="finished")
    assert told.shot.ended == "finished"
    counts, last = {"hold": 7, "trace": 90}, {"hold": (20_000, 50_000)}
    told.view.jump(SeekContext(60_000, samples=50_000, counts=counts, last=last))
    shot = told.shot
    assert (shot.cycles, shot.recorded_samples, shot.ended, shot.message) == (7, 50_000, "", "")
    assert shot.cycles_per_minute == pytest.approx(60.0 * 2000.0 / 30_000)
