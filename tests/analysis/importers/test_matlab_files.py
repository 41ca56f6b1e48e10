"""MATLAB 5 and 7.3: files of the known trace, and the tests that all importers share."""

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from analysis.importers import ImportOptions
from analysis.importers.options import Layout, Orientation
from tests.support.recordings.foreign_files import imported
from tests.support.recordings.importer_tests import CONDUCTANCE_G0, BIAS_mV, CURRENT_nA, ImporterTests

BIAS_V = {"bias_V": BIAS_mV * 1e-3}


class TestMatlab5(ImporterTests):
    suffix = ".mat"
    heading = "current_nA"

    def write(self, path, current_unit="nA"):
        name = f"current_{current_unit}" if current_unit == "nA" else "current"
        savemat(path, {name: CURRENT_nA, "bias_mV": np.full(60, BIAS_mV), "fs": 1e4, "note": "x"})

    keeps_units = True

    def test_an_unknown_unit_is_asked_for_by_name(self, tmp_path):
        self.write(tmp_path / "odd.mat", "furl")
        found = self.read(tmp_path / "odd.mat")
        assert "unit of current" in found.unknowns  # a name without a known unit at its end is a name
        assert found.traces[0].values("conductance") is None

    def test_matrices_structures_and_settings(self, tmp_path):
        path = tmp_path / "m.mat"
        savemat(
            path, {"run": {"conductance_G0": np.tile(CONDUCTANCE_G0, (4, 1)), "bias_V": 0.1}, "rate_Hz": 2e4}
        )
        found = imported(path)
        assert (len(found.traces), found.rate_Hz, found.settings["bias_V"]) == (4, 2e4, 0.1)
        assert found.traces[3].values("conductance") == pytest.approx(CONDUCTANCE_G0)
        assert "each row is a trace" in found.from_file[0]


class TestMatlabCells(TestMatlab5):
    """A cell for each quantity, with a vector for each trace, all of one length."""

    heading = "current_nA{1}"

    def write(self, path, current_unit="nA"):
        name = f"current_{current_unit}" if current_unit == "nA" else "current"
        cells = {name: np.empty(3, dtype=object), "bias_mV": np.empty(3, dtype=object)}
        for k in range(3):
            cells[name][k], cells["bias_mV"][k] = CURRENT_nA * (1 + k), np.full(60, BIAS_mV)
        savemat(path, cells)

    def test_no_cell_is_lost(self, path):
        first = [trace.values("conductance")[0] for trace in self.read(path).traces]
        assert first == pytest.approx(CONDUCTANCE_G0[0] * np.arange(1, 4))

    def test_each_structure_has_its_own_bias(self, tmp_path):
        runs = np.array(
            [(CURRENT_nA, 100.0), (CURRENT_nA, 200.0)], dtype=[("current_nA", "O"), ("bias_mV", "O")]
        )
        savemat(tmp_path / "runs.mat", {"run": runs})
        found = self.read(tmp_path / "runs.mat")
        assert [trace.settings["bias_V"] for trace in found.traces] == pytest.approx([0.1, 0.2])
        assert found.traces[1].values("conductance") == pytest.approx(CONDUCTANCE_G0 / 2)

    def test_matrices_of_current_and_bias_go_together(self, tmp_path):
        bias_V = np.outer(np.ones(60), [0.1, 0.2])
        savemat(tmp_path / "m.mat", {"I_nA": np.outer(CURRENT_nA, [1, 2]), "V_V": bias_V})
        found = self.read(tmp_path / "m.mat", ImportOptions(layout=Layout(Orientation.COLUMNS)))
        assert [len(trace) for trace in found.traces] == [60, 60]
        for trace in found.traces:
            assert trace.values("conductance") == pytest.approx(CONDUCTANCE_G0)


class TestMatlab73(ImporterTests):
    suffix = ".mat"
    heading = "current_nA"
    keeps_units = False

    def write(self, path, current_unit="nA"):
        with h5py.File(path, "w", userblock_size=512) as file:
            file["current_nA"] = CURRENT_nA[None, :]
            file["bias_mV"] = np.full((1, 60), BIAS_mV)
            file["matrix_G0"] = np.tile(CONDUCTANCE_G0[:, None], (1, 4))  # as MATLAB stores it: 4 rows of 60
        with path.open("r+b") as file:
            file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(128))

    def test_a_matrix_is_transposed(self, path):
        found = self.read(path)
        assert [trace.source.split()[-2:] for trace in found.traces[1:]] == [
            ["row", str(i)] for i in range(1, 5)
        ]
        assert found.traces[4].values("matrix") == pytest.approx(CONDUCTANCE_G0)


class TestMatlab73WithNotes(TestMatlab73):
    """Texts and empty variables, which are numbers in HDF5, and what cannot be a trace."""

    def write(self, path, current_unit="nA"):
        super().write(path, current_unit)
        with h5py.File(path, "r+") as file:
            text = file.create_dataset("sample", data=np.array([[ord(c)] for c in "Au BDA"], dtype="u2"))
            text.attrs["MATLAB_class"] = np.bytes_("char")
            empty = file.create_dataset("notes", data=np.zeros(2, dtype="u8"))
            empty.attrs["MATLAB_empty"] = np.uint8(1)
            file["cube"] = np.zeros((2, 3, 4))

    def test_only_numbers_are_read(self, path):
        found = self.read(path)
        assert {c.name for c in found.channels} == {"conductance", "current", "bias", "matrix"}
        assert "not read, because they are complex or of three dimensions: cube" in found.from_file


class TestMatlab73Cells(ImporterTests):
    """A cell with a structure for each trace: references in HDF5."""

    suffix = ".mat"
    heading = "runs{1}.current_nA"
    keeps_units = False

    def write(self, path, current_unit="nA"):
        with h5py.File(path, "w", userblock_size=512) as file:
            held = file.create_group("#refs#")
            cells = file.create_dataset("runs", (3, 1), dtype=h5py.ref_dtype)
            for k in range(3):
                run = held.create_group(f"run{k}")
                run["current_nA"] = CURRENT_nA[None, :] * (1 + k)
                run["bias_mV"] = np.full((1, 60), BIAS_mV)
                cells[k, 0] = run.ref
        with path.open("r+b") as file:
            file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(128))

    def test_each_cell_is_a_trace(self, path):
        found = self.read(path)
        assert [
            trace.values("conductance")[0] / CONDUCTANCE_G0[0] for trace in found.traces
        ] == pytest.approx([1, 2, 3])
