"""Settings that a run of thermal conductance refuses before anything moves, and its turns with the heater off."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from analysis.heating.programme import three_level
from analysis.thermoelectric.detectability import LEE_CORNER_Hz, LEE_WHITE_V_per_rtHz
from procedures.errors import ImpossibleSetting
from procedures.expectation import refuse_hopeless
from procedures.heater import HeaterSine
from procedures.limits import check_limits, dry_run
from procedures.steps import Modulate, SetHeater
from procedures.thermal_conductance import HeaterTurns, ThermalConductance
from procedures.thermal_conductance_controls import BiasReversed, GapWidened, OtherFrequency, OtherSideHeated
from procedures.thermal_opening import ThermalOpening
from procedures.until_rupture import rupture_detector
from tests.procedures.test_thermopower import context_of


@pytest.fixture
def context(tmp_path):
    return context_of(tmp_path)


@pytest.fixture
def analogue(context):
    """The tip of 2013 with the noise that the specification counts with: that of the paper, none folded down."""
    tip = replace(context.tip, white_V2_per_Hz=LEE_WHITE_V_per_rtHz**2, corner_Hz=LEE_CORNER_Hz)
    return replace(context, tip=tip)


def conductance(**values):
    return ThermalConductance.from_values({"conductance": 1.0, **values})


@pytest.mark.parametrize("preset", ThermalConductance.presets)
def test_every_preset_is_possible(context, preset):
    dry_run_of = conductance(**ThermalConductance.presets[preset])
    dry_run_of.check(context)
    assert any(isinstance(step, Modulate) for step in dry_run(dry_run_of, context))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"dT": 0.0}, "no heat leaks"),
        ({"dT": -10.0}, "can only be positive"),
        ({"dT": 50.0}, "rig file allows"),
        ({"heater": "dc", "off_share": 0.0}, "give the zero of the thermometer"),
        ({"heater_frequency": "50"}, "harmonic of 50 Hz"),
        ({"heater_frequency": "104.125"}, "harmonic of 12.25 Hz"),
        ({"heater_frequency": "450"}, "show at most 800 Hz"),
        ({"creep": 0.1, "longest_hold": 200.0}, "withdraws the tip by 20.5 nm"),
        ({"heater_frequency": "106.1257"}, "repeat together only after"),
    ],
)
def test_impossible_settings_are_refused(context, values, message):
    with pytest.raises(ImpossibleSetting, match=message):
        conductance(**values).check(context)


def test_a_heater_too_slow_to_alternate_is_refused_with_a_frequency_that_it_follows(tmp_path):
    context = context_of(tmp_path, "base")
    with pytest.raises(ImpossibleSetting, match="heater_frequency = 19 Hz or less"):
        conductance().check(context)
    conductance(heater_frequency="2.125").check(context)
    conductance(heater="dc").check(context)
    unknown = replace(context, heater=replace(context.heater, time_constant_s=0.0))
    with pytest.raises(ImpossibleSetting, match="time_constant_s of the rig file is not set"):
        conductance().check(unknown)


def test_the_hot_thermocouple_must_not_overload(context):
    loud = replace(
        context, thermometer_V_per_K=16.3e-6 * 5e4, facts=replace(context.facts, thermometer_gain=5e4)
    )
    with pytest.raises(ImpossibleSetting, match=r"gives 24\.4 V; more than 60 %"):
        conductance().check(loud)


def test_junctions_with_the_heater_off_are_spread_over_the_run():
    turns, order = HeaterTurns(ruptures=8, off=2), ""
    while (heated := turns.heated) is not None:
        order += "+" if heated else "0"
        turns.count(heated)
    assert order == "0++++0++++"
    in_a_row, order = HeaterTurns(8, 4, 2), ""
    while (heated := in_a_row.heated) is not None:
        order += "+" if heated else "0"
        in_a_row.count(heated)
    assert order == "00++++00++++"
    assert conductance(ruptures=300, off_share=0.2, heater="dc").total_cycles == 375


def test_the_alternating_heater_has_the_mean_power_of_the_steady_one(context):
    sine = conductance().sine(context.heater)
    volts = context.heater.sine_V(sine, 2000.0, sine.repeat_samples(2000.0))
    assert volts[0] == 0.0
    assert np.mean(volts**2) / context.heater.resistance_ohm == pytest.approx(
        context.heater.power_W(15.0), rel=1e-9
    )


def test_an_alternating_power_beyond_the_limit_is_refused_as_a_step(context):
    most = HeaterSine(Fraction(849, 8), 0.51 * context.heater.limit_W)
    with pytest.raises(ImpossibleSetting, match="heater power"):
        check_limits(Modulate("any", three_level(0.005), 1.0, heater=most), context)
    check_limits(SetHeater(most.power_W), context)


def test_a_rupture_is_no_edge_and_no_zero_level(context):
    programme = conductance().programme()
    bias_V = programme.bias_V(2000.0)[:2000]
    current_A = 7.7e-5 * bias_V
    current_A[np.flatnonzero(np.diff(bias_V)) + 1] = 0.0  # an edge
    assert rupture_detector(0.8, programme, context).feed(current_A) is None
    current_A[1000:] = 0.0
    fired = rupture_detector(0.8, programme, context).feed(current_A)
    assert 1000 < fired < 1015
    three = three_level(0.005)
    assert rupture_detector(0.8, three, context).feed(7.7e-5 * three.bias_V(2000.0)) is None


def test_controls_change_one_thing(context):
    faster = OtherFrequency.from_values({"conductance": 1.0})
    faster.check(context)
    assert faster.thermal_Hz() == pytest.approx(1.5 * conductance().thermal_Hz())
    reversed_bias = BiasReversed.from_values({"conductance": 1.0})
    reversed_bias.check(context)
    assert [level.bias_V for level in reversed_bias.programme().levels] == [-0.005]
    assert np.isnan(faster.expectation(context).value), "a control looks for nothing"


def test_the_other_side_needs_a_heater_there_and_a_steady_one(tmp_path, context):
    other = OtherSideHeated.from_values({"conductance": 1.0})
    other.check(context_of(tmp_path, "substrate"))
    assert (other.heater, other.dT, other.off_share) == ("dc", -30.0, 0.2)
    with pytest.raises(ImpossibleSetting, match=r"at the tip, so that the difference.* can only be positive"):
        other.check(context)


def test_gold_takes_a_night_with_the_tip_of_2013_and_a_molecule_is_refused(analogue):
    """Windows of 3 s and 5 s, 15 K: 0.46 nW/K sqrt(3 / 3.75) a rupture."""
    gold = conductance().expectation(analogue)
    assert gold.value == pytest.approx(596e-12, rel=1e-3)
    assert gold.sigma * np.sqrt(300) == pytest.approx(410e-12, rel=0.05)
    assert not gold.weak
    molecule = ThermalConductance.presets["Molecule (Cui 2019)"]
    with pytest.raises(
        ImpossibleSetting, match=r"times the 20 pW/K looked for; 10 % takes 41\d\d\d ruptures"
    ):
        refuse_hopeless(conductance(**molecule), analogue)
    calorimeter = replace(analogue, tip=replace(analogue.tip, resistance_K_per_W=1e6))
    refuse_hopeless(conductance(**molecule), calorimeter)


def test_the_steady_heater_gains_nothing_from_a_longer_wait(analogue):
    short, long = (
        conductance(heater="dc", off_share=0.2, linger=t).expectation(analogue) for t in (1.0, 10.0)
    )
    assert long.sigma == short.sigma
    assert short.sigma * np.sqrt(300) == pytest.approx(1150e-12, rel=0.05), "the specification's 1150 pW/K"


def test_a_gap_is_measured_at_both_widths_with_the_heater_alternating(context):
    control = GapWidened.from_values({"conductance": 1.0, "ruptures": 3})
    control.check(context)
    held = [step for step in dry_run(control, context) if isinstance(step, Modulate)]
    assert [step.payload["gap"] for step in held][:4] == 2 * ["narrow", "wide"]
    assert all(step.heater is not None for step in held)
    with pytest.raises(ImpossibleSetting, match="must be more than narrow"):
        GapWidened.from_values({"conductance": 1.0, "wide": 0.9}).check(context)


def test_whole_openings_need_heat_and_say_what_they_can_show(analogue):
    openings = ThermalOpening.from_values({"dT": "0 30", "holds": 400})
    openings.check(analogue)
    assert 0.0 < openings.expectation(analogue).sigma < 0.3
    with pytest.raises(ImpossibleSetting, match="0 K only"):
        ThermalOpening.from_values({"dT": "0"}).check(analogue)
