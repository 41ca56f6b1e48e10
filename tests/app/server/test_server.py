"""A bench with clients: runs one after another, streams without a seam, instruments set between them."""

import threading
from contextlib import ExitStack

import pytest

from analysis.recording import Recording
from analysis.records import EventKind
from app.server.client import LONGEST_S, BenchClient
from app.server.errors import Refused
from app.server.messages import RunRequest
from app.server.server import BenchServer
from simulators.rig.faults import InstrumentSilent
from tests.support.rig.benches import Ears, same_as_recorded, served_bench
from tests.support.rig.rigs import ANSWER_S, PATIENCE_S, served_rig

pytestmark = [pytest.mark.timeout(600), pytest.mark.usefixtures("unanalysed")]

SLOWLY = {"approach_speed": 0.1}
"""An approach that lasts, also on the fast clock."""


@pytest.fixture
def bench(tmp_path):
    with served_bench(tmp_path) as one:
        yield one


def begun(name):
    return lambda event: event.kind is EventKind.STEP and event.name == name


# ---- runs ----


def test_two_runs_are_queued_the_first_aborted_the_second_finished(bench):
    ears = Ears()
    bench.client.subscribe(ears)
    first, second = bench.add(10_000), bench.add(2)
    ears.wait("job", lambda job: job["id"] == first["id"] and job["cycles"] >= 1)

    bench.client.command("abort", job=first["id"])
    ended = [ears.wait_over(job["id"]) for job in (first, second)]

    assert [job["status"] for job in ended] == ["aborted", "finished"]
    assert ended[1]["traces"] == 2
    assert bench.rig.is_safe()
    for job, status in zip((first, second), ("aborted", "finished"), strict=True):
        with Recording(job["out"]) as recording:
            assert recording.status == status
    assert bench.client.command("state")["bench"] == "idle"


def test_what_cannot_work_is_refused_before_it_is_queued(bench):
    with pytest.raises(Refused, match="can never be reached") as caught:
        bench.add(bias=2000.0)
    assert caught.value.kind == "ImpossibleSetting"
    with pytest.raises(Refused, match="no procedure 'dance'"):
        bench.client.command("queue_add", procedure="dance", values={})
    check = bench.client.command("check", procedure="break-junction", values={"traces": 7})
    assert (check["possible"], check["total"]) == (True, 7)
    assert bench.client.command("state")["queue"] == []


def test_a_run_that_the_rig_refuses_when_its_turn_comes_never_began(bench):
    ears = Ears()
    bench.client.subscribe(ears)
    bench.client.command("pause", at="run end")
    job = bench.add(1)
    bench.client.command("set_instrument", instrument="current_amplifier", setting="gain_V_per_A", value=1e7)
    bench.client.command("resume")
    ended = ears.wait_over(job["id"])

    assert (ended["status"], ended["refused"], ended["samples"]) == ("fault", True, 0)
    state = bench.client.command("state")
    assert (state["held"], state["failed"]) == (f"job {job['id']} was refused", job["id"])
    bench.client.command("pause")
    assert bench.client.command("state")["failed"] is None


def test_a_paused_run_is_safe_and_then_goes_on(bench):
    ears = Ears()
    bench.client.follow(ears)
    job = bench.add(10_000)
    ears.wait("job", lambda what: what["cycles"] >= 1)

    bench.client.command("pause")
    ears.wait("event", lambda event: event.name == "paused")
    safe, state = bench.rig.is_safe(), bench.client.command("state")
    done = bench.job(job["id"])["cycles"]
    resumed = bench.client.command("resume")
    ears.wait("job", lambda what: what["cycles"] >= done + 2)
    bench.client.command("abort")

    assert safe
    assert (state["bench"], state["held"]) == ("paused", "paused by the user")
    assert (resumed["bench"], resumed["held"], resumed["queue"][0]["status"]) == ("running", "", "running")
    assert ears.wait_over(job["id"])["status"] == "aborted"
    assert ears.wait("event", lambda event: event.name == "resumed")


