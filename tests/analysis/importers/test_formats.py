"""Every format: its own file of the known trace, the tests that all importers share, and what only it has."""

import io
import struct
import tracemalloc

import h5py
import numpy as np
import pytest
from igorwriter import IgorWave
from nptdms import ChannelObject, TdmsWriter
from scipy.io import savemat

from analysis.importers import ForeignFile, ImportOptions, Spool, read_file
from analysis.importers.assemble import assemble
from analysis.importers.options import ColumnChoice, Layout, Orientation
from tests.support.recordings.foreign_files import imported, save_wave
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


class TestIgorWave(ImporterTests):
    suffix = ".ibw"
    options = ImportOptions(BIAS_V)
    heading = "known_Current"

    @pytest.fixture
    def path(self, tmp_path):
        path = tmp_path / "known_Current.ibw"
        self.write(path)
        return path

    def write(self, path, current_unit="nA"):
        save_wave(
            path.with_name(f"{path.stem.removesuffix('_Current')}_Current.ibw"), CURRENT_nA, current_unit
        )
        if path.stem == "odd":
            path.with_name("odd_Current.ibw").rename(path)
            data = path.read_bytes()
            path.write_bytes(data)

    def test_an_unknown_unit_is_asked_for_by_name(self, tmp_path):
        path = save_wave(tmp_path / "Current.ibw", CURRENT_nA, "fur")
        with pytest.raises(ForeignFile, match=r"unit 'fur' of column 'current' is unknown: give its unit"):
            self.read(path)

    @pytest.mark.parametrize(
        ("unit", "name", "factor"),
        [("nm", "extension", 1e-9), ("mV", "bias", 1e-3), ("Å", "extension", 1e-10)],
    )
    def test_the_scaling_of_the_rows_is_displacement_or_bias(self, tmp_path, unit, name, factor):
        path = save_wave(tmp_path / "Conductance.ibw", CONDUCTANCE_G0, "G0", 0.02, unit)
        (trace,) = imported(path).traces
        assert trace.values(name) == pytest.approx(0.02 * factor * np.arange(60))

    def test_rows_of_a_wave_can_be_the_traces(self, tmp_path):
        path = save_wave(tmp_path / "conductance.ibw", np.tile(CONDUCTANCE_G0, (3, 1)), "G0")
        rows = ImportOptions(layout=Layout(Orientation.ROWS))
        assert [len(trace) for trace in imported(path, options=rows).traces] == [60, 60, 60]


class TestIgorText(ImporterTests):
    suffix = ".itx"

    def write(self, path, current_unit="nA"):
        rows = "".join(f"\t{BIAS_mV}\t{value:.6e}\n" for value in CURRENT_nA)
        path.write_text(
            f"IGOR\nWAVES/D\tBias\tCurrent\nBEGIN\n{rows}END\n"
            'X SetScale/P x 0,0.0001,"s", Bias; SetScale d 0,0,"mV", Bias\n'
            f'X SetScale/P x 0,0.0001,"s", Current\nX SetScale d 0,0,"{current_unit}", Current\nX Display Current\n',
            "utf-8",
        )

    def test_matrices_and_rates(self, tmp_path):
        path = tmp_path / "m.itx"
        rows = "".join(f"\t{a}\t{a / 2}\n" for a in CONDUCTANCE_G0)
        path.write_text(
            f'IGOR\nWAVES/D/N=(60,2)\tConductance\nBEGIN\n{rows}END\nX SetScale/P x 0,0.02,"nm", Conductance; '
            'SetScale y 0,0,"", Conductance; SetScale d 0,0,"G0", Conductance\n'
        )
        first, second = imported(path).traces
        assert second.values("conductance") == pytest.approx(CONDUCTANCE_G0 / 2)
        assert first.values("extension")[1] == pytest.approx(0.02e-9)


class TestIgorTextWithNotes(TestIgorText):
    """A wave of text among those of numbers, and rows spaced by their end."""

    def write(self, path, current_unit="nA"):
        super().write(path, current_unit)
        notes = 'WAVES/T\tnotes\nBEGIN\n\t"gold, 4 K"\n\t"BDA"\nEND\n'
        text = path.read_text("utf-8").replace("IGOR\n", f"IGOR\n{notes}")
        path.write_text(text.replace('SetScale/P x 0,0.0001,"s"', 'SetScale x 0,0.006,"s"'), "utf-8")

    def test_the_text_is_told_and_the_rate_follows_from_the_end(self, path):
        found = self.read(path)
        assert "not read, because they are text: notes" in found.from_file
        assert found.rate_Hz == pytest.approx(1e4)


