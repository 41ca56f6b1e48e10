"""Every fault of a rig that pre-flight, the comparison during a run, or the approach must find.

Each is injected by its name, a user's command runs, and the simulated world tells where bias and tip were at worst.
"""

import json
import re
from collections import namedtuple
from types import SimpleNamespace

import numpy as np
import pytest
from nidaqmx.stream_readers import AnalogMultiChannelReader

from analysis.preflight.card import other_clock, rate_fault, rate_known
from analysis.recording import Recording
from analysis.recording.run_log import log_of
from analysis.records import EventKind
from app.acquisition.direct import direct_wires
from app.acquisition.open_rig import open_rig
from app.acquisition.watchdog import WatchdogGone
from app.config.calibrated_rig import load_calibrated_rig
from procedures.preflight.proof import RATE_UNKNOWN, Prove
from procedures.preflight.rate import POLLS, rate_polls
from procedures.preflight.stimuli import at_rest
from procedures.preflight.survey import Survey
from tests.support.rig.rigs import FEW_LOOKS, quick, served_rig
from tests.support.rig.watchdogs import WatchdogWithoutProcess
from tests.support.rig.watched import command, watched

pytestmark = pytest.mark.usefixtures("unanalysed")

MOST_BIAS_V = 0.1001
MOST_STEP_V = 0.5
"""5 nm at 10 nm/V."""

SPEED_nm_per_s = 20.0
DEEPEST_M = 1e-9
"""An indentation that an orderly stop leaves at this speed; a tip that nothing stops goes 50 nm deep."""

RUN = (
    "run",
    "break-junction",
    "--traces",
    "2",
    "--approach-speed",
    str(SPEED_nm_per_s),
    "--withdraw-speed",
    "10",
)
QUICK = ("--past-break", "0.5", "--baseline-time", "0.02")

REFUSED = {
    "bias-loop-back-off": [
        "bias loop-back (ai2) does not follow", "no other input follows", "cable",
        "Inside the card the bias output (ao0) and the z output (ao1) moved as commanded",
    ],
    "z-loop-back-off": ["z loop-back (ai3) does not follow", "no other input follows", "cable"],
    "loop-backs-swapped": ["Bias shows on ai3 and z on ai2: loop-backs or outputs are swapped", "a resistor"],
    "outputs-swapped": ["Bias shows on ai3 and z on ai2: loop-backs or outputs are swapped", "a resistor"],
    "bias-loop-back-divided": ["bias loop-back (ai2) is 0.100 of the command: a divider of 1:10"],
    "bias-loop-back-reversed": ["bias loop-back (ai2) is -", "of the command: its leads are reversed"],
    "z-loop-back-reversed": ["z loop-back (ai3) is -", "of the command: its leads are reversed"],
    "current-reversed": ["polarity", "(ai0)", "moved it by -0.251 V, expected +0.250 V", "leads of the output cable"],
    "current-cable-off": ["current input (ai0) does not follow the Keithley 428", "Its cable is off"],
    "current-output-dead": ["(ai0) does not follow", "output is dead", "answers queries, so it has power"],
    "current-on-ai6": ["The Keithley 428 answers on ai6, but the rig file says current input (ai0)"],
    "current-thermocouple-swapped": ["inputs ai0 and ai1 are swapped", "Keithley 428 moves", "SR560 shows on ai0"],
    "current-gain-times": ["current input (ai0) shows 10 times the response that gain_V_per_A implies"],
    "stray-current": ["overloaded at 0 V bias with the tip retracted", "Under zero check", "reports an overload"],
    "preamplifier-silent": ["thermocouple input (ai1) ignores the gain (expected ratio 0.40", "SR560", "battery"],
    "preamplifier-other-address": ["(ai1) ignores the gain (expected ratio 0.40", "SW601"],
    "thermocouple-open": ["(ai1) overloads when the SR560 is coupled", "sd 4.1 V", "leads are open"],
    "thermocouple-shorted": ["white noise", "(ai1)", "expected 2.", "leads are shorted"],
    "bias-leak": ["thermocouple input (ai1) moves by +0.", "bias leaks to the thermocouple, a share of"],
    "card-out-of-calibration": ["at its own reference of 5 V", "out of calibration", "Self-calibrate it in NI MAX"],
    "resistor": ["moves by +9.9", "V per V of bias", "about 10,000 ohm", "in place of the junction"],
}  # fmt: skip
"""Faults that are refused before the first motion, with the words that name cable, instrument and remedy."""

