"""The limits of a rig file: the stricter one counts, and every path takes them from there."""

import math

import pytest

from analysis.conductance import CurrentCalibration
from app.acquisition.limits_in_force import limits_in_force
from app.config.card_channels import daq_outputs
from app.config.rig import load_rig
from app.config.rig_context import planned_context
from app.config.toml import FileError
from app.server.bias_by_hand import BiasByHand
from drivers.errors import InstrumentFault, OutOfRange
from procedures.break_junction import BreakJunction
from procedures.errors import ImpossibleSetting
from procedures.iv import IV
from procedures.limits import check_limits, dry_run
from procedures.steps import Baseline, Ramp, SetBias

RIG = """
[daq]
controller = "local"
[daq.inputs]
current = { channel = "ai0" }
thermocouple = { channel = "ai1" }
bias = { channel = "ai2" }
z = { channel = "ai3" }
[daq.outputs]
bias = { channel = "ao0", min_V = -2.0, max_V = 1.5 }
z = { channel = "ao1", min_V = -1.0, max_V = 9.0 }
[current_amplifier]
address = "GPIB0::22::INSTR"
[voltage_preamplifier]
address = "ASRL1::INSTR"
[piezo]
extension_nm_per_V = 20.0
[safe]
z_V = -1.0
[coarse]
step_line = "port0/line0"
direction_line = "port0/line1"
step_nm = 10.0
"""


@pytest.fixture
def rig_with(tmp_path):
    def written(limits=""):
        path = tmp_path / "rig.toml"
        path.write_text(f"{RIG}\n[limits]\n{limits}\n", "utf-8")
        return load_rig(path)

    return written


def test_without_a_table_the_outputs_limit(rig_with):
    rig = rig_with()

    assert rig.bias_range_V == (-2.0, 1.5)
    assert rig.z_range_V == (-1.0, 9.0)


@pytest.mark.parametrize(
    ("limits", "bias_V", "z_V"),
    [
        ("bias_V = 0.5\ntip_travel_nm = 60", (-0.5, 0.5), (-1.0, 2.0)),
        ("bias_V = 1.8", (-1.8, 1.5), (-1.0, 9.0)),
        ("bias_V = 99\ntip_travel_nm = 9999", (-2.0, 1.5), (-1.0, 9.0)),
    ],
)
def test_the_stricter_one_counts_at_the_wire_and_in_a_plan(rig_with, limits, bias_V, z_V):
    rig = rig_with(limits)
    bias, z = daq_outputs(rig)
    context = planned_context(rig)

    assert (bias.min_V, bias.max_V) == rig.bias_range_V == context.bias_range_V == bias_V
    assert (z.min_V, z.max_V) == rig.z_range_V == context.z_range_V == z_V
    with pytest.raises(OutOfRange):
        bias.checked(bias_V[1] + 1e-6)


def test_speeds_and_jumps_reach_the_wire_in_volts(rig_with):
    _, z = daq_outputs(rig_with("tip_speed_nm_per_s = 40"))

    assert (z.changes.per_s, z.changes.jump) == (2.0, 0.25)


@pytest.mark.parametrize(
    ("limits", "step", "bias_V", "said"),
    [
        (
            "tip_speed_nm_per_s = 10",
            Ramp("approach", 0.0, 11e-9),
            0.0,
            "speed of approach is 11 nm/s; .* 10 nm/s",
        ),
        ("bias_step_V = 0.2", SetBias(0.15), -0.1, "bias changes by 0.25 V at once; .*bias_step_V = 0.2 V"),
        ("bias_step_V = 0.2", Baseline(0.1), 0.3, "bias changes by 0.3 V at once"),
    ],
)
def test_a_step_beyond_a_limit_is_refused_in_a_sentence_that_names_the_key(
    rig_with, limits, step, bias_V, said
):
    with pytest.raises(ImpossibleSetting, match=said):
        check_limits(step, planned_context(rig_with(limits)), bias_V)


