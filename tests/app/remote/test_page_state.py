"""What the page for a browser says of a bench that does not answer."""

import threading
from datetime import datetime
from types import SimpleNamespace

import pytest

from app.remote.page.state import page_state
from app.server.latest_snapshots import KnownState
from tests.support.gui.fake_bench import job, state
from tests.support.recordings import synthetic


def watched(lost: str):
    known = KnownState()
    known.update_state(state(job(1, "running", cycles=63, left_s=660.0), job(2)))
    status = SimpleNamespace(snapshot=lambda: synthetic.status(left_s=660.0))
    return SimpleNamespace(
        lock=threading.Lock(), known=known, log=[], lost=lost, recording="1.h5", data_s=0.0,
        session=SimpleNamespace(status=status, views={}),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("lost", "left", "status"), [("", "11 min", "running"), ("no answer", "", "not known")]
)
def test_a_bench_that_does_not_answer_promises_nothing(monkeypatch, lost, left, status):
    monkeypatch.setattr("app.remote.page.state.run_results", lambda session: [])
    shown = page_state(watched(lost), "a rig", datetime(2026, 11, 30))
    assert (shown.queue[0].left, shown.queue[0].status) == (left, status)
    progress = next(number for number in shown.numbers if number.label == "progress")
    assert ("left" in progress.note) == (not lost)
    assert bool(shown.alarm) == bool(lost)
