"""The same traces in several recordings count once: else errors are too small by up to the root of 2."""

import numpy as np
import pytest

from analysis.recording import RecordedChannel, RecordingWriter, RunHeader, TraceEntry
from analysis.records import Block
from app.offline.analyse import analyse_measurement
from app.offline.many import analyse_files
from app.offline.statistics import chosen_statistics
from app.offline.two_sets import kept_traces
from tests.support.physics.iv_junctions import opening_traces

N = 60
RATE_Hz = 40_000.0


@pytest.fixture(scope="module")
def conductances_G0():
    """Traces of a contact, a molecule and the open junction, with noise."""
    rng = np.random.default_rng(5)
    return [np.asarray(trace.conductance_G0, dtype=float) for trace in opening_traces(rng, N)]


def written(path, traces, day, rate_Hz=RATE_Hz):
    header = RunHeader(
        "break-junction",
        (RecordedChannel("conductance", "G0"),),
        rate_Hz,
        settings={"opening_speed_m_per_s": 2e-8, "bias_V": 0.1},
        started=f"2026-11-{day:02d}T08:00:00+00:00",
    )
    with RecordingWriter(path, header) as writer:
        at = 0
        for number, trace in enumerate(traces):
            writer.append(Block(at, rate_Hz, ("conductance",), trace[np.newaxis]))
            writer.add_trace(TraceEntry(number, at, at + trace.size))
            at += trace.size
    return path


def peaks_of(measurement):
    return [(peak.conductance_G0, peak.uncertainty_G0) for peak in measurement.histogram.analysis.peaks]


CHANGED = {
    "the same": lambda g: g,
    "32 bits": lambda g: g.astype(np.float32).astype(float),
    "another lab's G0": lambda g: g * 1.0003,
    "with less of the open end": lambda g: g[:-200],
}


@pytest.mark.usefixtures("few_resamples")
@pytest.mark.parametrize("changed", CHANGED.values(), ids=CHANGED)
def test_an_overlapping_export_adds_nothing(tmp_path, conductances_G0, changed):
    whole = written(tmp_path / "night.h5", conductances_G0[:40], 1)
    again = written(tmp_path / "export.h5", [changed(g) for g in conductances_G0[30:]], 2)
    once = written(tmp_path / "once.h5", [*conductances_G0[:40], *map(changed, conductances_G0[40:])], 3)

    expected = analyse_files([once])
    for found in (analyse_files([again, whole]), analyse_measurement([whole, again])):
        traces = found.histogram.analysis.to_json()["traces"]
        assert (traces["total"], traces["kept"]) == (70, 60)
        assert traces["rejected"] == {"in another recording too": 10}
        assert np.array(peaks_of(found)) == pytest.approx(np.array(peaks_of(expected)), rel=1e-12)
        assert "export.h5: 10 of its 30 traces are in an earlier recording too" in " ".join(found.warnings)
    assert not any("earlier recording" in text for text in expected.warnings)


def test_counted_twice_the_error_would_be_too_small(tmp_path, conductances_G0):
    """The control: as many traces again, but others, do make it smaller by about the root of 2."""
    rng = np.random.default_rng(6)
    first = written(tmp_path / "a.h5", conductances_G0, 1)
    copy = written(tmp_path / "b.h5", conductances_G0[::-1], 2)
    other = written(tmp_path / "c.h5", [trace.conductance_G0 for trace in opening_traces(rng, N)], 3)

    alone, twice, more = (
        peaks_of(analyse_files(paths)) for paths in ([first], [first, copy], [first, other])
    )

    assert twice == alone
    assert more[0][1] / alone[0][1] == pytest.approx(0.71, abs=0.2)


@pytest.mark.usefixtures("few_resamples")
def test_copies_are_left_out_of_statistics_of_every_trace(tmp_path, conductances_G0):
    chosen = chosen_statistics("directions,full-scale")
    first = written(tmp_path / "a.h5", conductances_G0, 1)
    copy = written(tmp_path / "b.h5", conductances_G0[:20], 2)
    alone, both = (analyse_files(paths, statistics=chosen).statistics for paths in ([first], [first, copy]))
    for name in alone:
        assert [str(x) for x in both[name].tables] == [str(x) for x in alone[name].tables]


def test_a_folder_that_holds_copies_is_compared_with_each_once(tmp_path, conductances_G0):
    written(tmp_path / "a.h5", conductances_G0, 1)
    written(tmp_path / "b.h5", conductances_G0[10:20], 2)
    assert len(kept_traces(tmp_path)) == N
