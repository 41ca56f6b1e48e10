"""Retracting works from any client, whatever the bench is in the middle of and whatever hangs."""

import threading
from pathlib import Path

import pytest

from analysis.records import EventKind
from app.server.client import BenchClient
from app.server.errors import Refused
from app.server.job import Job
from app.server.queue import JobQueue
from drivers.errors import NotNow
from procedures.registry import PROCEDURES
from procedures.runner import Runner
from simulators.rig.faults import Stall
from tests.support.rig.benches import Ears, served_bench
from tests.support.rig.holding import Holding
from tests.support.rig.rigs import PATIENCE_S, QUICK, free_s

WITHIN_S = 1.0

pytestmark = [pytest.mark.timeout(600), pytest.mark.usefixtures("unanalysed", "holding")]

SLOWLY = {"approach_speed": 0.1}
"""An approach that lasts, also on the fast clock."""


class LongHolding(Holding):
    """Ten minutes of modulation."""

    total_cycles = 1

    def __init__(self):
        super().__init__(duration_s=600.0)


@pytest.fixture
def holding(monkeypatch):
    monkeypatch.setitem(PROCEDURES._plugged, "holding", (LongHolding, ""))


@pytest.fixture
def bench(tmp_path):
    with served_bench(tmp_path) as one:
        yield one


def begun(name):
    return lambda event: event.kind is EventKind.STEP and event.name == name


def retracted_within(bench):
    """Retract; what the world then is, and how long it took."""
    began_s = free_s()
    bench.client.retract()
    took_s = free_s() - began_s
    outputs = dict(bench.rig.simulated.bench.outputs)
    return outputs, took_s


def begin(bench, what):
    """Have the bench in the middle of something; gives the job's number and the ears."""
    ears = Ears()
    bench.client.subscribe(ears)
    if what == "modulation":
        job = bench.client.command("queue_add", procedure="holding", values={})
        ears.wait("event", begun("modulate"))
    else:
        job = bench.add(100, **SLOWLY)
        ears.wait("event", begun("approach"))
    ears.wait("block", since=len(ears.heard))
    return job["id"], ears


@pytest.mark.parametrize("what", ["ramp", "modulation"])
def test_retract_works_while_the_outputs_move(bench, what):
    job, ears = begin(bench, what)

    outputs, took_s = retracted_within(bench)
    ended = ears.wait_over(job)

    assert outputs == {"bias": 0.0, "z": 0.0}
    assert took_s < WITHIN_S
    assert (ended["status"], ended["safe"]) == ("aborted", True)
    assert bench.rig.is_safe()
    assert bench.client.command("state")["held"] == "retracted by the user"


def test_windows_that_retract_at_once_are_all_answered_and_the_rig_is_safe(bench):
    job, ears = begin(bench, "modulation")
    met, answers = threading.Barrier(3), []

    def retract():
        with BenchClient(bench.server.connection) as window:
            met.wait(PATIENCE_S)
            answers.append(window.retract())

    windows = [threading.Thread(target=retract) for _ in range(3)]
    for window in windows:
        window.start()
    for window in windows:
        window.join()

    assert len(answers) == 3, "an error is no answer"
    assert ears.wait_over(job)["safe"]
    assert bench.rig.is_safe()


def test_retract_ends_a_paused_run_that_then_does_not_go_on(bench):
    ears = Ears()
    bench.client.follow(ears)
    job = bench.add(10_000)
    ears.wait("event", begun("approach"))
    bench.client.command("pause")
    ears.wait("event", lambda event: event.name == "paused")

    outputs, took_s = retracted_within(bench)
    ended = ears.wait_over(job["id"])
    ears.wait("complete")

    assert outputs == {"bias": 0.0, "z": 0.0}
    assert took_s < WITHIN_S
    assert ended["status"] == "aborted"
    assert "resumed" not in [event.name for event in ears.of("event")]


def test_retract_works_on_an_idle_bench_with_a_bias_on_it(bench):
    bench.client.command("set_instrument", instrument="daq", setting="bias_V", value=0.1)
    assert bench.rig.simulated.bench.outputs["bias"] == pytest.approx(0.1, abs=1e-3)

    outputs, took_s = retracted_within(bench)

    assert outputs == {"bias": 0.0, "z": 0.0}
    assert took_s < WITHIN_S


def test_retract_works_on_a_stalled_card(bench):
    job, ears = begin(bench, "ramp")
    bench.rig.simulated.faults.add(Stall())

    outputs, took_s = retracted_within(bench)

    assert outputs == {"bias": 0.0, "z": 0.0}
    assert took_s < WITHIN_S
    assert ears.wait_over(job)["status"] in ("aborted", "fault")


def test_retract_works_while_the_run_hangs_and_the_run_moves_nothing_afterwards(bench, monkeypatch):
    gate, hangs = threading.Event(), threading.Event()

    def hang(block):
        hangs.set()
        gate.wait(PATIENCE_S)

    job, ears = begin(bench, "ramp")
    monkeypatch.setattr(bench.server.instruments.rows, "feed", hang)
    assert hangs.wait(PATIENCE_S)

    outputs, took_s = retracted_within(bench)
    gate.set()
    ended = ears.wait_over(job)

    assert outputs == {"bias": 0.0, "z": 0.0}
    assert took_s < WITHIN_S
    assert ended["status"] == "aborted"
    assert bench.rig.is_safe()


