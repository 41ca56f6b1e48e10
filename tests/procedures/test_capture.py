"""Junctions are caught where they hold their conductance, and nothing else is."""

from dataclasses import replace

import numpy as np
import pytest

from procedures.capture import CaptureWindow, SearchProgress
from procedures.errors import ImpossibleSetting, NoJunction
from procedures.heating import Heating
from procedures.limits import dry_run
from procedures.steps import MakeSafe, Modulate, Ramp
from tests.support.rig.plans import STATION, RATE_Hz, Script

BDNC = {"conductance": 0.002, "amplitudes": "0.74 1.27", "holds": 1}
GOLD = {"conductance": 1, "amplitudes": "0.03", "holds": 1}


def heating(values=BDNC, **more):
    return Heating.from_values({**values, **more})


def test_window_in_percent_and_in_sigma():
    assert heating().window == CaptureWindow(pytest.approx(0.0018), pytest.approx(0.0022))
    wide = heating(window_sigma=1, peak_sigma_decades=0.25).window
    assert (wide.low_G0, wide.high_G0) == (pytest.approx(0.002 / 10**0.25), pytest.approx(0.002 * 10**0.25))
    assert wide.holds(0.0035)
    assert not wide.holds(float("nan"))


def test_a_junction_is_withdrawn_to_stopped_checked_and_then_modulated():
    script = Script(heating(), 0.002)

    assert script.names[:6] == ["Baseline", "SetBias", "approach", "withdraw", "check", "modulate"]
    withdraw = script.by_name["withdraw"][0]
    assert set(withdraw.until) == {"plateau", "open", "past break", "scale watch"}
    assert withdraw.reaction_s * withdraw.speed_m_per_s == pytest.approx(0.01e-9)
    assert set(withdraw.later_s) == {"open", "past break"}
    assert max(withdraw.later_s.values()) * withdraw.speed_m_per_s <= 0.25e-9


def test_a_plateau_that_fails_its_check_is_withdrawn_from_further():
    script = Script(heating(), 0.002, check=[0.004, float("nan"), 0.0021])

    assert script.names[2:10] == ["approach", *["withdraw", "check"] * 3, "modulate"]
    assert script.notes[0]["before_G0"] == 0.0021


@pytest.mark.parametrize(
    ("ends", "cleared"),
    [
        ([("open", 97)], ["clear"]),
        ([("past break", 96)], ["clear"]),
        ([("finished", 90)], ["pull off"]),
    ],
)
def test_a_contact_that_leaves_no_junction_is_cleared_and_the_next_is_made(ends, cleared):
    script = Script(heating(), 0.002, withdraw=ends, **{"pull off": [("open", 80)]})

    assert script.names[2:8] == ["approach", "withdraw", *cleared, "Baseline", "approach", "withdraw"]


def test_no_junction_in_many_openings_ends_the_run():
    with pytest.raises(NoJunction, match=r"7 openings .* 0\.0018 to 0\.0022 G0"):
        Script(heating(most_openings=7), 0.002, withdraw=[("open", 97)] * 8)


def detector(procedure):
    """The detector of plateaus as a withdrawal gets it."""
    plan = procedure._capture(STATION, 100e-9)
    return next(plan).until["plateau"]


def withdrawn(conductance_of_nm, speed_nm_per_s, length_nm=3.0, noise=0.02, seed=0):
    """Samples of a withdrawal along which the conductance is a function of the way in nm."""
    way = np.arange(0, length_nm, speed_nm_per_s / RATE_Hz)
    rng = np.random.default_rng(seed)
    return way, conductance_of_nm(way) * (1 + noise * rng.standard_normal(way.size))


def tail(way, start_G0=0.02, decades_per_nm=9.4):
    """A vacuum gap that begins in the middle of things, as after a small snap-back."""
    return start_G0 * 10 ** (-decades_per_nm * way)


