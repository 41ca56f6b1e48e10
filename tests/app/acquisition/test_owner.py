"""A rig has one owner, here and on other computers; who it is and what to do is in the refusal."""

import os
import subprocess
import sys
import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.acquisition import ownership as ownership_module
from app.acquisition.host_lock import BEYOND, HostLock
from app.acquisition.owner import Owner, RigOwned, myself
from app.acquisition.ownership import Ownership, present_owner, session_name, session_owner, take_over
from app.config.rig import load_rig
from app.config.rig_folder import lock_path
from drivers.errors import InstrumentLost, NotNow
from drivers.guard import LASTING, session_names
from drivers.pxi import PXIController
from tests.support.instruments.loopback import served
from tests.support.patience import ANSWER_S
from tests.support.rig.files import rig_file_at

ME = replace(myself("hotjunction serve"), user="alice")
BOB = replace(ME, user="bob", pid=2**22 + 7, started=1.0)
"""A process of this computer that has ended."""

ELSEWHERE = replace(ME, user="carol", host="lab-pc2")

SEEN = "bias 0 V, z 0 V (seen on the loop-backs)"


@pytest.fixture(scope="module")
def card():
    with served() as server:
        yield server


@pytest.fixture
def rig(card, tmp_path, monkeypatch):
    """A rig file of the served card, whose server begins without tasks."""
    monkeypatch.setenv("HOTJUNCTION_RIGS", str(tmp_path / "rigs"))
    for name in list(card.card.tasks):
        card.card.clear(name)
    file = rig_file_at(tmp_path / "rig.toml", f"grpc://127.0.0.1:{card.port}", "seed 1")
    return file, load_rig(file)


def elsewhere(monkeypatch, tmp_path):
    """Let what follows happen on another computer: without the files of this one."""
    monkeypatch.setenv("HOTJUNCTION_RIGS", str(tmp_path / "other computer"))


def test_a_second_program_is_refused_with_name_computer_time_and_remedy(rig):
    first, second = Ownership(*rig, ME), Ownership(*rig, BOB)
    first.claim()
    with pytest.raises(RigOwned) as caught:
        second.claim()
    first.release()
    second.claim()
    second.release()
    text = str(caught.value)
    assert (
        f"Rig Dev1 is held by alice on {ME.host} (hotjunction serve, process {os.getpid()}, since 20" in text
    )
    assert text.endswith("Ask alice, or end that program there.")


