"""Modulated and swept bias on the simulated rig: what is put out, what is recorded, and what trips it."""

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.detect import ContactDetector
from analysis.heating.programme import LevelProgramme, programme, three_level
from analysis.recording import Recording
from analysis.records import EventKind
from analysis.trip import CurrentTrip
from app.acquisition.bench import Observer
from procedures.errors import ImpossibleSetting
from procedures.limits import check_limits
from procedures.steps import Modulate, SweepStep
from simulators.rig.faults import FormContact, Overload
from tests.support.rig.holding import AMPLITUDE_V, NEAR_M, Holding
from tests.support.rig.rigs import served_rig

LOOPBACK_V = 3e-3
"""Largest effect of the card's noise and crosstalk on a loop-back."""

RATE_Hz = 2000
REACTION = 4
"""Samples between two looks at a driven bias."""

SELDOM_S = 0.05
"""Between two looks at a long one in which nothing trips."""

HELD = ("check", "modulate", "sweep")


@pytest.fixture
def rig(tmp_path):
    with served_rig(tmp_path, overrides={"surface.drift_pm_per_s": 0.0}) as served:
        yield served


def run(rig, procedure, at=None):
    """Run it; ``at`` maps a step's name to a fault, 100 samples after its begin where the fault has no time."""

    at = dict(at or {})

    def observe(event):
        if event.kind is EventKind.STEP and event.payload["phase"] == "begin" and event.name in at:
            fault = at.pop(event.name)
            delay = 100 if fault.from_sample is None else fault.from_sample
            rig.simulated.faults.add(replace(fault, from_sample=event.sample + delay))

    summary = rig.bench().run(procedure, rig.folder / "run.h5", observer=Observer(on_event=observe))
    assert summary.end.status == "finished", summary.end.reason
    return Recording(rig.folder / "run.h5")


def steps(recording, name):
    begin, end = [e for e in recording.events if e.kind is EventKind.STEP and e.name == name][:2]
    return begin, end


def bias_set_after(recording, sample):
    return next(e for e in recording.events if e.name == "bias_V" and e.sample >= sample)


def test_a_modulation_is_put_out_to_the_sample_while_the_tip_stays(rig):
    procedure = Holding(duration_s=4.5, reaction_s=SELDOM_S)  # longer than the programme's exact repeat

    with run(rig, procedure) as recording:
        begin, end = steps(recording, "modulate")
        bias, z = recording.samples(begin.sample, end.sample, ("bias", "z"))

    levels_V = procedure.programme.bias_V(RATE_Hz)
    assert bias.size == 4.5 * RATE_Hz
    np.testing.assert_allclose(bias, np.resize(levels_V, bias.size), atol=LOOPBACK_V)
    assert np.ptp(z) < LOOPBACK_V
    assert end.payload["ended"] == "finished"
    assert end.payload["extension_m"] == pytest.approx(NEAR_M)


def test_the_recording_says_what_was_put_out(rig):
    procedure = Holding()

    with run(rig, procedure) as recording:
        begin, _ = steps(recording, "modulate")
        sweep, _ = steps(recording, "sweep")

    payload = dict(begin.payload)
    assert LevelProgramme.from_json(payload.pop("programme")) == procedure.programme
    assert payload == {
        "phase": "begin",
        "start": begin.sample,
        "duration_s": 0.2,
        "amplitude_V": AMPLITUDE_V,
        "hold": 7,
    }
    assert sweep.payload == {"phase": "begin", "start": sweep.sample, "peak_V": AMPLITUDE_V, "curve": 3}


def test_a_sweep_is_put_out_once_and_the_bias_before_is_put_back(rig):
    procedure = Holding()

    with run(rig, procedure) as recording:
        begin, end = steps(recording, "sweep")
        bias = recording.samples(begin.sample, end.sample, ("bias",))[0]
        after = bias_set_after(recording, end.sample)
        held = recording.samples(after.sample + 1, after.sample + 300, ("bias",))[0]

    np.testing.assert_allclose(bias[:200], procedure.sweep_V, atol=LOOPBACK_V)
    assert after.payload == {"value": 0.1}
    np.testing.assert_allclose(held, 0.1, atol=LOOPBACK_V)


def test_a_sweep_longer_than_a_piece_has_no_seam(rig):
    procedure = Holding(reaction_s=SELDOM_S)
    procedure.sweep_V = np.linspace(0.0, AMPLITUDE_V, 7001)

    with run(rig, procedure) as recording:
        begin, end = steps(recording, "sweep")
        bias = recording.samples(begin.sample, end.sample, ("bias",))[0]

    np.testing.assert_allclose(bias[:7001], procedure.sweep_V, atol=LOOPBACK_V)