def plateau(way, length_nm=0.2, level_G0=0.0021, fall_decades=0.06):
    """A contact that breaks at 0.5 nm into a molecule, which lets go into the gap."""
    molecule = level_G0 * 10 ** (-fall_decades * (way - 0.5) / length_nm)
    return np.where(way < 0.5, 1.0, np.where(way < 0.5 + length_nm, molecule, 1e-6))


SPEEDS = [0.1, 0.3, 1.0]
WINDOWS = {"percent": {}, "sigma": {"window_sigma": 1, "peak_sigma_decades": 0.25}}


@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize("window", WINDOWS)
def test_a_molecule_is_caught_within_its_dwell(speed, window):
    way, conductance = withdrawn(plateau, speed)

    found = detector(heating(withdraw_speed=speed, **WINDOWS[window])).feed(conductance)

    assert 0.5 < way[found] < 0.5 + 0.06


@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("decades_per_nm", [4.5, 7.0, 9.4])
def test_a_tunnelling_tail_through_the_window_is_not_caught(speed, window, decades_per_nm):
    """Also that of a contaminated surface, which falls half as fast."""
    for seed in range(20):
        _, conductance = withdrawn(
            lambda way: np.maximum(tail(way, decades_per_nm=decades_per_nm), 1e-6), speed, seed=seed
        )
        assert detector(heating(withdraw_speed=speed, **WINDOWS[window])).feed(conductance) is None


def test_a_gold_contact_is_caught_at_one_atom_only():
    def contact(way):
        return np.select([way < 0.4, way < 0.8], [1.85, 1.0], 1e-5)

    way, conductance = withdrawn(contact, 0.1)

    assert 0.4 < way[detector(heating(GOLD)).feed(conductance)] < 0.45


@pytest.mark.parametrize(
    ("values", "context", "said"),
    [
        ({"conductance": None}, {}, "conductance is not set"),
        ({"window_sigma": 1}, {}, "needs peak_sigma_decades"),
        ({"open_threshold": 0.0019}, {}, "counts as open"),
        ({"conductance": 12, "contact_threshold": 12.5}, {}, "rails at"),
        ({"conductance": 0.002, "bias": 5, "contact_threshold": 5}, {}, "steps of the converter"),
        ({"window_percent": 1}, {}, "steps of the converter"),
        ({"withdraw_speed": 10}, {}, "6 samples at 10 nm/s"),
        ({"dwell": 3}, {}, "shorter than past_break"),
    ],
)
def test_windows_and_dwells_that_catch_nothing_are_refused(values, context, said):
    values = {**BDNC, **values}
    if values["conductance"] is None:
        del values["conductance"]
    with pytest.raises(ImpossibleSetting, match=said):
        Heating.from_values(values).check(replace(STATION, **context))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"conductance": 0}, "conductance = 0"),
        ({"slope": 9}, "slope = 9"),
        ({"window_percent": 100}, "window_percent = 100"),
    ],
)
def test_parameters_out_of_bounds_are_refused(values, said):
    with pytest.raises(ImpossibleSetting, match=said):
        heating(**values)


def test_a_dry_run_sees_what_will_be_done_to_junctions():
    steps = dry_run(heating(), STATION)

    amplitudes = [step.programme.largest_bias_V for step in steps if isinstance(step, Modulate)]
    assert amplitudes[:2] == [0.74, 1.27]
    assert {step.name for step in steps if isinstance(step, Ramp)} == {
        "approach",
        "withdraw",
        "leave",
        "clear",
    }


def test_a_junction_is_left_fast_and_cleared():
    script = Script(heating(leave_speed=8), 0.002)

    leave, clear = script.by_name["leave"][0], script.by_name["clear"][0]
    assert leave.speed_m_per_s == pytest.approx(8e-9)
    assert clear.to_m == pytest.approx(94e-9)
    assert isinstance(script.steps[-1], MakeSafe)


def test_the_amplifier_s_zero_is_measured_after_the_first_opening_and_then_now_and_then():
    procedure, search = heating(baseline_every=3), SearchProgress()

    measured = [len(list(procedure.opened(search))) for _ in range(7)]

    assert measured == [1, 0, 0, 1, 0, 0, 1]
