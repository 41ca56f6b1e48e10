"""The watchdog is the last that can make a rig safe: it does not take no for an answer at once."""

import io
import os
import re
import signal
import sys
from itertools import pairwise

import psutil
import pytest

import app.acquisition.bench as bench_module
import app.server.bias_by_hand as by_hand_module
from app.acquisition import watchdog as watchdog
from app.acquisition.bench import Observer
from app.acquisition.open_rig import daq_inputs, daq_outputs
from app.config.rig import load_rig
from drivers.errors import InstrumentLost, NotFound
from drivers.ni6281 import NI6281
from drivers.pxi import PXIController
from procedures.runner import RunEnd
from tests.support.instruments.cable import Cable
from tests.support.rig.benches import served_bench
from tests.support.rig.rigs import ANSWER_S, quick, served_rig, wait_until

pytestmark = pytest.mark.watchdog_process


def impatient(rig_file):
    """The rig, to be made safe in little time."""
    rig = load_rig(rig_file)
    return rig.model_copy(update={"safe": rig.safe.model_copy(update={"within_s": 0.2})})


def test_a_rig_that_did_not_answer_at_first_is_made_safe_with_more_patience(tmp_path, monkeypatch):
    with served_rig(tmp_path) as served, Cable(None) as nowhere:
        rig = impatient(served.file)
        with PXIController(rig.daq.controller, ANSWER_S) as controller:
            card = NI6281(controller, rig.daq.device, daq_inputs(rig), daq_outputs(rig), rig.daq.rate_Hz)
            card.write(bias=0.1)
            card.close()
        served.simulated.bench.hold("z", 8.0)
        away = rig.daq.model_copy(update={"controller": f"grpc://127.0.0.1:{nowhere.port}"})
        once, tried_s = watchdog.make_safe, []

        def make_safe(rig, within_s):
            tried_s.append(within_s)
            return once(rig.model_copy(update={"daq": away}) if len(tried_s) == 1 else rig, within_s)

        monkeypatch.setattr(watchdog, "make_safe", make_safe)
        assert "bias 0 V" in watchdog.insist(rig)
        assert len(tried_s) >= 2
        assert all(later == min(2 * before, watchdog.MOST_PATIENCE_S) for before, later in pairwise(tried_s))
        assert dict(served.simulated.bench.outputs) == {"bias": 0.0, "z": 0.0}


def test_whatever_goes_wrong_it_goes_on_and_without_a_limit(tmp_path, monkeypatch):
    errors = [InstrumentLost("away"), OSError("no route"), ValueError("a bug")] * 20

    def make_safe(rig, within_s):
        if errors:
            raise errors.pop()
        return "bias 0 V"

    pauses_s = []
    monkeypatch.setattr(watchdog, "make_safe", make_safe)
    monkeypatch.setattr(watchdog.time, "sleep", pauses_s.append)
    with served_rig(tmp_path) as served:
        assert watchdog.insist(load_rig(served.file)) == "bias 0 V"
    assert len(pauses_s) == 60
    assert pauses_s == sorted(pauses_s)
    assert (pauses_s[0], pauses_s[-1]) == watchdog.PAUSES_S


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("", None),  # the bench ended before anything moved
        ("arm\n", "The bench has gone"),
        ("arm\ndone\n", None),
        ("done\n", None),
    ],
)
def test_it_acts_only_on_a_rig_that_was_moved_and_not_seen_safe(monkeypatch, told, why):
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(sys, "stdin", io.StringIO(told))
    monkeypatch.setattr(watchdog.child_process, "reply_to_parent", lambda line: None)
    try:
        assert watchdog._wait_for_the_end() == why
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize(("asked_at", "why"), [("ready", None), ("armed", "The watchdog was asked to end")])
def test_asked_to_end_itself_it_makes_an_armed_rig_safe_first(monkeypatch, asked_at, why):
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(sys, "stdin", io.StringIO("arm\n"))

    def answer(line):
        if line == asked_at:
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(watchdog.child_process, "reply_to_parent", answer)
    try:
        assert watchdog._wait_for_the_end() == why
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.fixture
def watchdogs(monkeypatch):
    """Every watchdog that a bench starts."""
    started = []

    class Noted(watchdog.Watchdog):
        def __enter__(self):
            started.append(self)
            return super().__enter__()

    monkeypatch.setattr(bench_module, "Watchdog", Noted)
    monkeypatch.setattr(by_hand_module, "Watchdog", Noted)
    return started


