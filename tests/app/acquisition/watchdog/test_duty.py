"""Causes for which the watchdog acts: end of the beats or of the pipe, a request; never a bench that samples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.acquisition.watchdog.duty import LATE_S, LONGEST_PACE_S, PARDON_S, Duty, Phase
from app.acquisition.watchdog.frames import SIZE, Frame, Kind, read_frame

LIMIT_S = 0.4


def armed(now_s=0.0, limit_s=LIMIT_S):
    duty = Duty()
    duty.on_frame(Frame(Kind.ARM, 1, round(1000 * limit_s)), now_s)
    return duty


def beat(duty, samples, now_s):
    duty.on_frame(Frame(Kind.BEAT, 2, samples), now_s)


def test_before_it_is_armed_nothing_makes_it_act():
    for happens in (Duty.on_end, Duty.on_terminate):
        duty = Duty()
        assert duty.due_s is None
        duty.on_silence(1e9)
        happens(duty)
        assert duty.phase is Phase.OVER


def test_samples_keep_it_quiet_and_their_end_trips_it_after_the_limit():
    duty = armed()
    for n in range(1, 100):
        beat(duty, 200 * n, 0.1 * n)
        duty.on_silence(0.1 * n + 0.09)
    assert duty.phase is Phase.ARMED
    assert duty.due_s == pytest.approx(9.9 + LIMIT_S)
    duty.on_silence(9.9 + LIMIT_S - 1e-3)
    assert duty.phase is Phase.ARMED
    duty.on_silence(9.9 + LIMIT_S + 1e-3)
    assert (duty.phase, duty.why) == (Phase.TRIPPED, "no samples came for 0.40 s")


def test_a_bench_that_beats_without_new_samples_is_dead():
    duty = armed()
    beat(duty, 100, 0.1)
    for n in range(2, 6):
        beat(duty, 100, 0.1 * n)
    duty.on_silence(0.1 + LIMIT_S + 1e-3)
    assert duty.phase is Phase.TRIPPED


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (Duty.on_end, "the bench has gone"),
        (Duty.on_terminate, "the watchdog was asked to end"),
        (lambda duty: duty.on_frame(Frame(Kind.HELP), 0.0), "the bench could not make the rig safe"),
    ],
)
def test_other_reasons_trip_it_at_once(happens, why):
    duty = armed()
    happens(duty)
    assert (duty.phase, duty.why, duty.due_s) == (Phase.TRIPPED, why, None)


def test_only_safe_sends_it_home_before_and_after_a_trip():
    for trip in (False, True):
        duty = armed()
        if trip:
            duty.on_end()
        beat(duty, 5, 0.1)
        assert duty.phase is (Phase.TRIPPED if trip else Phase.ARMED)
        duty.on_frame(Frame(Kind.SAFE), 0.2)
        assert duty.phase is Phase.OVER


def test_an_announced_silence_may_last_but_not_for_ever():
    duty = armed()
    duty.on_frame(Frame(Kind.PACE, 2, 5000), 0.3)
    assert duty.due_s == pytest.approx(5.3)
    duty.on_frame(Frame(Kind.PACE, 3, 10**9), 1.0)
    assert duty.due_s == pytest.approx(1.0 + LONGEST_PACE_S)
    duty.on_frame(Frame(Kind.PACE, 4, 400), 2.0)
    assert duty.due_s == pytest.approx(2.4)


def test_a_watchdog_that_was_itself_late_reads_its_pipe_once_more_before_it_acts():
    late_s = LIMIT_S + LATE_S + 3.0
    duty = armed()
    duty.on_silence(late_s)
    assert duty.phase is Phase.ARMED
    beat(duty, 10, late_s + 0.001)  # had been waiting
    duty.on_silence(late_s + 0.3)
    assert duty.phase is Phase.ARMED

    duty = armed()
    duty.on_silence(late_s)
    assert duty.due_s == pytest.approx(late_s + PARDON_S)
    duty.on_silence(late_s + 10.0)  # late again: no second pardon
    assert duty.phase is Phase.TRIPPED


@given(
    st.lists(st.tuples(st.sampled_from(list(Kind)), st.integers(0, 2**64 - 1), st.floats(0, 1)), max_size=30)
)
def test_whatever_frames_come_an_armed_watchdog_that_hears_no_safe_acts_at_the_end(frames):
    duty, now_s = armed(), 0.0
    for kind, number, later_s in frames:
        now_s += later_s
        if kind is not Kind.SAFE:
            duty.on_frame(Frame(kind, 0, number), now_s)
        duty.on_silence(now_s)
    duty.on_end()
    assert duty.phase is Phase.TRIPPED
    assert duty.why


@given(
    st.sampled_from(list(Kind)), st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1), st.integers(1, SIZE)
)
def test_a_frame_comes_through_a_pipe_in_whatever_pieces(kind, seq, number, piece):
    frame = Frame(kind, seq, number)
    data = bytearray(frame.to_bytes())
    assert len(data) == SIZE

    def read(size):
        taken = bytes(data[: min(size, piece)])
        del data[: len(taken)]
        return taken

    assert read_frame(read) == frame
    assert read_frame(read) is None


@pytest.mark.parametrize("data", [b"", b"beat", b"GET / HTTP/1.1\r\n"])
def test_what_is_no_frame_is_the_end(data):
    rest = bytearray(data)

    def read(size):
        taken = bytes(rest[:size])
        del rest[:size]
        return taken

    assert read_frame(read) is None
