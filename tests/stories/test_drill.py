"""`hotjunction drill`: programs die and lose their watchdog for real, the cable comes off, and the world is asked."""

import json
import re
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from analysis.commissioning.judgement import Judgement, Number, Verdict, judged
from app.acquisition import simulated_rig
from app.acquisition.open_rig import open_rig
from app.acquisition.watchdog import log_file
from app.cli import main
from app.commission import deaths, drill
from app.commission.registry import STEPS
from app.commission.run import Voice
from app.commission.session import WATCHDOG, Session
from app.commission.step import Step
from drivers.daqmx.output_tasks import WAVEFORM
from drivers.errors import NotNow
from drivers.guard import session_names
from drivers.pxi import PXIController
from procedures.errors import Aborted
from tests.commissioning import SMALL
from tests.support.rig.rigs import served_rig


@pytest.fixture
def world(monkeypatch):
    """Ask the world of the drilled rig when it ends."""
    seen = SimpleNamespace(outputs={})
    serve = simulated_rig.served

    @contextmanager
    def served(settings):
        with serve(settings) as (rig, text):
            yield rig, text
            seen.outputs = dict(rig.bench.outputs)

    monkeypatch.setattr(simulated_rig, "served", served)
    return seen


def silences_s(folder):
    """How long the watchdogs of a folder's rigs had waited for samples when they acted, by their log."""
    own = [line for line in log_file().read_text("utf-8").splitlines() if str(folder) in line]
    return [float(text) for text in re.findall(r"No samples came for ([\d.]+) s", "\n".join(own))]


@pytest.mark.usefixtures("watchdog_process")
def test_the_whole_drill_on_a_simulated_rig_finds_every_death_and_the_cut_cable_harmless(
    tmp_path, monkeypatch, world
):
    monkeypatch.setattr(deaths, "STAYS_S", 0.5)
    monkeypatch.setattr(deaths, "LOOK_EVERY_S", 0.05)  # each look takes some milliseconds of a core

    result = drilled(tmp_path, monkeypatch, "--kills", "1", "--json")

    assert result.exit_code == 0, result.output
    steps = json.loads(result.stdout)["steps"]
    assert {n: step["remarks"] for n, step in steps.items() if step["verdict"] != "pass"} == {}
    assert list(steps) == list("1234")
    found = {number["name"]: number["value"] for step in steps.values() for number in step["numbers"]}
    assert found["programs killed"] == 1
    assert found["suspended: time to 0 V"] > 0
    assert min(silences_s(tmp_path)) >= simulated_rig.HEARTBEAT_S
    assert found["largest bias in 0.5 s after the program went on"] < 5e-3
    assert found["watchdog killed: time to 0 V"] > 0
    assert abs(found["card gone: bias afterwards"]) < 5e-3
    assert "NOT SAFE" in " ".join(steps["4"]["remarks"]), "the run whose card had gone says so"
    assert world.outputs == {"bias": 0.0, "z": 0.0}
    page = (tmp_path / "day" / "report.html").read_text("utf-8")
    assert "Drill of rig.toml" in page and "Suspended program" in page and "ohm" not in page


def test_a_commissioning_lets_programs_die_in_each_way_and_names_the_one_that_was_too_slow(monkeypatch):
    def death(name, *late):
        return lambda session: judged([Number(f"{name}: time to 0 V", 0.2, "s")], late)

    monkeypatch.setattr(deaths, "killed", death("killed"))
    monkeypatch.setattr(deaths, "suspended", death("suspended", "The bias stayed on for 3 s."))
    monkeypatch.setattr(deaths, "watchdog_killed", death("watchdog killed"))

    found = STEPS[WATCHDOG].do(None)

    assert [number.name for number in found.numbers] == [
        "killed: time to 0 V", "suspended: time to 0 V", "watchdog killed: time to 0 V",
    ]  # fmt: skip
    assert (found.verdict, found.remarks) == (Verdict.FAIL, ("The bias stayed on for 3 s.",))


@pytest.fixture
def measured(monkeypatch):
    """Let the steps of a drill give this judgement, without a rig."""

    def steps(judgement):
        step = Step(1, "Killed program", "Kills.", lambda session: judgement)
        monkeypatch.setattr(drill, "STEPS", {1: step})

    return steps


def drilled(folder, monkeypatch, *words):
    monkeypatch.chdir(folder)
    return CliRunner().invoke(main, ["drill", "--simulated", "--out", "day", *words])


def test_what_a_victim_left_on_the_card_does_not_keep_the_next_run_out(tmp_path):
    with served_rig(tmp_path) as served:
        session = Session(served.file, tmp_path / "drill", 0.0, SMALL)
        rig = session.rig()
        names = session_names(rig.daq.device)
        with PXIController(rig.daq.controller, rig.daq.answer_s, sessions=names) as victim:
            victim.new_task(WAVEFORM)
        with pytest.raises(NotNow, match=WAVEFORM), open_rig(rig):
            pass

        deaths.cleared(session, rig)

        with open_rig(rig) as opened:
            assert "6281" in opened.card.product


def test_the_report_is_a_page_and_json(tmp_path, measured, monkeypatch):
    measured(Judgement(Verdict.PASS, (Number("time to 0 V, worst", 0.12, "s", "< 1"),)))

    result = drilled(tmp_path, monkeypatch, "--json")

    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["steps"]["1"]["numbers"][0]["value"] == 0.12
    assert report == json.loads((tmp_path / "day" / "report.json").read_text("utf-8"))
    assert report["rig file"] == "rig.toml"


def test_a_rig_that_is_too_slow_ends_with_one(tmp_path, measured, monkeypatch):
    measured(Judgement(Verdict.FAIL, remarks=("The bias of a killed program stayed on for 3 s.",)))

    result = drilled(tmp_path, monkeypatch)

    assert result.exit_code == 1
    assert "stayed on for 3 s" in result.stdout and "day/report.html: fail" in result.stdout.replace(
        "\\", "/"
    )


def test_nothing_is_driven_unless_the_tip_is_out_of_reach(tmp_path):
    with served_rig(tmp_path) as rig:
        session = Session(rig.file, tmp_path / "drill", 0.0, SMALL)

        with pytest.raises(Aborted):
            drill.drill(session, Voice(lambda question: False))

        assert not (tmp_path / "drill").exists()
