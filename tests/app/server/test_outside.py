"""Runs that wait for a time, an input of the rig, a file or an address."""

import http.server
import threading
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.server import outside
from app.server.hold_until import Condition, condition_of, inputs_of, last_number, look
from app.server.job import Job
from app.server.job_text import waits_of
from app.server.outside import OutsideConditions
from app.server.queue import JobQueue
from drivers.errors import NotNow
from procedures.errors import ImpossibleSetting
from tests.support.gui.fake_bench import instruments, rig

NOON_S = datetime(2026, 11, 30, 12).timestamp()


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("time 03:40", "time 2026-12-01 03:40:00"),
        ("time 13:05:10", "time 2026-11-30 13:05:10"),
        ("time 2026-12-03 08:00", "time 2026-12-03 08:00:00"),
        ("input pressure<1e-9", "input pressure < 1e-09"),
        ("file C:/my lab/p.txt > -2.5", "file C:/my lab/p.txt > -2.5"),
        ("file ready.txt", "file ready.txt"),
        ("url http://host/p?unit=mbar < 1e-9", "url http://host/p?unit=mbar < 1e-09"),
    ],
)
def test_conditions_are_read_and_written_alike(text, whole):
    assert str(condition_of(text, NOON_S)) == whole
    assert str(condition_of(whole, NOON_S + 1e6)) == whole


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a condition"),
        ("tomorrow", "not a condition"),
        ("time soon", "'soon' is not a time"),
        ("input pressure", "Give the limit of pressure"),
        ("input pressure < 1e", "Give the limit|not a number|not a condition"),
        ("url file:///etc/passwd < 1", "http:// or https://"),
    ],
)
def test_what_is_no_condition_is_refused_with_the_syntax(text, said):
    with pytest.raises(ImpossibleSetting, match=said):
        condition_of(text, NOON_S)


@pytest.mark.parametrize(
    ("content", "number"),
    [
        (b"3.2e-9", 3.2e-9),
        (b"2026-11-30 10:00:01  p = 3.2e-9 mbar\n", 3.2e-9),
        (b'{"p_mbar": -1.5}', -1.5),
        (b"a\xff\n17\n18\n", 18.0),
    ],
)
def test_the_last_number_of_a_text_counts(content, number):
    assert last_number(content) == number


def test_a_text_without_a_whole_number_holds_none():
    for text in (b"", b"ready", b"1.2e-", b"v2b"):
        assert last_number(text) != last_number(text)


@contextmanager
def answering(*answers):
    """Serve answers one after the other at an address: (status, body)."""
    left = list(answers)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            status, body = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/p"
        server.shutdown()
        thread.join()


def seen(text, inputs=None, now_s=NOON_S):
    result = look(condition_of(text, NOON_S), lambda: inputs or {}, lambda: now_s)
    return result.met, result.sentence


def test_what_is_seen_is_said_with_its_number(tmp_path):
    file = tmp_path / "p.txt"
    assert seen("time 13:00") == (False, "Waits until 13:00")
    assert seen("time 13:00", now_s=NOON_S + 3600)[0]
    low = "input pressure < 1e-9"
    assert seen(low, {"pressure": 3e-8}) == (False, "pressure is 3e-08; waits for a value below 1e-09")
    assert seen(low, {"pressure": 5e-10}) == (True, "pressure is 5e-10, below 1e-09")
    assert seen(low)[1].startswith("pressure is not read now")
    assert seen(f"file {file}") == (False, f"Waits for the file {file}")
    file.write_text("T = 12.5 K", "utf-8")
    assert seen(f"file {file}")[0]
    assert seen(f"file {file} < 10") == (False, f"{file} is 12.5; waits for a value below 10")
    assert seen(f"file {file} > 10")[0]
    with answering((404, b""), (200, b"warm"), (200, b"1e-10")) as address:
        assert seen(f"url {address}") == (False, f"{address} answers 404")
        assert not seen(f"url {address} < 1e-9")[0]
        assert seen(f"url {address} < 1e-9")[0]
    assert "does not answer" in seen(f"url {address}")[1]


def test_inputs_are_those_that_the_card_reads_now():
    report = instruments()
    report["daq"]["settings"]["pressure_V"] = 2e-9
    assert inputs_of(report)["pressure"] == 2e-9
    report["daq"]["answers"] = False
    assert inputs_of(report) == {}


@pytest.fixture
def made(monkeypatch):
    """A queue with two jobs, its conditions looked at in the test's own thread, and a clock."""
    monkeypatch.setattr(outside, "apart", lambda work: work())
    queue, told = JobQueue(), []
    for name in "ab":
        queue.add(Job(queue.new_id(), "iv", {}, Path(f"{name}.h5")))
    clock = SimpleNamespace(now_s=NOON_S)
    known = SimpleNamespace(rig=rig, to_json=instruments)
    conditions = OutsideConditions(queue, known, lambda: told.append(queue.snapshot()), lambda: clock.now_s)
    return SimpleNamespace(queue=queue, conditions=conditions, clock=clock, told=told)


def test_a_run_and_those_behind_it_wait_and_the_row_says_for_what_and_since_when(made, tmp_path):
    ready = tmp_path / "ready"
    queue, first = made.queue, made.queue.waiting_jobs[0]
    queue.wait_for(first.id, made.conditions.checked(f"file {ready}"))
    for _ in range(3):
        made.conditions.look()
        made.clock.now_s += 60
    assert not queue.wait_until_empty(0), "it is due to start"
    row = made.told[-1]["queue"][0]
    assert waits_of(row) == f"Waits for the file {ready} (since 12:00; for: file {ready})"
    assert len(made.told) == 1, "nothing new, nothing told"

    queue.hold("retracted by the user", within_run=False)
    ready.touch()
    made.conditions.look()
    made.conditions.look()
    assert first.until, "nothing is looked at while the queue is held"
    queue.release()
    made.conditions.look()
    assert first.until, "one look is not enough: a file may be half written"
    made.conditions.look()
    assert queue.take() is first


def test_a_held_run_is_released_by_hand_or_run_out_of_turn(made):
    first, second = made.queue.waiting_jobs
    for job in (first, second):
        made.queue.wait_for(job.id, made.conditions.checked("time 23:00"))
    made.queue.let(second.id)
    assert made.queue.take() is second
    made.queue.over(second)
    made.queue.wait_for(first.id, "")
    assert made.queue.take() is first
    with pytest.raises(NotNow):
        made.queue.wait_for(first.id, "time 23:00")


def test_an_input_that_the_rig_has_not_is_refused(made):
    with pytest.raises(ImpossibleSetting, match=r"no input 'pressure'; it has .*current"):
        made.conditions.checked("input pressure < 1")
    assert made.conditions.checked("  ") == ""
    assert isinstance(condition_of(made.conditions.checked("input current < 1")), Condition)