def _gone(one):
    os.kill(one.pid, signal.SIGKILL) if sys.platform != "win32" else one._process.kill()
    one._process.wait()


def test_a_run_whose_watchdog_has_gone_before_anything_moved_is_refused(tmp_path, watchdogs):
    with served_rig(tmp_path) as rig:
        gone = Observer(on_start=lambda header: _gone(watchdogs[0]))
        with pytest.raises(watchdog.WatchdogGone, match="nothing was moved"):
            rig.bench().run(quick(1000), tmp_path / "run.h5", observer=gone)
        assert rig.world.contacts == 0


def test_a_run_whose_watchdog_has_gone_ends_safely_and_says_so(tmp_path, watchdogs):
    with served_rig(tmp_path) as rig:

        def event(event):
            if event.name == "withdraw" and not watchdogs[0].gone:
                assert not rig.is_safe(0.0)
                _gone(watchdogs[0])

        summary = rig.bench().run(quick(1000), tmp_path / "run.h5", observer=Observer(on_event=event))
        assert rig.is_safe()
        assert rig.simulated.bench.outputs == {"bias": 0.0, "z": 0.0}
        assert rig.world.contacts == 1

    assert summary.end == RunEnd("fault", "The watchdog has gone; rig made safe", True)


def test_a_bias_by_hand_whose_watchdog_has_gone_is_taken_away_and_said_so(tmp_path, watchdogs):
    with served_bench(tmp_path) as bench:

        def bias_V():
            return bench.rig.simulated.bench.outputs["bias"]

        bench.client.command("set_instrument", instrument="daq", setting="bias_V", value=0.2, timeout_s=60.0)
        assert bias_V() == pytest.approx(0.2, abs=1e-3)
        _gone(watchdogs[0])

        wait_until(lambda: bias_V() == 0.0)
        wait_until(lambda: any("The watchdog has gone" in one["text"] for one in bench.server.log_entries()))


def test_after_an_end_that_is_not_safe_the_watchdog_stays_until_the_rig_is(tmp_path, watchdogs):
    with served_rig(tmp_path) as rig:
        text = rig.file.read_text("utf-8")
        port = int(re.search(r"grpc://127\.0\.0\.1:(\d+)", text)[1])
        with Cable(port) as cable:
            text = text.replace(f"grpc://127.0.0.1:{port}", f"grpc://127.0.0.1:{cable.port}")
            text = text.replace(f"{limit('answer_s')}", "answer_s = 3.0").replace(
                f"{limit('within_s')}", "within_s = 0.5"
            )
            rig.file.write_text(text, "utf-8")

            def event(event):
                if event.name == "withdraw":
                    cable.hold()

            summary = rig.wired_bench().run(
                quick(1000), tmp_path / "run.h5", observer=Observer(on_event=event)
            )
            assert not summary.end.safe
            assert "NOT SAFE" in summary.end.reason
            assert f"The watchdog (process {watchdogs[0].pid}) goes on trying" in summary.end.reason
            assert not rig.is_safe()

            cable.let_go()
            wait_until(rig.is_safe)
            wait_until(lambda: not _lives(watchdogs[0].pid))
    assert "Done: " in watchdog.log_file().read_text("utf-8")


def limit(name):
    return f"{name} = {ANSWER_S}"


def _lives(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_it_gives_up_in_the_end_and_says_why(tmp_path):
    with served_rig(tmp_path) as served, Cable(None) as nowhere:
        rig = impatient(served.file)
        away = rig.daq.model_copy(update={"controller": f"grpc://127.0.0.1:{nowhere.port}"})
        with pytest.raises(NotFound, match="Nothing answers"):
            watchdog.insist(rig.model_copy(update={"daq": away}), for_s=0.3)
