"""Plans of the calibrations: what they do, what they refuse, and that none leaves the rig's limits."""

from dataclasses import replace

import pytest

from analysis.conductance import CurrentCalibration
from procedures.calibrate_amplifier import CalibrateAmplifier
from procedures.calibrate_heater import CalibrateHeater
from procedures.calibrate_lag import CalibrateLag
from procedures.calibrate_noise import CalibrateNoise
from procedures.calibrate_piezo import CalibratePiezo
from procedures.calibrate_thermometer import CalibrateThermometer
from procedures.errors import ImpossibleSetting
from procedures.heater import Heater
from procedures.limits import dry_run
from procedures.steps import HoldStep, MakeSafe, Modulate, Ramp, SetBias, SetHeater, WriteNote
from tests.procedures.test_break_junction import NM, STATION, run_plan

HIGH_GAIN = replace(STATION, amplifier=CurrentCalibration(1e8))
HEATER = Heater("tip", "heater", "heater", 1e3, 72_800.0, most_W=5.5e-4, most_K=40.0)
HEATED = replace(STATION, heater=HEATER, thermometer_V_per_K=16.3e-6 * 5e3)
UNDER = replace(STATION, heater=replace(HEATER, where="substrate", substrate="substrate"))
GIVEN = [
    (CalibrateThermometer, {"heater": 1e5}, STATION),
    (CalibrateLag, {}, STATION),
    (CalibrateAmplifier, {"resistance": 1e6}, STATION),
    (CalibrateNoise, {}, STATION),
    (CalibrateHeater, {}, HEATED),
    (CalibrateHeater, {"tip_away": True}, UNDER),
    (CalibratePiezo, {}, HIGH_GAIN),
]
OUT_OF_CONTACT = GIVEN[:-1]


@pytest.mark.parametrize(("procedure_class", "values", "context"), GIVEN)
def test_defaults_pass_their_check_and_a_dry_run(procedure_class, values, context):
    procedure = procedure_class.from_values(values)
    procedure.check(context)

    assert dry_run(procedure, context)


@pytest.mark.parametrize(("procedure_class", "values", "context"), OUT_OF_CONTACT)
def test_out_of_contact_the_tip_goes_back_first_and_never_moves(procedure_class, values, context):
    steps = run_plan(procedure_class.from_values(values), context, {})

    assert isinstance(steps[0], MakeSafe)
    assert isinstance(steps[-1], MakeSafe)
    assert not [step for step in steps if isinstance(step, Ramp)]


@pytest.mark.parametrize(("procedure_class", "values", "context"), GIVEN)
def test_every_cycle_is_marked(procedure_class, values, context):
    procedure = procedure_class.from_values({**values, procedure_class.repeats: 5})
    answers = {"approach": [("contact", 100)] * 5, "withdraw": [("open", 98)] * 5}

    marks = [step for step in run_plan(procedure, context, answers) if isinstance(step, WriteNote)]

    assert len(marks) == procedure.total_cycles
    assert {mark.name for mark in marks} == {procedure.cycle}
    assert [mark.payload["number"] for mark in marks] == list(range(len(marks)))


def test_powers_are_equal_steps_and_take_turns():
    procedure = CalibrateThermometer.from_values({"heater": 1e5, "holds": 2, "powers": 4, "amplitude": 0.8})

    held = [step for step in run_plan(procedure, STATION, {}) if isinstance(step, Modulate)]

    squares = [step.programme.largest_bias_V**2 for step in held]
    assert squares == pytest.approx([0.16, 0.32, 0.48, 0.64] * 2)
    assert [step.payload["hold"] for step in held] == list(range(8))


def test_the_heater_is_off_between_powers_of_both_signs_and_at_the_end():
    procedure = CalibrateHeater.from_values({"holds": 2, "powers": 2, "share": 40})

    set_to = [step for step in run_plan(procedure, HEATED, {}) if isinstance(step, SetHeater)]

    largest_W = 0.4 * HEATER.limit_W
    assert [step.power_W for step in set_to[1::2]] == pytest.approx(
        ([largest_W / 2] * 2 + [largest_W] * 2) * 2
    )
    assert [step.polarity for step in set_to[1::2]] == [1, -1] * 4
    assert not any(step.power_W for step in set_to[::2]) and len(set_to) % 2


def test_levels_go_up_and_down_so_that_drift_cancels():
    procedure = CalibrateAmplifier.from_values(
        {"resistance": 1e6, "levels": 3, "cycles": 1, "amplitude": 0.5}
    )

    steps = run_plan(procedure, STATION, {})

    biases = [step.bias_V for step in steps if isinstance(step, SetBias)]
    assert biases == pytest.approx([-0.5, 0, 0.5, 0.5, 0, -0.5])
    assert sum(isinstance(step, HoldStep) for step in steps) == 6


@pytest.mark.parametrize(("indent", "deepest_nm"), [(0.6, 100.6), (0, 100)])
def test_withdrawals_begin_where_the_indentation_ended(indent, deepest_nm):
    procedure = CalibratePiezo.from_values({"traces": 5, "indent": indent})
    answers = {"approach": [("contact", 100)] * 5, "withdraw": [("open", 98)] * 5}

    steps = run_plan(procedure, HIGH_GAIN, answers)

    withdrawals = [step for step in steps if isinstance(step, Ramp) and step.name == "withdraw"]
    assert [step.to_m for step in withdrawals] == pytest.approx([(deepest_nm - 10) * NM] * 5)
    assert any(isinstance(step, Ramp) and step.name == "indent" for step in steps) == bool(indent)


@pytest.mark.parametrize(
    ("procedure_class", "values", "context", "said"),
    [
        (CalibrateThermometer, {}, STATION, "heater is not set"),
        (
            CalibrateThermometer,
            {"heater": 1e5, "amplitude": 1.5},
            STATION,
            r"22\.5 uW, more than largest_power",
        ),
        (CalibrateThermometer, {"heater": 1e9, "amplitude": 3}, STATION, "outside the rig's limits"),
        (CalibrateAmplifier, {}, STATION, "resistance is not set"),
        (CalibrateAmplifier, {"resistance": 1e4, "amplitude": 1.5}, STATION, r"rails .* at most 0\.95 V"),
        (CalibrateAmplifier, {"resistance": 1e9, "amplitude": 3}, STATION, "outside the rig's limits"),
        (CalibrateLag, {"amplitude": 0.001}, replace(STATION, resolution_V=1e-4), "steps of the converter"),
        (CalibrateLag, {"amplitude": 2}, replace(STATION, bias_range_V=(-1, 1)), "outside the rig's limits"),
        (CalibrateHeater, {}, STATION, r"the table \[heater\]"),
        (CalibrateHeater, {}, replace(HEATED, heater=replace(HEATER, where="base")), "heater.base"),
        (CalibrateHeater, {"share": 100}, replace(HEATED, thermometer_V_per_K=16.3e-2), "may overload"),
        (CalibrateHeater, {}, UNDER, "would touch a tip"),
        (CalibratePiezo, {}, replace(STATION, resolution_V=8e-5), "use a higher gain"),
        (CalibratePiezo, {"tail_low": 1e-4}, HIGH_GAIN, "less than two decades"),
    ],
)
def test_impossible_settings_are_refused(procedure_class, values, context, said):
    with pytest.raises(ImpossibleSetting, match=said):
        procedure_class.from_values(values).check(context)
