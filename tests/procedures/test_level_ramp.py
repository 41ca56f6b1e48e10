"""A withdrawal beside bias levels: z and bias in one waveform, phase in whole samples, stopped at once at any."""

from fractions import Fraction

import numpy as np
import pytest

from analysis.detect import OpenDetector
from analysis.heating.programme import three_level
from analysis.recording import Recording
from analysis.records import EventKind
from procedures.errors import ImpossibleSetting
from procedures.level_conductance import LevelConductance
from procedures.limits import check_limits
from procedures.steps import MakeSafe, Ramp, SetBias
from tests.support.rig.holding import NEAR_M, NM, Holding
from tests.support.rig.rigs import served_rig

RATE_Hz, SPEED = 2000.0, 10 * NM
LEVELS = three_level(0.05, frequency_Hz=Fraction(49, 4))
PERIOD = 164
"""Samples of a period, rounded up."""


class FiresAt:
    """Detector that fires at the kth sample, or fails there."""

    soonest = 1

    def __init__(self, k, error=None):
        self._k, self._error, self._seen = k, error, 0

    def feed(self, samples):
        self._seen += samples.size
        if self._seen < self._k:
            return None
        if self._error is not None:
            raise self._error
        return self._k - 1


class Withdrawals(Holding):
    """Withdrawals beside bias levels, each stopped by its detector."""

    def __init__(self, detectors):
        super().__init__()
        self.detectors = detectors

    def steps(self):
        ramps = [
            Ramp("withdraw", 0.0, SPEED, {"stop": one}, reaction_s=0.001, levels=LEVELS)
            for one in self.detectors
        ]
        return [Ramp("approach", NEAR_M, 500 * NM), SetBias(0.1), *ramps, MakeSafe()]


def run(folder, detectors):
    """Run withdrawals with these detectors; return rig, outcome of the run and recorded steps."""
    procedure = Withdrawals(detectors)
    with served_rig(folder, overrides={"surface.initial_gap_nm": 45.0}) as rig:
        summary = rig.bench(unproved="story").run(procedure, folder / "a.h5")
        assert rig.is_safe()
    return summary, procedure


def spans(recording):
    """First sample and end of each withdrawal."""
    steps = [e for e in recording.events if e.kind is EventKind.STEP and e.name == "withdraw"]
    return [(one.payload["start"], other.sample) for one, other in zip(steps[::2], steps[1::2], strict=True)]


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """Withdrawals stopped at every third sample of a period, and one beyond two periods."""
    ks = [*range(1, PERIOD + 3, 3), 2 * PERIOD + 20]
    summary, procedure = run(tmp_path_factory.mktemp("levels"), [FiresAt(k) for k in ks])
    assert summary.end.status == "finished", summary.end.reason
    return summary.recording, ks, procedure


def test_the_bias_follows_the_levels_from_the_first_sample_of_each_ramp(stopped):
    recording, ks, _ = stopped
    with Recording(recording) as found:
        for (start, stop), k in zip(spans(found), ks, strict=True):
            (bias_V,) = found.samples(start, stop, ("bias",))
            wanted_V = np.resize(LEVELS.bias_V(RATE_Hz), len(bias_V) + 2)
            n = min(k, len(bias_V))  # what follows is the stop
            shifts = [np.abs(bias_V[:n] - wanted_V[late : late + n]).max() for late in (0, 1, 2)]
            assert n < 3 or min(shifts) < 2e-3, "a whole number of samples, at most two"


def test_z_moves_in_the_same_waveform_and_stops_at_once(stopped):
    _, ks, procedure = stopped
    outcomes = [outcome for step, outcome in procedure.outcomes.values() if getattr(step, "levels", None)]
    way_m = -np.diff([NEAR_M, *(outcome.extension_m for outcome in outcomes)])
    expected_m = SPEED / RATE_Hz * np.array(ks)
    late = (way_m - expected_m) * RATE_Hz / (SPEED)
    assert (np.abs(late) < 3.0).all()
    assert all(outcome.ended == "stop" for outcome in outcomes)


def test_the_bias_of_before_comes_back(stopped):
    recording, _, _ = stopped
    with Recording(recording) as found:
        stops = [stop for _, stop in spans(found)]
        settings = {e.sample: e.payload["value"] for e in found.events if e.name == "bias_V"}
    after = [min(sample for sample in settings if sample >= stop) for stop in stops]
    assert all(
        settings[sample] == 0.1 and sample - stop < 20 for sample, stop in zip(after, stops, strict=True)
    )


@pytest.mark.parametrize("k", [1, 30, 54, 55, 80, 109, 110, 150, 164])
def test_an_error_at_any_step_leaves_a_safe_rig(tmp_path, k):
    with pytest.raises(ArithmeticError):
        run(tmp_path, [FiresAt(k, ArithmeticError("of the test"))])


def test_a_junction_that_opens_is_seen_at_the_levels_with_a_bias(tmp_path):
    """Out of contact it is open from the first level on: not before that has settled, nor in the zero level."""
    summary, procedure = run(tmp_path, [OpenDetector(0.01, 20)])
    assert summary.end.status == "finished", summary.end.reason
    (outcome,) = [one for step, one in procedure.outcomes.values() if getattr(step, "levels", None)]
    assert outcome.ended == "stop"
    assert outcome.samples[1] - outcome.samples[0] < 60


def looked_at(pieces, conductance_G0, n):
    """Conductances for detectors, of samples in pieces of these lengths."""
    look, bias_V = LevelConductance(LEVELS, RATE_Hz, 4), np.resize(LEVELS.bias_V(RATE_Hz), n)
    with np.errstate(invalid="ignore"):
        G = np.where(bias_V != 0.0, conductance_G0, np.nan)
    edges = np.cumsum(pieces)[:-1]
    return np.concatenate(
        [look.feed(*pair) for pair in zip(np.split(bias_V, edges), np.split(G, edges), strict=True)]
    )


@pytest.mark.parametrize("pieces", [(500,), (1,) * 500, (7, 93, 100, 300)])
def test_between_the_levels_stands_the_mean_of_the_last(pieces):
    conductance_G0 = 1.0 + 1e-3 * np.arange(500)
    found = looked_at(pieces, conductance_G0, 500)
    assert np.isinf(found[:4]).all(), "the first edge is at the first sample"
    assert found[10] == conductance_G0[10] and found[130] == conductance_G0[130]
    assert found[70] == pytest.approx(conductance_G0[4:55].mean()), "0 V after +V"
    assert found[111] == found[70], "-V has not settled"
    assert np.isfinite(found[4:]).all()


def test_without_a_bias_the_conductance_becomes_unknown():
    look = LevelConductance(LEVELS, RATE_Hz, 4)
    found = look.feed(np.zeros(500), np.full(500, np.nan))
    assert np.isinf(found[:320]).all() and np.isnan(found[330:]).all()


@pytest.mark.parametrize(
    ("levels", "message"),
    [(three_level(5.0), "outside the rig's limits"), (three_level(0.0), "all 0 V"),
     (three_level(0.05, frequency_Hz=Fraction(1000)), "shortest level")],
)  # fmt: skip
def test_impossible_levels_are_refused_before_anything_moves(tmp_path, levels, message):
    with served_rig(tmp_path) as rig:
        from app.config.rig import load_rig
        from app.config.rig_context import planned_context

        context = planned_context(load_rig(rig.file))
    with pytest.raises(ImpossibleSetting, match=message):
        check_limits(Ramp("withdraw", 0.0, SPEED, levels=levels), context)
