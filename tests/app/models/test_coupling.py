"""Widths of leads and probes: the same word means the same in every section of a model file."""

import json

import pytest
from click.testing import CliRunner

from analysis.constants import ELEMENTARY_CHARGE_C, G0_S
from app.commands.predict import command

TWO_TERMINALS = """
voltage_V = [0.5]
[transmission]
kind = "huckel"
sites = 2
hopping_eV = 0.3
onsite_eV = 0.4
geometry = "chain"
leads = [ {{ name = "probe", site = [1, 2], {width} }}, {{ name = "substrate", site = [1, 2], {width} }} ]
"""
TERMINALS = """
level_alignment_eV = [0.0]
[transmission]
kind = "huckel"
sites = 2
hopping_eV = 0.3
onsite_eV = 0.4
geometry = "chain"
[[terminals]]
name = "L"
sites = [1, 2]
{width}
temperature_K = 300.0
mu_eV = 0.001
[[terminals]]
name = "R"
sites = [1, 2]
{width}
temperature_K = 300.0
"""


def predict(tmp_path, text):
    (tmp_path / "model.toml").write_text(text, encoding="utf-8")
    return CliRunner().invoke(command, [str(tmp_path / "model.toml"), "--json"])


def report(tmp_path, text):
    result = predict(tmp_path, text)
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


@pytest.mark.parametrize("text", [TWO_TERMINALS, TERMINALS], ids=["leads", "terminals"])
def test_the_width_of_each_of_two_sites_is_half_the_total(tmp_path, text):
    each = report(tmp_path, text.format(width="gamma_per_site_eV = 0.01"))
    total = report(tmp_path, text.format(width="gamma_total_eV = 0.02"))
    assert each == total


@pytest.mark.parametrize("width", ["gamma_per_site_eV = 0.01", "gamma_total_eV = 0.01"])
def test_leads_and_terminals_of_one_width_carry_the_same_current(tmp_path, width):
    """One word meant each site here and the sum there: a factor 4 in the current for two sites off resonance."""
    conductance = report(tmp_path, TWO_TERMINALS.format(width=width))["conductance_G0"]
    row = report(tmp_path, TERMINALS.format(width=width))["rows"][0]
    through_leads = conductance * G0_S * 0.001 / ELEMENTARY_CHARGE_C
    assert abs(row["L"]["particle_current_per_s"]) == pytest.approx(through_leads, rel=1e-9)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (TWO_TERMINALS, "gamma_eV is now called gamma_per_site_eV: here it meant the width of each site"),
        (TERMINALS, "gamma_eV is now called gamma_total_eV: here it meant the sum over its sites"),
    ],
    ids=["leads", "terminals"],
)
def test_the_old_key_is_refused_with_the_new_one(tmp_path, text, meant):
    result = predict(tmp_path, text.format(width="gamma_eV = 0.01"))
    assert result.exit_code == 2
    assert "number 1" in result.output and meant in result.output


@pytest.mark.parametrize(
    "width", ["", "gamma_per_site_eV = 0.01\ngamma_total_eV = 0.02"], ids=["none", "both"]
)
def test_one_of_the_two_widths_is_given(tmp_path, width):
    result = predict(tmp_path, TERMINALS.format(width=width))
    assert result.exit_code == 2
    assert "number 1 ('L'): give gamma_per_site_eV" in result.output
