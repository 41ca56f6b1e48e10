"""Bench and watchdog as processes: what becomes of a run, or of a bias by hand, whose watchdog dies; what stays."""

import os
import re
import signal
import sys

import psutil
import pytest

import app.acquisition.bench as bench_module
import app.server.bias_by_hand as by_hand_module
from app.acquisition import watchdog as watchdog
from app.acquisition.bench import Observer
from app.acquisition.watchdog.rig_state import TRIPPED, read_state
from app.config.rig import load_rig
from app.config.rig_folder import state_path
from procedures.runner import RunEnd
from tests.support.instruments.cable import Cable
from tests.support.rig.benches import served_bench
from tests.support.rig.rigs import ANSWER_S, quick, served_rig, wait_until

pytestmark = pytest.mark.usefixtures("watchdog_process")


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
        assert read_state(state_path(rig.file, load_rig(rig.file))).state == TRIPPED
    assert "Done: " in watchdog.log_file().read_text("utf-8")


def limit(name):
    return f"{name} = {ANSWER_S}"


def _lives(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
