"""Exports read back as the numbers that they were made of, with where these come from."""

import csv
import errno
import json
import re

import numpy as np
import pytest
from click.testing import CliRunner
from nptdms import TdmsFile
from scipy.io import loadmat

from app.cli import main
from app.export import text_files
from app.export.binary_files import dataset_of
from app.export.content import ExportError, content_of
from app.export.figures import figures_of
from app.export.write import FORMATS, export
from app.offline.identity import sha256_of
from app.offline.many import analyse_files
from tests.conftest import resample_less
from tests.support.recordings.made_recordings import made_heating, made_iv
from tests.support.recordings.streams import made_traces


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("nächte µ"), np.random.default_rng(1)
    made_traces(10, 1).write(folder / "traces.h5")
    made_iv(folder / "iv.h5", rng, curves=2)
    made_heating(folder / "heat.h5", rng, amplitudes_V=(1.2,), holds=3)
    return sorted(folder.glob("*.h5"))


@pytest.fixture(scope="module")
def measurement(recordings):
    with pytest.MonkeyPatch.context() as patch:
        resample_less(patch)
        return analyse_files(recordings)


@pytest.fixture(scope="module")
def content(measurement):
    return content_of(measurement)


def every(content):
    return [(g, v) for g in content.groups for v in (*g.coordinates, *g.variables)]


def same(found, variable):
    values = variable.values.ravel()
    if values.dtype.kind in "US":
        return list(found) == values.tolist()
    return np.array_equal(np.asarray(found, float).ravel(), values.astype(float), equal_nan=True)


def demand_provenance(provenance, recordings):
    assert {r["file"]: r["sha256"] for r in provenance["recordings"]} == {
        p.name: sha256_of(p) for p in recordings
    }
    assert provenance["made_by"].startswith("hotjunction ")
    assert provenance["selection"]["starts_above_G0"] == 2.0


def test_the_content_is_the_analysis(content, measurement):
    groups = {
        group.name: {v.name: v for v in (*group.coordinates, *group.variables)} for group in content.groups
    }
    analysis = measurement.histogram.analysis
    assert np.array_equal(groups["log_histogram"]["counts"].values, analysis.log.counts)
    assert groups["map"]["counts"].values.sum() == analysis.map.counts.sum()
    assert groups["peaks"]["conductance_G0"].values.tolist() == [p.conductance_G0 for p in analysis.peaks]
    traces, kept = groups["traces"], list(analysis.selection.kept)
    start = 0
    for i, trace in enumerate(kept):
        stop = start + int(traces["samples"].values[i])
        assert np.array_equal(
            traces["conductance_G0"].values[start:stop], trace.conductance_G0, equal_nan=True
        )
        assert (traces["first_sample"].values[i], traces["stop_sample"].values[i]) == trace.samples
        assert (traces["trace"].values[start:stop] == i).all()
        start = stop
    assert start == traces["conductance_G0"].values.size
    assert np.array_equal(groups["iv"]["current_A"].values, measurement.iv.current_A)
    assert groups["heating"]["dT_pos_K"].values[0] == measurement.heating.points[0].dT_pos_K


