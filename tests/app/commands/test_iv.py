"""`hotjunction iv`: curves of text files and of recordings."""

import json

import numpy as np
from click.testing import CliRunner

from analysis.constants import G0_S
from app.cli import main
from tests.support.recordings.made_recordings import made_iv


def run(*words, code=0):
    result = CliRunner().invoke(main, ["iv", *(str(word) for word in words)])
    assert result.exit_code == code, result.output
    return result.output if code else result.stdout


def written(folder, junctions=6):
    """Write curves of one level at 0 K, one file for each junction."""
    rng, voltage_V = np.random.default_rng(1), np.linspace(-1.2, 1.2, 61)
    for i in range(junctions):
        e, g = 0.8 + 0.03 * rng.standard_normal(), 0.03
        current = G0_S * g * (np.arctan((e + voltage_V / 2) / g) - np.arctan((e - voltage_V / 2) / g))
        rows = np.stack([voltage_V, current], axis=1)
        np.savetxt(folder / f"j{i}.txt", rows, header="voltage (V)\tcurrent (A)", delimiter="\t", comments="")


def test_text_files_are_junctions_and_the_same_values_count_once(tmp_path):
    written(tmp_path)
    (tmp_path / "again.txt").write_bytes((tmp_path / "j0.txt").read_bytes())
    files = sorted(tmp_path.glob("*.txt"))
    content = json.loads(run(*files, "--temperature-K", "1", "--figures", tmp_path / "figures", "--json"))
    assert set(content) == {"iv-curves", "transition-voltage", "single-level"}
    assert content["single-level"]["verdict"] == "one level describes these curves"
    assert content["iv-curves"]["n"] == 6
    assert any("holds the same values as" in remark for remark in content["iv-curves"]["remarks"])
    assert (tmp_path / "figures" / "transition-voltage-1.svg").exists()


def test_a_recording_is_read_too_and_a_straight_line_has_no_minimum(tmp_path):
    made_iv(tmp_path / "iv.h5", np.random.default_rng(1), curves=6, peak_V=0.3)
    text = run(tmp_path / "iv.h5")
    assert "I-V curves of many junctions" in text
    assert "sweep to a larger voltage" in text
