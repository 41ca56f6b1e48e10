"""Imported I-V sweeps: analyze names the command that reads them, and fit takes each as a curve."""

import numpy as np
import pytest
from click.testing import CliRunner

from analysis.iv.curves import read_curves
from app.cli import main


@pytest.fixture(scope="module")
def sweeps(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweeps")
    (folder / "data").mkdir()
    for i in range(3):
        rows = "".join(f"{v:.4f}\t{(i + 1) * v**3:.5f}\n" for v in np.linspace(-0.8, 0.8, 33))
        (folder / "data" / f"{i}.txt").write_text(f"Voltage (V)\tCurrent (nA)\n{rows}", "utf-8")
    out = folder / "sweeps.h5"
    done = CliRunner().invoke(main, ["import", str(folder / "data"), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "3 I-V sweeps from 3 files" in done.output
    return out


def test_analyze_says_which_command_reads_them(sweeps):
    done = CliRunner().invoke(main, ["analyze", str(sweeps)])
    assert done.exit_code != 0
    assert "holds 3 I-V sweeps and no opening traces" in done.output
    assert "`hotjunction fit sweeps.h5 --model MODEL.toml`" in done.output


def test_opening_traces_are_no_curve(tmp_path):
    rows = "".join(f"{x:.3f},{10.0 ** (1 - x):.6g}\n" for x in np.linspace(0, 5, 200))
    (tmp_path / "trace.csv").write_text(f"distance (nm),conductance (G0)\n{rows}", "utf-8")
    out = tmp_path / "traces.h5"
    done = CliRunner().invoke(
        main, ["import", str(tmp_path / "trace.csv"), "--bias-mV", "100", "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(main, ["iv", str(out)])
    assert done.exit_code == 2, done.output
    assert "traces.h5: the recording" in done.output


def test_each_sweep_of_a_recording_is_a_curve(sweeps):
    curves = read_curves([sweeps]).curves
    assert [curve.source for curve in curves] == ["0.txt", "1.txt", "2.txt"]
    assert [curve.current_A.max() for curve in curves] == pytest.approx([0.512e-9, 1.024e-9, 1.536e-9])
