"""`hotjunction fit` with a floating probe in the model: from files to a verdict."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from analysis.buettiker.nonequilibrium import probed_currents
from analysis.buettiker.terminals import JunctionTerminal, ProbedJunction, VoltageProbe
from analysis.transport.huckel import HuckelModel, Lead, bonded, chain_bonds
from app.commands.fit import command
from app.config.toml import FileError
from app.models.build import probed_family_of
from app.models.probe_fit_report import print_comparison
from app.models.schema import load_transmission

EXAMPLE = Path(__file__).parents[3] / "docs" / "models" / "fit-probes.toml"
TRUTH = {"level_eV": 0.6, "gamma_probe_eV": 0.1, "gamma_substrate_eV": 0.05, "gamma_floating_eV": 0.03}
IV_V = np.linspace(-1.3, 1.3, 27)
HEAT_V = np.array([0.44, 0.68, 0.82, -0.44, -0.68, -0.82])
LEVEL = """
[transmission]
kind = "levels"
[[transmission.levels]]
energy_eV = 0.6
gamma_probe_eV = { start = 0.03, min = 1e-4, max = 1.0 }
gamma_substrate_eV = "gamma_probe_eV"
[floating_probe]
gamma_per_site_eV = { start = 0.02 }
"""


def run(*arguments):
    return CliRunner().invoke(command, [str(x) for x in arguments])


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    """Data of a voltage probe on the first of two sites, beside the example of the documentation."""
    folder, rng = tmp_path_factory.mktemp("campaign"), np.random.default_rng(1)
    level, tip, substrate, floating = TRUTH.values()
    leads = Lead("probe", {1: tip}), Lead("substrate", {2: substrate}), Lead("P", {1: floating})
    model = HuckelModel(bonded(2, chain_bonds(2), 0.3, level), leads)
    terminals = (
        JunctionTerminal("probe", 300.0),
        JunctionTerminal("substrate", 300.0),
        VoltageProbe("P", 300.0),
    )
    junction = ProbedJunction(model, terminals)
    current = probed_currents(junction, IV_V).current_A * (1 + 0.01 * rng.normal(size=IV_V.size))
    heat, sigma = probed_currents(junction, HEAT_V).heat_probe_W, 0.3e-3 / 72_800
    heat = heat + sigma * rng.normal(size=HEAT_V.size)
    np.savetxt(folder / "iv.csv", np.column_stack([IV_V, current]), header="V,I", delimiter=",", comments="")
    columns = np.column_stack([HEAT_V, heat, np.full(HEAT_V.size, sigma)])
    names = "voltage_V,heat_probe_W,sigma_W"
    np.savetxt(folder / "heating.csv", columns, header=names, delimiter=",", comments="")
    (folder / "fit-probes.toml").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def report(campaign):
    arguments = (campaign / "iv.csv", "--model", campaign / "fit-probes.toml", "--relative-error", 0.01)
    result = run(*arguments, "--json", "--plot", campaign / "fit.png")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_example_finds_the_voltage_probe(campaign, report):
    assert report["supported"] == "voltage"
    assert "support a voltage probe" in report["verdict"][0]
    assert set(report["models"]) == {"none", "voltage", "voltage-temperature"}
    found = report["models"]["voltage"]
    for name, value in TRUTH.items():
        parameter = found["parameters"][name]
        assert abs(parameter["value"] - value) < 4 * parameter["error"]
    assert "scale" in found["parameters"]
    assert [row["voltage_V"] for row in found["at_bias"]] == HEAT_V.tolist()
    assert all(row["heat_floating_W"][0] > 1e-9 for row in found["at_bias"])
    assert all(row["heat_floating_W"] == [0.0] for row in report["models"]["voltage-temperature"]["at_bias"])
    assert found["delta_aicc"] == 0
    assert (campaign / "fit.png").stat().st_size > 10_000


def test_table_names_all_three_and_the_lost_heat(report, capsys):
    print_comparison(report)
    shown = capsys.readouterr().out
    for words in ("none", "voltage-temperature", "gamma_floating_eV", "AICc - lowest", "lost in VP nW"):
        assert words in shown
    assert (
        len([line for line in shown.splitlines() if line.lstrip().startswith(("0.", "-0."))]) == HEAT_V.size
    )


def test_without_an_uncertainty_nothing_is_compared(campaign):
    result = run(campaign / "iv.csv", "--model", campaign / "fit-probes.toml")
    assert result.exit_code == 2
    assert "--relative-error" in result.output


def test_a_level_with_tied_widths_is_a_single_site(tmp_path):
    path = tmp_path / "level.toml"
    path.write_text(LEVEL, encoding="utf-8")
    family = probed_family_of(load_transmission(path)).of("voltage")
    assert family.gamma_probe_eV is family.gamma_substrate_eV
    assert [p.name for p in family.parameters] == ["gamma_probe_eV", "gamma_floating_eV"]
    assert family.fields(np.array([0.04, 0.01])).tolist() == [0.6, 0.04, 0.04, 0.01]


@pytest.mark.parametrize(
    ("sites", "expected"), [("[1, 2]", ((1, 2),)), ("[[1], [2]]", ((1,), (2,))), ("[2]", ((2,),))]
)
def test_one_probe_on_several_sites_or_several_probes(tmp_path, sites, expected):
    path = tmp_path / "sites.toml"
    path.write_text(
        EXAMPLE.read_text(encoding="utf-8").replace("sites = [1]", f"sites = {sites}"), encoding="utf-8"
    )
    assert probed_family_of(load_transmission(path)).floating_sites == expected


def test_a_width_in_total_is_for_probes_on_one_site(campaign, tmp_path):
    """The fit reports the width of each site, so a total of two sites would be reported as half of itself."""
    text = EXAMPLE.read_text(encoding="utf-8").replace("gamma_per_site_eV", "gamma_total_eV")
    path = tmp_path / "model.toml"
    path.write_text(text, encoding="utf-8")
    assert [p.name for p in probed_family_of(load_transmission(path)).of("voltage").parameters][1:] == [
        "gamma_probe_eV",
        "gamma_substrate_eV",
        "gamma_floating_eV",
    ]
    path.write_text(text.replace("sites = [1]", "sites = [1, 2]"), encoding="utf-8")
    with pytest.raises(FileError, match="gives the width of each site"):
        probed_family_of(load_transmission(path))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("gamma_per_site_eV = { start = 0.02", "gamma_eV = { start = 0.02"), "gamma_per_site_eV"),
        (("sites = [1]\n", "sites = [3]\n"), "site 3"),
        (('"symmetric"', "{ start = 0.5 }"), "bias_drop"),
        (("hopping_eV = 0.3", "hopping_eV = { start = 0.3 }"), "hopping_eV"),
        (
            ("gamma_per_site_eV = { start = 0.02, min = 1e-6, max = 3.0 }", "gamma_per_sit_eV = 0.02"),
            "did you mean",
        ),
        (("heating_correlation = 0.5", "heating_correlation = 1.5"), "heating_correlation"),
    ],
)
def test_what_such_a_fit_cannot_take_is_refused(campaign, tmp_path, change, why):
    text = (campaign / "fit-probes.toml").read_text(encoding="utf-8")
    assert change[0] in text
    path = tmp_path / "model.toml"
    path.write_text(text.replace(*change), encoding="utf-8")
    result = run(campaign / "iv.csv", "--model", path, "--relative-error", 0.01)
    assert result.exit_code == 2
    assert why in result.output


def test_the_mean_of_junctions_is_weighed_by_what_it_is_worth(tmp_path, monkeypatch):
    """Curves that differ as wholes: 27 voltages weigh like one or two values, by the error of the mean."""
    seen = []

    def stopped(data, family, starts):
        seen.append(data)
        raise ValueError("seen")

    monkeypatch.setattr("app.models.fit.compare_probes", stopped)
    (tmp_path / "level.toml").write_text(LEVEL, encoding="utf-8")
    factors = np.array([0.8, 0.9, 1.0, 1.1, 1.2])
    exact = 1e-7 * np.sinh(2 * IV_V)
    for i, factor in enumerate(factors):
        np.savetxt(
            tmp_path / f"{i}.csv", np.column_stack([IV_V, factor * exact]), header="V,I", delimiter=","
        )
    run(*sorted(tmp_path.glob("*.csv")), "--model", tmp_path / "level.toml")
    (data,) = seen
    error = np.abs(exact) * factors.std(ddof=1) / np.sqrt(5)
    ratio = data.current.sigma_A[-5:] / error[-5:]
    assert np.all((ratio > 3) & (ratio < 2 * np.sqrt(27)))
