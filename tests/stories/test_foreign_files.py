"""Files that other programs might have written, through the commands that a user types.

`HOTJUNCTION_FOREIGN` names a folder of such files; without it these tests are skipped, and the same faults are tried
on files made by the tests of the importers.
"""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main

FOLDER = os.environ.get("HOTJUNCTION_FOREIGN")
MODEL = Path(__file__).parents[2] / "docs" / "models" / "fit.toml"

pytestmark = pytest.mark.skipif(
    FOLDER is None, reason="HOTJUNCTION_FOREIGN does not name a folder of foreign files"
)


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def fitted(name):
    return run("fit", Path(FOLDER, name), "--model", MODEL, "--starts", 1)


def analysed(name, tmp_path, *options):
    out = tmp_path / "foreign.h5"
    result = run("import", Path(FOLDER, name), "--out", out, *options)
    assert result.exit_code == 0, result.output
    return out, json.loads(run("analyze", out, "--json").stdout)


def in_quanta(name, tmp_path):
    return analysed(name, tmp_path, "--unit", "conductance=G0")


@pytest.mark.parametrize("name", ["k1_microamps.txt", "k1_power_of_ten.txt", "k1_qcodes_comment.dat"])
def test_units_are_read(name):
    found = json.loads(run("fit", Path(FOLDER, name), "--model", MODEL, "--starts", 1, "--json").stdout)
    assert found["parameters"]["energy_eV"]["value"] == pytest.approx(0.823, abs=0.005)
    assert found["parameters"]["gamma_probe_eV"]["value"] == pytest.approx(0.0067, rel=0.02)


def test_quanta_of_another_definition_are_converted(tmp_path):
    _, found = analysed("k1_e2h", tmp_path)
    assert [peak["conductance_G0"] for peak in found["histogram"]["peaks"][:2]] == pytest.approx(
        [0.98, 1.96], abs=0.03
    )


@pytest.mark.parametrize(
    ("name", "code", "sentence"),
    [
        ("k7_overload.txt", 0, "1 of 33 points left out: 1 with the meter overloaded"),
        ("k7_reversed_iv.txt", 2, "k7_reversed_iv.txt: the current and the voltage have opposite signs"),
        ("k7_third_column_negative.dat", 2, "column 3"),
        ("k9_first_row_word.txt", 0, "32 points"),
    ],
)
def test_fit_says_what_is_wrong(name, code, sentence):
    result = fitted(name)
    assert result.exit_code == code
    assert sentence in result.output


@pytest.mark.parametrize(
    ("name", "points"),
    [("k9_utf16.txt", 33), ("k9_quoted.csv", 33), ("k9_names_in_german.txt", 33), ("p_semicolon.csv", 33)],
)
def test_encodings_quotes_and_names_are_read(name, points):
    assert f"{name}: {points} points" in fitted(name).output


@pytest.mark.parametrize(
    ("name", "options", "lines"),
    [
        ("k2_fixed_bias", ["--bias-mV", 50], ["6 traces from 6 files", "direction: 6 opening"]),
        ("k3_columns.csv", ["--unit", "conductance=G0"], ["24 traces from", "column 1 rises evenly"]),
        ("k3_named_columns.csv", [], ["24 traces from", "direction: 24 opening", "otherwise: --table"]),
        ("k4_log10.csv", ["--unit", "conductance=log10(G/G0)"], ["to 8.00 G0", "its sign is lost"]),
        ("k5_daqmx_words.tdms", [], ["4 traces from", "direction: 4 opening"]),
        ("k5_cut_short.tdms", [], ["the file ends inside a segment (cut short); r2/Voltage has 29 of 120 samples"]),
        ("k7_closing.csv", ["--unit", "conductance=G0"], ["direction: 30 closing"]),
        ("k9_igor_nm", [], ["extension: 0 to 2.38 nm", "displacement from the wave's scaling: 0.02 nm a row"]),
        ("k9_sweeps", [], ["4 I-V sweeps from 4 files"]),
        ("k9_no_names.dat", ["--column", "bias=1:V", "--column", "current=2:A"], ["current: −5.46 to 5.46 nA"]),
        ("k9_names_in_german.txt", [], ["current: −5.46 to 5.46 nA"]),
        ("k1_sigma_without_unit.txt", [], ["bias: −800 to 800 mV"]),
        ("p_holes.csv", ["--unit", "conductance=G0"], ["that are NaN: 1", "that are infinite: 1"]),
    ],
)  # fmt: skip
def test_a_preview_says_what_is_understood(name, options, lines):
    result = run("import", Path(FOLDER, name), "--preview", *options)
    assert result.exit_code == 0, result.output
    assert [line for line in lines if line not in result.output] == []


def test_closing_traces_are_not_kept(tmp_path):
    _, found = in_quanta("k7_closing.csv", tmp_path)
    assert found["traces"] == {"total": 30, "kept": 0, "rejected": {"starts too low": 30}}


def test_ramps_have_no_peak(tmp_path):
    _, found = in_quanta("k8_flat_histogram.csv", tmp_path)
    assert found["histogram"]["peaks"] == []


def test_an_offset_is_told_and_its_peak_not_trusted(tmp_path):
    out, found = in_quanta("k6_offset.csv", tmp_path)
    (molecule,) = (peak for peak in found["histogram"]["peaks"] if peak["scale"] == "log")
    assert not molecule["trusted"]
    assert molecule["spread_range_G0"][0] < 0.012
    assert "Open junctions read 0.003 G0 instead of zero" in run("analyze", out).output


def test_a_hump_that_full_scale_cuts_is_not_trusted(tmp_path):
    _, found = in_quanta("k6_hump_to_full_scale.csv", tmp_path)
    assert not any(peak["trusted"] for peak in found["histogram"]["peaks"])


def test_two_molecules_are_found(tmp_path):
    _, found = in_quanta("p_two_molecules.csv", tmp_path)
    molecules = [
        p["conductance_G0"] for p in found["histogram"]["peaks"] if p["scale"] == "log" and p["trusted"]
    ]
    assert molecules == pytest.approx([0.01, 0.0004], rel=0.1)
