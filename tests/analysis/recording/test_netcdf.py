"""Every group of a recording opens in xarray with real dimensions, and survives being written by it."""

import numpy as np
import pytest

from analysis.recording import (
    Plot,
    PlotAxis,
    RecordedChannel,
    Recording,
    RecordingWriter,
    RunHeader,
    TraceEntry,
)
from analysis.records import Block, Event, EventKind

xarray = pytest.importorskip("xarray")
pytest.importorskip("h5netcdf")

GROUPS = {
    "entry": {"segment": 2, "segment_column": 2},
    "entry/raw": {"sample": 70},
    "entry/events": {"event": 2},
    "entry/traces": {"trace": 1},
    "entry/histogram": {"conductance": 3},
}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A recording with a gap, two events, a trace and a plot."""
    path = tmp_path_factory.mktemp("recordings") / "n\u00e4chte.h5"
    header = RunHeader("break-junction", (RecordedChannel("current"), RecordedChannel("bias")), 1000.0)
    axis = PlotAxis("conductance", np.array([1.0, 2.0, 3.0]), "G0")
    plot = Plot("histogram", "Histogram", PlotAxis("counts", np.arange(3.0)), (axis,))
    writer = RecordingWriter(path, header)
    writer.append(Block(0, 1000.0, ("current", "bias"), np.ones((2, 50))))
    writer.append(Block(80, 1000.0, ("current", "bias"), np.ones((2, 20))))
    writer.add_event(Event(3, EventKind.STEP, "withdraw", {"phase": "begin"}))
    writer.add_event(Event(40, EventKind.STEP, "withdraw", {"phase": "end"}))
    writer.add_trace(TraceEntry(0, 3, 40, bias_V=0.1))
    writer.close(plots=[plot])
    return path


@pytest.mark.parametrize("group", GROUPS)
def test_dimensions_have_names_and_the_round_trip_is_identical(group, path, tmp_path):
    with xarray.open_dataset(path, group=group, engine="h5netcdf") as found:
        dataset = found.load()
    assert dict(dataset.sizes) == GROUPS[group]
    dataset.to_netcdf(tmp_path / "copy.nc", engine="h5netcdf")
    with xarray.open_dataset(tmp_path / "copy.nc", engine="h5netcdf") as copy:
        xarray.testing.assert_identical(copy.load(), dataset)


def test_units_and_values(path):
    with xarray.open_dataset(path, group="entry/traces", engine="h5netcdf") as traces:
        assert traces.bias_V.attrs["units"] == "V"
        assert traces.start.values.tolist() == [3]
        assert traces.trace.values.tolist() == [0]
    with xarray.open_dataset(path, group="entry", engine="h5netcdf") as entry:
        assert entry.segments.values.tolist() == [[0, 0], [80, 50]]


def test_a_recording_without_traces_and_events_opens_too(tmp_path):
    header = RunHeader("noise", (RecordedChannel("current"),), 1000.0)
    with RecordingWriter(tmp_path / "x.h5", header) as writer:
        writer.append(Block(0, 1000.0, ("current",), np.ones((1, 5))))
    for group in ("entry/events", "entry/traces"):
        with xarray.open_dataset(tmp_path / "x.h5", group=group, engine="h5netcdf") as found:
            assert set(found.load().sizes.values()) == {0}
    with Recording(tmp_path / "x.h5") as recording:
        recording.verify()
        assert recording.events == recording.traces == ()