def test_a_step_to_zero_is_always_allowed(rig_with):
    check_limits(SetBias(0.0), planned_context(rig_with("bias_step_V = 0.2")), 1.5)


@pytest.mark.parametrize(
    ("procedure", "limits", "said"),
    [
        (
            BreakJunction.from_values({"traces": 1, "approach_speed": 9.0}),
            "tip_speed_nm_per_s = 8",
            "is 9 nm/s",
        ),
        (
            IV.from_values({"curves": 1, "peak": 0.9, "sweep_time": 40.0, "conductance": 1e-2}),
            "high_bias_V = 0.3\nhigh_bias_s = 20",
            "sweep lasts .* at up to 0.9 V; .*high_bias_s = 20 s beyond high_bias_V = 0.3 V",
        ),
    ],
)
def test_a_run_is_refused_before_it_moves(rig_with, procedure, limits, said):
    with pytest.raises(ImpossibleSetting, match=said):
        dry_run(procedure, planned_context(rig_with(limits)))


@pytest.mark.parametrize(
    "limits", ["bias_V = 0", "high_bias_s = 1", "tip_travel_nm = 0", "speed = 3", "current_A = nan"]
)
def test_a_limit_that_is_none_is_refused(rig_with, limits):
    with pytest.raises(FileError, match="limits"):
        rig_with(limits)


def test_all_limits_are_listed_with_their_keys(rig_with):
    shown = {one.quantity: one for one in limits_in_force(rig_with())}

    assert shown["bias"].value == "-2 to 1.5 V"
    assert shown["tip travel"].value == "200 nm"
    assert shown["current"].value == "1000 uA; not seen beyond the amplifier's 100 uA"
    assert set(shown) == {
        "bias", "bias step", "current", "time at high bias", "tip travel", "tip speed", "tip jump without a ramp",
        "coarse travel",
    }  # fmt: skip


class Card:
    """A card whose loop-backs show what was written, and whose current is set by the test."""

    def __init__(self):
        self.current_V = 0.0
        self.held = {"bias": 0.0, "z": -1.0}

    def to_safe(self, retracted, within_s):
        self.held = {"bias": 0.0, **retracted}

    def write(self, bias):
        self.held["bias"] = bias

    def glance(self):
        return {**self.held, "current": self.current_V}


def test_a_high_bias_by_hand_is_taken_away_in_time(rig_with, tmp_path):
    now_s, card = [100.0], Card()
    rig = rig_with("high_bias_V = 0.5\nhigh_bias_s = 10")
    by_hand = BiasByHand(tmp_path / "rig.toml", lambda: now_s[0])
    by_hand.apply(card, rig, 0.6)
    now_s[0] += 7.0
    assert by_hand.check() == ""
    now_s[0] += 1.5
    assert "limits.high_bias_s = 10 s" in by_hand.check()
    assert card.held["bias"] == 0.0

    by_hand.apply(card, rig, 0.4)
    now_s[0] += 1e6
    assert by_hand.check() == ""
    by_hand.end()


def test_a_current_beyond_its_limit_ends_a_bias_by_hand(rig_with, tmp_path):
    rig, card = rig_with("current_A = 1e-6"), Card()
    gain = rig.current_amplifier.true_gain_V_per_A
    assert isinstance(planned_context(rig).amplifier, CurrentCalibration)
    by_hand = BiasByHand(tmp_path / "rig.toml")
    card.current_V = -0.9e-6 * gain
    by_hand.apply(card, rig, 0.1)
    assert card.held["bias"] == 0.1

    card.current_V = -1.1e-6 * gain
    with pytest.raises(InstrumentFault, match=r"1\.1e-06 A, .*limits\.current_A = 1e-06 A"):
        by_hand.compare(card.glance())
    by_hand.end()
    with pytest.raises(InstrumentFault, match="current_A"):
        by_hand.apply(card, rig, 0.1)
    assert card.held["bias"] == 0.0
    assert math.isclose(card.held["z"], -1.0)
