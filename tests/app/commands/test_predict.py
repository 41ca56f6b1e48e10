"""`hotjunction predict`: what it prints, draws and refuses, in words."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from analysis.transport.transmission import BreitWignerLevel, LevelTransmission
from app.commands.predict import command

MODELS = Path(__file__).parents[3] / "docs" / "models"
REFERENCE = json.loads(
    (Path(__file__).parents[2] / "golden" / "landauer_reference.json").read_text(encoding="utf-8")
)
LEVELS = """
voltage_V = [0.74, -0.74]
[transmission]
kind = "levels"
levels = [ { energy_eV = 0.9, gamma_probe_eV = 0.04, gamma_substrate_eV = 0.04 } ]
"""


def predict(tmp_path, text, *options):
    (tmp_path / "model.toml").write_text(text, encoding="utf-8")
    return CliRunner().invoke(command, [str(tmp_path / "model.toml"), *options])


def report(tmp_path, text, *options):
    result = predict(tmp_path, text, "--json", *options)
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


@pytest.mark.parametrize(("file", "name"), [("bdnc", "BDNC_A_single_LUMO"), ("bda", "BDA_A_single_HOMO")])
def test_models_of_the_paper_are_predicted_to_13_digits(file, name):
    result = CliRunner().invoke(command, [str(MODELS / f"{file}.toml"), "--json"])
    found, expected = json.loads(result.output), REFERENCE["level_models"][name]
    assert found["conductance_G0"] == pytest.approx(expected["G_over_G0_300K"], rel=1e-13)
    assert found["seebeck_V_per_K"] == pytest.approx(expected["S_300K_V_per_K"], rel=1e-13)
    assert found["accuracy"] < 1e-11
    up, down = found["rows"][:5], found["rows"][5:]
    for plus, minus, row in zip(up, down, expected["rows"], strict=True):
        assert plus["voltage_V"] == -minus["voltage_V"] == row["V"]
        assert plus["current_A"] == pytest.approx(row["I_pos_A"], rel=1e-13)
        assert plus["heat_probe_W"] == pytest.approx(row["Q_P_pos_W"], rel=1e-13)
        assert plus["heat_substrate_W"] == pytest.approx(row["Q_S_pos_W"], rel=1e-13)
        assert plus["heat_total_W"] == pytest.approx(row["Q_total_W"], rel=1e-13)
        assert plus["temperature_rise_K"] == pytest.approx(row["dT_pos_K"], rel=1e-13)
        assert minus["temperature_rise_K"] == pytest.approx(row["dT_neg_K"], rel=1e-13)


def test_gold_warms_both_sides_alike():
    rows = json.loads(CliRunner().invoke(command, [str(MODELS / "au.toml"), "--json"]).output)["rows"]
    for row, expected in zip(rows[:5], REFERENCE["flat"], strict=True):
        assert row["temperature_rise_K"] == pytest.approx(expected["dT_pos_K"], rel=1e-13)
        assert row["heat_probe_W"] == row["heat_substrate_W"]


def test_table_for_people_names_the_quantities(tmp_path):
    output = predict(tmp_path, LEVELS + "[probe]\nthermal_resistance_K_per_W = 72800.0\n").output
    assert "G = 0.00198771 G0" in output
    assert "S = -16.5017 uV/K" in output
    assert "dT (mK)" in output
    assert "-0.74  -1.37621e-07  6.63321e-08  3.55072e-08  1.01839e-07  4.82898" in output


def test_range_of_voltages_has_both_ends(tmp_path):
    text = LEVELS.replace("[0.74, -0.74]", "{ start = -1.0, stop = 1.0, points = 5 }")
    assert [row["voltage_V"] for row in report(tmp_path, text)["rows"]] == [-1.0, -0.5, 0.0, 0.5, 1.0]


def test_levels_pinned_by_word_and_by_number_are_the_same(tmp_path):
    by_word = report(tmp_path, 'bias_drop = "probe"' + LEVELS)
    by_number = report(tmp_path, "bias_drop = 0.0" + LEVELS)
    of_level = report(tmp_path, LEVELS.replace("energy_eV", 'bias_drop = "probe", energy_eV'))
    assert by_word == by_number == of_level
    assert abs(by_word["rows"][1]["current_A"]) > 10 * by_word["rows"][0]["current_A"]


def test_unequal_temperatures_drive_a_current_at_no_bias(tmp_path):
    text = "temperature_probe_K = 310.0\ntemperature_substrate_K = 290.0" + LEVELS.replace(
        "[0.74, -0.74]", "[0.0]"
    )
    row = report(tmp_path, text)["rows"][0]
    assert row["current_A"] > 0  # S < 0: electrons leave the hot probe
    assert row["heat_probe_W"] == pytest.approx(-row["heat_substrate_W"])
    assert row["heat_probe_W"] < 0


def test_parallel_molecules_multiply_currents_and_not_the_thermopower(tmp_path):
    one, many = report(tmp_path, LEVELS), report(tmp_path, "molecules = 1000.0" + LEVELS)
    assert many["rows"][0]["current_A"] == pytest.approx(1000 * one["rows"][0]["current_A"], rel=1e-14)
    assert many["seebeck_V_per_K"] == one["seebeck_V_per_K"]


def test_table_is_found_beside_the_model_and_says_its_accuracy(tmp_path):
    level = LevelTransmission([BreitWignerLevel(0.9, 0.04, 0.04)])
    energy = np.linspace(-3000.0, 3000.0, 3001)
    np.savetxt(tmp_path / "tau.csv", np.transpose([energy, level(energy / 1000)]), delimiter=",")
    text = 'voltage_V = [0.74]\n[transmission]\nkind = "table"\nfile = "tau.csv"\nenergy_unit = "meV"\n'
    from_table, exact = report(tmp_path, text), report(tmp_path, LEVELS)
    assert from_table["rows"][0]["current_A"] == pytest.approx(exact["rows"][0]["current_A"], rel=1e-4)
    assert 1e-7 < from_table["accuracy"] < 1e-3
    assert "coarse" in from_table["note"]


HUCKEL = """
voltage_V = [0.5]
[transmission]
kind = "huckel"
sites = 6
hopping_eV = 2.7
onsite_eV = 0.3
leads = [
    { name = "probe", site = 1, gamma_per_site_eV = 0.5 },
    { name = "substrate", site = 4, gamma_per_site_eV = 0.5 },
]
"""


def test_huckel_ring_chain_and_bonds(tmp_path):
    ring = report(tmp_path, HUCKEL)
    listed = report(
        tmp_path, HUCKEL.replace("sites = 6", "sites = 6\nbonds = [[1,2],[2,3],[3,4],[4,5],[5,6],[6,1]]")
    )
    every_site = report(tmp_path, HUCKEL.replace("onsite_eV = 0.3", f"onsite_eV = {[0.3] * 6}"))
    chain = report(tmp_path, HUCKEL.replace("sites = 6", 'sites = 6\ngeometry = "chain"'))
    nameless = report(tmp_path, HUCKEL.replace('name = "probe", ', "").replace('name = "substrate", ', ""))
    assert ring == listed == every_site == nameless
    assert ring["conductance_G0"] != pytest.approx(chain["conductance_G0"], rel=0.1)


def test_ready_molecules_by_name(tmp_path):
    text = 'voltage_V = [0.5]\n[transmission]\nkind = "huckel"\nmolecule = "1,4-benzenediamine"\n'
    found = report(tmp_path, text)
    assert found["conductance_G0"] == pytest.approx(0.005, rel=1e-9)
    assert found["seebeck_V_per_K"] == pytest.approx(2.3e-6, rel=1e-9)


def test_no_conductance_has_no_thermopower(tmp_path):
    found = report(tmp_path, 'voltage_V = [0.1]\n[transmission]\nkind = "flat"\nvalue = 0.0\n')
    assert found["seebeck_V_per_K"] is None
    assert found["rows"][0]["current_A"] == 0.0


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_plot_is_drawn(tmp_path, ending):
    assert predict(tmp_path, LEVELS, "--plot", str(tmp_path / f"p.{ending}")).exit_code == 0
    content = (tmp_path / f"p.{ending}").read_bytes()
    assert content.startswith(b"\x89PNG" if ending == "png" else b"<?xml")


def test_plot_of_an_unknown_format_is_refused(tmp_path):
    result = predict(tmp_path, LEVELS, "--plot", str(tmp_path / "p.xyz"))
    assert result.exit_code == 2
    assert "p.xyz" in result.output


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("voltage_V", "voltages_V"), ["voltages_V", "did you mean 'voltage_V'"]),
        (("energy_eV", "enrgy_eV"), ["enrgy_eV", "did you mean 'energy_eV'", "number 1"]),
        (("kind", "knd"), ["transmission.kind"]),
        (('"levels"', '"level"'), ["'level'", "did you mean 'levels'"]),
        (("0.04,", "-0.04,"), ["gamma_probe_eV = -0.04", "0 or more"]),
        (("0.9", '"high"'), ["energy_eV = 'high'", "number"]),
        (("0.9", "{ strt = 0.9 }"), ["strt", "did you mean 'start'"]),
        (("0.9", "{ start = 0.9, min = 1.0, max = 2.0 }"), ["start = 0.9", "min = 1"]),
        (("voltage_V", "temperature_K = 0.0\nvoltage_V"), ["temperature_K", "greater than 0"]),
        (
            ("voltage_V", "temperature_probe_K = 3.0\nvoltage_V"),
            ["temperature_probe_K and temperature_substrate_K"],
        ),
        (("voltage_V", "bias_drop = 1.5\nvoltage_V"), ["bias_drop", "between 0 and 1"]),
        (("[0.74, -0.74]", "[]"), ["voltage_V", "list of numbers"]),
        (("[0.74, -0.74]", "{ start = 0.0, stop = 1.0, point = 3 }"), ["point", "did you mean 'points'"]),
        (("voltage_V = [0.74, -0.74]", ""), ["voltage_V: is missing"]),
        (("gamma_probe_eV = 0.04", 'gamma_probe_eV = "gamma_probe_eV"'), ["one of the two widths"]),
        (("[transmission]", "[transmission"), ["not TOML"]),
    ],
)
def test_mistakes_are_named_with_file_key_and_what_was_meant(tmp_path, change, words):
    result = predict(tmp_path, LEVELS.replace(*change, 1))
    assert result.exit_code == 2, result.output
    for word in [*words, "model.toml"]:
        assert word in result.output, result.output


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('"substrate", site = 4', '"substrate", site = 9'), ["site 9", "1 to 6"]),
        (('"substrate"', '"drain"'), ["'drain'", '"substrate"']),
        (
            ("site = 4, gamma_per_site_eV", "site = 4, gamma_per_sit_eV"),
            ["gamma_per_sit_eV", "did you mean 'gamma_per_site_eV'"],
        ),
        (("sites = 6", 'molecule = "gold chain"'), ["molecule stands alone"]),
        (("sites = 6\n", ""), ["needs sites"]),
        (("onsite_eV = 0.3", "onsite_eV = [0.1, 0.2]"), ["2 numbers for 6 sites"]),
    ],
)
def test_mistakes_in_a_huckel_model(tmp_path, change, words):
    result = predict(tmp_path, HUCKEL.replace(*change, 1))
    assert result.exit_code == 2, result.output
    for word in [*words, "model.toml"]:
        assert word in result.output, result.output


def test_unknown_keys_of_the_probe_are_refused(tmp_path):
    result = predict(tmp_path, LEVELS + "[probe]\nthermal_resistance = 1.0\n")
    assert "probe" in result.output
    assert "did you mean 'thermal_resistance_K_per_W'" in result.output


def test_a_missing_table_is_named(tmp_path):
    result = predict(tmp_path, 'voltage_V = [0.1]\n[transmission]\nkind = "table"\nfile = "none.csv"\n')
    assert result.exit_code == 2
    assert "none.csv" in result.output


def test_a_missing_model_is_named(tmp_path):
    result = CliRunner().invoke(command, [str(tmp_path / "nowhere.toml")])
    assert result.exit_code == 2
    assert "nowhere.toml" in result.output


TABLE = 'voltage_V = [0.1, 0.5]\n[transmission]\nkind = "table"\nfile = "tau.csv"\noutside = "zero"\n'


def test_a_table_of_two_points_says_that_it_cannot_tell(tmp_path):
    (tmp_path / "tau.csv").write_text("-1,0.1\n1,0.2\n")
    found = report(tmp_path, TABLE)
    assert found["accuracy"] is None
    assert found["note"].startswith("relative accuracy unknown: the interpolation error")


def test_a_current_of_zero_is_named_in_place_of_an_absurd_accuracy(tmp_path):
    """1.0e+299 was printed."""
    (tmp_path / "tau.csv").write_text("".join(f"{x},0.1\n" for x in np.linspace(0.2, 2.0, 10)))
    found = report(tmp_path, "temperature_K = 1.0\n" + TABLE)
    assert found["rows"][0]["current_A"] == 0
    assert "unknown at 0.1 V: the current or heat depends" in found["note"]
    assert "e+" not in found["note"]
