"""A small part of the fault matrix, all of which `python -m tests.fault_matrix` runs."""

import pytest

from app.commands.calibrate import KINDS as CALIBRATIONS
from procedures.playback import Playback
from procedures.registry import PROCEDURES
from tests.fault_matrix.case import Case, Look, Outcome, run_case
from tests.fault_matrix.faults import FAULTS
from tests.fault_matrix.report import fault_matrix
from tests.fault_matrix.runs import RUNS
from tests.fault_matrix.scene import END, PROOF, Moment
from tests.support.kept import Kept

MOMENTS = {
    "bias loop-back off": Moment("approach", 0, 300),
    "z loop-back off": Moment("withdraw", 0, 100),
    "current reversed": Moment("baseline", 0, 50),
    "current amplifier silent": Moment("withdraw", 0, 100),
    "gain changed": Moment(PROOF),
    "z output stuck": Moment(END, 0, 5),
    "bias output stuck": Moment("approach", 0, 300),
    "buffer overrun": Moment("withdraw", 0, 100),
    "card lost": Moment("withdraw", 0, 100),
    "short of 50 G0": Moment("approach", 0, 600),
    "disk full": Moment(END),
    "disk hangs": Moment("withdraw", 0, 100),
    "recording deleted": Moment("clear", 0, 1),
    "sample clock stops": Moment("approach", 0, 300),
    "time of day jumps": Moment("withdraw", 0, 100),
    "no memory for samples": Moment("withdraw", 0, 100),
    "no memory for recording": Moment("note"),
    "bench killed": Moment("withdraw", 0, 100),
    "watchdog killed": Moment("withdraw", 0, 100),
    "bench suspended": Moment("approach", 0, 300),
    "computer away for 60 s": Moment("withdraw", 0, 100),
}
"""Moments that come in any break-junction run."""

DEEPEST_m = 7e-9
"""A contact of 5 G0 lies up to 1.5 nm in the surface, and contact.blind_nm is 5 nm by default."""


@pytest.mark.parametrize("fault", MOMENTS)
def test_a_fault_leaves_the_rig_safe_or_said_unsafe_and_the_recording_whole(fault):
    outcome = run_case(Case(fault, "break-junction", MOMENTS[fault], seed=2))

    assert outcome.struck
    assert outcome.wrong == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("current cable off", ["does not follow the Keithley 428: at", "0.25 V. The approach was stopped"]),
        ("ZERO CHECK pressed", ["zero check is on, was set off"]),
    ],
)
def test_a_tip_without_a_current_to_stop_it_goes_no_farther_than_the_blind_way(fault, words):
    near_the_surface = Moment("approach", 1, 20)
    outcome = run_case(Case(fault, "break-junction", near_the_surface, seed=2))

    assert outcome.struck
    assert outcome.wrong == []
    assert [word for word in words if word not in outcome.said] == []
    assert outcome.depth_m < DEEPEST_m


def test_after_a_heater_the_current_is_asked_for_before_the_tip_moves():
    """Tip and sample expand by nanometres: the blind way began inside the surface, 10.6 nm deep at its end."""
    outcome = run_case(Case("current cable off", "ac-break-junction", Moment("setheater", 1, 4578), seed=1))

    assert "The approach did not begin. The surface may have come nearer" in outcome.said
    assert outcome.depth_m < 6e-9
    assert not outcome.wrong


@pytest.mark.parametrize("fault", ["current input at +10 V", "current input at +10 V, PXI-4461"])
def test_a_railed_input_is_no_blunt_tip_on_any_card(fault):
    outcome = run_case(Case(fault, "break-junction", Moment("approach", 1, 20), seed=2))

    assert outcome.struck
    assert outcome.wrong == []
    assert "stayed at the amplifier's rail over the whole range of the piezo" in outcome.said


def test_all_kinds_of_fault_are_tried_here():
    assert {FAULTS[fault].kind for fault in MOMENTS} | {"other card"} == {one.kind for one in FAULTS.values()}


def test_every_procedure_that_drives_the_rig_has_a_run():
    drives = {*PROCEDURES, *(f"calibrate-{kind}" for kind in CALIBRATIONS)} - {Playback.name}
    assert drives - set(RUNS) == set()
    assert {name: run.procedure.name.replace(" ", "-") for name, run in RUNS.items()} == {
        name: name for name in RUNS
    }


def test_the_table_counts_what_is_wrong():
    case = Case("disk full", "iv", Moment("sweep"), 1)
    bad = Outcome(case, "error", said_safe=False, depth_m=2e-9, struck=True, wrong=["left with +0.1 V"])
    good = Outcome(case, "error", said_safe=True, struck=True)
    missed = Outcome(case, "finished", said_safe=True, struck=False)

    table = fault_matrix([bad, good, missed], 1)

    assert table.rows[0] == ("disk", "disk full", "2", "error 2", "1", "2.0", "1")
    assert table.about.startswith("2 cases, drawn with seed 1")


def test_a_matrix_that_was_interrupted_goes_on_where_it_ended(tmp_path):
    file, made = tmp_path / "kept", []

    def outcome(number, **values):
        made.append(number)
        return Outcome(Case("disk full", "iv", Moment("sweep", 2, 7), number), "error", struck=True, **values)

    first = Kept(file, Outcome)
    bad = first.of("0", lambda: outcome(0, depth_m=2e-9, bias_V=float("inf"), wrong=["left with +0.1 V"]))
    again = Kept(file, Outcome)
    again.of("0", lambda: outcome(0))
    again.of("1", lambda: outcome(1, bias_V=0.0, z_V=0.0))

    assert made == [0, 1]
    kept = list(first)
    assert len(list(Kept(file, Outcome))) == 2
    assert [one.case.seed for one in kept] == [0, 1]
    assert (kept[0].case, kept[0].wrong, kept[0].depth_m) == (bad.case, bad.wrong, bad.depth_m)
    assert kept[0].bias_V == float("inf")
    assert fault_matrix(kept, 1).rows[0] == ("disk", "disk full", "2", "error 2", "2", "2.0", "1")


@pytest.mark.parametrize("volts", [(1e-3, 0.0, 0.0), (0.0, 0.1, 0.0), (0.0, 0.0, 0.1)])
def test_a_rig_with_a_bias_a_tip_out_or_a_heater_on_is_not_safe(volts):
    assert Look(0.0, 0.0, 0.0).safe
    assert not Look(*volts).safe