def test_a_trip_is_not_cleared_during_a_run_nor_where_there_is_none(bench):
    with pytest.raises(Refused, match="No trip holds this rig"):
        bench.client.command("clear_trip", by="Ada")
    ears = Ears()
    bench.client.subscribe(ears)
    job = bench.add(100, **SLOWLY)
    ears.wait("job", lambda what: what["status"] == "running")

    with pytest.raises(Refused, match="clear the trip after it"):
        bench.client.command("clear_trip", by="Ada")

    bench.client.command("abort")
    assert ears.wait_over(job["id"])["status"] == "aborted"


def test_a_note_goes_into_the_recording(bench):
    ears = Ears()
    bench.client.subscribe(ears)
    job = bench.add(10_000)
    ears.wait("block")

    bench.client.command("notes", text="the pump was off")
    bench.client.command("abort", job=job["id"])
    ears.wait_over(job["id"])

    with Recording(job["out"]) as recording:
        assert [e.payload["text"] for e in recording.events if e.name == "note"] == ["the pump was off"]


# ---- clients come and go ----


def test_a_client_that_comes_late_gets_the_run_from_its_start_as_recorded(bench):
    first, late = Ears(), Ears()
    bench.client.follow(first)
    job = bench.add(8)
    first.wait("job", lambda what: what["cycles"] >= 3)
    with BenchClient(bench.server.connection) as second:
        second.follow(late)
        late.wait("complete")
        first.wait("complete")

    for ears in (first, late):
        assert same_as_recorded(ears, job["out"])
    run = late.of("run")[0]
    assert (run.job, run.header.procedure, run.recording) == (job["id"], "break-junction", job["out"])
    with Recording(job["out"]) as recording:
        run_stop = recording.stop
    behind = late.of("behind")
    assert [one.shown for one in behind] == sorted(one.shown for one in behind)
    assert behind[-1].shown == behind[-1].stop == run_stop


def test_a_client_that_comes_when_all_is_over_gets_it_all_the_same(bench):
    ears = Ears()
    bench.client.subscribe(ears)
    job = bench.add(2)
    ears.wait_over(job["id"])

    late = Ears()
    bench.client.follow(late)
    late.wait("complete")

    assert same_as_recorded(late, job["out"])


def test_a_slow_client_misses_nothing_and_holds_nobody_up(bench):
    slow, gate = Ears(), threading.Event()

    def callback(topic, what):
        if topic == "block":
            gate.wait(PATIENCE_S)
        slow(topic, what)

    quick = Ears()
    bench.client.subscribe(quick)
    bench.client.follow(callback)
    job = bench.add(8)
    ended = quick.wait_over(job["id"])
    gate.set()
    slow.wait("complete")

    assert ended["status"] == "finished"
    assert same_as_recorded(slow, job["out"])


def test_clients_of_a_bench_that_is_gone_are_told(tmp_path, monkeypatch):
    ears, others = Ears(), Ears()
    # A command that the bench takes with it is given up in a fifth of the time for which ears are patient.
    monkeypatch.setattr("app.server.client.LONGEST_S", dict.fromkeys(LONGEST_S, ANSWER_S))
    with served_rig(tmp_path) as rig, ExitStack() as stack:
        with BenchServer(rig.file, tmp_path) as server:
            client = stack.enter_context(BenchClient(server.connection))
            client.follow(ears)
            client.subscribe(others, ["log"])
            ears.wait("instruments")
        monkeypatch.setattr("app.server.client.TIMEOUT_S", 0.3)  # not before: a bench that lives may be slow
        for one in (ears, others):
            assert "did not answer" in one.wait("lost")["message"]


# ---- instruments ----


def test_a_bias_set_by_hand_stays_within_limits_and_a_run_begins_without_it(bench):
    with pytest.raises(Refused, match="out of range") as caught:
        bench.client.command("set_instrument", instrument="daq", setting="bias_V", value=50.0)
    assert caught.value.kind == "OutOfRange"
    bench.client.command("set_instrument", instrument="daq", setting="bias_V", value=0.3)
    ears = Ears()
    bench.client.follow(ears)
    job = bench.add(1)
    ears.wait("complete")

    with Recording(job["out"]) as recording:
        first_V = recording.samples(0, 50, ["bias"])
    assert abs(first_V).max() < 1e-3
    assert bench.rig.is_safe()


