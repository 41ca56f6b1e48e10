"""The queue: order, holding, pausing, aborting, time left."""

import threading
from pathlib import Path

import pytest

from app.server.job import Job, Status
from app.server.queue import JobQueue
from drivers.errors import NotNow
from tests.support.patience import PATIENCE_S


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def queue(clock):
    return JobQueue(clock)


def job(queue, name="a"):
    new = Job(
        queue.new_id(), "break-junction", {"traces": 10}, Path(f"{name}.h5"), repeats="traces", total=10
    )
    queue.add(new)
    return new


def order(queue):
    return [one["id"] for one in queue.snapshot()["queue"]]


def test_jobs_run_in_their_order_which_can_be_changed(queue):
    a, b, c = (job(queue, name) for name in "abc")

    queue.move(c.id, 0)
    queue.remove(b.id)

    assert order(queue) == [c.id, a.id]
    assert queue.take() is c
    assert c.status is Status.RUNNING
    queue.over(c)
    assert queue.take() is a


def test_two_jobs_never_record_to_one_file(queue):
    job(queue, "a")

    with pytest.raises(NotNow, match=r"records to a\.h5"):
        job(queue, "a")


def test_what_is_under_way_is_neither_moved_nor_removed(queue):
    a = job(queue)
    queue.take()

    for change in (lambda: queue.move(a.id, 0), lambda: queue.remove(a.id), lambda: queue.annotate(a.id, "")):
        with pytest.raises(NotNow, match="no waiting job 1"):
            change()


def test_a_held_queue_starts_nothing_until_it_is_released(queue):
    a = job(queue)
    queue.hold("lunch", within_run=False)
    taken = []
    thread = threading.Thread(target=lambda: taken.append(queue.take()))
    thread.start()

    assert queue.wait_until_empty(PATIENCE_S)
    assert queue.held == "lunch"
    assert not taken
    queue.release()
    thread.join(PATIENCE_S)

    assert taken == [a]


def test_a_job_that_is_let_runs_on_a_held_queue_and_the_others_wait(queue):
    a, b = job(queue, "a"), job(queue, "b")
    queue.hold("lunch", within_run=False)
    queue.let(b.id)

    assert queue.take() is b
    queue.over(b)
    assert queue.wait_until_empty(0)
    assert (queue.held, order(queue)) == ("lunch", [b.id, a.id])
    with pytest.raises(NotNow):
        queue.let(b.id)
    queue.release()
    assert queue.take() is a


def test_a_paused_run_goes_on_when_another_is_asked_for(queue, monkeypatch):
    monkeypatch.setattr("app.server.queue.PAUSE_LOOKS_S", 0.0)
    job(queue, "a")
    b = job(queue, "b")
    queue.take()
    queue.hold("lunch", within_run=True)
    assert queue.paused()
    queue.let(b.id)
    assert not queue.paused()


def test_a_run_pauses_when_it_asks_and_its_pause_is_no_work(queue, clock, monkeypatch):
    monkeypatch.setattr("app.server.queue.PAUSE_LOOKS_S", 0.0)
    a = job(queue)
    queue.take()
    assert not queue.paused()
    queue.hold("", within_run=True)

    assert queue.paused()
    assert a.status is Status.PAUSED
    queue.release()
    assert not queue.paused()

    a.paused_s, a.cycles, a.status, clock.now_s = 30.0, 4, Status.RUNNING, 50.0
    assert queue.json_of(a)["left_s"] == pytest.approx(6 * 20.0 / 4)
    assert queue.json_of(a)["elapsed_s"] == 50.0


def test_a_released_run_runs_from_that_moment_whenever_it_notices(queue, monkeypatch):
    monkeypatch.setattr("app.server.queue.PAUSE_LOOKS_S", 0.0)
    a = job(queue)
    queue.take()
    goes_on = (
        queue.release,
        lambda: queue.hold("at its end", within_run=False),
        lambda: queue.let(job(queue, "b").id),
    )
    for go_on in goes_on:
        queue.hold("lunch", within_run=True)
        assert queue.paused()
        assert queue.snapshot()["bench"] == "paused"
        go_on()
        assert queue.snapshot()["bench"] == queue.json_of(a)["status"] == "running"
        assert not queue.paused()
        assert queue.json_of(a)["status"] == "running"


def test_a_run_that_is_released_while_it_waits_runs(queue):
    a = job(queue)
    queue.take()
    queue.hold("lunch", within_run=True)
    queue._changed.wait_for = lambda until, timeout_s: queue.release()  # as by another thread meanwhile

    assert not queue.paused()
    assert queue.json_of(a)["status"] == "running"


def test_an_aborted_pause_does_not_run_again(queue, monkeypatch):
    monkeypatch.setattr("app.server.queue.PAUSE_LOOKS_S", 0.0)
    a = job(queue)
    queue.take()
    queue.hold("lunch", within_run=True)
    queue.paused()
    queue.abort()
    queue.change(a, status=Status.SAVING)
    queue.release()

    assert queue.json_of(a)["status"] == "saving"


