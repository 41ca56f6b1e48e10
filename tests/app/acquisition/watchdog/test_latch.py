"""A trip outlives every program, and only a named act ends it."""

import json
import os
import sys
from dataclasses import replace

import psutil
import pytest

from app.acquisition.watchdog import latch
from app.acquisition.watchdog.rig_state import (
    ARMED,
    SAFE,
    TRIPPED,
    Process,
    RigState,
    read_state,
    this_process,
    write_state,
)
from app.config.rig import load_rig
from app.config.rig_folder import rig_key, rigs_folder, state_path
from drivers.errors import InstrumentFault, InstrumentLost, NotNow
from tests.support.rig.files import rig_file_at

DONE = "bias 0 V, z 0 V (seen on the loop-backs)"
DEAD = Process(this_process().host, 2**22 + 1, 0.0)


class Hand:
    """Makes a rig safe, or fails."""

    def __init__(self, result=DONE):
        self.calls = 0
        self.result = result

    def __call__(self, rig, within_s):
        self.calls += 1
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A rig file of a real rig, the rig, and the file of its state."""
    monkeypatch.setenv("HOTJUNCTION_RIGS", str(tmp_path / "rigs"))
    file = rig_file_at(tmp_path / "rig.toml", "grpc://pxi.lab:31763")
    rig = load_rig(file)
    return file, rig, state_path(file, rig)


def tripped(**values):
    why = "no samples came for 0.41 s"
    return RigState(TRIPPED, why=why, safe=True, watchdog=DEAD, bench=DEAD, **values)


def test_a_rig_without_a_state_or_a_safe_one_is_free(place):
    file, rig, path = place
    for state in (None, RigState(SAFE)):
        if state is not None:
            write_state(path, state)
        hand = Hand()
        latch.require_untripped(file, rig, hand)
        assert latch.held(file, rig) == ""
        assert hand.calls == 0


def test_a_trip_is_refused_with_reason_time_and_the_command_that_clears_it(place):
    file, rig, path = place
    write_state(path, tripped())
    hand = Hand()
    with pytest.raises(latch.RigTripped) as caught:
        latch.require_untripped(file, rig, hand)
    assert hand.calls == 0  # it was safe
    text = str(caught.value)
    assert "no samples came for 0.41 s" in text
    assert f"hotjunction rig clear {file} --by NAME" in text
    assert "made the rig safe at 20" in text


@pytest.mark.parametrize(("result", "safe"), [(DONE, True), (InstrumentLost("away"), False)])
def test_what_bench_and_watchdog_left_armed_is_made_safe_at_the_next_start_and_held(place, result, safe):
    file, rig, path = place
    write_state(path, RigState(ARMED, watchdog=DEAD, bench=DEAD))
    hand = Hand(result)
    with pytest.raises(latch.RigTripped, match="both ended without making it safe"):
        latch.require_untripped(file, rig, hand)
    state = read_state(path)
    assert (hand.calls, state.state, state.safe) == (1, TRIPPED, safe)
    assert ("NOT SEEN TO BE SAFE" in latch.held(file, rig)) is not safe


def test_a_rig_whose_watchdog_is_at_work_is_left_to_it(place):
    file, rig, path = place
    write_state(path, RigState(ARMED, watchdog=this_process(), bench=DEAD))
    hand = Hand()
    latch.require_untripped(file, rig, hand)
    assert hand.calls == 0
    with pytest.raises(NotNow, match="still at work"):
        latch.clear(file, rig, "Ada", hand)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"state": "fine"}', b"\xff\xfe", b"null"])
def test_a_state_that_can_t_be_read_counts_as_a_trip(place, content):
    file, rig, path = place
    path.parent.mkdir()
    path.write_bytes(content)
    assert read_state(path).state == TRIPPED
    with pytest.raises(latch.RigTripped):
        latch.require_untripped(file, rig, Hand())
    assert latch.clear(file, rig, "Ada", Hand()) == DONE
    assert read_state(path).state == SAFE


def test_a_named_act_clears_it_after_a_fresh_read_back(place):
    file, rig, path = place
    write_state(path, tripped())
    hand = Hand()
    assert latch.clear(file, rig, "Ada", hand) == DONE
    assert hand.calls == 1
    state = read_state(path)
    assert (state.state, state.cleared_by) == (SAFE, "Ada")
    assert "no samples came" in state.why
    latch.require_untripped(file, rig, hand)
    with pytest.raises(NotNow, match="nothing to clear"):
        latch.clear(file, rig, "Ada", hand)


def test_a_state_of_another_user_in_a_shared_folder_stays_and_says_whose_it_is(place, monkeypatch):
    """In a folder with the sticky bit, as /tmp, nobody may replace the files of others."""
    file, rig, path = place
    write_state(path, RigState(TRIPPED, "no samples came", safe=True, rig_file=str(file), user="alice"))

    def refused(*paths):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("app.acquisition.watchdog.rig_state.replace_file", refused)
    with pytest.raises(NotNow, match=r"The rig is safe .* but the trip stays: .* another user \(alice\)"):
        latch.clear(file, rig, "Ada", Hand())

    assert read_state(path).state == TRIPPED
    assert [one.name for one in path.parent.iterdir() if one.name.startswith(".")] == []


@pytest.mark.parametrize("result", ["bias 0 V (commanded, not seen: z reads +3 V)", InstrumentLost("away")])
def test_a_rig_that_is_not_seen_safe_stays_held(place, result):
    file, rig, path = place
    write_state(path, tripped())
    with pytest.raises((InstrumentFault, InstrumentLost)):
        latch.clear(file, rig, "Ada", Hand(result))
    assert read_state(path).state == TRIPPED


def test_a_state_comes_back_as_it_was_written_and_leaves_no_part(place):
    _, _, path = place
    state = tripped(rig_file="rig.toml", user="ada")
    write_state(path, state)
    assert replace(read_state(path), when="") == state
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert json.loads(path.read_text("utf-8"))["when"]


def test_a_process_is_known_by_its_start_as_well():
    me = this_process()
    assert me.lives is True
    assert replace(me, started=me.started - 100).lives is False
    assert replace(me, host="another").lives is None
    assert this_process(2**22 + 1).lives is False
    assert me.pid == os.getpid()
    assert this_process().is_that(me)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep the start as it was")
@pytest.mark.parametrize("by_s", [3600.0, -3600.0])
def test_a_process_stays_itself_when_the_clock_is_set(monkeypatch, by_s):
    """A living watchdog was taken for dead, and a bench for another program, after a time server had set the clock."""
    before, boot_s = this_process(), psutil.boot_time()
    monkeypatch.setattr("psutil._pslinux.boot_time", lambda: boot_s + by_s)
    assert psutil.boot_time() == boot_s + by_s

    assert before.lives
    assert this_process().is_that(before)


def test_the_same_card_has_the_same_key_however_it_is_written(tmp_path):
    keys = {
        address: rig_key(load_rig(rig_file_at(tmp_path / "rig.toml", address)))
        for address in ("local", "grpc://localhost:31763", "grpc://127.0.0.1:31763", "grpc://PXI.lab:31763")
    }
    assert keys["grpc://localhost:31763"] == keys["grpc://127.0.0.1:31763"]
    assert len(set(keys.values())) == 3
    assert all(set(key) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-_") for key in keys.values())


def test_a_simulated_rig_at_the_port_of_an_earlier_one_does_not_inherit_its_state(tmp_path):
    first = rig_file_at(tmp_path / "a.toml", "grpc://127.0.0.1:5000", simulated="seed 1")
    second = rig_file_at(tmp_path / "b.toml", "grpc://127.0.0.1:5000", simulated="seed 2")
    assert state_path(first, load_rig(first)) != state_path(second, load_rig(second))


def test_after_a_power_cut_every_rig_that_was_armed_is_made_safe(place, monkeypatch, tmp_path):
    file, _, path = place
    write_state(path, RigState(ARMED, rig_file=str(file), watchdog=DEAD))
    write_state(
        rigs_folder() / "other.json", RigState(ARMED, rig_file=str(tmp_path / "gone.toml"), watchdog=DEAD)
    )
    write_state(rigs_folder() / "third.json", RigState(SAFE, rig_file=str(file)))
    monkeypatch.setattr(latch, "restore", lambda path, rig: "done" if rig.name else "")
    sentences = list(latch.restore_all())
    assert len(sentences) == 2
    assert sum("done" in one for one in sentences) == 1
    assert sum("NOT SAFE" in one for one in sentences) == 1