def test_instruments_are_told_of_and_set_only_while_no_run_has_them(bench):
    ears = Ears()
    bench.client.subscribe(ears)
    said = bench.client.command(
        "set_instrument", instrument="current_amplifier", setting="gain_V_per_A", value=1e6
    )
    assert said["current_amplifier"]["settings"]["gain_V_per_A"] == 1e6
    assert said["current_amplifier"]["editable"]["gain_V_per_A"]["next_run"] == 1e6
    with pytest.raises(Refused, match="out of range") as caught:
        bench.client.command("set_instrument", instrument="voltage_preamplifier", setting="gain", value=3)
    assert caught.value.kind == "OutOfRange"

    job = bench.add(100, contact_threshold=0.5, open_threshold=1e-3, **SLOWLY)
    ears.wait("event", begun("approach"))
    with pytest.raises(Refused, match="A run is using the instruments") as caught:
        bench.client.command(
            "set_instrument", instrument="current_amplifier", setting="rise_time_s", value=1e-3
        )
    assert caught.value.kind == "NotNow"
    told = ears.wait("instruments", lambda what: what["busy"] and "z_V" in what["daq"]["settings"])
    bench.client.command("abort")
    ears.wait_over(job["id"])

    assert told["current_amplifier"]["verified"]
    assert not told["voltage_preamplifier"]["verified"]
    assert told["current_amplifier"]["editable"]["gain_V_per_A"]["reason"]
    with Recording(job["out"]) as recording:
        assert recording.header.settings["current_gain_V_per_A"] == 1e6


def test_a_lost_instrument_is_told_as_a_sentence_and_holds_the_queue(bench):
    ears = Ears()
    bench.client.subscribe(ears)
    bench.rig.simulated.faults.add(InstrumentSilent(instrument="current_amplifier"))

    told = ears.wait("instruments", lambda what: what["current_amplifier"]["answers"] is False)
    job, waiting = bench.add(1), bench.add(1)
    ended = ears.wait_over(job["id"])

    assert "Keithley 428" in told["current_amplifier"]["message"]
    assert told["daq"]["answers"] is True
    assert ended["status"] == "fault"
    assert "Keithley 428" in ended["reason"]
    assert ears.wait("log", lambda what: what["level"] == "error")["text"].endswith(ended["reason"])
    state = ears.wait("state", lambda state: state["held"])
    assert (state["held"], state["failed"]) == (f"job {job['id']} ended with a fault", job["id"])
    assert not ended["refused"]
    assert bench.job(waiting["id"])["status"] == "waiting"


# ---- the end ----


def test_a_run_keeps_the_bench_from_being_shut_down_unless_it_is_aborted(bench):
    ears = Ears()
    bench.client.subscribe(ears)
    bench.add(100, **SLOWLY)
    ears.wait("block")

    with pytest.raises(Refused, match="A run is in progress"):
        bench.client.command("shutdown")
    assert not bench.server.ended.is_set()
    bench.client.command("shutdown", abort=True)

    assert bench.server.ended.is_set()


def test_nothing_is_left_behind_and_the_run_is_ended_safely(tmp_path):
    with served_rig(tmp_path) as rig:
        before = set(threading.enumerate())
        with BenchServer(rig.file, tmp_path) as server, BenchClient(server.connection) as client:
            ears = Ears()
            client.follow(ears)
            server.intake.add(RunRequest("break-junction", {"traces": 100, **SLOWLY}))
            ears.wait("block")
        left = {
            thread.name
            for thread in set(threading.enumerate()) - before
            if not thread.name.startswith(("nidaqmx", "Thread-"))  # the simulated rig's own
        }

        assert not left
        assert rig.is_safe()