def test_without_a_folder_for_its_name_nobody_owns_a_rig(rig, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("HOTJUNCTION_RIGS", str(tmp_path / "file" / "rigs"))
    with pytest.raises(NotNow, match=r"rigs can't be used \(.*\).*HOTJUNCTION_RIGS"):
        Ownership(*rig, ME).claim()


def test_the_owner_may_own_once_more_and_stays_the_owner(rig):
    first, nested = Ownership(*rig, ME), Ownership(*rig, ME)
    first.claim()
    nested.claim()
    nested.renew()
    nested.release()
    with pytest.raises(RigOwned, match="alice"):
        Ownership(*rig, BOB).claim()
    first.release()
    assert present_owner(*rig) == ""


def test_another_computer_is_refused_by_the_controller(rig, monkeypatch, tmp_path):
    first = Ownership(*rig, ME)
    first.claim()
    elsewhere(monkeypatch, tmp_path)
    with pytest.raises(RigOwned, match="held by alice"):
        Ownership(*rig, ELSEWHERE).claim()
    first.release()
    second = Ownership(*rig, ELSEWHERE)
    second.claim()
    second.release()


def test_what_a_dead_owner_of_this_computer_left_is_cleared_by_the_next(rig, card):
    with PXIController(rig[1].daq.controller, ANSWER_S, sessions=session_names("Dev1")) as controller:
        controller.new_task("ao")
        controller.new_task("ai")
        dead = Ownership(*rig, BOB)
        dead.claim()
        dead._lock.release()  # all that the system does at a death
    assert session_name("Dev1") in card.card.tasks
    assert "hotjunction.Dev1.ao" not in card.card.tasks  # claimed: what was left before is gone
    mine = Ownership(*rig, ME)
    mine.claim()
    with PXIController(rig[1].daq.controller, ANSWER_S) as controller:
        assert session_owner(controller, "Dev1").user == "alice"
    mine.release()
    assert card.card.tasks == {}


def test_an_owner_elsewhere_that_answers_no_more_is_said_to_be_stale_and_taken_over(
    rig, monkeypatch, tmp_path
):
    gone = Ownership(*rig, ELSEWHERE)
    gone.claim()
    gone._presence.close()
    gone._lock.release()
    elsewhere(monkeypatch, tmp_path)
    with pytest.raises(RigOwned, match=r"does not answer.*hotjunction rig take-over") as caught:
        Ownership(*rig, ME).claim()
    assert "carol on lab-pc2" in str(caught.value)

    with pytest.raises(InstrumentLost):
        take_over(*rig, "Ada", lambda rig, within_s: (_ for _ in ()).throw(InstrumentLost("away")))
    assert "carol" in present_owner(*rig)
    assert "Taken over from carol on lab-pc2" in take_over(*rig, "Ada", lambda rig, within_s: SEEN)
    assert present_owner(*rig) == ""
    assert take_over(*rig, "Ada", lambda rig, within_s: SEEN) == "Rig Dev1 has no owner."


def test_a_living_owner_elsewhere_can_t_be_taken_over(rig, monkeypatch, tmp_path):
    living = Ownership(*rig, ELSEWHERE)
    living.claim()
    elsewhere(monkeypatch, tmp_path)
    living._lock.release()
    with pytest.raises(RigOwned, match="Ask carol"):
        take_over(*rig, "Ada", lambda rig, within_s: SEEN)
    living.release()


def test_a_controller_that_was_restarted_is_claimed_again(rig, card):
    mine = Ownership(*rig, ME)
    mine.claim()
    card.card.clear(session_name("Dev1"))
    mine.renew()
    assert session_name("Dev1") in card.card.tasks
    mine.release()


def test_tasks_that_a_run_lost_with_its_link_are_cleared_before_the_next(rig, card):
    mine = Ownership(*rig, ME)
    mine.claim()
    with PXIController(rig[1].daq.controller, ANSWER_S, sessions=session_names("Dev1")) as lost:
        for part in LASTING:
            lost.new_task(part)  # closed by nobody: the server keeps them
    mine.renew()
    assert set(card.card.tasks) == {session_name("Dev1")}
    mine.release()


def test_a_controller_that_does_not_answer_is_claimed_later(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTJUNCTION_RIGS", str(tmp_path / "rigs"))
    file = rig_file_at(tmp_path / "rig.toml", "grpc://127.0.0.1:9")
    rig = load_rig(file)
    rig = rig.model_copy(update={"daq": rig.daq.model_copy(update={"answer_s": 0.1})})
    mine = Ownership(file, rig, ME)
    mine.claim()
    with pytest.raises(InstrumentLost):
        mine.renew()
    with pytest.raises(RigOwned, match="alice"):
        Ownership(file, rig, BOB).claim()
    mine.release()


def test_of_many_that_start_at_once_one_owns(rig):
    owners = [Ownership(*rig, replace(ME, user=f"user{n}", pid=2**22 + n, started=1.0)) for n in range(12)]
    results, ready = [], threading.Barrier(len(owners))

    def start(one):
        ready.wait()
        try:
            one.claim()
            results.append(one)
        except RigOwned:
            pass

    threads = [threading.Thread(target=start, args=(one,)) for one in owners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 1
    results[0].release()


TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=0, max_size=12)


@given(TEXT, TEXT, st.integers(0, 2**31), st.floats(0, 2e9), TEXT, st.integers(0, 65535))
def test_an_owner_comes_back_from_the_name_of_a_channel_that_ni_takes(user, host, pid, started, what, port):
    owner = Owner(user, host, pid, started, what, "20261129T021000Z", "10.0.0.1", port)
    name = owner.to_name()
    assert not set(name) & set(":,/\\\n")
    back = Owner.from_name(name)
    assert (back.pid, back.port, back.since) == (pid, port, owner.since)
    assert back.started == pytest.approx(started, abs=0.06)
    assert back.to_name() == name


@pytest.mark.parametrize("name", ["", "Voltage_0", "alice at lab", "x" * 300])
def test_a_channel_of_another_program_names_no_owner(name):
    assert Owner.from_name(name) is None


# ---- the lock of a computer ----

HOLD = """
import sys
from pathlib import Path
from app.acquisition.host_lock import HostLock
lock = HostLock(Path(sys.argv[1]))
print(lock.acquire(), flush=True)
sys.stdin.read()
"""


def test_a_lock_ends_with_its_process_however_that_ends(tmp_path):
    path = tmp_path / "rig.lock"
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "True\n"
    mine = HostLock(path)
    assert not mine.acquire()
    process.kill()
    process.communicate()
    assert mine.acquire()
    mine.release()
    assert path.exists()


def test_a_lock_file_that_was_replaced_gives_no_second_owner_of_the_new_one(tmp_path, monkeypatch):
    path = tmp_path / "rig.lock"
    first, second, third = HostLock(path), HostLock(path), HostLock(path)
    assert first.acquire()
    path.unlink()
    assert second.acquire()
    assert not third.acquire()
    first.release()
    assert not third.acquire()
    second.release()


class FakeMsvcrt:
    """Windows' locks: of bytes, and only where the file's position is."""

    LK_NBLCK, LK_UNLCK = 2, 0

    def __init__(self):
        self.held = {}

    def locking(self, descriptor, mode, n):
        key = os.fstat(descriptor).st_ino, os.lseek(descriptor, 0, os.SEEK_CUR), n
        if mode == self.LK_UNLCK:
            assert self.held.pop(key) == descriptor
        elif key in self.held:
            raise PermissionError(13, "locked")
        else:
            self.held[key] = descriptor


def test_on_windows_a_byte_beyond_the_content_is_locked(tmp_path):
    system, path = FakeMsvcrt(), tmp_path / "rig.lock"
    first, second = HostLock(path, system), HostLock(path, system)
    assert first.acquire()
    assert not second.acquire()
    assert [key[1:] for key in system.held] == [(BEYOND, 1)]
    first.release()
    assert second.acquire()
    second.release()
    assert system.held == {}


def test_the_local_library_needs_the_lock_of_the_computer_only(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTJUNCTION_RIGS", str(tmp_path / "rigs"))
    file = rig_file_at(tmp_path / "rig.toml", "local")
    rig = load_rig(file)

    def never(*arguments):
        raise AssertionError("no controller is needed")

    monkeypatch.setattr(ownership_module, "PXIController", never)
    with ownership_module.owned(file, rig):
        assert lock_path(file, rig).exists()
        with pytest.raises(RigOwned):
            Ownership(file, rig, BOB).claim()