DURING = {
    "filter-pressed=3000": ["current amplifier was changed during the run", "filter"],
    "suppression-pressed=3000": ["current amplifier was changed during the run", "suppress"],
    "bias-supply-pressed=3000": ["current amplifier was changed during the run", "bias supply"],
    "auto-filter-pressed=3000": ["current amplifier was changed during the run", "auto filter"],
    "bias-loop-back-lost=3000": ["bias loop-back (ai2) reads", "since sample 300", "commanded to +0.1 V"],
    "z-output-stuck=3000": ["z loop-back (ai3) reads", "since sample 30", "z output (ai1)".replace("ai1", "ao1")],
}  # fmt: skip
"""Faults that begin during a run."""

Contact = namedtuple("Contact", "fault gain said")
UNPROVED = (
    Contact("current-reversed", "1e5", ["Wrong polarity", "sign opposite to the bias", "at +100 mV"]),
    Contact("current-reversed", "1e6", ["Wrong polarity", "sign opposite to the bias"]),
    Contact("current-cable-off", "1e5", ["(ai0) does not follow the Keithley 428", "The approach was stopped"]),
)  # fmt: skip
"""Faults that the proof was told to skip, found on the way to the contact."""


@pytest.fixture(autouse=True)
def no_watchdog(monkeypatch):
    monkeypatch.setattr("app.acquisition.bench.Watchdog", WatchdogWithoutProcess)


def run(rig, patch, *words):
    out = rig.folder / "run.h5"
    result = command(rig, patch, *RUN, *QUICK, "--rig", str(rig.file), "--out", str(out), *words)
    return SimpleNamespace(code=result.exit_code, said=" ".join(result.output.split()), out=out)


def marks(out, name):
    with Recording(out) as recording:
        return [event.payload for event in recording.events if event.name == name]


@pytest.mark.parametrize("fault", REFUSED)
def test_a_fault_of_the_rig_is_named_before_anything_moves(tmp_path, monkeypatch, fault):
    with watched(tmp_path, {}, [fault]) as (rig, worst):
        ended = run(rig, monkeypatch)

        assert ended.code == 1
        for words in REFUSED[fault]:
            assert words in ended.said
        if fault == "bias-leak":  # beside noise and drift
            told = re.search(r"moves by (\S+) V per V .* a share of (\S+) at", ended.said)
            assert [float(one) for one in told.groups()] == pytest.approx([0.5, 1e-5], rel=0.15)
        assert "loser to the surface" not in ended.said
        assert worst.bias_V <= MOST_BIAS_V
        assert worst.z_V <= MOST_STEP_V
        assert rig.is_safe()
        assert rig.simulated.bench.outputs == {"bias": 0.0, "z": 0.0}
        assert marks(ended.out, "proof") == []


@pytest.mark.parametrize("fault", DURING)
def test_a_fault_that_begins_in_a_run_ends_it_safely(tmp_path, monkeypatch, fault):
    with watched(tmp_path, {}, [fault]) as (rig, worst):
        ended = run(rig, monkeypatch)

        assert ended.code == 1
        for words in DURING[fault]:
            assert words in ended.said.replace("_", " ")
        assert worst.bias_V <= MOST_BIAS_V
        assert worst.depth_m < DEEPEST_M


@pytest.mark.parametrize("case", UNPROVED, ids=lambda case: f"{case.fault} at {case.gain} V/A")
def test_what_the_proof_was_told_to_skip_is_found_at_the_contact(tmp_path, monkeypatch, case):
    with watched(tmp_path, {"surface.drift_pm_per_s": 0.0}, [case.fault]) as (rig, worst):
        text = rig.file.read_text("utf-8").replace("gain_V_per_A = 1e5", f"gain_V_per_A = {case.gain}")
        text = text.replace(FEW_LOOKS, "blind_nm = 5.0")
        rig.file.write_text(text, "utf-8")

        ended = run(rig, monkeypatch, "--unproved", "the lead tests the approach", "--railed-is-contact")

        assert ended.code == 1
        for words in case.said:
            assert words in ended.said
        assert "oarse positioner closer" not in ended.said
        assert worst.depth_m < DEEPEST_M
        assert rig.is_safe()
    with Recording(ended.out) as recording:
        assert recording.header.settings["unproved"] == "the lead tests the approach"
        assert recording.header.notes.startswith("UNPROVED rig: the lead tests the approach")
        assert [e.payload["form"] for e in recording.events if e.name == "proof"] == ["none"]


def test_cables_of_probe_and_sample_are_said_to_be_unproved(tmp_path, monkeypatch):
    with watched(tmp_path, {}, ["probe-cable-off"]) as (rig, worst):
        ended = run(rig, monkeypatch)

    assert "The current input was proved in this run" in ended.said
    assert "the cables of sample and probe were not (last proved by: no contact yet)" in ended.said
    assert worst.bias_V <= MOST_BIAS_V


