"""`hotjunction predict` of junctions with probes: rows, comparison, tables, and what it refuses in words."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from analysis.buettiker import nonlinear
from analysis.buettiker.linear import electronic_circuit, open_circuit
from app.commands.predict import command
from tests.support.physics.buettiker_junctions import benzene, both_probes

MODEL = Path(__file__).parents[3] / "docs" / "models" / "benzene-probe.toml"
TEXT = MODEL.read_text(encoding="utf-8")
ALIGNMENT = np.array([0.0, -0.0648])
JUNCTION = benzene(TL=350.0, TR=300.0)


def predict(tmp_path, text, *options):
    (tmp_path / "model.toml").write_text(text, encoding="utf-8")
    return CliRunner().invoke(command, [str(tmp_path / "model.toml"), *options])


def report(tmp_path, text, *options):
    result = predict(tmp_path, text, "--json", *options)
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def changed(*pairs):
    text = TEXT
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


OPEN = ('circuit = "electronic"', 'circuit = "open"')
NONLINEAR = ('regime = "linear"', 'regime = "nonlinear"')
THERMALISED = ('probe = "voltage"', 'probe = "voltage-temperature"')


def as_rows(currents, seebeck):
    """Rows by another route, to compare with."""
    for i, mu in enumerate(ALIGNMENT):
        row = {"level_alignment_eV": mu}
        for k, name in enumerate(currents.names):
            row[name] = {
                "particle_current_per_s": currents.particle_current_per_s[k, i],
                "heat_current_W": currents.heat_current_W[k, i],
                "mu_eV": currents.mu_eV[k, i],
                "temperature_K": currents.temperature_K[k, i],
            }
        yield row | {
            "entropy_production_W_per_K": currents.entropy_production_W_per_K[i],
            "seebeck_V_per_K": None if seebeck is None else seebeck[i],
        }


def assert_rows(found, expected):
    for row, wanted in zip(found, expected, strict=True):
        assert list(row) == list(wanted)
        for key, value in wanted.items():
            if isinstance(value, dict):
                assert row[key] == pytest.approx(value, rel=1e-14, abs=0)
            else:
                assert row[key] == (None if value is None else pytest.approx(value, rel=1e-14, abs=0))


@pytest.mark.parametrize("kind", [0, 1], ids=["VP", "VTP"])
def test_linear_rows_are_those_of_the_analysis(tmp_path, kind):
    probe = THERMALISED if kind else ("", "")
    electronic = both_probes(JUNCTION, ALIGNMENT, electronic_circuit)[kind]
    assert_rows(report(tmp_path, changed(probe))["rows"], as_rows(electronic.currents, None))
    thermal = both_probes(JUNCTION, ALIGNMENT, open_circuit)[kind]
    rows = report(tmp_path, changed(probe, OPEN))["rows"]
    assert_rows(rows, as_rows(thermal.currents, thermal.seebeck_V_per_K))


@pytest.mark.parametrize("junction", [JUNCTION, JUNCTION.thermalised()], ids=["VP", "VTP"])
def test_nonlinear_rows_are_those_of_the_analysis(tmp_path, junction):
    probe = ("", "") if junction is JUNCTION else THERMALISED
    electronic = nonlinear.biased_electronic_circuit(junction, ALIGNMENT)
    assert_rows(report(tmp_path, changed(probe, NONLINEAR))["rows"], as_rows(electronic.currents, None))
    thermal = nonlinear.biased_open_circuit(junction, ALIGNMENT)
    rows = report(tmp_path, changed(probe, NONLINEAR, OPEN))["rows"]
    assert_rows(rows, as_rows(thermal.currents, thermal.seebeck_V_per_K("L", "R")))


def test_currents_into_the_terminals_add_up_to_the_power_spent(tmp_path):
    for row in report(tmp_path, changed(NONLINEAR, THERMALISED))["rows"]:
        L, R, P = row["L"], row["R"], row["P"]
        assert L["particle_current_per_s"] == pytest.approx(-R["particle_current_per_s"], rel=1e-12)
        assert P["particle_current_per_s"] == P["heat_current_W"] == 0.0
        joule = (L["mu_eV"] - R["mu_eV"]) * 1.602176634e-19 * R["particle_current_per_s"]
        assert L["heat_current_W"] + R["heat_current_W"] == pytest.approx(joule, rel=1e-9)
        assert 300.0 < P["temperature_K"] < 350.0


def test_comparison_has_both_models_and_the_errors_of_the_paper(tmp_path):
    found = report(tmp_path, TEXT, "--compare")
    node, beside = found["rows"]
    assert node["relative_error_percent"]["R"]["heat_current_W"] == pytest.approx(14723.1192, abs=1e-4)
    assert beside["relative_error_percent"]["R"]["heat_current_W"] == pytest.approx(36204.2006, abs=1e-4)
    assert abs(beside["relative_error_percent"]["R"]["particle_current_per_s"]) < 0.1
    assert node["relative_error_percent"]["P"] == {"particle_current_per_s": None, "heat_current_W": -100.0}
    assert node["relative_error_percent"]["seebeck_V_per_K"] is None
    alone = report(tmp_path, TEXT)["rows"]
    assert found["models"]["voltage"]["rows"] == alone
    assert [{k: v for k, v in x.items() if k != "relative_error_percent"} for x in found["rows"]] == alone
    thermalised = report(tmp_path, changed(THERMALISED))["rows"]
    assert found["models"]["voltage-temperature"]["rows"] == thermalised


def test_comparison_does_not_depend_on_the_kind_that_the_file_names(tmp_path):
    of_voltage, of_other = (
        report(tmp_path, changed(OPEN, pair), "--compare") for pair in (("", ""), THERMALISED)
    )
    assert of_voltage["models"] == of_other["models"]
    for one, other in zip(of_voltage["rows"], of_other["rows"], strict=True):
        assert one["relative_error_percent"] == other["relative_error_percent"]
        assert one["P"]["heat_current_W"] > 0 == other["P"]["heat_current_W"]
    S = [x["rows"][1]["seebeck_V_per_K"] for x in of_voltage["models"].values()]
    error = of_voltage["rows"][1]["relative_error_percent"]["seebeck_V_per_K"]
    assert error == pytest.approx(100 * (S[1] - S[0]) / S[0], rel=1e-9)


def test_nonlinear_errors_are_smaller_by_an_order(tmp_path):
    rows = report(tmp_path, changed(NONLINEAR), "--compare")["rows"]
    errors = [row["relative_error_percent"]["R"]["heat_current_W"] for row in rows]
    assert errors == pytest.approx([1496.0, 1600.1], abs=0.5)


def test_a_probe_on_all_sites_shares_its_width(tmp_path):
    text = changed(("sites = [4]", "sites = [1, 2, 3, 4, 5, 6]"))
    beside = report(tmp_path, text, "--compare")["rows"][1]
    assert beside["relative_error_percent"]["R"]["heat_current_W"] == pytest.approx(20279.6, rel=1e-5)


def test_range_of_alignments_has_both_ends(tmp_path):
    text = changed(("[0.0, -0.0648]", "{ start = -1.0, stop = 1.0, points = 5 }"))
    rows = report(tmp_path, text)["rows"]
    assert [row["level_alignment_eV"] for row in rows] == [-1.0, -0.5, 0.0, 0.5, 1.0]


def ring(value):
    matrix = np.zeros((6, 6))
    for i in range(6):
        matrix[i, (i + 1) % 6] = matrix[(i + 1) % 6, i] = value
    return f"geometry = {matrix.tolist()}"


def test_ring_as_bonds_or_as_a_hamiltonian_is_the_same(tmp_path):
    built = report(tmp_path, TEXT)
    assert report(tmp_path, changed(('geometry = "ring"', ring(1.0)))) == built
    assert report(tmp_path, changed(('geometry = "ring"', ring(-2.7)))) == built
    without = changed(('geometry = "ring"', ring(-2.7)), ("hopping_eV = 2.7\n", ""), ("sites = 6\n", ""))
    assert report(tmp_path, without) == built


def test_raising_every_site_is_lowering_the_alignment(tmp_path):
    raised = changed(
        ('geometry = "ring"', 'geometry = "ring"\nonsite_eV = 0.0648'), ("[0.0, -0.0648]", "[0.0]")
    )
    row, wanted = report(tmp_path, raised)["rows"][0], report(tmp_path, TEXT)["rows"][1]
    assert row["R"] == pytest.approx(wanted["R"], rel=1e-9)


def test_chain_differs_from_the_ring(tmp_path):
    chain = report(tmp_path, changed(('"ring"', '"chain"')))["rows"][0]
    assert chain["R"]["heat_current_W"] != pytest.approx(8.28e-14, rel=0.1)


def test_a_junction_of_leads_alone_needs_no_probe(tmp_path):
    text = changed(('probe = "voltage"', ""))
    row = report(tmp_path, text)["rows"][0]
    assert row["P"]["particle_current_per_s"] != 0.0
    assert "nothing to compare" in predict(tmp_path, text, "--compare").output


def test_an_uncoupled_probe_has_no_potentials(tmp_path):
    row = report(tmp_path, changed(("gamma_total_eV = 0.05\n", "gamma_total_eV = 0.0\n"), THERMALISED))[
        "rows"
    ][0]
    assert row["P"]["mu_eV"] is None
    assert row["P"]["temperature_K"] is None
    assert row["R"]["heat_current_W"] is not None


def test_tables_for_people(tmp_path):
    output = predict(tmp_path, TEXT, "--compare").output
    assert "electronic circuit, linear response about 300 K" in output
    assert output.index("\nvoltage probe") < output.index("\nvoltage-temperature probe")
    assert "14723.1" in output
    assert "36204.2" in output
    alone = predict(tmp_path, changed(OPEN)).output
    assert "S (uV/K)" in alone
    assert "relative" not in alone


@pytest.mark.parametrize(("circuit", "options"), [("electronic", []), ("open", ["--compare"])])
def test_plot_is_drawn(tmp_path, circuit, options):
    text = changed(('circuit = "electronic"', f'circuit = "{circuit}"'), THERMALISED)
    assert predict(tmp_path, text, "--plot", str(tmp_path / "p.png"), *options).exit_code == 0
    assert (tmp_path / "p.png").stat().st_size > 20_000


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("reference_temperature_K", "reference_temprature_K"), ["did you mean 'reference_temperature_K'"]),
        (("circuit =", "circit ="), ["circit", "did you mean 'circuit'"]),
        (('"electronic"', '"thermal"'), ["circuit = 'thermal'", "'electronic' or 'open'"]),
        (("level_alignment_eV = [0.0, -0.0648]", ""), ["level_alignment_eV", "missing"]),
        (("[0.0, -0.0648]", "[]"), ["level_alignment_eV", "list of numbers"]),
        (("[0.0, -0.0648]", "{ start = 0.0, stop = 1.0, point = 2 }"), ["did you mean 'points'"]),
        (('kind = "huckel"', 'kind = "flat"'), ["transmission", "'huckel'"]),
        (("sites = 6\n", ""), ["transmission.sites", "missing"]),
        (("hopping_eV = 2.7\n", ""), ["transmission.hopping_eV", "missing"]),
        (('geometry = "ring"', "geometry = [[0, 1], [2, 0]]"), ["geometry", "symmetric matrix"]),
        (('geometry = "ring"', "geometry = [[0, 1]]"), ["geometry", "square matrix"]),
        (('geometry = "ring"', "geometry = [[0, 1], [1, 0]]"), ["sites = 6", "of 2 sites"]),
        (('geometry = "ring"', ring(-2.4)), ["hopping_eV = 2.7", "contradicts"]),
        (('geometry = "ring"', 'geometry = "ring"\nonsite_eV = [0.0, 0.1]'), ["2 numbers for 6 sites"]),
        (('name = "R"', 'nam = "R"'), ["number 2", "nam", "did you mean 'name'"]),
        (('name = "R"', 'name = "L"'), ["'L'"]),
        (('name = "R"', 'name = "seebeck_V_per_K"'), ["number 2", "key of the result"]),
        (("sites = [4]", "sites = [7]"), ["'P'", "site 7", "1 to 6"]),
        (("sites = [4]", "sites = [4, 4]"), ["number 3 ('P')", "twice"]),
        (("sites = [4]", "sites = []"), ["number 3 ('P')", "sites"]),
        (
            ("gamma_total_eV = 0.05\n", "gamma_total_eV = -0.05\n"),
            ["number 3 ('P')", "gamma_total_eV = -0.05", "0 or more"],
        ),
        (('probe = "voltage"', 'probe = "current"'), ["'voltage' or 'voltage-temperature'"]),
        (('probe = "voltage"', 'probe = "voltage"\nmu_eV = 0.0'), ["mu_eV", "finds its chemical potential"]),
        (("temperature_K = 350.0", ""), ["number 1 ('L')", "temperature_K", "missing", "lead"]),
        (("temperature_K = 350.0", "temperature_K = 0.0"), ["temperature_K", "greater than 0"]),
        (("mu_eV = -0.005", 'probe = "voltage"'), ["two at least must be real leads"]),
        (("[[terminals]]", "[[terminal]]"), ["terminal", "did you mean 'terminals'"]),
    ],
)
def test_mistakes_are_named_with_file_key_and_what_was_meant(tmp_path, change, words):
    result = predict(tmp_path, changed(change))
    assert result.exit_code == 2, result.output
    for word in [*words, "model.toml"]:
        assert word in result.output, result.output


def test_a_voltage_probe_needs_a_temperature_and_the_other_does_not(tmp_path):
    at = TEXT.rindex("temperature_K = 300.0")
    result = predict(tmp_path, TEXT[:at])
    assert result.exit_code == 2
    assert "number 3 ('P'): temperature_K: is missing; a voltage probe keeps one" in result.output
    free = TEXT[:at].replace(*THERMALISED)
    assert report(tmp_path, free) == report(tmp_path, changed(THERMALISED))
    assert report(tmp_path, free, "--compare")["models"] == report(tmp_path, TEXT, "--compare")["models"]


def test_a_probe_that_does_not_settle_is_a_sentence(tmp_path):
    """Site 6 of a chain whose last bond is cut: nothing fixes the potential of the probe there."""
    matrix = np.diag(np.full(5, -2.7), 1)
    matrix[4, 5] = 0.0
    text = changed(
        ('geometry = "ring"', f"geometry = {(matrix + matrix.T).tolist()}"),
        ("sites = [4]", "sites = [6]"),
        NONLINEAR,
    )
    result = predict(tmp_path, text)
    assert result.exit_code == 1
    assert "'P' does not settle" in result.output
    assert "Traceback" not in result.output
    assert "model.toml" in result.output


def test_comparison_without_terminals_is_refused():
    result = CliRunner().invoke(command, [str(MODEL.with_name("bda.toml")), "--compare"])
    assert result.exit_code == 2
    assert "terminals: are missing" in result.output
