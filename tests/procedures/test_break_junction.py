"""The plan as data: which steps it yields for which outcomes, with no rig."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.conductance import CurrentCalibration
from procedures.break_junction import BreakJunction
from procedures.contact import NM
from procedures.context import ProcedureContext
from procedures.errors import (
    AmplifierRailed,
    ContactNotBroken,
    ContactUnclear,
    CurrentUnproved,
    ImpossibleSetting,
    PiezoAtEnd,
    SurfaceLost,
    WrongPolarity,
)
from procedures.limits import dry_run
from procedures.steps import FINISHED, Baseline, MakeSafe, Outcome, Ramp, Recentre, SetBias, WriteNote

RATE_Hz = 2000.0


class _Daq:
    rate_Hz = RATE_Hz


STATION = ProcedureContext(
    daq=_Daq(),
    amplifier=CurrentCalibration(1e5),
    extension_m_per_V=20 * NM,
    z_range_V=(0.0, 10.0),
    bias_range_V=(-2.0, 2.0),
)


class _Coarse:
    def move(self, distance_m, meanwhile):
        raise AssertionError("the plan moves nothing itself")


def run_plan(procedure, context, answers):
    """Steps of a plan whose ramps end as ``answers`` says: name of the ramp -> list of (ended, extension in nm)."""
    answers = {name: list(outcomes) for name, outcomes in answers.items()}
    plan, steps, outcome = procedure.plan(context), [], None
    try:
        while True:
            step = plan.send(outcome)
            steps.append(step)
            outcome = Outcome(FINISHED, 0.0, (0, 0))
            if isinstance(step, Ramp):
                ended, nm = (
                    answers[step.name].pop(0) if answers.get(step.name) else (FINISHED, step.to_m / NM)
                )
                outcome = Outcome(ended, nm * NM, (0, 0), conductance_G0=1.0)
    except StopIteration:
        return steps


def test_two_traces_as_the_paper_says():
    procedure = BreakJunction.from_values({"traces": 2})

    steps = run_plan(
        procedure, STATION, {"approach": [("contact", 100), ("contact", 101)], "withdraw": [("open", 98)] * 2}
    )

    assert [type(step) for step in steps] == [
        Baseline, SetBias,
        Ramp, Ramp, Ramp, Baseline, WriteNote,
        Ramp, Ramp, Ramp, Baseline, WriteNote,
        MakeSafe,
    ]  # fmt: skip
    approach, withdraw, clear = steps[2:5]
    assert steps[1].bias_V == pytest.approx(0.1)
    assert approach.speed_m_per_s == pytest.approx(5e-9)
    assert withdraw.speed_m_per_s == pytest.approx(0.1e-9)
    assert withdraw.to_m == pytest.approx(90 * NM)
    assert clear.to_m == pytest.approx(97 * NM)
    assert set(withdraw.until) == {"open", "past break", "scale watch"}


def test_an_approach_is_checked_as_often_as_the_rig_file_says():
    context = replace(STATION, check_every_s=0.004)

    steps = run_plan(
        BreakJunction.from_values({"traces": 1}),
        context,
        {"approach": [("contact", 100)], "withdraw": [("open", 98)]},
    )

    assert {step.reaction_s for step in steps if getattr(step, "name", "") == "approach"} == {0.004}


def test_the_second_approach_searches_only_around_the_last_contact():
    procedure = BreakJunction.from_values({"traces": 2, "search_distance": 20})

    steps = run_plan(procedure, STATION, {"approach": [("contact", 100)] * 2, "withdraw": [("open", 98)] * 2})

    approaches = [step for step in steps if isinstance(step, Ramp) and step.name == "approach"]
    assert approaches[0].to_m == pytest.approx(200 * NM)
    assert approaches[1].to_m == pytest.approx(120 * NM)


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ({"approach": [(FINISHED, 200)]}, CurrentUnproved),
        ({"approach": [("contact", 100), (FINISHED, 130)], "withdraw": [("open", 98)]}, SurfaceLost),
        ({"approach": [("railed", 80)]}, AmplifierRailed),
        (
            {"approach": [("contact", 100)], "withdraw": [(FINISHED, 90)], "pull off": [(FINISHED, 0)]},
            ContactNotBroken,
        ),
        ({"approach": [("contact", 195)]}, PiezoAtEnd),
        ({"approach": [("contact", 12)]}, PiezoAtEnd),
    ],
)
def test_faults_are_named(answers, fault):
    with pytest.raises(fault, match=r"\."):
        run_plan(BreakJunction.from_values({"traces": 2}), STATION, answers)


def first_approach(procedure, context):
    """The plan, and its first approach."""
    plan = procedure.plan(context)
    step = next(plan)
    while not isinstance(step, Ramp):
        step = plan.send(Outcome(FINISHED, 0.0, (0, 0)))
    return plan, step


def fed(until, conductance_G0):
    """Name of the detector that fires on a course of conductance, each fed all of it."""
    fired = {name: one.feed(conductance_G0) for name, one in until.items()}
    return next((name for name, at in fired.items() if at is not None), FINISHED)


@pytest.mark.parametrize(
    ("gain_V_per_A", "level_G0", "said"),
    [(1e5, -5.1, r"-5\.1 G0 at \+100 mV"), (1e6, -float("inf"), "at its rail")],
)
def test_a_contact_of_the_wrong_sign_is_a_fault_of_polarity(gain_V_per_A, level_G0, said):
    context = replace(STATION, amplifier=CurrentCalibration(gain_V_per_A), current_proved=True)
    plan, approach = first_approach(BreakJunction.from_values({"traces": 1}), context)

    ended = fed(approach.until, np.concatenate([np.zeros(1500), np.full(3, level_G0)]))

    assert ended in ("contact", "railed")
    with pytest.raises(WrongPolarity, match=said) as raised:
        plan.send(Outcome(ended, 44.6 * NM, (0, 1503)))
    assert "44.6 nm" in str(raised.value)
    assert "nearer" not in str(raised.value)


@pytest.mark.parametrize(
    ("proved", "level_G0", "fault", "said"),
    [
        (False, 0.0, CurrentUnproved, "never rose above its noise.* Do not move closer before"),
        (True, 0.0, PiezoAtEnd, "proved in this run; the cables.*move the coarse positioner closer"),
        (False, -0.2, ContactUnclear, r"measured from 195 nm on \(up to -0\.2 G0\).* Do not move closer"),
        (True, 0.2, ContactUnclear, r"measured from 195 nm on \(up to 0\.2 G0\).* Do not move closer"),
    ],
)
def test_nearer_is_advised_only_where_a_current_would_have_been_seen(proved, level_G0, fault, said):
    context = replace(STATION, current_proved=proved)
    plan, approach = first_approach(BreakJunction.from_values({"traces": 1}), context)
    n = round(40 * RATE_Hz)  # 200 nm at 5 nm/s, the last 5 of them with a current
    course = 1e-5 * np.random.default_rng(1).standard_normal(n)
    course[-round(RATE_Hz) :] += level_G0

    assert fed(approach.until, course) == FINISHED
    with pytest.raises(fault, match=said):
        plan.send(Outcome(FINISHED, 200 * NM, (0, n)))


def test_a_contact_near_the_end_of_the_range_is_re_centred():
    context = replace(STATION, coarse=_Coarse())
    answers = {"approach": [("contact", 195), ("contact", 100)], "withdraw": [("open", 98)]}

    steps = run_plan(BreakJunction.from_values({"traces": 1}), context, answers)

    recentre = next(step for step in steps if isinstance(step, Recentre))
    assert recentre.distance_m == pytest.approx(95 * NM)
    after = steps[steps.index(recentre) + 1 :]
    assert isinstance(after[0], SetBias)
    assert after[1].to_m == pytest.approx(200 * NM), "after a coarse move the surface may be anywhere"


def test_a_coarse_positioner_that_does_not_move_the_surface_ends_the_run():
    context = replace(STATION, coarse=_Coarse())

    with pytest.raises(PiezoAtEnd, match=r"3 moves .* at 195 nm.* coarse\.step_nm"):
        run_plan(BreakJunction.from_values({"traces": 1}), context, {"approach": [("contact", 195)] * 4})


def test_a_contact_that_does_not_open_is_pulled_off_and_said_so():
    answers = {"approach": [("contact", 100)], "withdraw": [(FINISHED, 90)], "pull off": [("open", 60)]}

    steps = run_plan(BreakJunction.from_values({"traces": 1}), STATION, answers)

    assert next(step for step in steps if isinstance(step, WriteNote)).payload["ended"] == "not broken"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"bias": 1000, "traces": 1}, "can never be reached"),
        ({"bias": 1990, "contact_threshold": 50}, "can never be reached"),
        ({"bias": 0}, "too small"),
        ({"open_threshold": 0.5}, "must lie below"),
        ({"longest_withdrawal": 190}, "piezo's range"),
    ],
)
def test_impossible_settings_are_refused(values, said):
    with pytest.raises(ImpossibleSetting, match=said):
        BreakJunction.from_values(values).check(STATION)


def test_a_rail_below_the_threshold_is_allowed_if_the_user_says_so():
    BreakJunction.from_values({"bias": 1000, "railed_is_contact": True}).check(STATION)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"trace": 3}, "did you mean 'traces'"),
        ({"withdraw_speed": 0}, "withdraw_speed = 0"),
        ({"traces": 0}, "traces = 0"),
    ],
)
def test_bad_parameters_are_refused(values, said):
    with pytest.raises(ImpossibleSetting, match=said):
        BreakJunction.from_values(values)


def test_the_bias_must_lie_within_the_rig_s_limits():
    context = replace(STATION, bias_range_V=(-0.05, 0.05))
    with pytest.raises(ImpossibleSetting, match="limits"):
        BreakJunction.from_values({}).check(context)


def test_a_dry_run_lists_the_steps_and_does_none():
    steps = dry_run(BreakJunction.from_values({"traces": 2}), STATION)

    names = [step.name for step in steps if isinstance(step, Ramp)]
    assert names == ["approach", "withdraw", "clear"] * 2
    assert isinstance(steps[-1], MakeSafe)


CORNERS = {
    "lowest": lambda parameter: parameter.minimum,
    "highest": lambda parameter: parameter.maximum,
}


@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize(
    "name", ["approach_speed", "withdraw_speed", "past_break", "clearance", "search_distance"]
)
def test_no_step_leaves_the_limits_at_the_corners_of_a_parameter(name, corner):
    parameter = BreakJunction().parameter_objects()[name]
    procedure = BreakJunction.from_values({"traces": 2, name: CORNERS[corner](parameter)})

    assert len(dry_run(procedure, STATION)) == 13
