"""A session against the analysis of its own file, against other cuttings of its stream, and against a fresh one."""

import json
import threading
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest

from analysis.heating.exclusion import ExclusionRules
from analysis.heating.heating import HeatingOptions
from analysis.heating.junction_model import JunctionModel
from analysis.heating.runs import EvaluationOptions
from analysis.iv.mean import CurveRules
from analysis.recording import RecordedChannel, RunHeader
from analysis.records import NOTE, Block, Event, EventKind, Trace
from analysis.traces.options import AnalysisOptions
from analysis.transport.transmission import BreitWignerLevel, LevelTransmission
from app.offline.analyse import analyse_measurement
from app.offline.traces import ByHand
from app.replay.player import Player
from app.replay.seek_context import SeekContext
from app.viewmodels.junction_state import ShownState
from app.viewmodels.options import SessionOptions
from app.viewmodels.session import Session
from app.viewmodels.session_result import result_of
from app.viewmodels.worker import Background
from tests.support.physics.iv_junctions import opening_traces
from tests.support.recordings.results import sections
from tests.support.recordings.streams import CHANNELS, RATE_Hz, header, made_holds, made_sweeps, made_traces

RUNS = {
    "traces": lambda: made_traces(14),
    "holds": lambda: made_holds(8),
    "sweeps": lambda: made_sweeps(7),
}
CUTTINGS = ([200], [10**7], [1999, 1, 50])

pytestmark = pytest.mark.usefixtures("few_resamples")


@pytest.fixture(scope="module")
def runs():
    return {name: make() for name, make in RUNS.items()}


@pytest.fixture(scope="module")
def numbers(runs, tmp_path_factory):
    """The analysis of a run as a file, by its name."""

    @cache
    def of(name):
        return sections(
            analyse_measurement([runs[name].write(tmp_path_factory.mktemp(name) / "run.h5")]).to_json()
        )

    return of


def watched(made, sizes=(200,), options=None, worker=None, **more):
    session = Session(made.header, options, worker, name="run.h5", **more)
    for item in made.cut(sizes):
        session.feed(item)
    session.close()
    return session


@pytest.mark.parametrize("name", RUNS)
def test_the_numbers_are_those_of_the_file(name, runs, numbers):
    assert numbers(name)
    assert sections(result_of(watched(runs[name]))) == numbers(name)


def test_a_replay_gives_the_numbers_of_the_file_too(runs, numbers, tmp_path):
    path = runs["holds"].write(tmp_path / "run.h5")
    with Player(path, float("inf")) as player:
        session = Session(player.header, name=path.name)
        player.play()
        while not player.state.at_end:
            for item in player.advance(0.04):
                session.feed(item)
    session.close()
    assert sections(result_of(session)) == numbers("holds")


@pytest.mark.parametrize("name", RUNS)
def test_how_samples_come_changes_nothing(name, runs):
    shots, options = [], SessionOptions(histogram=AnalysisOptions(resamples=5))
    for sizes in CUTTINGS:
        session = watched(runs[name], sizes, options)
        shots.append(session.snapshot())
    first = shots[0]
    for shot in shots[1:]:
        for strip in ("time_s", "log10_G", "tip_nm", "thermocouple_uV", "bias_V"):
            np.testing.assert_array_equal(getattr(shot.strips, strip), getattr(first.strips, strip))
        for one, other in zip(shot.noise.spectra, first.noise.spectra, strict=True):
            np.testing.assert_array_equal(one.current_A_per_rtHz, other.current_A_per_rtHz)
        assert (shot.status.state, shot.status.cycles) == (first.status.state, first.status.cycles)
        assert shot.status.in_state_s == first.status.in_state_s
        for one, other in zip(shot.trace.last, first.trace.last, strict=True):
            np.testing.assert_array_equal(one.log10_G, other.log10_G)
        np.testing.assert_array_equal(shot.histogram.log_counts, first.histogram.log_counts)
        np.testing.assert_array_equal(shot.iv.current_nA, first.iv.current_nA)
        np.testing.assert_array_equal(shot.heating.points.dT_neg_mK, first.heating.points.dT_neg_mK)


DECIDED = {
    "traces": SessionOptions(
        traces=ByHand(starts_above_G0=6.0, opens_below_G0=1e-4),
        histogram=AnalysisOptions(resamples=20, metallic_G0=(0.5, 2.5)),
    ),
    "holds": SessionOptions(
        heating=HeatingOptions(EvaluationOptions(ExclusionRules(drift=0.01), mask_samples=10), 100)
    ),
    "sweeps": SessionOptions(curves=CurveRules(points=61, ends_differ=0.2)),
}