def test_npz(content, measurement, recordings, tmp_path):
    export(measurement, "npy", tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz") as file:
        assert all(same(file[f"{g.name}.{v.name}"], v) for g, v in every(content))
        demand_provenance(json.loads(str(file["provenance"])), recordings)


def test_mat(content, measurement, recordings, tmp_path):
    export(measurement, "mat", tmp_path / "x.mat")
    file = loadmat(tmp_path / "x.mat", simplify_cells=True)
    for group, variable in every(content):
        assert same(np.atleast_1d(file[group.name][variable.name]), variable), variable.name
        assert not variable.unit or file[group.name]["units"][variable.name] == variable.unit
    demand_provenance(json.loads(file["provenance"]), recordings)


def test_tdms(content, measurement, recordings, tmp_path):
    export(measurement, "tdms", tmp_path / "x.tdms")
    file = TdmsFile.read(tmp_path / "x.tdms")
    for group, variable in every(content):
        channel = file[group.name][variable.name]
        assert same(channel[:], variable), variable.name
        assert channel.properties["unit_string"] == variable.unit
    demand_provenance(json.loads(file.properties["provenance"]), recordings)


@pytest.mark.parametrize(
    ("name", "suffix", "separator", "heads"), [("csv", "csv", ",", 1), ("origin", "txt", "\t", 3)]
)
def test_text_tables(name, suffix, separator, heads, measurement, recordings, tmp_path):
    only = ["iv", "heating", "peaks", "traces"] if heads == 1 else ["iv", "peaks", "plateaus"]
    export(measurement, name, tmp_path / "x", only)
    for group in content_of(measurement, only).groups:
        for table, columns in group.tables():
            with (tmp_path / "x" / f"{table}.{suffix}").open(encoding="utf-8-sig", newline="") as file:
                rows = list(csv.reader(file, delimiter=separator))
            assert rows[0] == [column.name for column in columns]
            assert heads == 1 or rows[1] == [column.unit for column in columns]
            for column, cells in zip(columns, zip(*rows[heads:], strict=True), strict=True):
                is_text = column.values.dtype.kind in "US"
                assert same(cells if is_text else [float(cell or "nan") for cell in cells], column)
    demand_provenance(json.loads((tmp_path / "x" / "provenance.json").read_text("utf-8")), recordings)


def test_igor_text(content, measurement, tmp_path):
    export(measurement, "itx", tmp_path / "x.itx")
    text = (tmp_path / "x.itx").read_bytes().decode()
    assert text.startswith("IGOR\r\n")
    waves = re.findall(r"WAVES/D(?:/N=\(([\d,]+)\))? (\w+)\r\nBEGIN\r\n(.*?)END\r\n", text, re.DOTALL)
    found = {name: (shape, np.array(body.split(), float)) for shape, name, body in waves}
    for group, variable in every(content):
        if variable.values.dtype.kind not in "US":
            shape, values = found[f"{group.name}_{variable.name}"]
            assert same(values, variable)
            assert shape == (",".join(map(str, variable.values.shape)) if variable.values.ndim == 2 else "")
    assert 'X SetScale d 0,0,"A",iv_current_A' in text
    assert max(map(len, text.splitlines())) < 400 or all(
        len(x) < 400 for x in text.splitlines() if x.startswith("X ")
    )


def test_netcdf_is_identical(content, measurement, recordings, tmp_path):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    export(measurement, "netcdf", tmp_path / "x.nc")
    with xarray.open_dataset(tmp_path / "x.nc", engine="h5netcdf") as found:
        xarray.testing.assert_identical(found.load(), dataset_of(content))
        assert found.iv_current_A.dims == ("voltage",)
        assert (found.iv_current_A.attrs["units"], found.voltage.attrs["units"]) == ("A", "V")
        demand_provenance(json.loads(found.attrs["history"]), recordings)


@pytest.mark.parametrize(("name", "width", "points"), [("pdf", "single", 243.8), ("svg", "double", 504.6)])
def test_figures_have_the_width_of_a_column_and_their_provenance(
    name, width, points, measurement, recordings, tmp_path, monkeypatch
):
    figures = figures_of(measurement)
    assert set(figures) == {"traces", "log_histogram", "linear_histogram", "map", "paper"}
    monkeypatch.setattr(
        "app.export.figures.figures_of", lambda one: {"log_histogram": figures["log_histogram"]}
    )
    export(measurement, name, tmp_path / "x", width=width)
    data = (tmp_path / "x" / f"log_histogram.{name}").read_bytes()
    size = rb"/MediaBox \[ ?0 0 ([\d.]+)" if name == "pdf" else rb'width="([\d.]+)pt"'
    assert float(re.search(size, data)[1]) == pytest.approx(points, abs=0.1)
    for path in recordings:
        assert sha256_of(path).encode() in data


def test_what_exists_is_replaced_only_if_asked(measurement, tmp_path):
    out = tmp_path / "x"
    out.mkdir()
    (out / "mine.txt").write_text("precious", encoding="utf-8")
    with pytest.raises(ExportError, match="exists already"):
        export(measurement, "csv", out)
    assert (out / "mine.txt").read_text(encoding="utf-8") == "precious"
    export(measurement, "csv", out, ["iv"], force=True)
    assert sorted(path.name for path in out.iterdir()) == ["iv.csv", "provenance.json"]


@pytest.mark.parametrize("name", ["csv", "itx"])
def test_a_full_disk_leaves_nothing_and_what_was_there(name, measurement, tmp_path, monkeypatch):
    def full(content, out):
        target = out / "a.csv" if out.is_dir() else out
        target.write_text("half", encoding="utf-8")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setitem(FORMATS, name, type(FORMATS[name])(FORMATS[name].suffix, full, ""))
    before = tmp_path / "x"
    if name == "itx":
        before.write_text("old", encoding="utf-8")
    with pytest.raises(ExportError, match=r"No space left on device.*nothing was left"):
        export(measurement, name, before, force=True)
    assert [path.name for path in tmp_path.iterdir()] == (["x"] if name == "itx" else [])
    assert name != "itx" or before.read_text(encoding="utf-8") == "old"


def test_the_command(recordings, tmp_path):
    iv = str(next(path for path in recordings if path.name == "iv.h5"))
    run = CliRunner().invoke
    done = run(main, ["export", iv, "--to", "csv", "--only", "iv"])
    assert done.output.strip() == iv.replace("iv.h5", "iv-csv")
    assert "exists already" in run(main, ["export", iv, "--to", "csv"]).output
    refused = run(main, ["export", iv, "--to", "mat", "--only", "peaks", "-o", str(tmp_path / "x.mat")])
    assert "have no peaks to export" in refused.output
    assert "there is no 'nonsense'" in run(main, ["export", iv, "--to", "itx", "--only", "nonsense"]).output
    assert not list(tmp_path.iterdir())


def test_igor_numbers():
    assert [text_files._igor_number(x) for x in (1.5, np.nan, np.inf, -np.inf)] == [
        "1.5",
        "NaN",
        "INF",
        "-INF",
    ]