def test_outcomes_tell_current_and_conductance(rig):
    procedure = Holding(duration_s=0.4)
    current_A = 0.1e-6  # too little for a trip

    with run(rig, procedure, {"modulate": Overload(current_A=current_A)}) as recording:
        begin, end = steps(recording, "modulate")

    check, modulate, after, *_ = [
        outcome for step, outcome in procedure.outcomes.values() if getattr(step, "name", "") in HELD
    ]
    assert modulate.samples == (begin.sample, end.sample)
    assert modulate.current_A == pytest.approx(current_A * 700 / 800, rel=0.03)
    assert np.isnan(modulate.conductance_G0)
    assert np.isnan(check.current_A)
    assert abs(check.conductance_G0) < 1e-4
    assert after.conductance_G0 == pytest.approx(current_A / 0.1 / G0_S, rel=0.01)
    assert np.isnan(procedure.of("hold").conductance_G0)


class Lingering(Holding):
    """The modulation goes on for 0.1 s after a current has come; a check for 0.05 s."""

    def steps(self):
        steps = super().steps()
        for at, step in enumerate(steps):
            if isinstance(step, Modulate):
                steps[at] = replace(step, until={"seen": CurrentTrip(0.05e-6)}, linger_s=0.1)
        steps[3] = replace(steps[3], until={"seen": ContactDetector(1e-3, 3)}, linger_s=0.05)
        return steps


def test_nothing_changes_while_a_step_lingers(rig):
    small = Overload(current_A=0.1e-6)  # too little for a trip

    with run(rig, Lingering(duration_s=1.0), {"modulate": small, "check": small}) as recording:
        begin, end = steps(recording, "modulate")
        bias = recording.samples(begin.sample, end.sample, ("bias",))[0]
        after = bias_set_after(recording, end.sample)
        _, check_end = steps(recording, "check")

    assert end.payload["ended"] == "seen"
    fired = end.payload["fired_at"] - begin.sample
    assert end.sample - begin.sample == pytest.approx(fired + 200, abs=2 * REACTION)
    expected_V = three_level(AMPLITUDE_V).bias_V(RATE_Hz)[: len(bias)]
    np.testing.assert_allclose(bias[:-REACTION], expected_V[: len(bias) - REACTION], atol=LOOPBACK_V)
    assert after.payload == {"value": 0.1}
    assert check_end.sample == check_end.payload["fired_at"] + 100


def test_a_trip_while_a_step_lingers_takes_the_bias_away(rig):
    procedure = Lingering(duration_s=1.0)

    with run(rig, procedure, {"modulate": Overload(current_A=2e-6)}) as recording:
        _, end = steps(recording, "modulate")
        after = bias_set_after(recording, end.sample)

    assert end.payload["ended"] != "seen"
    assert after.payload == {"value": 0.0}


def test_a_step_that_saw_a_railed_amplifier_tells_no_conductance(rig):
    procedure = Holding()

    run(rig, procedure, {"check": Overload(current_A=1.0, samples=250)}).close()

    assert np.isnan(procedure.of("check").conductance_G0)


RAILED, METAL, TOO_MUCH = 1.0, 30e-6, 1e-6


@pytest.mark.parametrize("step", ["modulate", "sweep"])
@pytest.mark.parametrize(
    ("current_A", "names"),
    [  # the amplifier's filter may show a smaller current first
        (TOO_MUCH, {"current"}),
        (-TOO_MUCH, {"current"}),
        (-METAL, {"contact", "current"}),
        (RAILED, {"overload", "contact"}),
        (-RAILED, {"overload", "contact"}),
    ],
)
def test_a_trip_takes_the_bias_away_and_leaves_the_tip(rig, step, current_A, names):
    procedure = Holding()

    with run(rig, procedure, {step: Overload(current_A=current_A, samples=50)}) as recording:
        begin, end = steps(recording, step)
        bias, z = recording.samples(begin.sample, end.sample + 400, ("bias", "z"))
        after = bias_set_after(recording, end.sample)

    tripped = end.payload["tripped_at"] - begin.sample
    assert end.payload["ended"] in names
    assert tripped in (100, 101)
    np.testing.assert_allclose(bias[tripped + REACTION + 2 :], 0.0, atol=LOOPBACK_V)
    assert after.payload == {"value": 0.0}
    assert np.ptp(z) < LOOPBACK_V
    assert end.payload["extension_m"] == pytest.approx(NEAR_M)
    assert procedure.of(step).ended == end.payload["ended"]


