"""`hotjunction probes`: the numbers of the paper, and its figures."""

import csv
import json

import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib.image import imread

from analysis.buettiker.linear import electronic_circuit
from analysis.buettiker.terminals import relative_error_percent
from app.commands.probes import command
from app.models.probe_circuit import CircuitSettings
from app.paper.figures import FIGURES
from app.paper.numbers import numbers
from app.paper.setups import PRINTED_THERMAL, SYMMETRIC, THERMAL, Setup
from app.paper.setups import both_probes as both_of_paper
from tests.support.physics.buettiker_junctions import benzene, both_probes


@pytest.fixture(scope="module", autouse=True)
def solved_once():
    """Solve the junctions once for all commands of this module."""
    found = list(numbers())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.paper.numbers.numbers", lambda: iter(found))
        yield


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Figures and table in a folder that was not there, and what the command printed."""
    folder = tmp_path_factory.mktemp("figures") / "new"
    result = CliRunner().invoke(command, ["--json", "--figures", str(folder)])
    assert result.exit_code == 0, result.output
    return folder, json.loads(result.stdout)["numbers"]


@pytest.fixture(scope="module")
def folder(written):
    return written[0]


@pytest.fixture(scope="module")
def rows(written):
    return written[1]


def only(rows, figure, quantity, **parameters):
    found = [
        row
        for row in rows
        if (row["figure"], row["quantity"]) == (figure, quantity)
        and all(row["parameters"][key] == value for key, value in parameters.items())
    ]
    return found[0]


@pytest.mark.parametrize(
    ("figure", "quantity", "parameters", "percent", "nonlinear"),
    [
        ("1", "charge", {}, 2.4967, 2.342),
        ("1", "heat", {}, 7.7874, 10.7145),
        ("2a", "heat", {"T_right_K": 300.0}, 36204.2, 1600.1),
        ("2a", "heat", {"T_right_K": 275.0}, 49.7065, 65.058),
        ("2b", "heat", {}, 33.306, 40.289),
        ("4a", "heat", {"gamma_probe_eV": 0.05}, 5.3396, 6.751),
        ("4b", "heat", {}, 14723.12, 12582.8),
        ("4c", "heat", {"gamma_probe_eV": 0.5}, 39.027, 43.754),
        ("5", "S", {"T_right_K": 275.0, "gamma_right_eV": 0.5}, 7.3357, 7.1009),
        ("5", "S", {"T_right_K": 300.0}, 16.286, 14.326),
        ("5", "S", {"gamma_probe_eV": 0.5}, 37.145, 36.322),
        ("6a", "heat", {}, 20279.6, 1533.3),
        ("6b", "charge", {}, 0.64932, 0.55933),
        ("6b", "heat", {}, 33.199, 40.187),
    ],
)
def test_numbers_of_the_paper(rows, figure, quantity, parameters, percent, nonlinear):
    row = only(rows, figure, quantity, **parameters)
    assert abs(row["obtained_percent"]) == pytest.approx(percent, rel=5e-5)
    assert abs(row["nonlinear_percent"]) == pytest.approx(nonlinear, rel=1e-4)


def test_what_is_not_matched_is_said(rows):
    missed = {(x["figure"], x["parameters"]["T_right_K"], x["parameters"]["gamma_probe_eV"])
              for x in rows if x["verdict"] == "not matched"}  # fmt: skip
    assert missed == {("2a", 275.0, 0.05), ("4a", 275.0, 0.05), ("4c", 275.0, 0.05), ("5", 275.0, 0.05)}
    assert "275 K" in only(rows, "2a", "heat", T_right_K=300.0)["note"]
    assert "not explained" in only(rows, "4a", "heat")["note"]
    assert "VP - VTP" in only(rows, "2b", "heat")["note"]


def test_peaks_between_the_steps_of_the_sweep_stand_beside(rows):
    row = only(rows, "2a", "heat", T_right_K=300.0)
    assert row["at_eV"] == pytest.approx(-0.0648)
    assert row["step_eV"] == 0.0324
    assert row["fine_grid_percent"] == pytest.approx(37691, abs=5)
    assert only(rows, "1", "heat")["fine_grid_percent"] > 8.2
    assert only(rows, "4b", "heat")["step_eV"] is None


def test_seebeck_coefficients_are_compared_by_their_difference(rows):
    differences = [1e6 * abs(x["difference_V_per_K"]) for x in rows if x["quantity"] == "S"]
    assert differences == pytest.approx([3.650, 8.102, 13.637, 2.563], abs=1e-3)


def test_flat_probe_leaves_the_charge_alone(rows):
    row = only(rows, "6a", "charge")
    assert abs(row["obtained_percent"]) < 1e-10
    assert row["verdict"] == "matched"


@pytest.mark.parametrize("setup", [SYMMETRIC, PRINTED_THERMAL, Setup(gamma_right_eV=0.3, flat=True)])
def test_junctions_are_those_of_the_analysis(setup):
    """Sharing coefficients between temperatures changes nothing."""
    pair = both_of_paper(setup, CircuitSettings(), "coarse sweep")
    junction = benzene(GR=setup.gamma_right_eV, TL=setup.T_left_K, TR=setup.T_right_K, flat=setup.flat)
    vp, vtp = both_probes(junction, pair.alignment_eV, electronic_circuit)
    expected = relative_error_percent(vp.currents.heat_current_W[1], vtp.currents.heat_current_W[1])
    np.testing.assert_allclose(pair.heat_error_percent, expected, rtol=1e-12)


def test_figures_are_drawn(folder):
    for name in FIGURES:
        picture = imread(folder / f"{name}.png")
        assert min(picture.shape[:2]) > 900
        inked = (picture[..., :3] < 0.95).any(axis=-1)
        assert 0.02 < inked.mean() < 0.3
        assert inked[:, : inked.shape[1] // 2].any()
        assert inked[:, inked.shape[1] // 2 :].any()
        assert (folder / f"{name}.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_table_is_written_for_programs(folder, rows):
    assert json.loads((folder / "numbers.json").read_text(encoding="utf-8"))["numbers"] == rows
    with (folder / "numbers.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    for line, row in zip(table, rows, strict=True):
        assert float(line["obtained_percent"]) == row["obtained_percent"]
        assert float(line["gamma_probe_eV"]) == row["parameters"]["gamma_probe_eV"]
        assert line["note"] == row["note"]


def test_table_for_people():
    result = CliRunner().invoke(command, [])
    assert result.exit_code == 0, result.output
    for words in ("36,204.2 %", "14,723.1 %", "33.306 %", "not matched", "Joule heat", "3.650"):
        assert words in result.stdout


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "taken").write_text("", encoding="utf-8")
    result = CliRunner().invoke(command, ["--figures", str(tmp_path / "taken" / "in")])
    assert result.exit_code == 2
    assert "taken" in result.output
    assert "Traceback" not in result.output


def test_errors_at_the_node_need_no_sweep():
    pair = both_of_paper(THERMAL, CircuitSettings(kind="open"), "node")
    assert pair.heat_error_percent == pytest.approx(14723.1192, abs=1e-4)
