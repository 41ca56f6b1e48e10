"""The first day at a rig: a right one passes, each fault is named by its step, the world stays within narrow limits."""

import json
import re
from dataclasses import replace

import pytest
from click.testing import CliRunner

from analysis.commissioning.judgement import Judgement, Verdict
from app.acquisition.direct import direct_wires
from app.cli import main
from app.commission.registry import STEPS, chosen
from app.commission.run import Aborted, Voice, begun, commission
from app.commission.session import Session
from app.commission.state import Done, State
from app.config.calibrated_rig import load_calibrated_rig
from app.config.calibration_store import CommissionRecord, store_of
from simulators.rig.faults import PanelPress
from tests.commissioning import IN_PROCESS, RESISTOR, SMALL
from tests.support.rig.watchdogs import WatchdogWithoutProcess
from tests.support.rig.watched import watched

MOST_V, HALF_LIMIT_V, MOST_Z_V = 0.1005, 1.001, 0.501
"""Bias before sign and gain are proved, and after; 5 nm at 10 nm/V; each with the error of the card."""

SAID = {
    "current-reversed": [
        "current input (ai0) moves by -9.96", "expected +9.948 V/V", "inverting = true", "exchange the leads",
    ],
    "current-gain-times=5": ["Keithley 428 shows 5.0", "times what gain_V_per_A implies", "range, x10"],
    "probe-cable-off": ["No current flows through the resistor", "bias output (ao0)", "from the probe to the input"],
    "outputs-swapped": ["the z output (ao1) drives the sample", "two outputs are swapped"],
    "loop-backs-swapped": ["the bias output (ao0) drives the sample", "loop-backs are swapped", "loop-back (ai2)"],
    "bias-loop-back-divided": ["bias loop-back (ai2) is 0.100 of the command: a divider of 1:10"],
    "current-on-ai6": ["answers on ai6, but the rig file says current input (ai0)"],
    "thermocouple-open": ["(ai1) overloads when the SR560 is coupled", "leads are open"],
}  # fmt: skip
"""Faults that the wiring step names, with its words."""


@pytest.fixture(autouse=True)
def no_watchdog(monkeypatch, unanalysed):
    for module in ("bench", "attended"):
        monkeypatch.setattr(f"app.acquisition.{module}.Watchdog", WatchdogWithoutProcess)


def session_at(rig):
    return Session(rig.file, rig.folder / "day", 1e4, SMALL, direct_wires(rig.simulated))


def voice(begins=lambda step: None, ended=lambda step, judgement: None):
    return Voice(lambda question: True, begins, ended)


def remarks(state, number):
    return " ".join(state.steps[number].judgement.remarks)


def unfulfilled(state, but=()):
    return {
        n: (str(d.judgement.verdict), d.judgement.remarks)
        for n, d in state.steps.items()
        if n not in but and d.judgement.verdict is not Verdict.PASS
    }


def test_a_right_rig_passes_is_stopped_and_continued_and_leaves_report_and_records(tmp_path):
    with watched(tmp_path, RESISTOR) as (rig, worst):
        session, stopped_at = session_at(rig), []

        def begins(step):
            stopped_at.append(step.number)
            if step.number == 5:
                assert worst.bias_V <= MOST_V
                session.stop.set()

        with pytest.raises(Aborted):
            commission(session, begun(session), chosen(IN_PROCESS, 1), voice(begins))
        assert rig.is_safe()
        again, continued = session_at(rig), []
        state = commission(
            again, begun(again), chosen(IN_PROCESS, 1), voice(lambda step: continued.append(step.number))
        )

        assert unfulfilled(state) == {}
        assert stopped_at == [1, 2, 3, 4, 5]
        assert continued == [5, 6, 7, 8, 9, 10, 11, 14]
        assert worst.bias_V <= HALF_LIMIT_V
        assert worst.z_V <= MOST_Z_V
        assert rig.is_safe()
        stated = load_calibrated_rig(rig.file)
        store = store_of(rig.file, stated)
    kept = store.newest(CommissionRecord)
    assert kept.numbers["chain"]["gain V/A"] == pytest.approx(1.0e5, rel=5e-3)
    assert kept.numbers["rise time"]["rise time ms"] == pytest.approx(0.3, rel=0.3)
    assert kept.numbers["rise time"]["gain at 1e+06 V/A"] == pytest.approx(1e6, rel=0.02)
    assert kept.numbers["rise time"]["rise time at 10 ms ms"] == pytest.approx(10.0, rel=0.05)
    assert kept.numbers["preamplifier"]["corner at 3000 Hz Hz"] == pytest.approx(3000.0, rel=0.15)
    assert kept.numbers["ghosting"]["ghost at 2 kS/s per input: bias, ai4"] == pytest.approx(1.0, abs=0.05)
    assert abs(kept.numbers["ghosting"]["ghost at 20 kS/s per input: current, z"]) < 1e-4
    assert kept.worst == "not done", "steps 12, 13 and 15"
    assert kept.numbers["mains"]["mains Hz"] == pytest.approx(50.0, abs=0.06)  # it wanders by 49 mHz at most
    assert stated.current_amplifier.measured_gain_V_per_A == pytest.approx(1.0e5, rel=5e-3)
    report = json.loads((tmp_path / "day" / "report.json").read_text("utf-8"))
    assert report["steps"]["4"]["verdict"] == "pass"
    assert "hotjunction" in report["versions"]
    page = (tmp_path / "day" / "report.html").read_text("utf-8")
    assert "Sign and gain" in page and "not done" in page and "ghost at 2 kS/s" in page
    assert len(list((tmp_path / "day").glob("*.h5"))) == 8


