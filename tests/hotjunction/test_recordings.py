"""Recordings as a script reads them; what is wrong with a path or a file is a Python error of one sentence."""

import json
import sys

import numpy as np
import pytest
from click.testing import CliRunner

import hotjunction as hj
from analysis.recording import Recording
from app.cli import main
from tests.analysis.traces.test_read import HEADER, run, write
from tests.support.recordings.made_recordings import made_heating, made_iv


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """Two recordings of traces, one of I-V curves and one of held junctions, by the time at which they began."""
    folder, rng = tmp_path_factory.mktemp("night"), np.random.default_rng(1)
    for name, number in (("first", 4), ("second", 3)):
        blocks, events, _ = run(rng, number)
        write(folder / f"{name}.h5", HEADER, blocks, events)
    made_iv(folder / "iv.h5", rng, curves=5)
    made_heating(folder / "heat.h5", rng, amplitudes_V=(1.2,), holds=5)
    return folder


def test_a_path_a_list_and_a_folder_open(night):
    assert len(hj.open(night / "iv.h5")) == 1
    assert hj.open(str(night / "iv.h5"))[0].header.procedure == "iv"
    assert hj.open([night / "iv.h5", night / "iv.h5"]).paths == (night / "iv.h5",)
    assert {path.name for path in hj.open(night).paths} == {"first.h5", "second.h5", "iv.h5", "heat.h5"}
    assert "iv.h5: iv, finished, 2005 samples" in repr(hj.open(night))
    assert [part.path.name for part in hj.open(night)[-2:]] == [x.name for x in hj.open(night).paths[-2:]]


def test_traces_of_several_recordings_have_running_numbers(night):
    traces = list(hj.open([night / "first.h5", night / "second.h5"]).traces())

    assert [trace.number for trace in traces] == list(range(7))
    assert all(trace.conductance_G0.size == trace.displacement_m.size > 0 for trace in traces)


def test_holds_bring_their_samples(night):
    holds = list(hj.open(night / "heat.h5").holds())

    assert [hold.number for hold in holds] == list(range(5))
    assert {hold.amplitude_V for hold in holds} == {1.2}
    assert all(np.abs(hold.bias_V).max() == pytest.approx(1.2) for hold in holds)


def test_iv_is_the_mean_of_the_junctions(night):
    iv = hj.open(night / "iv.h5").iv()

    assert iv.junctions == 5
    np.testing.assert_allclose(iv.by_junction_A.mean(axis=0), iv.current_A)


def test_no_file_stays_open(night, tmp_path):
    path = tmp_path / "iv.h5"
    path.write_bytes((night / "iv.h5").read_bytes())
    recordings = hj.open(path)
    recordings.iv()
    next(recordings.traces(), None)

    path.unlink()  # Windows refuses this while a file is open

    assert recordings[0].n_samples == 2005


def test_analyze_says_what_the_command_says(night):
    found = hj.analyze([night / "iv.h5", night / "heat.h5"])

    done = CliRunner().invoke(main, ["analyze", "--json", str(night / "iv.h5"), str(night / "heat.h5")])
    assert found.to_json() == json.loads(done.output)
    assert hj.analyze(hj.open(night / "iv.h5")).iv.junctions == 5


def test_samples_become_a_dataset(night):
    xarray = pytest.importorskip("xarray")
    whole = hj.open(night / "iv.h5").to_xarray()
    part = hj.open(night / "iv.h5").to_xarray(["bias"], start=100, stop=300)

    with Recording(night / "iv.h5") as recording:
        np.testing.assert_array_equal(whole.current, recording.samples(0, recording.stop, ["current"])[0])
    xarray.testing.assert_equal(part.bias, whole.bias[100:300])
    assert whole.bias.attrs["units"] == "V" and float(part.time[0]) == 100 / 2000
    assert whole.attrs["current_gain_V_per_A"] == 1e5
    with pytest.raises(KeyError, match="pressure"):
        hj.open(night / "iv.h5").to_xarray(["pressure"])
    with pytest.raises(IndexError, match="not within 0 to 2005"):
        hj.open(night / "iv.h5").to_xarray(stop=9999)
    with pytest.raises(ValueError, match="takes one recording, and these are 4"):
        hj.open(night).to_xarray()