@pytest.mark.parametrize("name", RUNS)
def test_deciding_otherwise_later_is_deciding_so_from_the_start(name, runs, numbers):
    session = watched(runs[name])
    session.set_options(DECIDED[name])
    changed = result_of(session)
    assert sections(changed) != numbers(name)
    assert sections(changed) == sections(result_of(watched(runs[name], options=DECIDED[name])))
    assert changed["options"] == json.loads(json.dumps(DECIDED[name].to_json()))


def test_the_users_rules_are_those_of_the_command_line(runs, tmp_path):
    path = runs["traces"].write(tmp_path / "run.h5")
    by_hand = ByHand(starts_above_G0=6.0, molecular_G0=(1e-4, 1e-2))
    expected = sections(analyse_measurement([path], by_hand).to_json())
    assert sections(result_of(watched(runs["traces"], options=SessionOptions(traces=by_hand)))) == expected


def test_withdrawals_that_stop_on_plateaus_make_no_histogram(runs):
    made = made_holds(2)
    for number, trace in enumerate(opening_traces(np.random.default_rng(0), 3)):
        made.trace(trace, number)
    session = watched(made)
    assert "stop on plateaus" in session.snapshot().histogram.problem
    assert "histogram" not in result_of(session)
    assert session.snapshot().trace.traces == 3


def test_a_model_given_stands_in_all_views(runs):
    model = JunctionModel(LevelTransmission([BreitWignerLevel(0.9, 0.04, 0.04)]), "a file", side_known=False)
    session = watched(runs["holds"], options=SessionOptions(model=model))
    session.settle()
    shot = session.snapshot()
    assert len(shot.heating.curves) == 3
    assert shot.transmission.window_eV == (-0.6, 0.6)
    assert shot.transmission.side_known, "the heat tells the side"
    assert (
        shot.heating.curves[0].predicted.q_probe_neg_W[-1]
        > shot.heating.curves[0].predicted.q_probe_pos_W[-1]
    )


def test_with_a_worker_it_is_the_same(runs, numbers):
    worker = Background()
    session = watched(runs["holds"], worker=worker)
    result = sections(result_of(session))
    worker.close()
    session.dispose()
    assert result == numbers("holds")


def test_pictures_may_be_asked_for_while_samples_come(runs):
    made, worker = made_traces(8), Background()
    few = SessionOptions(histogram=AnalysisOptions(resamples=5))
    session, failures, shots = Session(made.header, few, worker), [], []
    over = threading.Event()

    def look():
        try:
            while not over.is_set():
                shot = session.snapshot()
                assert shot.strips.time_s.size == shot.strips.log10_G.size == shot.strips.bias_V.size
                assert not shot.histogram.kept or shot.histogram.log_counts.any()
                shots.append(shot)
        except Exception as error:
            failures.append(error)

    painter = threading.Thread(target=look)
    painter.start()
    for item in made.cut([100]):
        session.feed(item)
    session.close()
    session.settle()
    over.set()
    painter.join()
    worker.close()
    assert not failures and len(shots) > 3
    assert session.snapshot().histogram.kept + session.snapshot().histogram.rejected == 8


def test_going_back_counts_nothing_twice(runs):
    few = SessionOptions(histogram=AnalysisOptions(resamples=5))
    made, session = runs["traces"], Session(runs["traces"].header, few)
    for item in made.cut([500]):
        session.feed(item)
    before = session.snapshot()
    session.jump(SeekContext(0))
    assert session.snapshot().status.state is ShownState.UNKNOWN and not session.snapshot().strips.time_s.size
    for item in made.cut([500]):
        session.feed(item)
    session.close()
    after = session.snapshot()
    assert (after.histogram.kept, after.trace.traces) == (before.histogram.kept, before.trace.traces)
    np.testing.assert_array_equal(after.strips.bias_V, before.strips.bias_V)


def test_notes_are_kept_with_their_samples_once_also_after_going_back():
    session = Session(header("break-junction", started="2026-11-21T14:02:11.500+00:00"))
    note = Event(2 * round(RATE_Hz), EventKind.MARK, NOTE, {"text": "tip blunt"})
    session.feed(note)
    session.feed(Block(0, RATE_Hz, CHANNELS, np.zeros((len(CHANNELS), 3 * round(RATE_Hz)))))
    session.jump(SeekContext(round(RATE_Hz)))
    session.feed(note)
    session.feed(Block(round(RATE_Hz), RATE_Hz, CHANNELS, np.zeros((len(CHANNELS), 2 * round(RATE_Hz)))))
    assert session.notes == [note]
    session.dispose()


