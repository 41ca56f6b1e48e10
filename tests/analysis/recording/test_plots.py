"""Recordings in other programs: viewers of NeXus files, and the example of the documentation."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from analysis.recording import Plot, PlotAxis, RecordingWriter
from tests.support.physics.counted import HEADER, block, write


def default_plot(path: Path) -> h5py.Group:
    """Return the group that a NeXus viewer opens first: follow ``default`` from the root to an NXdata."""
    file = h5py.File(path)
    group: h5py.Group = file
    while group.attrs["NX_class"] != "NXdata":
        group = group[group.attrs["default"]]
    return group


def test_a_viewer_finds_the_histogram_and_a_trace(tmp_path):
    path = tmp_path / "run.h5"
    conductance, counts = np.linspace(0, 5, 100), np.arange(100.0)
    plots = [
        Plot(
            "histogram",
            "Conductance of 3 traces",
            PlotAxis("counts", counts),
            (PlotAxis("g", conductance, "G0", "G"),),
        ),
        Plot(
            "map",
            "2D",
            PlotAxis("counts", np.ones((3, 2))),
            (PlotAxis("x", np.arange(3.0)), PlotAxis("y", np.zeros(2))),
        ),
    ]
    with RecordingWriter(path, HEADER) as writer:
        writer.append(block(0, 10))
        writer.close(plots=plots)
    group = default_plot(path)
    assert group.name == "/entry/histogram"
    signal = group[group.attrs["signal"]]
    (axis,) = group.attrs["axes"]
    assert np.array_equal(signal[:], counts)
    assert np.array_equal(group[axis][:], conductance)
    assert group[axis].attrs["units"] == "G0"
    assert signal.dims[0][0].name == "/entry/histogram/g"
    assert group.file["entry/map/counts"].dims[1][0].name == "/entry/map/y"
    group.file.close()


def test_without_plots_a_viewer_shows_the_first_channel(tmp_path):
    path = tmp_path / "run.h5"
    write(path, [block(0, 10)])
    group = default_plot(path)
    assert group.name == "/entry/raw"
    assert np.array_equal(group[group.attrs["signal"]][:], np.arange(10.0))
    group.file.close()


def test_axes_must_fit_the_signal():
    with pytest.raises(ValueError, match=r"axes of lengths \(4,\)"):
        Plot("p", "t", PlotAxis("y", np.zeros(3)), (PlotAxis("x", np.zeros(4)),))


def test_the_example_of_the_documentation_reads_a_recording(tmp_path, monkeypatch, capsys):
    page = (Path(__file__).parents[3] / "docs" / "reference" / "file-format.md").read_text()
    example = page.split("```python\n")[1].split("```")[0]
    write(tmp_path / "run.h5", [block(0, 10)])
    monkeypatch.chdir(tmp_path)
    exec(example, {})
    assert "break junction" in capsys.readouterr().out