@pytest.mark.parametrize("delay", [0, 20, 60, 110])
def test_a_contact_that_forms_trips_as_soon_as_a_level_shows_it(rig, delay):
    procedure = Holding()

    with run(rig, procedure, {"modulate": FormContact(delay)}) as recording:
        begin, end = steps(recording, "modulate")
        current, bias = recording.samples(begin.sample, end.sample, ("current", "bias"))

    driven = np.flatnonzero((np.abs(current) > 1.0) & (np.abs(bias) > AMPLITUDE_V / 2))
    assert end.payload["ended"] in ("contact", "current")
    assert 1 <= driven.size <= REACTION + 2  # no longer on than one look takes
    assert end.payload["tripped_at"] - begin.sample <= driven[0]


def test_a_detector_that_fires_at_the_start_is_heard_at_the_first_look(rig):
    procedure = Holding()
    procedure.reaction_s = 0.02

    with run(rig, procedure, {"check": Overload(current_A=1.0)}) as recording:
        begin, end = steps(recording, "modulate")

    assert end.payload["ended"] == "overload"
    assert end.payload["tripped_at"] == begin.sample
    assert end.sample <= begin.sample + 0.02 * RATE_Hz


# ---- limits ----

BOUNDS = SimpleNamespace(
    bias_range_V=(-1.5, 1.4),
    extension_range_m=(0.0, 1e-6),
    rate_Hz=float(RATE_Hz),
    most_bias_step_V=np.inf,
    most_speed_m_per_s=np.inf,
    high_bias_V=np.inf,
    most_high_bias_s=np.inf,
)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Modulate("modulate", three_level(1.45), 5.0), r"level of modulate 1\.45 V is outside"),
        (Modulate("modulate", programme([(1.0, 1), (-1.6, 1)]), 5.0), r"-1\.6 V is outside"),
        (Modulate("modulate", programme([(np.nan, 1), (1.0, 1)]), 5.0), "nan V is outside"),
        (Modulate("modulate", three_level(1.0), 0.0), "duration of modulate is 0 s"),
        (Modulate("modulate", three_level(1.0), np.nan), "duration"),
        (Modulate("modulate", three_level(1.0), np.inf), "duration"),
        (Modulate("modulate", three_level(1.0), 5.0, reaction_s=0.0), "reaction time"),
        (
            Modulate("modulate", three_level(1.0, frequency_Hz=Fraction(1225001, 100003)), 5.0),
            "simple fraction of the rate",
        ),
        (Modulate("modulate", three_level(1.0, frequency_Hz=Fraction(600)), 5.0), "lasts 1.11 samples"),
        (SweepStep("sweep", np.array([0.0, 1.45])), r"bias of sweep 1\.45 V is outside"),
        (SweepStep("sweep", np.array([0.0, -1.55, 0.0])), "outside"),
        (SweepStep("sweep", np.array([0.0, np.nan])), "nan V is outside"),
        (SweepStep("sweep", np.array([])), "at least 1"),
        (SweepStep("sweep", np.zeros((2, 2))), "shape"),
        (SweepStep("sweep", np.zeros(4), reaction_s=-1.0), "reaction time"),
    ],
)
def test_what_the_rig_must_not_put_out_is_refused(step, words):
    with pytest.raises(ImpossibleSetting, match=words):
        check_limits(step, BOUNDS)


@pytest.mark.parametrize(
    "step",
    [
        Modulate("modulate", three_level(1.4), 5.0),
        Modulate("modulate", three_level(0.0), 0.1),
        Modulate("modulate", three_level(1.0, "alternating", Fraction(61, 10)), 5.0),
        SweepStep("sweep", np.linspace(-1.5, 1.4, 7)),
    ],
)
def test_what_the_rig_may_put_out_passes(step):
    check_limits(step, BOUNDS)


def test_a_modulation_beyond_the_limits_is_refused_before_anything_moves(rig):
    before = dict(rig.simulated.bench.outputs)

    with pytest.raises(ImpossibleSetting, match="level of modulate"):
        rig.bench().run(Holding(three_level(3.0)), rig.folder / "run.h5")

    assert dict(rig.simulated.bench.outputs) == before