@pytest.mark.parametrize(("fault", "wrong"), [("none", False), ("card-clock-off=1e-3", True)])
def test_a_sample_clock_that_is_off_by_a_thousandth_is_told(tmp_path, fault, wrong):
    """The rig's own clock stands for the computer's: the fast one keeps no other."""
    with served_rig(tmp_path, faults=[fault]) as rig:
        told = load_calibrated_rig(rig.file)
        keeping = told.model_copy(update={"daq": told.daq.model_copy(update={"keeps_time": True})})
        with open_rig(keeping, wires=direct_wires(rig.simulated)) as opened:
            polls = rate_polls(opened.context, rig.simulated.bench.clock.now)

    assert ("The card delivers" in rate_fault(polls, 2000.0)) == wrong
    assert rate_known(polls, 2000.0)


def test_a_computer_as_fast_as_the_fast_clock_does_not_take_it_for_its_own(tmp_path):
    """Else what is recorded with one seed would depend on how busy the computer is."""
    with (
        served_rig(tmp_path) as rig,
        open_rig(load_calibrated_rig(rig.file), wires=direct_wires(rig.simulated)) as opened,
    ):
        polls = rate_polls(opened.context, rig.simulated.bench.clock.now)
        assert not other_clock(polls, 2000.0)
        assert len(polls) == POLLS + 1


def test_what_was_applied_before_a_proof_is_no_noise_in_it(tmp_path):
    with (
        served_rig(tmp_path, overrides={"fixture.kind": "resistor", "fixture.resistance_ohm": 1e4}) as rig,
        open_rig(load_calibrated_rig(rig.file), wires=direct_wires(rig.simulated)) as opened,
    ):
        context = opened.context
        context.daq.to_safe({"z": 0.0}, 10.0)
        with context.daq.all_terminals(2000.0) as scan:
            survey = Survey(scan, lambda: None, lambda: False)
            context.daq.write(bias=0.1)
            survey.read(0.1)
            context.daq.write(bias=0.0)
            rest = at_rest(context, survey)

    assert rest["ai0"].sd_V < 0.1e-3, "1 V before"


@pytest.mark.parametrize(("place", "terminal"), [(0, "ai2"), (3, "ai0")])
def test_a_number_that_is_missing_ends_the_proof(tmp_path, monkeypatch, place, terminal):
    """Not a number is neither above nor below any limit."""
    read = AnalogMultiChannelReader.read_many_sample
    scanned = []

    def without_one(self, data, *given):
        n = read(self, data, *given)
        if data.shape[0] > 4:
            scanned.append(data.shape)
            data[place, -1] = np.nan
        return n

    with served_rig(tmp_path) as rig:
        monkeypatch.setattr(AnalogMultiChannelReader, "read_many_sample", without_one)
        end = rig.bench().run(quick(1), tmp_path / "run.h5").end
        assert end.status == "fault"
        assert end.safe
        assert f"The card gave no number for {terminal}. Look at the card" in end.reason
        assert len(scanned) == 1, "and nothing was driven"
        assert rig.world.deepest_indentation_m == 0.0


def test_without_a_cable_of_sample_or_probe_nothing_moves(tmp_path, monkeypatch):
    with watched(tmp_path, {}, ["probe-cable-off"]) as (rig, worst):
        rig.file.write_text(rig.file.read_text("utf-8").replace(f"{FEW_LOOKS}\n", ""), "utf-8")

        ended = run(rig, monkeypatch)

        assert ended.code == 1
        for words in (
            "No charge comes from the sample to the Keithley 428",
            "expected at least 0.05 pF",
            "probe",
        ):
            assert words in ended.said
        assert worst.z_V <= 0.11, "no more than the step of z in the proof"
        assert rig.is_safe()


