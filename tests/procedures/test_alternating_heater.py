"""An alternating heater beside a modulated bias on the simulated rig: what is put out, and a heater that sticks."""

from fractions import Fraction

import numpy as np
import pytest

from analysis.heating.programme import programme
from analysis.recording import Recording
from analysis.records import EventKind
from app.acquisition.bench import Observer
from procedures.heater import HeaterSine
from procedures.steps import Baseline, Modulate, Ramp, SetHeater
from simulators.rig.faults import OutputStuck
from tests.support.rig.holding import NEAR_M, Holding
from tests.support.rig.rigs import served_rig

POWER_W = 15.0 / 72_800.0
STEADY_V = float(np.sqrt(POWER_W * 1e3))
SINE = HeaterSine(Fraction(849, 8), POWER_W)
TWO_LEVELS = programme([(0.005, 1), (-0.005, 1)])


class Alternating(Holding):
    """One modulation with an alternating heater, far from the surface."""

    creep_m_per_s = 0.0

    def steps(self):
        return [
            SetHeater(POWER_W, settle_s=0.05),
            Baseline(0.05),
            Ramp("approach", NEAR_M, 500e-9),
            Modulate(
                "modulate", TWO_LEVELS, 4.5, reaction_s=0.05, heater=SINE, creep_m_per_s=self.creep_m_per_s
            ),
            Baseline(0.05),
        ]


class Creeping(Alternating):
    """The same while the tip withdraws by 0.5 nm/s."""

    creep_m_per_s = 0.5e-9


def run(rig, stuck_in="", procedure=Alternating):
    def observe(event):
        begun = event.kind is EventKind.STEP and event.payload.get("phase") == "begin"
        if begun and event.name == stuck_in:
            rig.simulated.faults.add(OutputStuck(event.sample + 100, "heater"))

    return rig.bench().run(procedure(), rig.folder / "run.h5", observer=Observer(on_event=observe))


def test_bias_and_heater_run_together_and_the_heater_is_steady_again_afterwards(tmp_path):
    with served_rig(tmp_path, overrides={"heater.where": "tip"}) as rig:
        summary = run(rig)
        assert (summary.end.status, rig.simulated.bench.outputs["heater"]) == ("finished", 0.0)
    with Recording(summary.recording) as recording:
        begin, end = [e for e in recording.events if e.name == "modulate"]
        bias_V, heater_V = recording.samples(begin.sample, end.sample, ("bias", "heater"))
        steady_V = recording.samples(end.sample + 40, end.sample + 100, ("heater",))[0]
    assert begin.payload["heater_Hz"] == "849/8"
    turns = 2 * np.pi * 849 / 8 / 2000 * np.arange(9000)
    np.testing.assert_allclose(heater_V, np.sqrt(2) * STEADY_V * np.sin(turns), atol=6e-3)
    np.testing.assert_allclose(bias_V, np.resize(TWO_LEVELS.bias_V(2000.0), 9000), atol=3e-3)
    np.testing.assert_allclose(steady_V, STEADY_V, atol=3e-3)


@pytest.mark.parametrize("step", ["approach", "modulate"])
def test_a_heater_that_sticks_ends_the_run_within_one_junction(tmp_path, step):
    """It sticks at the steady voltage, or at one of the alternating ones."""
    with served_rig(tmp_path, overrides={"heater.where": "tip"}) as rig:
        summary = run(rig, step)
    assert summary.end.status == "fault"
    assert "its read-back (heater) shows" in summary.end.reason
    assert not summary.end.safe and "NOT SEEN TO BE SAFE" in summary.end.reason, "it cannot be switched off"
    with Recording(summary.recording) as recording:
        assert sum(e.name == "modulate" for e in recording.events) == 2
        stuck_V = recording.samples(recording.stop - 200, recording.stop, ("heater",))[0]
    assert np.ptp(stuck_V) < 6e-3


def test_a_tip_that_creeps_is_followed_and_found_again(tmp_path):
    with served_rig(tmp_path, overrides={"heater.where": "tip"}) as rig:
        summary = run(rig, procedure=Creeping)
    assert (summary.end.status, summary.end.safe) == ("finished", True)
    with Recording(summary.recording) as recording:
        begin, end = [e for e in recording.events if e.name == "modulate"]
        bias_V, z_V = recording.samples(begin.sample, end.sample, ("bias", "z"))
    m_per_V = 30e-9 / z_V[0]
    assert (z_V[0] - z_V[-1]) * m_per_V == pytest.approx(2.25e-9, rel=0.02)
    assert end.payload["extension_m"] == pytest.approx(NEAR_M - 2.25e-9, abs=0.02e-9)
    np.testing.assert_allclose(bias_V, np.resize(TWO_LEVELS.bias_V(2000.0), 9000), atol=3e-3)
