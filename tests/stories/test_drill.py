"""`hotjunction drill`: programs are suspended and lose their watchdog for real, and the world is asked."""

import json

import pytest
from click.testing import CliRunner

from analysis.commissioning.judgement import Judgement, Number, Verdict
from app.cli import main
from app.commission import drill
from app.commission.run import Voice
from app.commission.session import Session
from app.commission.simulated_hands import SimulatedHands
from app.commission.step import Step
from procedures.errors import Aborted
from tests.commissioning import RESISTOR, SMALL
from tests.support.rig.rigs import served_rig


@pytest.mark.watchdog_process
def test_a_suspended_program_and_one_without_its_watchdog_leave_no_bias(tmp_path, monkeypatch):
    monkeypatch.setattr(drill, "STAYS_S", 0.5)
    monkeypatch.setattr(drill, "STEPS", {n: drill.STEPS[n] for n in (2, 3)})
    with served_rig(tmp_path, "wall", overrides=RESISTOR, heartbeat_s=2.0) as rig:
        session = Session(rig.file, tmp_path / "drill", 0.0, SMALL)
        session.operator = SimulatedHands(rig.simulated.faults)

        state = drill.drill(session, Voice(lambda question: True))

        assert {n: str(state.verdict(n)) for n in state.steps} == {2: "pass", 3: "pass"}
        stopped, again = state.steps[2].judgement.numbers
        assert stopped.value > 1.0, "not before the watchdog's time limit, less the age of the last samples"
        assert again.value < 5e-3
        assert rig.is_safe()
    page = (tmp_path / "drill" / "report.html").read_text("utf-8")
    assert "Drill of rig.toml" in page and "Suspended program" in page and "ohm" not in page


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