def test_a_missing_xarray_is_asked_for(night, monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)

    with pytest.raises(ImportError, match=r'xarray, which is not installed: .*"hotjunction\[xarray\]"'):
        hj.open(night / "iv.h5").to_xarray()


@pytest.mark.parametrize("function", [hj.open, hj.analyze])
def test_a_wrong_path_is_a_file_that_is_not_found(function, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no such recording or folder.*none\.h5"):
        function(tmp_path / "none.h5")


@pytest.mark.parametrize("function", [hj.open, hj.analyze])
def test_foreign_empty_and_damaged_files_are_one_sentence(function, night, tmp_path):
    (tmp_path / "empty").mkdir()
    foreign, damaged = tmp_path / "photo.h5", tmp_path / "damaged.h5"
    foreign.write_bytes(b"\x89PNG" + bytes(1000))
    content = bytearray((night / "heat.h5").read_bytes())
    damaged.write_bytes(content[: len(content) // 3])

    for path, said in (
        (foreign, "not an HDF5 file"),
        (tmp_path / "empty", "holds no recording"),
        (damaged, "damaged"),
    ):
        with pytest.raises(hj.RecordingError, match=said) as refused:
            function(path)
        assert path.name in str(refused.value) and "\n" not in str(refused.value)
    with pytest.raises(hj.RecordingError, match="no recording was given"):
        function([])


def test_holds_of_an_imported_file_without_gains_are_refused(tmp_path):
    rng = np.random.default_rng(2)
    blocks, events, _ = run(rng, 1)
    write(tmp_path / "traces.h5", HEADER, blocks, events)

    with pytest.raises(hj.RecordingError, match="the gain of the thermocouple"):
        list(hj.open(tmp_path / "traces.h5").holds())
    with pytest.raises(ValueError, match="no curve to average"):
        hj.open(tmp_path / "traces.h5").iv()


def test_an_unknown_background_is_refused(night):
    with pytest.raises(ValueError, match="'quadratic': must be 'none', 'constant' or 'linear'"):
        hj.analyze(night / "first.h5", background="quadratic")


def test_a_measurement_becomes_files(night, tmp_path):
    measurement = hj.analyze(night / "iv.h5")

    assert hj.export(measurement, tmp_path / "iv.npz", "npy") == tmp_path / "iv.npz"
    with np.load(tmp_path / "iv.npz") as file:
        assert np.array_equal(file["iv.current_A"], measurement.iv.current_A)
    with pytest.raises(FileExistsError, match="force=True"):
        hj.export(measurement, tmp_path / "iv.npz", "npy")
    with pytest.raises(ValueError, match="must be one of csv, npy"):
        hj.export(measurement, tmp_path / "iv.xls", "xls")
    with pytest.raises(ValueError, match="have no peaks"):
        hj.export(measurement, tmp_path / "iv.mat", "mat", only=["peaks"])
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="nothing was left"):
        hj.export(measurement, tmp_path / "file" / "iv.mat", "mat")


def test_traces_and_measurements_become_xarray(night):
    pytest.importorskip("xarray")
    traces = list(hj.open(night / "first.h5").traces())

    found = hj.open(night / "first.h5").traces_to_xarray()

    assert found.conductance.dims == ("trace", "sample")
    for i, trace in enumerate(traces):
        n = int(found.samples[i])
        assert np.array_equal(found.conductance[i, :n], trace.conductance_G0)
        assert np.isnan(found.conductance[i, n:]).all()
    with pytest.raises(ValueError, match="one after another"):
        hj.open(night / "first.h5").traces_to_xarray(largest=100)
    measurement = hj.analyze(night / "iv.h5")
    dataset = hj.to_xarray(measurement)
    assert np.array_equal(dataset.iv_current_A, measurement.iv.current_A)
    assert dataset.voltage.attrs["units"] == "V"
    with pytest.raises(ValueError, match="have no peaks"):
        hj.to_xarray(measurement, only=["peaks"])