def test_a_right_rig_is_proved_in_full_then_in_short_and_anew_after_a_change(tmp_path, monkeypatch):
    with watched(tmp_path, {}) as (rig, worst):
        forms = []
        for edit in ("", "", "# edited\n[piezo]\nrelative_uncertainty = 0.04"):
            if edit:
                text = (
                    rig.file.read_text("utf-8")
                    .replace("[piezo]", edit)
                    .replace("relative_uncertainty = 0.05", "")
                )
                rig.file.write_text(text, "utf-8")
            ended = run(rig, monkeypatch)
            assert ended.code == 0, ended.said
            (proof,) = marks(ended.out, "proof")
            assert f"The rig was proved in {'full' if proof['form'] == 'whole' else 'short'}" in ended.said
            forms.append((proof["form"], proof["why"]))
            for path in (
                ended.out,
                log_of(ended.out),
            ):  # the log stays with a recording that was not analysed
                path.unlink()
        checked = command(rig, monkeypatch, "check", str(rig.file), "--prove", "--json")

    assert [form for form, _ in forms] == ["whole", "short", "whole"]
    assert forms[0][1] == "no earlier proof"
    assert forms[2][1] == "the last proof is of another rig file or calibration"
    assert worst.depth_m < DEEPEST_M
    report = json.loads(checked.stdout)
    assert report["refused"] == ""
    numbers = report["proof"]["numbers"]
    assert numbers["bias loop-back V/V"] == pytest.approx(1.0, abs=0.002)
    assert numbers["z loop-back V/V"] == pytest.approx(1.0, abs=0.002)
    assert numbers["test current"] == pytest.approx(1.002, abs=0.002), (
        "the gain of the simulated 428 is 0.2 % high"
    )
    assert numbers["preamplifier gain ratio"] == pytest.approx(0.4, abs=0.02)
    assert any("(last: contact 2 of run.h5" in clause for clause in report["proof"]["not_proved"])


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_right_rig_gives_no_alarm(tmp_path, seed):
    """`python -m tests.benchmarks alarms` does the same for an hour of every procedure."""
    with (
        served_rig(tmp_path, seed=seed) as rig,
        open_rig(load_calibrated_rig(rig.file), wires=direct_wires(rig.simulated)) as opened,
    ):
        opened.context.daq.to_safe({"z": 0.0}, 10.0)
        forms = [Prove(whole=whole)(opened.context, lambda: False).form for whole in (True, True, False)]

        assert abs(rig.world.bias_V) < 1e-3

    assert forms == ["whole", "whole", "short"]


def test_a_clock_that_keeps_no_time_is_not_judged_by_the_computer_s(tmp_path, monkeypatch):
    """A busy computer makes a fast clock nearly as slow as its own."""
    near = [(0, 0.0, 1e-4), (230, 0.1, 0.1001)]
    assert rate_fault(near, 2000.0)
    monkeypatch.setattr("procedures.preflight.proof.rate_polls", lambda context: near)
    with served_rig(tmp_path) as rig:
        wires = direct_wires(rig.simulated)
        with open_rig(load_calibrated_rig(rig.file), wires=wires) as opened:
            opened.context.daq.to_safe({"z": 0.0}, 10.0)
            proof = Prove(whole=True)(opened.context, lambda: False)
    assert RATE_UNKNOWN in proof.not_proved


@pytest.mark.parametrize("checks", [3, 30])
def test_a_watchdog_that_dies_ends_proof_or_run(tmp_path, monkeypatch, checks):
    left = [checks]

    class Mortal(WatchdogWithoutProcess):
        @property
        def gone(self):
            return left[0] <= 0

        def check(self):
            left[0] -= 1
            if left[0] == 0:
                raise WatchdogGone("The watchdog has gone")

    monkeypatch.setattr("app.acquisition.bench.Watchdog", Mortal)
    with watched(tmp_path, {}) as (rig, worst):
        ended = run(rig, monkeypatch)

        assert ended.code == 1
        assert "The watchdog has gone; rig made safe" in ended.said
        assert worst.bias_V <= MOST_BIAS_V
        assert rig.is_safe()
    if checks == 3:
        assert worst.z_V <= MOST_STEP_V


def test_a_disk_that_is_too_small_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "app.acquisition.room.shutil.disk_usage", lambda folder: SimpleNamespace(free=2_000_000)
    )
    with watched(tmp_path, {}) as (rig, worst):
        ended = run(rig, monkeypatch, "--traces", "2000")

    assert ended.code == 2
    assert "The recording needs" in ended.said
    assert "2 MB are free" in ended.said
    assert worst.bias_V == worst.z_V == 0


def test_a_safe_place_at_the_extended_end_is_refused(tmp_path, monkeypatch):
    with watched(tmp_path, {}) as (rig, worst):
        rig.file.write_text(rig.file.read_text("utf-8").replace("[safe]\n", "[safe]\nz_V = 10.0\n#"), "utf-8")
        text = rig.file.read_text("utf-8").replace("\nz_V = 0.0", "")
        rig.file.write_text(text, "utf-8")

        ended = run(rig, monkeypatch)

    assert ended.code == 2
    assert "safe.z_V = 10" in ended.said
    assert worst.bias_V == worst.z_V == 0


def test_a_reason_is_wanted_for_an_unproved_run(tmp_path, monkeypatch):
    with watched(tmp_path, {}) as (rig, _):
        assert "give a reason" in run(rig, monkeypatch, "--unproved", " ").said
        assert "goes without --serve" in run(rig, monkeypatch, "--unproved", "x", "--serve").said


def test_a_refused_run_leaves_one_fault_in_its_recording(tmp_path, monkeypatch):
    with watched(tmp_path, {}, ["current-reversed"]) as (rig, _):
        ended = run(rig, monkeypatch)
    with Recording(ended.out) as recording:
        faults = [event.name for event in recording.events if event.kind is EventKind.FAULT]
    assert faults == ["CurrentInputFault"]