class TestIgorExperiment(ImporterTests):
    suffix = ".pxp"

    def write(self, path, current_unit="nA"):
        content = b""
        for name, values, unit in (
            ("Bias", np.full(60, BIAS_mV), "mV"),
            ("Current", CURRENT_nA, current_unit),
        ):
            wave, held = IgorWave(values, name=name), io.BytesIO()
            wave.set_datascale(unit[:3])
            wave.save(held)
            content += packed(3, held.getvalue())
        path.write_bytes(packed(9, b"root".ljust(32, b"\0")) + content + packed(10, b""))

    def test_an_unknown_unit_is_asked_for_by_name(self, tmp_path):
        self.write(tmp_path / "odd.pxp", "fur")
        with pytest.raises(ForeignFile, match=r"unit 'fur' of column 'current' is unknown"):
            self.read(tmp_path / "odd.pxp")


def packed(kind, content):
    """A record of a packed experiment: WaveMetrics' Technical Note PTN003."""
    return struct.pack("<Hhi", kind, 5, len(content)) + content


class TestTdms(ImporterTests):
    suffix = ".tdms"

    def write(self, path, current_unit="nA"):
        with TdmsWriter(str(path)) as writer:
            for part in np.split(np.arange(60), 6):
                writer.write_segment(
                    [
                        channel("Current", CURRENT_nA[part], current_unit),
                        channel("Bias", np.full(10, BIAS_mV), "mV"),
                    ]
                )

    def test_an_index_of_an_older_file_is_not_used(self, path):
        with TdmsWriter(str(path), index_file=True) as writer:
            writer.write_segment([channel("Current", CURRENT_nA[:5], "nA")])
        stale = path.with_name(path.name + "_index").read_bytes()
        self.write(path)
        path.with_name(path.name + "_index").write_bytes(stale)
        assert self.read(path).traces[0].values("conductance") == pytest.approx(CONDUCTANCE_G0)

    def test_the_lost_samples_are_told(self, path):
        path.write_bytes(path.read_bytes()[:-20])
        remarks = self.read(path).from_file
        assert "the file ends inside a segment (cut short); g/Bias has 7 of 10 samples of it" in remarks[0]
        assert any(
            "channels of different lengths are separate traces (Current 60, Bias 57)" in r for r in remarks
        )

    def test_long_channels_come_chunk_by_chunk(self, path, monkeypatch):
        monkeypatch.setattr("analysis.importers.formats.tdms._LONG", 10)
        assert self.read(path).traces[0].values("conductance") == pytest.approx(CONDUCTANCE_G0)
        with Spool(0) as spool:
            assert self.read(path, spool=spool).traces[0].values("bias") == pytest.approx(np.full(60, 0.1))

    def test_the_words_of_nidaqmx_are_units(self, tmp_path):
        with TdmsWriter(str(tmp_path / "ni.tdms")) as writer:
            writer.write_segment(
                [
                    channel("Dev1/ai0", CURRENT_nA * 1e-9, "Amps"),
                    channel("Dev1/ai1", np.full(60, 0.1), "Volts"),
                ]
            )
        names = ImportOptions(columns={"current": ColumnChoice("Dev1/ai0"), "bias": ColumnChoice("Dev1/ai1")})
        (trace,) = imported(tmp_path / "ni.tdms", options=names).traces
        assert trace.values("conductance") == pytest.approx(CONDUCTANCE_G0)


class TestTdmsOneBias(TestTdms):
    """A single sample of the bias in its channel."""

    def write(self, path, current_unit="nA"):
        with TdmsWriter(str(path)) as writer:
            writer.write_segment([channel("Bias", np.array([BIAS_mV]), "mV")])
            for part in np.split(np.arange(60), 6):
                writer.write_segment([channel("Current", CURRENT_nA[part], current_unit)])

    def test_the_lost_samples_are_told(self, path):
        path.write_bytes(path.read_bytes()[:-20])
        assert "g/Current has 7 of 10 samples of it" in self.read(path).from_file[0]

    def test_long_channels_come_chunk_by_chunk(self, path, monkeypatch):
        monkeypatch.setattr("analysis.importers.formats.tdms._LONG", 10)
        assert self.read(path).traces[0].values("conductance") == pytest.approx(CONDUCTANCE_G0)

    def test_a_bias_of_another_length_is_asked_for(self, tmp_path):
        with TdmsWriter(str(tmp_path / "uneven.tdms")) as writer:
            bias = channel("Bias", np.full(50, BIAS_mV), "mV")
            writer.write_segment([channel("Current", CURRENT_nA, "nA"), bias])
        assert self.read(tmp_path / "uneven.tdms").unknowns[0].endswith("--bias-mV 100")
        found = self.read(tmp_path / "uneven.tdms", ImportOptions(BIAS_V))
        assert found.traces[0].values("conductance") == pytest.approx(CONDUCTANCE_G0)
        assert not any("without effect" in phrase for phrase in found.from_options)


class TestTdmsOfDaqmx(TestTdms):
    """The unit in the other property that DAQmx writes."""

    def write(self, path, current_unit="nA"):
        with TdmsWriter(str(path)) as writer:
            for part in np.split(np.arange(60), 6):
                objects = [
                    channel("Current", CURRENT_nA[part], current_unit),
                    channel("Bias", np.full(10, BIAS_mV), "mV"),
                ]
                for each in objects:
                    each.properties["NI_UnitDescription"] = each.properties.pop("unit_string")
                writer.write_segment(objects)