def test_a_sample_was_taken_when_the_recording_says():
    session = Session(header("break-junction", started="2026-11-21T14:02:11.500+00:00"))
    assert session.time_of(0) == datetime(2026, 11, 21, 14, 2, 11, 500_000, UTC).timestamp()
    assert session.time_of(3 * round(RATE_Hz)) - session.time_of(0) == 3.0
    session.dispose()
    unknown = Session(header("break-junction", started=""))
    assert np.isnan(unknown.time_of(0))
    unknown.dispose()


def test_ready_made_traces_of_an_imported_recording():
    channels = (RecordedChannel("conductance", ""), RecordedChannel("extension", "m"))
    header = RunHeader("import igor", channels, 1000.0, provenance="imported")
    session, at = Session(header), 0
    for number, trace in enumerate(opening_traces(np.random.default_rng(1), 12, step_m=4e-12)):
        n = trace.conductance_G0.size
        data = np.stack([trace.conductance_G0, trace.displacement_m])
        session.feed(Block(at, 1000.0, ("conductance", "extension"), data))
        session.feed(Trace(number, (at, at + n), trace.displacement_m, trace.conductance_G0, 0.1, "unknown"))
        at += n
    session.close()
    shot = session.snapshot()
    assert shot.histogram.kept == 12 and len(shot.trace.last) == 10
    assert shot.strips.extents["log10_G"][1] == pytest.approx(np.log10(8.0), abs=0.02)
    assert np.isnan(shot.strips.thermocouple_uV).all()
    assert result_of(session)["histogram"]["peaks"]


def test_a_recording_without_a_gain_still_shows_what_it_has():
    made = made_traces(2)
    session = Session(replace(made.header, settings={}))
    for item in made.cut([1000]):
        session.feed(item)
    session.close()
    shot = session.snapshot()
    assert shot.strips.extents["bias_V"] == (0.1, 0.1) and "tip_nm" not in shot.strips.extents
    assert result_of(session)["warnings"] == []


def test_another_break_moves_the_traces_behind(runs):
    session = watched(runs["traces"], options=SessionOptions(histogram=AnalysisOptions(resamples=5)))
    session.set_options(SessionOptions(histogram=AnalysisOptions(resamples=5, break_G0=2.5)))
    shot = session.snapshot().trace
    assert shot.break_G0 == 2.5 and len(shot.last) == 10
    line = shot.last[-1]
    assert line.log10_G[line.x > 0.02].max() < np.log10(2.5) + 0.05


def test_samples_leave_nothing_behind():
    """Minutes more of them, in every view: what is kept of samples is bounded."""
    session = Session(header("break-junction"))
    block, rng = 8000, np.random.default_rng(0)
    data = 1e-3 * rng.standard_normal((4, block))

    def minutes(first, count):
        for i in range(15 * first, 15 * (first + count)):
            session.feed(Block(i * block, RATE_Hz, CHANNELS, data))
        session.snapshot()

    tracemalloc.start()
    minutes(0, 3)
    before = tracemalloc.get_traced_memory()[0]
    minutes(3, 2)
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert after - before < 100_000


def test_records_leave_little_behind():
    """A day has some thousand of them: their samples go to the disk, their numbers stay."""
    no_peaks = AnalysisOptions(metallic_G0=(1.0, 1.0), molecular_G0=(1.0, 1.0))
    session = Session(header("break-junction"), SessionOptions(histogram=no_peaks), Later())
    traces = opening_traces(np.random.default_rng(2), 10, step_m=4e-12)

    def more(first, count):
        for i in range(first, first + count):
            session.feed(replace(traces[i % 10], number=i, samples=(10 * i, 10 * i + 5)))
        session.histogram.work()

    more(0, 50)
    tracemalloc.start()
    more(50, 100)
    before = tracemalloc.get_traced_memory()[0]
    more(150, 200)
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert session.histogram.snapshot().kept > 300
    assert (after - before) / 200 < 4000, "bytes a trace; its samples alone take more than ten times that"


class Later:
    """A worker that does nothing by itself."""

    def ask(self, job):
        pass

    def settle(self):
        pass

    def close(self):
        pass
