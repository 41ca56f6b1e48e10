"""Bench and watchdog over their pipes: armed, given beats, tripped, dismissed, refused; each watches the other."""

import re

import pytest

from app.acquisition.watchdog import RigTripped, Watchdog, WatchdogGone, WatchdogTripped
from app.acquisition.watchdog import watchdog as bench_side
from app.acquisition.watchdog.guarded_rig import PROOF_S, SETTLES_S, GuardedRig
from app.acquisition.watchdog.rig_state import ARMED, SAFE, TRIPPED, RigState, read_state, write_state
from app.config.rig import load_rig
from app.config.rig_folder import state_path
from drivers.errors import InstrumentLost
from procedures.runner import RunEnd
from tests.support.patience import wait_until
from tests.support.rig.fake_card import FakeCard
from tests.support.rig.files import rig_file_at
from tests.support.rig.watchdog_in_thread import threads as threads

SOON_S = 0.05
"""A silence after which the watchdog acts, for tests that are silent."""

LONG_S = 60.0
"""A silence that no test keeps, however busy the machine."""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A rig file and the file of its state."""
    monkeypatch.setenv("HOTJUNCTION_RIGS", str(tmp_path / "rigs"))
    file = rig_file_at(tmp_path / "rig.toml", "grpc://pxi.lab:31763")
    return file, state_path(file, load_rig(file))


class Clock:
    """A bench's clock that a test moves."""

    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s


def test_the_state_is_on_the_disk_before_the_rig_moves_and_safe_after_the_run(place, threads):
    file, path = place
    started, cards = threads
    cards.append(FakeCard())
    with Watchdog(file) as watchdog:
        watchdog.wait_until_ready()
        assert read_state(path) is None
        watchdog.arm(LONG_S)
        state = read_state(path)
        assert (state.state, state.rig_file) == (ARMED, str(file))
        assert started[0].watch.duty.due_s is not None
        for _ in range(3):
            watchdog.beat(200)
            watchdog.check()
        watchdog.dismiss()
    assert started[0].poll() == 0
    assert read_state(path).state == SAFE
    assert not started[0].killed


def test_a_bench_without_samples_is_tripped_told_and_held(place, threads):
    file, path = place
    started, cards = threads
    card = FakeCard()
    cards += [card, FakeCard()]
    with Watchdog(file) as watchdog:
        watchdog.arm(SOON_S)
        assert watchdog.made_safe(30.0)
        with pytest.raises(WatchdogTripped) as tripped:
            watchdog.check()
        (waited_s,) = re.findall(r"made the rig safe: no samples came for ([\d.]+) s", str(tripped.value))
        assert float(waited_s) >= SOON_S  # longer on a busy machine
        watchdog.check()  # once, so that the run can end
        assert card.calls == ["attended", "safe", "fenced", "unseen"]
        assert started[0].poll() is None  # it holds the outputs until the run has ended
        watchdog.dismiss()
    assert card.calls[-1] == "closed"
    state = read_state(path)
    assert (state.state, state.safe) == (TRIPPED, True)

    with Watchdog(file) as later, pytest.raises(RigTripped, match="hotjunction rig clear"):
        later.arm(LONG_S)
    assert read_state(path).state == TRIPPED


def test_a_bench_that_is_gone_leaves_a_safe_rig_without_its_tasks(place, threads):
    file, path = place
    started, cards = threads
    card = FakeCard()
    cards.append(card)
    watchdog = Watchdog(file)
    watchdog.__enter__()
    watchdog.arm(LONG_S)
    started[0].stdin.close()
    started[0].wait()
    assert card.calls == ["attended", "safe", "fenced", "unseen", "cleared", "closed"]
    assert (read_state(path).state, read_state(path).why) == (TRIPPED, "the bench has gone")


def test_a_watchdog_that_answers_no_more_is_gone(place, threads):
    file, path = place
    started, cards = threads
    cards.append(FakeCard())
    clock = Clock()
    with Watchdog(file, clock) as watchdog:
        watchdog.arm(LONG_S)
        wait_until(lambda: watchdog._replies.waited_s(clock()) == 0.0)
        started[0].watch.send = lambda frame: None  # it hangs
        watchdog._limit_s = 0.4
        clock.now_s = 1.0
        watchdog.beat(100)
        watchdog.check()
        clock.now_s = 1.9
        watchdog.beat(100)
        watchdog.check()
        clock.now_s = 2.1
        with pytest.raises(WatchdogGone):
            watchdog.check()
        watchdog.dismiss()
    assert started[0].killed or started[0].poll() == 0
    assert read_state(path).state == SAFE


def test_late_samples_are_counted_and_told(place, threads, caplog):
    file, _ = place
    cards = threads[1]
    cards.append(FakeCard())
    clock = Clock()
    with Watchdog(file, clock) as watchdog:
        watchdog.arm(LONG_S)
        for later_s in (0.1, 29.0, 31.0, 0.001, 0.1):
            clock.now_s += later_s
            watchdog.beat(10)
        watchdog.dismiss()
    assert watchdog.gaps_s == [31.0]
    assert "late 1 times, after 31.00 s at most" in caplog.text


