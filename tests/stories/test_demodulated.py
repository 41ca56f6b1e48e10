"""A fast run that keeps a lock-in's points: the results are those of all samples, and no points pass for samples."""

import re
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

import hotjunction
from analysis.recording import Recording, RecordingError
from analysis.records import TIE, EventKind
from analysis.spectra.demodulated import ADDED, Demodulator, Points
from analysis.thermoelectric.ac_traces import ac_traces
from app.acquisition.demodulating import raw_path
from app.catalogue.entry import entry_of
from app.cli import main
from app.offline.analyse import analyse_measurement
from app.replay.player import Player
from app.viewmodels.session import Session
from procedures.ac_break_junction import ACBreakJunction
from simulators.rig.playback import check_playable
from tests.conftest import leave_unanalysed, resample_less
from tests.stories.test_ac_break_junction import FAST, QUICK
from tests.support.rig.rigs import served_rig

pytestmark = pytest.mark.usefixtures("few_resamples")


def run(folder, keep, faults=(), status="finished"):
    """Run with one seed; return the recording."""
    with served_rig(folder, overrides=FAST, seed=3, faults=faults) as rig:
        text = rig.file.read_text("utf-8")
        rig.file.write_text(re.sub(r"rise_time_s = \S+", "rise_time_s = 1e-5", text), "utf-8")
        procedure = ACBreakJunction.from_values({**QUICK, "keep": keep})
        summary = rig.bench(unproved="story").run(procedure, folder / "ac.h5")
    assert summary.end.status == status, summary.end.reason
    return summary.recording


@pytest.fixture(scope="module")
def nights(tmp_path_factory):
    """Recordings of one run, with all samples and demodulated."""
    with pytest.MonkeyPatch.context() as patch:
        leave_unanalysed(patch)
        return tuple(run(tmp_path_factory.mktemp(keep), keep) for keep in ("all", "demodulated"))


@pytest.fixture(scope="module")
def results(nights):
    with pytest.MonkeyPatch.context() as patch:
        resample_less(patch)
        return tuple(analyse_measurement([recording]) for recording in nights)


