"""An alternating heater beside a modulated bias on the simulated rig: what is put out, and a heater that sticks."""

from dataclasses import replace
from fractions import Fraction

import numpy as np

from analysis.heating.programme import programme
from analysis.recording import Recording
from analysis.records import EventKind
from app.acquisition.bench import Observer
from procedures.heater import HeaterSine
from procedures.steps import Baseline, Modulate, SetHeater
from simulators.rig.faults import OutputStuck
from tests.support.rig.holding import Holding
from tests.support.rig.rigs import served_rig

POWER_W = 15.0 / 72_800.0
STEADY_V = float(np.sqrt(POWER_W * 1e3))
SINE = HeaterSine(Fraction(849, 8), POWER_W)
TWO_LEVELS = programme([(0.005, 1), (-0.005, 1)])


class Alternating(Holding):
    """One modulation with an alternating heater, far from the surface."""

    def steps(self):
        return [
            SetHeater(POWER_W, settle_s=0.05),
            Baseline(0.05),
            Modulate("modulate", TWO_LEVELS, 4.5, reaction_s=0.05, heater=SINE),
            Baseline(0.05),
        ]


def run(rig, fault=None):
    def observe(event):
        if fault and event.kind is EventKind.STEP and event.payload.get("phase") == "begin":
            rig.simulated.faults.add(replace(fault, from_sample=event.sample + 100))

    return rig.bench().run(Alternating(), rig.folder / "run.h5", observer=Observer(on_event=observe))


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


def test_a_heater_that_sticks_ends_the_run_within_one_junction(tmp_path):
    with served_rig(tmp_path, overrides={"heater.where": "tip"}) as rig:
        summary = run(rig, OutputStuck(None, "heater"))
    assert summary.end.status == "fault"
    assert "its read-back (heater) shows" in summary.end.reason
    assert not summary.end.safe and "NOT SEEN TO BE SAFE" in summary.end.reason, "it cannot be switched off"
    with Recording(summary.recording) as recording:
        assert sum(e.name == "modulate" for e in recording.events) == 2
        stuck_V = recording.samples(recording.stop - 200, recording.stop, ("heater",))[0]
    assert np.ptp(stuck_V) < 6e-3