@pytest.mark.parametrize("fault", SAID)
def test_a_fault_of_the_wiring_is_named_and_nothing_else_is_driven(tmp_path, fault):
    with watched(tmp_path, RESISTOR, [fault]) as (rig, worst):
        session = session_at(rig)
        state = commission(session, begun(session), chosen("1-4,9", 1), voice())

        assert state.verdict(2) is Verdict.FAIL
        for words in SAID[fault]:
            assert words in remarks(state, 2)
        assert "was not started" not in remarks(state, 2)
        assert [state.verdict(n) for n in (1, 3, 4, 9)] == [Verdict.PASS, *[Verdict.NOT_DONE] * 3]
        assert worst.bias_V <= MOST_V
        assert worst.z_V <= MOST_Z_V
        assert rig.is_safe()


def test_faults_of_card_mains_and_filter_are_each_named_by_their_own_step(tmp_path):
    faults = ["output-ranges-625x", "mains-frequency", "count-after-stop-wrong"]
    with watched(tmp_path, RESISTOR, faults) as (rig, worst):
        session = session_at(rig)

        def begins(step):
            if step.number == 9:
                rig.simulated.faults.add(PanelPress(2000, "Z1X"))

        state = commission(session, begun(session), chosen("1-4,8,9,11", 1), voice(begins))

        assert {n: str(state.verdict(n)) for n in state.steps} == {
            1: "pass", 2: "pass", 3: "fail", 4: "pass", 8: "fail", 9: "fail", 11: "warn",
        }  # fmt: skip
        assert "smallest step of the bias output (ao0) is 15" in remarks(state, 3)
        assert "expected 30.5 uV (range +-1 V)" in remarks(state, 3)
        assert re.search(
            r"Mains found at (59\.9|60\.0)\d Hz, the rig file says 50 Hz: correct", remarks(state, 8)
        )
        assert "auto filter" in remarks(state, 9)
        assert "count of generated samples is wrong after a stop (4 of 4 times)" in remarks(state, 11)
        assert worst.bias_V <= HALF_LIMIT_V
        assert worst.z_V <= MOST_Z_V


@pytest.mark.parametrize(
    ("faults", "inverting", "verdict"),
    [((), "false", "pass"), (("piezo-reversed",), "false", "fail"), (("piezo-reversed",), "true", "pass")],
)
def test_the_direction_of_the_piezo_is_told_by_tunnelling(tmp_path, faults, inverting, verdict):
    near = {"surface.initial_gap_nm": 0.45}
    with watched(tmp_path, near, faults) as (rig, _):
        text = rig.file.read_text("utf-8")
        z = 'z = { channel = "ao1", '
        rig.file.write_text(text.replace(z, f"{z}inverting = {inverting}, "), "utf-8")
        session = session_at(rig)
        state = begun(session)
        state.steps[13] = Done(Judgement(Verdict.PASS), "")
        commission(session, state, [STEPS[16]], voice())

        assert (str(state.verdict(16)), state.steps[16].judgement.remarks)[0] == verdict
        assert ("write inverting = true for daq.outputs.z" in remarks(state, 16)) == (verdict == "fail")
        assert rig.simulated.bench.outputs == {"bias": 0.0, "z": 0.0}


def test_a_changed_rig_file_or_resistor_begins_anew(tmp_path):
    with watched(tmp_path, RESISTOR) as (rig, _):
        session = session_at(rig)
        state = begun(session)
        state.steps[1] = Done(Judgement(Verdict.PASS), "now", ("a.h5",))
        state.save(session.folder)

        assert State.load(session.folder).steps == state.steps
        assert begun(session_at(rig)).passed(1)
        assert not begun(replace(session, resistance_ohm=2e4)).passed(1)
        rig.file.write_text(rig.file.read_text("utf-8").replace("gain = 5e4", "gain = 2e4"), "utf-8")
        assert not begun(session_at(rig)).passed(1)


def test_the_command_answers_by_script_and_ends_with_one_after_a_failure(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["commission", "--simulated", "--quick", "--steps", "1-2", "--json"]

    refused = CliRunner().invoke(main, [*words, "--out", "no", "--answers", "no"])
    failed = CliRunner().invoke(main, [*words, "--out", "bad", "--fault", "current-reversed"])

    assert refused.exit_code == 0, refused.output
    assert json.loads(refused.stdout)["steps"]["2"]["verdict"] == "not done"
    assert failed.exit_code == 1
    assert json.loads(failed.stdout)["steps"]["2"]["verdict"] == "fail"
    assert CliRunner().invoke(main, [*words, "--steps", "99"]).exit_code == 2
    again = CliRunner().invoke(main, [*words, "--out", "no"])
    assert "Continuing no. Step 1 has passed." in again.stderr, "although its addresses are others"
    assert json.loads(again.stdout)["steps"]["2"]["verdict"] == "pass"
    faulty = CliRunner().invoke(main, [*words, "--out", "no", "--fault", "current-reversed"])
    assert "Continuing" not in faulty.stderr, "with a fault it is another rig"