def test_retract_works_while_other_commands_and_their_door_hang(bench, monkeypatch):
    gate = threading.Event()

    state = bench.server.state()

    def hang():
        gate.wait(PATIENCE_S)
        return state

    monkeypatch.setattr(bench.server.instruments, "look", hang)
    monkeypatch.setattr(bench.server, "state", hang)
    hanging = [
        threading.Thread(target=lambda name=name: bench.client.command(name, timeout_s=PATIENCE_S))
        for name in ("read_instruments", "state")
    ]
    for thread in hanging:
        thread.start()
    try:
        outputs, took_s = retracted_within(bench)
    finally:
        gate.set()
        for thread in hanging:
            thread.join()

    assert outputs == {"bias": 0.0, "z": 0.0}
    assert took_s < WITHIN_S


def test_retract_works_with_a_rig_file_that_was_spoiled_meanwhile(bench):
    bench.client.command("set_instrument", instrument="daq", setting="bias_V", value=0.1)
    bench.rig.file.write_text("what is this")

    outputs, took_s = retracted_within(bench)

    assert outputs == {"bias": 0.0, "z": 0.0}
    assert took_s < WITHIN_S


def in_background(bench, name, **arguments):
    """Send a command that does not answer yet; its answer or refusal is in the list once the thread has ended."""
    answers = []

    def send():
        try:
            with BenchClient(bench.server.connection) as client:
                answers.append(client.command(name, **arguments))
        except Refused as error:
            answers.append(str(error))

    thread = threading.Thread(target=send)
    thread.start()
    return thread, answers


def test_a_run_that_was_still_being_checked_does_not_start_after_retract(bench, monkeypatch):
    checking, go_on = threading.Event(), threading.Event()

    def slowly(procedure, rig):
        checking.set()
        assert go_on.wait(PATIENCE_S)

    monkeypatch.setattr("app.server.intake.check", slowly)
    thread, answers = in_background(bench, "run_now", procedure="break-junction", values=QUICK)
    assert checking.wait(PATIENCE_S)
    bench.client.retract()
    go_on.set()
    thread.join(PATIENCE_S)
    assert answers == [{"job": 1}]
    assert bench.job(1)["status"] == "waiting"
    assert bench.client.command("state")["held"] == "retracted by the user"
    assert bench.rig.is_safe()
    bench.client.command("run_now", job=1)  # wanted again
    bench.client.command("abort", job=1)


@pytest.mark.parametrize(
    ("thread", "command", "arguments"),
    [
        ("_reader_thread", "run_now", {"procedure": "break-junction", "values": QUICK}),
        (
            "_reader_thread",
            "commission",
            {"resistance_ohm": 1e4, "steps": "", "stage": 1, "quick": True, "again": False},
        ),
        ("_instrument_thread", "set_instrument", {"instrument": "daq", "setting": "bias_V", "value": 0.1}),
    ],
)
def test_what_waited_for_its_turn_when_retract_came_is_refused(
    bench, monkeypatch, thread, command, arguments
):
    busy, go_on, received = threading.Event(), threading.Event(), threading.Event()
    getattr(bench.server, thread).do(lambda: (busy.set(), go_on.wait(PATIENCE_S)))
    assert busy.wait(PATIENCE_S)
    monkeypatch.setattr(JobQueue, "recalls", property(lambda queue: (received.set(), queue._recalls)[1]))
    sent, answers = in_background(bench, command, **arguments)
    assert received.wait(PATIENCE_S)
    bench.client.retract()
    go_on.set()
    sent.join(PATIENCE_S)
    assert "RETRACT came before this began" in answers[0]
    assert bench.client.command("state")["queue"] == []
    assert bench.rig.is_safe()


def test_a_run_that_retract_met_as_it_started_was_retracted_and_has_no_fault(bench, monkeypatch):
    starting, retracted = threading.Event(), threading.Event()

    def start(runner, procedure):
        starting.set()
        assert retracted.wait(PATIENCE_S)
        raise NotNow("Can't start the acquisition: another program uses the card; end it there.")

    monkeypatch.setattr(Runner, "_proved", start)
    ears = Ears()
    bench.client.follow(ears)
    job = bench.add(100)
    assert starting.wait(PATIENCE_S)
    bench.client.retract()
    retracted.set()
    ended = ears.wait_over(job["id"])
    ears.wait("complete")

    assert (ended["status"], ended["reason"]) == ("aborted", "retracted by the user")
    assert not [event for event in ears.of("event") if event.kind is EventKind.FAULT]
    (stopped,) = [event for event in ears.of("event") if event.name == "stopped"]
    assert "Can't start the acquisition" in stopped.payload["message"]


def test_a_run_that_was_released_but_has_not_started_waits_after_retract():
    queue = JobQueue()
    queue.hold("paused by the user", within_run=False)
    job = Job(1, "iv", {}, Path("1.h5"), "", "", "curves", 1)
    queue.add(job)
    queue.let(1)
    queue.recall("retracted by the user")
    queue.close()
    assert queue.take() is None
    assert queue.waiting_jobs == (job,)
    with pytest.raises(NotNow, match="RETRACT came"):
        queue.let(1, recalls=0)