def test_a_silence_that_was_announced_lasts_until_samples_come_again(place, threads):
    file, _ = place
    started, cards = threads
    cards.append(FakeCard())
    with Watchdog(file) as watchdog:
        watchdog.arm(30.0)
        duty = started[0].watch.duty
        with watchdog.allowing(50.0):
            wait_until(lambda: duty._limit_s == 50.0)
        watchdog.beat(10)
        wait_until(lambda: duty._limit_s == 30.0)
        watchdog.pace(40.0)
        assert duty._limit_s == 30.0
        watchdog.beat(10)
        wait_until(lambda: duty._limit_s == 40.0)
        watchdog.dismiss()


def test_a_rig_that_could_not_be_made_safe_is_left_to_the_watchdog(place, threads):
    file, path = place
    started, cards = threads
    card = FakeCard(unseen=["z reads +3 V"])
    cards.append(card)
    with Watchdog(file) as watchdog:
        watchdog.arm(LONG_S)
        assert "goes on trying" in watchdog.stay()
    started[0].wait()
    assert card.calls.count("safe") == 2
    assert read_state(path).why == "the bench could not make the rig safe"


def test_a_dead_watchdog_is_replaced_where_the_rig_is_not_safe(place, threads):
    file, path = place
    started, cards = threads
    card = FakeCard()
    cards += [FakeCard(), card]
    with Watchdog(file) as watchdog:
        watchdog.arm(LONG_S)
        started[0].die()
        wait_until(lambda: watchdog.gone)
        watchdog.stay()
    started[1].wait()
    assert card.calls[:2] == ["attended", "safe"]
    assert read_state(path).state == TRIPPED


# ---- the end of a run under a watchdog ----


def guarded(watchdog, file, done="bias 0 V, z 0 V"):
    def safely():
        if isinstance(done, Exception):
            raise done
        return done

    return GuardedRig(watchdog, load_rig(file), safely)


def test_after_a_trip_the_run_ends_as_a_fault_with_its_reason_and_moves_nothing(place, threads, monkeypatch):
    file, _ = place
    cards = threads[1]
    cards.append(FakeCard())
    with Watchdog(file) as watchdog:
        rig = guarded(watchdog, file, AssertionError("the outputs belong to the watchdog"))
        watchdog.arm(SOON_S)
        assert watchdog.made_safe(30.0)
        assert rig.make_safe() == "made safe by the watchdog"
        end = rig.ended(RunEnd("fault", "another program uses the card", True))
    assert end.status == "fault"
    assert end.reason.startswith("The watchdog made the rig safe: no samples came for")
    assert end.safe


def test_a_safe_run_dismisses_the_watchdog_and_an_unsafe_one_does_not(place, threads):
    file, path = place
    started, cards = threads
    cards += [FakeCard(), FakeCard()]
    with Watchdog(file) as watchdog:
        rig = guarded(watchdog, file)
        rig.arm()
        assert started[0].watch.duty._limit_s == PROOF_S
        assert rig.make_safe() == "bias 0 V, z 0 V"
        wait_until(lambda: started[0].watch.duty._limit_s == rig.rig.safe.within_s + SETTLES_S)
        watchdog.beat(10)
        wait_until(lambda: started[0].watch.duty._limit_s == PROOF_S)
        assert rig.ended(RunEnd("finished", "", True)) == RunEnd("finished", "", True)
    assert read_state(path).state == SAFE

    with Watchdog(file) as watchdog:
        rig = guarded(watchdog, file, InstrumentLost("away"))
        rig.arm()
        end = rig.ended(RunEnd("fault", "NOT SAFE: away.", False))
    assert "goes on trying" in end.reason
    started[1].wait()
    assert read_state(path).state == TRIPPED


def test_an_error_of_the_run_leaves_the_rig_safe_or_says_that_it_is_not(place, threads):
    file, _ = place
    started, cards = threads
    cards += [FakeCard(), FakeCard()]
    with Watchdog(file) as watchdog:
        rig = guarded(watchdog, file)
        rig.arm()
        assert rig.made_safe_after_error() == ""
    state_path(file, load_rig(file)).unlink()
    with Watchdog(file) as watchdog:
        rig = guarded(watchdog, file, InstrumentLost("away"))
        rig.arm()
        assert rig.made_safe_after_error().startswith("NOT SAFE: away")
    started[1].wait()


def test_no_watchdog_is_started_twice_for_a_rig_that_an_earlier_trip_holds(place, threads):
    file, path = place
    cards = threads[1]
    cards.append(FakeCard())
    write_state(path, RigState(TRIPPED, why="no samples came for 0.41 s", safe=True))
    with Watchdog(file) as watchdog, pytest.raises(RigTripped):
        GuardedRig(watchdog, load_rig(file), lambda: "").arm()
    assert read_state(path).state == TRIPPED
    assert bench_side.ATTENDED_S > PROOF_S