def test_the_points_are_those_of_the_samples(nights):
    with Recording(nights[0]) as whole, Recording(nights[1]) as kept:
        points = Points.of_settings(kept.header.settings)
        assert (points.length, points.rate_Hz) == (16, 3125.0) and kept.rate_Hz == 3125.0
        demodulator = Demodulator(points)
        expected = [found for block in whole.blocks(7777) if (found := demodulator.feed(block)) is not None]
        assert expected[0].first == kept.first and expected[-1].stop == kept.stop
        data = np.concatenate([block.data for block in expected], axis=1)
        assert np.allclose(kept.samples(kept.first, kept.stop), data, rtol=0, atol=1e-12)
        events, samples = ([(e.name, e.sample) for e in one.events if e.name != TIE] for one in (kept, whole))
        assert events == [(name, -(-sample // 16)) for name, sample in samples]


def test_boxcars_of_points_are_those_of_the_same_samples(nights):
    with Recording(nights[0]) as whole, Recording(nights[1]) as kept:
        pairs = list(zip(ac_traces(whole), ac_traces(kept), strict=True))
    for one, other in pairs:
        late = other.samples[0] * 16 - one.samples[0]
        from_there = replace(one, bias_V=one.bias_V[late:], current_A=one.current_A[late:], lag_s=other.lag_s)
        expected, found = from_there.response(), other.response()
        n = min(len(expected.bias_V), len(found.bias_V))
        assert n > 50 and found.length * 16 == expected.length
        assert np.allclose(found.admittance_S[:n], expected.admittance_S[:n], rtol=1e-4, atol=1e-12)
        assert np.allclose(found.current_A[:n], expected.current_A[:n], rtol=1e-5, atol=1e-14)


def test_the_result_is_that_of_all_samples(results):
    """Boxcars begin up to 16 samples later, so that others count at the ends of a plateau: within the errors."""
    whole, kept = (one.ac for one in results)
    assert kept.lag_s == pytest.approx(whole.lag_s, abs=2e-7)
    assert kept.capacitance_F == whole.capacitance_F
    pairs = list(zip(whole.thermopower.holds, kept.thermopower.holds, strict=True))
    assert len(pairs) >= 8
    assert all(
        other.hold.fit.conductance_S == pytest.approx(one.hold.fit.conductance_S, rel=0.03)
        for one, other in pairs
    )
    moved = [
        (other.hold.voltage_V - one.hold.voltage_V) / one.hold.fit.sigma_open_circuit_V
        for one, other in pairs
    ]
    assert np.sqrt(np.mean(np.square(moved))) < 1.0
    one, other = whole.thermopower.line, kept.thermopower.line
    assert other.slope == pytest.approx(one.slope, abs=0.3 * one.sigma_slope)


def test_the_histogram_is_that_of_all_samples(results):
    """It has 16 times fewer counts a trace; their distribution is the same."""
    whole, kept = (one.histogram.analysis.log for one in results)
    assert whole.counts_per_trace.sum() / kept.counts_per_trace.sum() == pytest.approx(16.0, rel=0.01)
    shares = [np.cumsum(one.counts_per_trace) / one.counts_per_trace.sum() for one in (whole, kept)]
    assert np.abs(shares[0] - shares[1]).max() < 0.01


def test_a_replay_shows_what_the_analysis_finds(nights, results):
    with Player(nights[1]) as player:
        session = Session(player.header)
        player.play()
        for item in player.advance(3600.0):
            session.feed(item)
    session.close()
    session.settle()
    shown, strips = session.thermopower.snapshot(), session.strips.snapshot()
    session.dispose()
    assert shown.seebeck_uV_per_K == pytest.approx(1e6 * results[1].ac.thermopower.line.slope)
    assert not set(strips.extras) & set(ADDED), "amplitudes are no inputs of the rig file"


def test_it_is_small(nights):
    """A sixteenth of the samples, twice as many channels, half the bytes of a number."""
    with Recording(nights[0]) as whole, Recording(nights[1]) as kept:
        assert kept.n_samples == pytest.approx(whole.n_samples / 16, abs=2)
        assert len(kept.channels) == len(whole.channels) + len(ADDED)
        assert {channel.dtype for channel in kept.header.channels} == {"f4"}


def test_samples_of_the_first_trace_are_kept_beside(nights):
    with Recording(nights[0]) as whole, Recording(raw_path(nights[1])) as raw:
        (mark,) = (e for e in raw.events if e.kind is EventKind.MARK)
        trace = next(iter(ac_traces(whole)))
        assert mark.payload == {"trace": 0}
        assert (raw.first, raw.stop) == trace.samples
        assert raw.samples(*trace.samples).tobytes() == whole.samples(*trace.samples).tobytes()


def test_the_samples_beside_are_no_second_measurement(nights, results):
    both = analyse_measurement([nights[1], raw_path(nights[1])])
    assert both.histogram.analysis.log.n_traces == results[1].histogram.analysis.log.n_traces
    assert len(both.ac.thermopower.holds) == len(results[1].ac.thermopower.holds)


def test_samples_before_a_fault_are_kept_beside(tmp_path):
    recording = run(tmp_path, "demodulated", ["bias-loop-back-lost=60000"], "fault")
    with Recording(recording) as kept, Recording(raw_path(recording)) as raw:
        faults = [[e for e in one.events if e.kind is EventKind.FAULT] for one in (kept, raw)]
        assert raw.status == kept.status == "aborted"
        assert faults[0][0].payload == faults[1][0].payload
        assert raw.first < 60_000 < raw.stop
        (lost,) = raw.samples(59_000, raw.stop, ("bias",))
        assert np.abs(lost[-100:]).max() < 1e-3 < np.abs(lost[:900]).max()


def test_a_demodulated_recording_is_not_played_back_as_samples(nights):
    with Recording(nights[1]) as kept, pytest.raises(RecordingError, match="points of a lock-in"):
        check_playable(kept)


def test_lists_and_exports_say_what_it_is(nights):
    assert "demodulated at 3125 Hz" in entry_of(nights[1]).title
    assert "demodulated points" in repr(hotjunction.open(nights[1]))
    samples = hotjunction.open(nights[1]).to_xarray(["current"])
    assert "mean of 16 samples" in samples.current.attrs["long_name"]
    told = CliRunner().invoke(main, ["analyze", str(nights[1])]).output
    assert "demodulated at 3125 Hz" in " ".join(told.split())
