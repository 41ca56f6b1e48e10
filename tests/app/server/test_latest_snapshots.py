"""A client keeps the newest snapshot, in whatever order snapshots arrive."""

from itertools import permutations

import pytest

from app.server.latest_snapshots import KnownState, Newest


def job(number, status, version):
    return {"id": number, "status": status, "version": version}


def state(version, held, *jobs):
    return {"version": version, "held": held, "queue": [{**one, "version": version} for one in jobs]}


PAUSED = state(1, "paused by the user", job(1, "paused", 0), job(2, "waiting", 0))
RESUMED = state(2, "", job(1, "running", 0), job(2, "waiting", 0))
CYCLE = job(1, "running", 3)


@pytest.mark.parametrize("order", list(permutations((PAUSED, RESUMED, CYCLE))))
def test_a_run_that_goes_on_is_known_to_in_whatever_order_it_is_told(order):
    known = KnownState()
    for told in order:
        known.update_state(told) if "queue" in told else known.update_job(told)

    assert known.state["held"] == ""
    assert [(one["id"], one["status"]) for one in known.jobs.values()] == [(1, "running"), (2, "waiting")]


def test_an_older_state_does_not_hide_what_only_it_would_tell_later():
    """A job that was added is in the state, and must be seen, though news of another job came before it."""
    known = KnownState()
    assert known.update_job(job(1, "running", 5))
    assert known.update_state(state(4, "", job(1, "paused", 0), job(2, "waiting", 0)))
    assert {number: one["status"] for number, one in known.jobs.items()} == {1: "running", 2: "waiting"}


def test_a_job_that_has_left_the_queue_does_not_come_back():
    known = KnownState()
    known.update_state(state(4, "", job(1, "waiting", 0)))
    known.update_state(state(6, ""))
    assert not known.update_job(job(1, "waiting", 5))
    assert known.jobs == {}


def test_of_each_thing_only_what_is_newer_is_news():
    newest = Newest()
    assert newest.accepts("state", {"version": 2})
    assert not newest.accepts("state", {"version": 1})
    assert newest.accepts("job", {"id": 1, "version": 1})
    assert newest.accepts("job", {"id": 2, "version": 1})
    assert not newest.accepts("job", {"id": 2, "version": 0})
    assert newest.accepts("log", {"text": "no version"})