def test_a_later_snapshot_has_a_larger_version_and_says_because_of_which_job_the_queue_is_held(queue):
    a = job(queue)
    first, one, second = queue.snapshot(), queue.json_of(a), queue.snapshot()
    assert first["version"] < one["version"] < second["version"]
    assert first["queue"][0]["version"] == first["version"]
    queue.hold("job 1 ended with a fault", within_run=False, failed=a)
    assert queue.snapshot()["failed"] == a.id
    for other in (lambda: queue.hold("lunch", within_run=True), queue.release):
        queue.hold("job 1 ended with a fault", within_run=False, failed=a)
        other()
        assert queue.snapshot()["failed"] is None


def test_the_present_run_is_told_to_stop_and_a_waiting_one_never_begins(queue):
    a, b = job(queue, "a"), job(queue, "b")
    queue.take()

    queue.abort(b.id)
    queue.abort()

    assert a.stop.is_set()
    assert b.status is Status.ABORTED
    assert order(queue) == [b.id, a.id]
    queue.over(a)
    with pytest.raises(NotNow, match="No run is in progress"):
        queue.abort()


def test_an_abort_ends_a_pause(queue):
    a = job(queue)
    queue.take()
    queue.hold("", within_run=True)
    queue.abort(a.id)

    assert queue.paused()
    assert a.stop.is_set()


def test_a_closed_queue_gives_no_more(queue):
    a = job(queue)
    queue.take()
    job(queue, "b")
    queue.close()

    assert a.stop.is_set()
    assert queue.take() is None


def left_s(queue, clock, a, now_s):
    clock.now_s = now_s
    return queue.json_of(a)["left_s"]


def test_the_time_left_begins_as_expected_and_counts_down_within_a_cycle(queue, clock):
    a = job(queue)
    a.takes_s, a.starts_s = 120.0, 20.0
    queue.take()
    assert left_s(queue, clock, a, 30.0) == 120.0, "opening and proving the rig is no work"
    queue.moves(a)
    assert [left_s(queue, clock, a, 30.0 + t) for t in (0, 5, 20, 25)] == pytest.approx([120, 115, 100, 95])
    clock.now_s = 60.0
    queue.counts(a)
    assert left_s(queue, clock, a, 60.0) == pytest.approx(90.0)
    assert left_s(queue, clock, a, 64.0) == pytest.approx(86.0)


@pytest.mark.parametrize(("scatter", "low", "high"), [(0.05, 1.85, 2.0), (0.4, 1.3, 1.6), (1.0, 1.05, 1.2)])
def test_a_slow_pace_is_believed_the_sooner_the_less_cycles_scatter(queue, clock, scatter, low, high):
    a = job(queue)
    a.takes_s, a.scatter, clock.now_s = 100.0, scatter, 0.0
    queue.take()
    queue.moves(a)
    for cycle in range(1, 4):  # each takes 20 s, not 10 s
        clock.now_s = 20.0 * cycle
        queue.counts(a)
    assert low < left_s(queue, clock, a, 60.0) / 70.0 < high


def test_the_time_left_is_never_negative_and_a_late_cycle_slows_the_pace(queue, clock):
    a = job(queue)
    a.takes_s, clock.now_s = 100.0, 0.0
    queue.take()
    queue.moves(a)
    assert left_s(queue, clock, a, 10.0) == pytest.approx(90.0)
    assert left_s(queue, clock, a, 500.0) > 2 * 90.0
    for _ in range(10):
        queue.counts(a)
    assert left_s(queue, clock, a, 600.0) == 0.0


def test_a_run_let_on_a_held_queue_is_paused_and_resumed_by_itself(queue, monkeypatch):
    monkeypatch.setattr("app.server.queue.PAUSE_LOOKS_S", 0.0)
    a, b = job(queue, "a"), job(queue, "b")
    queue.hold("retracted by the user", within_run=False)
    queue.let(a.id)
    assert queue.take() is a
    assert not queue.snapshot()["pausing"]

    queue.pause("paused by the user", within_run=True)
    assert (queue.paused(), queue.held, a.status) == (True, "retracted by the user", Status.PAUSED)
    queue.pause("paused by the user", within_run=True)
    queue.release()
    assert (queue.paused(), queue.held, a.status) == (False, "retracted by the user", Status.RUNNING)
    queue.over(a)
    assert queue.wait_until_empty(0), "the others stay held"
    queue.release()
    assert queue.take() is b


def test_a_pause_asked_for_twice_is_ended_by_one_resume(queue):
    job(queue)
    queue.take()
    for _ in range(2):
        queue.pause("paused by the user", within_run=True)
    queue.release()
    assert (queue.held, queue.snapshot()["pausing"]) == ("", False)
