"""Why no run starts, and whether the rig is safe: told as it is, also when retracting fails."""

import pytest

from app.acquisition.bench import RunSummary
from app.server.client import BenchClient
from app.server.errors import Refused
from drivers.errors import InstrumentLost
from procedures.errors import ImpossibleSetting
from procedures.runner import RunEnd
from tests.support.rig.benches import Ears, served_bench

pytestmark = pytest.mark.usefixtures("unanalysed")


@pytest.fixture
def bench(tmp_path):
    with served_bench(tmp_path) as made:
        yield made


def held(bench):
    state = bench.client.command("state")
    return state["held"], state["unsafe"]


def test_a_retraction_that_fails_is_not_called_one_until_one_succeeds(bench, monkeypatch):
    def lost(rig, timeout_s):
        raise InstrumentLost("the card does not answer")

    with monkeypatch.context() as patch:
        patch.setattr("app.server.server.make_safe", lost)
        with pytest.raises(Refused, match="does not answer"):
            bench.client.retract()
        why, unsafe = held(bench)
        assert why == "the rig may not be safe"
        assert "did not confirm it" in unsafe

    bench.client.retract()
    assert held(bench) == ("retracted by the user", "")


def _aborted_unsafe(bench, procedure, out, **others):
    return RunSummary(out, RunEnd("aborted", "stopped by the user NOT SAFE", False), 0, 0, 0, "")


def _ended_by_a_bug(bench, procedure, out, **others):
    bench.unsafe = "NOT SAFE: the card does not answer"
    raise ZeroDivisionError


@pytest.mark.parametrize("run", [_aborted_unsafe, _ended_by_a_bug])
def test_no_run_follows_one_that_left_the_rig_unsafe(bench, monkeypatch, run):
    monkeypatch.setattr("app.server.server.Bench.run", run)
    ears = Ears()
    bench.client.subscribe(ears)
    first, second = bench.add(1), bench.add(2)

    assert ears.wait_over(first["id"])["safe"] is False
    why, unsafe = held(bench)
    assert why == "the rig may not be safe"
    assert unsafe
    assert bench.job(second["id"])["status"] == "waiting"


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ImpossibleSetting("too fast"), "job 1 was refused"),
        (InstrumentLost("the amplifier does not answer"), "job 1 ended with a fault"),
    ],
)
def test_a_run_that_never_began_does_not_make_the_rig_unsafe(bench, monkeypatch, error, why):
    def ended(*run, **others):
        raise error

    monkeypatch.setattr("app.server.server.Bench.run", ended)
    ears = Ears()
    bench.client.subscribe(ears)

    assert ears.wait_over(bench.add(1)["id"])["safe"] is None
    assert held(bench) == (why, "")


def test_a_run_that_is_asked_for_by_itself_leaves_the_others_held(bench):
    ears = Ears()
    bench.client.subscribe(ears)
    bench.client.retract()
    waits = bench.add(1)
    values = {**waits["values"], "traces": 2}
    job = bench.client.command("run_now", procedure="break-junction", values=values)["job"]

    assert ears.wait_over(job)["status"] == "finished"
    assert held(bench)[0] == "retracted by the user"
    assert bench.job(waits["id"])["status"] == "waiting"
    bench.client.command("resume")
    assert ears.wait_over(waits["id"])["status"] == "finished"


def test_a_client_that_comes_later_has_the_log_and_how_each_run_ended(bench):
    ears = Ears()
    bench.client.follow(ears)
    first, second = bench.add(2), bench.add(5000)
    assert ears.wait_over(first["id"])["status"] == "finished"
    ears.wait("job", lambda job: job["id"] == second["id"] and job["cycles"] >= 1)
    bench.client.retract()
    ended = ears.wait_over(second["id"])
    assert ended["reason"] == "retracted by the user"
    with BenchClient(bench.server.connection) as late:
        told = [entry["text"] for entry in late.command("log")["entries"]]
    assert f"Break junction, job {first['id']}, finished: 2 of 2 traces" in told
    assert (
        f"Break junction, job {second['id']}, aborted after {ended['cycles']} of 5000 traces: retracted by the user"
        in told
    )


def test_what_is_set_is_told_in_words(bench):
    bench.client.command("set_instrument", instrument="current_amplifier", setting="gain_V_per_A", value=1e6)
    told = [entry["text"] for entry in bench.client.command("log")["entries"]]
    assert "Gain of the current amplifier set to 1e6 V/A" in told


def test_queued_runs_are_checked_again_when_the_rig_changes(bench):
    bench.client.command("pause", at="run end")
    waiting = bench.add()
    assert waiting["reason"] == ""

    bench.client.command("set_instrument", instrument="current_amplifier", setting="gain_V_per_A", value=1e7)
    assert "rails" in bench.job(waiting["id"])["reason"]

    bench.client.command("set_instrument", instrument="current_amplifier", setting="gain_V_per_A", value=1e5)
    assert bench.job(waiting["id"])["reason"] == ""


def test_a_fast_clock_promises_no_time_of_day(bench):
    """Its minutes last seconds, as many as the computer needs: only its pace tells, once a cycle is counted."""
    bench.client.command("pause", at="run end")
    waiting = bench.add()
    assert bench.server.instruments.rig().on_fast_clock
    assert waiting["takes_s"] is None
