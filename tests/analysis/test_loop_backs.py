import numpy as np
import pytest

from analysis.loop_backs import SLACK, LoopBackMonitor, Tolerance, unmoved
from analysis.records import Block

RATE_Hz = 2000.0
TOLERANCE = Tolerance(0.05, 0.002)
CHANNELS = ("bias", "z", "thermocouple", "current")


def fed(monitor, bias_V, z_V=None, first=0, current_V=None, sizes=(40,)):
    """Feed a course in blocks; return the first deviation."""
    n = len(bias_V)
    zero = np.zeros(n)
    data = np.stack([bias_V, zero if z_V is None else z_V, zero, zero if current_V is None else current_V])
    at = 0
    for size in np.resize(sizes, n):
        if at >= n:
            break
        found = monitor.feed(Block(first + at, RATE_Hz, CHANNELS, data[:, at : at + size]))
        if found is not None:
            return found
        at += size
    return monitor.check()


def at_rest(**volts):
    monitor = LoopBackMonitor(TOLERANCE)
    monitor.held({"bias": 0.0, "z": 0.0, **volts}, 0, 0)
    return monitor


def test_before_the_first_command_nothing_is_compared():
    assert fed(LoopBackMonitor(TOLERANCE), np.full(1000, 7.0)) is None


@pytest.mark.parametrize(("deviation_V", "seen"), [(6.9e-3, False), (7.1e-3, True), (-7.1e-3, True)])
def test_the_tolerance_is_5_percent_and_2_mV_of_either_sign(deviation_V, seen):
    found = fed(at_rest(bias=0.1), np.full(400, 0.1 + deviation_V))

    assert (found is not None) is seen


def test_a_deviation_says_both_numbers_and_since_which_sample():
    bias_V = np.full(2000, 0.1)
    bias_V[1234:] = 0.0

    found = fed(at_rest(bias=0.1), bias_V)

    assert (found.output, found.sample) == ("bias", 1234)
    assert (found.measured_V, found.commanded_V) == (0.0, 0.1)


@pytest.mark.parametrize("sizes", [(1,), (4,), (40,), (7, 300, 1), (2000,)])
def test_the_first_deviating_sample_does_not_depend_on_the_blocks(sizes):
    bias_V = np.full(2000, 0.1)
    bias_V[777:] = 0.0

    assert fed(at_rest(bias=0.1), bias_V, sizes=sizes).sample == 777


def test_a_spike_of_two_samples_is_none():
    bias_V = np.full(1000, 0.1)
    bias_V[500:502] = 9.0

    assert fed(at_rest(bias=0.1), bias_V) is None


@pytest.mark.parametrize("shift", [-SLACK, 0, SLACK])
def test_a_step_may_show_some_samples_earlier_or_later(shift):
    monitor = at_rest()
    monitor.held({"bias": 0.2}, 500, 510)
    bias_V = np.where(np.arange(1000) < 505 + shift, 0.0, 0.2)

    assert fed(monitor, bias_V) is None


def test_a_step_that_does_not_come_is_seen_when_it_is_overdue():
    monitor = at_rest()
    monitor.held({"bias": 0.2}, 500, 510)

    assert fed(monitor, np.zeros(1000)).sample == 510 + SLACK


def test_a_command_whose_time_is_not_known_yet_allows_old_and_new():
    monitor = at_rest()
    monitor.held({"bias": 0.2}, 500)
    assert fed(monitor, np.concatenate([np.zeros(700), np.full(300, 0.2)])) is None

    monitor.known(1000)

    assert fed(monitor, np.full(300, 0.2), first=1000) is None
    assert fed(monitor, np.zeros(300), first=1300).commanded_V == 0.2


def test_a_ramp_is_followed_and_one_that_sticks_is_not():
    ramp_V = np.linspace(0.0, 6.0, 6000)
    late, stuck = at_rest(), at_rest()
    for monitor in (late, stuck):
        monitor.outputs["z"].played(ramp_V, 100, 104, repeats=False)
    z_V = np.concatenate([np.zeros(104 + 10), ramp_V, np.full(500, 6.0)])
    halted_V = np.minimum(z_V, 3.0)

    assert fed(late, np.zeros_like(z_V), z_V) is None
    found = fed(stuck, np.zeros_like(z_V), halted_V)
    assert found.output == "z"
    assert found.commanded_V == pytest.approx(3.152 / 0.95 - 0.15, abs=0.02), "5 % beyond 3 V"


def test_levels_of_a_modulation_are_each_compared():
    period_V = np.repeat([0.3, 0.0, -0.3], 54)
    right, dead = at_rest(), at_rest()
    for monitor in (right, dead):
        monitor.outputs["bias"].played(period_V, 200, 206, repeats=True)
    shown_V = np.concatenate([np.zeros(203), np.tile(period_V, 20)])

    assert fed(right, shown_V) is None
    found = fed(dead, np.where(np.arange(shown_V.size) < 1000, shown_V, 0.0))
    assert 1000 <= found.sample < 1000 + period_V.size
    assert abs(found.commanded_V) == 0.3


def test_what_was_unknown_for_a_while_is_compared_afterwards():
    monitor = at_rest()
    monitor.held({"bias": float("nan")}, 100, 100)
    monitor.held({"bias": 0.1}, 600, 600)
    wild_V = np.random.default_rng(1).uniform(-5.0, 5.0, 600 - SLACK - 100)

    course_V = np.concatenate([np.zeros(100), wild_V, np.full(400, 0.1)])
    assert fed(monitor, course_V) is None
    assert fed(monitor, np.zeros(200), first=course_V.size) is not None


def test_a_railed_neighbour_of_the_scan_is_allowed_its_ghost():
    ghost_V = np.full(400, 10 * 10 ** (-75 / 20) + 5e-4)

    assert fed(at_rest(), ghost_V) is not None
    assert fed(at_rest(), ghost_V, current_V=np.full(400, 10.0)) is None


REST_V = {"current": 0.01, "bias": 1.4e-3, "thermocouple": 0.3, "z": -9.9985}


@pytest.mark.parametrize(
    ("name", "commanded_V", "changed", "same"),
    [
        ("bias", 0.0, {}, True),  # an offset of 1.4 mV, which the loop-back always had
        ("bias", 0.0, {"bias": 1.65e-3}, True),  # a warmer card
        ("bias", 0.0, {"bias": 2.9e-3}, False),  # 1.5 mV left
        ("bias", 0.0, {"bias": 0.0}, False),
        ("bias", 0.0, {"bias": np.nan}, False),
        ("bias", 0.0, {"current": 10.0, "bias": 1.4e-3 + 3.1e-3}, True),  # ghost of a railed neighbour
        ("bias", 0.0, {"current": 10.0, "bias": 1.4e-3 + 4.9e-3}, False),
        ("z", -10.0, {"z": -9.9973}, True),  # gain of a warmer card
        ("z", -10.0, {"z": -9.9965}, False),
    ],
)
def test_a_loop_back_is_compared_with_what_it_showed_at_rest(name, commanded_V, changed, same):
    assert unmoved(name, {**REST_V, **changed}, REST_V, commanded_V) is same