def channel(name, values, unit):
    return ChannelObject("g", name, values, properties={"unit_string": unit, "wf_increment": 1e-4})


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


class TestNanonisSpectrum(ImporterTests):
    suffix = ".dat"
    heading = "Current (nA)"
    tells_the_end = False

    def write(self, path, current_unit="nA"):
        head = f"Experiment\tZ spectroscopy\t\nBias>Bias (V)\t{BIAS_mV / 1000}\t\nUser\t\t\n\n[DATA]\n"
        rows = "".join(f"{i * 1e-11:.5E}\t{value:.6e}\n" for i, value in enumerate(CURRENT_nA))
        path.write_text(f"{head}Z rel (m)\tCurrent ({current_unit})\n{rows}", "utf-8", newline="\r\n")

    def test_displacement(self, path):
        assert self.read(path).traces[0].values("extension")[-1] == pytest.approx(59e-11)


def grid_bytes(points=60, pixels=2):
    """A grid of spectra, as its format is described by its reader."""
    header = (
        f'Grid dim="{pixels} x 1"\r\nGrid settings=0;0;1e-9;1e-9;0\r\nSweep Signal="Bias (V)"\r\n'
        'Fixed parameters="Sweep Start;Sweep End"\r\nExperiment parameters="X (m);Y (m);Z (m)"\r\n'
        f"# Parameters (4 byte)=5\r\nExperiment size (bytes)={4 * points}\r\nPoints={points}\r\n"
        'Channels="Current (A)"\r\n'
        'Delay before measuring (s)=0\r\nExperiment="Grid"\r\nStart time="x"\r\nEnd time="y"\r\nUser=""\r\n'
        'Comment=""\r\n:HEADER_END:\r\n'
    )
    pixel = np.concatenate([[-1.0, 1.0, 0, 0, 0], np.linspace(-1e-9, 1e-9, points)]).astype(">f4").tobytes()
    return header.encode(), pixel


def test_a_nanonis_grid_gives_a_sweep_for_each_recorded_point(tmp_path):
    pytest.importorskip("nanonispy2")
    header, pixel = grid_bytes()
    path = tmp_path / "grid.3ds"
    path.write_bytes(header + pixel + pixel)
    found = imported(path)
    assert [trace.flags for trace in found.traces] == [("I-V",), ("I-V",)]
    assert found.traces[1].values("current") == pytest.approx(np.linspace(-1e-9, 1e-9, 60))
    assert found.traces[0].values("bias")[[0, -1]] == pytest.approx([-1, 1])
    path.write_bytes(header + pixel + pixel[:100])
    cut = imported(path)
    assert len(cut.traces) == 1 and "of which 1 were recorded" in cut.from_file[0]


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


IMAGE_HEADER = """:NANONIS_VERSION:
2
:SCANIT_TYPE:
              FLOAT            MSBFIRST
:REC_DATE:
 29.11.2026
:REC_TIME:
20:40:00
:ACQ_TIME:
       3.0
:SCAN_PIXELS:
       8       3
:SCAN_TIME:
             1.000E+0             1.000E+0
:SCAN_RANGE:
           1.000000E-8           1.000000E-8
:SCAN_OFFSET:
             0.000000E+0         0.000000E+0
:SCAN_ANGLE:
            0.000E+0
:SCAN_DIR:
up
:BIAS:
            1.000E-1
:COMMENT:
gold
:DATA_INFO:
\tChannel\tName\tUnit\tDirection\tCalibration\tOffset
\t14\tZ\tm\tboth\t9.000E-9\t0.000E+0
\t0\tCurrent\tA\tboth\t1.000E-9\t0.000E+0

:SCANIT_END:


"""


def image_bytes(lines_scanned=3):
    """Return an image of 3 lines of 8 points, as Nanonis describes it: Z and current, forward, then backward."""
    values = np.arange(2.0 * 2 * 3 * 8).reshape(2, 2, 3, 8) * 1e-10
    values[:, :, lines_scanned:] = np.nan
    return IMAGE_HEADER.encode() + b"\x1a\x04" + values.astype(">f4").tobytes()


def test_each_line_of_a_nanonis_image_is_a_trace(tmp_path):
    pytest.importorskip("nanonispy2")
    path = tmp_path / "image.sxm"
    path.write_bytes(image_bytes())
    found = imported(path)
    first, _, last = found.traces
    assert first.bias_V == pytest.approx(0.1)
    assert first.values("extension") == pytest.approx(np.arange(8) * 1e-10)
    assert last.values("current") == pytest.approx((48 + 16 + np.arange(8)) * 1e-10)
    assert last.source == "image.sxm line 3"
    path.write_bytes(image_bytes(lines_scanned=2))
    assert len(imported(path).traces) == 2
    path.write_bytes(image_bytes()[:-40])
    with pytest.raises(ForeignFile, match=r"image\.sxm: not a readable Nanonis file, or an incomplete one"):
        imported(path)
