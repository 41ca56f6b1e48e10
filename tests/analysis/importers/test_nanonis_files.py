"""Nanonis spectra, grids and images: files of the known trace, and what only they have."""

import numpy as np
import pytest

from analysis.importers import ForeignFile
from tests.support.recordings.foreign_files import imported
from tests.support.recordings.importer_tests import BIAS_mV, CURRENT_nA, ImporterTests

BIAS_V = {"bias_V": BIAS_mV * 1e-3}


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
