"""Text, rows and .lvm: files of the known trace, and the tests that all importers share; memory."""

import tracemalloc

import numpy as np
import pytest

from analysis.importers import ImportOptions, Spool, read_file
from analysis.importers.assemble import assemble
from tests.support.recordings.foreign_files import save_wave
from tests.support.recordings.importer_tests import CONDUCTANCE_G0, BIAS_mV, CURRENT_nA, ImporterTests

BIAS_V = {"bias_V": BIAS_mV * 1e-3}


class TestText(ImporterTests):
    suffix = ".txt"
    tells_the_end = False  # columns of text do not say where they should end

    def write(self, path, current_unit="nA"):
        rows = "".join(f"{BIAS_mV}\t{value:.6e}\n" for value in CURRENT_nA)
        path.write_text(f"Bias (mV)\tCurrent ({current_unit})\n{rows}", "utf-8")


class TestRows(ImporterTests):
    suffix = ".csv"
    keeps_units = False
    tells_the_end = False
    options = ImportOptions(BIAS_V, units={"current": "nA"})

    def write(self, path, current_unit="nA"):
        line = ",".join(f"{value:.6e}" for value in CURRENT_nA)
        path.write_text(f"{line}\n{line}\n", "utf-8")

    def test_a_file_that_is_cut_short_is_told_or_refused(self, path):
        path.write_bytes(path.read_bytes()[:-40])
        assert [len(trace) for trace in self.read(path).traces] == [60, 57]  # a row may have any length


class TestLvm(ImporterTests):
    suffix = ".lvm"
    tells_the_end = False

    def write(self, path, current_unit="nA"):
        head = (
            "LabVIEW Measurement\t\nSeparator\tTab\nDecimal_Separator\t,\nX_Columns\tOne\n***End_of_Header***\t\n\t\n"
            "Channels\t2\t\t\nSamples\t60\t60\t\nX_Dimension\tTime\tTime\t\nX0\t0\t0\t\nDelta_X\t1,0E-4\t1,0E-4\t\n"
            f"Y_Unit_Label\tmV\t{current_unit}\t\n***End_of_Header***\t\t\t\nX_Value\tBias\tCurrent\tComment\n"
        )
        rows = [
            f"{i * 1e-4:.6f}\t{BIAS_mV:.1f}\t{value:.6e}".replace(".", ",")
            for i, value in enumerate(CURRENT_nA)
        ]
        rows[3] += "\ttouched the table, twice"
        path.write_text(head + "\n".join(rows) + "\n", "utf-8")

    def test_rate_and_segments(self, path):
        text = path.read_text("utf-8")
        path.write_text(text + "\n" + text[text.index("Channels") :], "utf-8")
        found = self.read(path)
        assert found.rate_Hz == pytest.approx(1e4)
        assert [len(trace) for trace in found.traces] == [60, 60]
        assert found.traces[1].values("conductance") == pytest.approx(CONDUCTANCE_G0, rel=1e-5)


class TestLvmMulti(TestLvm):
    """Each channel with its own column of times, and a unit above each pair of columns."""

    tells_the_end = True
    dimension, delta = "Time", "1.0E-4"

    def write(self, path, current_unit="nA"):
        head = (
            "LabVIEW Measurement\t\nSeparator\tTab\nDecimal_Separator\t.\nX_Columns\tMulti\n***End_of_Header***\t\n"
            "\t\nChannels\t2\t\t\t\nSamples\t60\t\t60\t\n"
            f"X_Dimension\t{self.dimension}\t\t{self.dimension}\t\nX0\t0\t\t0\t\nDelta_X\t{self.delta}\t\t{self.delta}\t\n"
            f"Y_Unit_Label\tmV\t\t{current_unit}\t\n***End_of_Header***\t\t\t\t\nX_Value\tBias\tX_Value\tCurrent\tComment\n"
        )
        rows = [
            f"{i * 1e-4:.6f}\t{BIAS_mV:.1f}\t{i * 1e-4:.6f}\t{value:.6e}\t\n"
            for i, value in enumerate(CURRENT_nA)
        ]
        path.write_text(head + "".join(rows), "utf-8")


class TestLvmOverDistance(TestLvmMulti):
    """Samples that follow each other in distance have no rate."""

    dimension = "Displacement"

    def test_rate_and_segments(self, path):
        assert np.isnan(self.read(path).rate_Hz)


def test_an_axis_of_two_waves_is_kept_once(tmp_path):
    save_wave(tmp_path / "Current_1.ibw", CURRENT_nA, "nA", 0.02, "nm")
    save_wave(tmp_path / "Voltage_1.ibw", np.full(60, BIAS_mV), "mV", 0.02, "nm")
    options = ImportOptions()
    pieces = [p for path in sorted(tmp_path.iterdir()) for p in read_file(path, options=options)]
    (trace,) = assemble(pieces, options).traces
    assert sorted(column.name for column in trace.quantities) == [
        "bias",
        "conductance",
        "current",
        "extension",
    ]


def test_a_long_file_never_is_in_memory_as_a_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("analysis.importers.formats.text._BLOCK_LINES", 500)
    path = tmp_path / "long.txt"
    path.write_text("Conductance (G0)\tCurrent (nA)\n" + "".join(f"{i}.5\t{i}.25\n" for i in range(30_000)))
    with Spool(in_memory_bytes=0) as spool:
        tracemalloc.start()
        try:
            (piece,) = read_file(path, spool=spool)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert len(piece.quantities[0]) == 30_000
        assert piece.quantities[1].values[29_000:29_002].tolist() == [29000.25, 29001.25]
    assert peak < 30_000 * 2 * 8  # less than the numbers alone, read in 60 blocks
