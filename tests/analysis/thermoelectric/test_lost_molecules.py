"""Junctions of one, two and three molecules, contacts of gold, and contacts that rearrange: who is counted as what."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.constants import G0_S
from analysis.heating.thermometer import Thermometer
from analysis.thermoelectric.lost_molecules import ATOMS, ROSE, UNLIKE, lost_molecules
from analysis.thermoelectric.rupture import LEFT_OVER, measured
from analysis.thermoelectric.rupture_reader import RuptureRules
from analysis.thermoelectric.thermal_conductance_json import thermal_conductance_json
from analysis.thermoelectric.thermal_conductance_run import ThermalConductanceRun, summarise
from analysis.thermoelectric.thermal_conductance_words import several_words
from tests.validation.thermal_conductance import FILTERS, SEEBECK, Case, RATE_Hz, hold, noise_V

RULES = RuptureRules(SEEBECK, FILTERS, 50.0)
EACH_W_per_K = 20e-12
MOLECULE = Case("2w", 1e-3, EACH_W_per_K, bias_V=0.02, resistance_K_per_W=1e6)
GOLD = Case()


def opening(rng, levels, case=MOLECULE, seconds=1.0, after_s=2.0, noise=0.05, last=0.0, window=None):
    """Make a hold whose conductance has levels, in units of the case's, one after another; ``last`` stays afterwards.

    Each unit conducts the case's thermal conductance. The heat that the current dissipates warms the tip by half.
    """
    parts = [round(seconds * RATE_Hz * (1.0 + 0.13 * k)) for k in range(len(levels))]
    n = sum(parts) + round(after_s * RATE_Hz)
    share = np.full(n, last)
    share[: sum(parts)] = np.repeat(levels, parts)
    made, _ = hold(rng, replace(case, linger_s=n / RATE_Hz), 0, True)
    made = replace(
        made,
        samples=(0, n),
        **{
            name: getattr(made, name)[:n]
            for name in ("bias_V", "heater_W", "base_K", "substrate_K", "railed")
        },
    )
    current_A = case.G_G0 * G0_S * share * made.bias_V + 1e-11 * rng.standard_normal(n)
    leak = 1.0 / (1.0 + case.resistance_K_per_W * (case.G_th_W_per_K or 0.0) * share)
    joule_W = 0.5 * case.G_G0 * G0_S * share * made.bias_V**2
    tip_K = (made.heater_W + joule_W) * case.resistance_K_per_W * leak
    tip_V = -SEEBECK * tip_K + noise * noise_V(rng, n)
    most = max(levels)
    window_G0 = window or (0.6 * most * case.G_G0, 1.6 * most * case.G_G0)
    return replace(made, current_A=current_A, thermocouple_V=tip_V, window_G0=window_G0)


def look(made):
    return measured(made, RULES, np.random.default_rng(1))


@pytest.mark.parametrize("mode", ["2w", "dc"])
@pytest.mark.parametrize("levels", [(1.0,), (2.0, 1.0), (2.3, 1.0), (1.7, 1.0), (3.0, 2.0, 1.0)])
def test_each_molecule_that_is_lost_counts_and_the_step_is_that_of_all(levels, mode):
    wide = (0.5e-3, 3e-3)
    case = replace(MOLECULE, mode=mode, bias_V=2e-3)
    seconds = 1.0 if mode == "2w" else 0.25  # all within the window before the rupture
    found = look(opening(np.random.default_rng(3), levels, case, seconds, noise=0.0, window=wide))
    assert found.rejected == "" and found.molecules == len(levels)
    assert found.conductance_S == pytest.approx(levels[0] * 1e-3 * G0_S, rel=0.02)
    difference_K = found.difference_K if mode == "2w" else 30.0
    seen = found.step.value_K / case.resistance_K_per_W / difference_K
    assert seen == pytest.approx(levels[0] * EACH_W_per_K, rel=0.02)


@pytest.mark.parametrize(
    ("levels", "case", "last", "reason"),
    [
        ((2.0, 1.0), GOLD, 0.0, ATOMS),
        ((1.0, 1.6), MOLECULE, 0.0, ROSE),
        ((1.0, 2.0, 1.0), MOLECULE, 0.0, ROSE),
        ((1.3, 1.0), MOLECULE, 0.0, UNLIKE),
        ((1.9, 0.6), MOLECULE, 0.0, UNLIKE),
        ((3.0,), MOLECULE, 0.8, LEFT_OVER),
        ((1.0,), GOLD, 0.005, ""),
    ],
)
def test_what_is_no_lost_molecule_is_left_out_by_its_own_reason(levels, case, last, reason):
    """Atoms of gold, a contact that rearranges, and two of three lost at once; a gold contact leaves a molecule."""
    made = opening(np.random.default_rng(4), levels, case, last=last)
    found = look(made)
    assert found.rejected == reason
    assert found.molecules == 1


def test_a_slow_change_of_the_conductance_is_no_molecule():
    falling = 1e-3 * np.geomspace(1.6, 1.0, 40)
    assert lost_molecules(falling).molecules == 1
    assert lost_molecules(falling[-1:]).molecules == 1


def test_several_molecules_have_a_class_and_no_part_in_the_mean():
    rng = np.random.default_rng(5)
    kinds = 12 * [(1.0,)] + 5 * [(2.0, 1.0)] + 2 * [(3.0, 2.0, 1.0)] + 4 * [(1.0, 1.6)]
    wide = (0.5e-3, 3.5e-3)
    holds = [
        replace(opening(rng, levels, window=wide, seconds=3.0), number=k) for k, levels in enumerate(kinds)
    ]
    seen = tuple(look(one) for one in holds)
    run = ThermalConductanceRun("made", seen, Thermometer(MOLECULE.resistance_K_per_W, SEEBECK))
    result = summarise([run], rng)
    assert [(one.molecules, one.ruptures) for one in result.several] == [(2, 5), (3, 2)]
    assert len(result.used) == 12 and result.excluded == {ROSE: 4}
    assert abs(result.conductance.value - EACH_W_per_K) < 4 * result.noise_sigma_W_per_K
    for one in result.several:
        assert abs(one.per_molecule.value - EACH_W_per_K) < 5 * one.per_molecule.sigma
    said = " ".join(several_words(result))
    assert "5 junctions lost 2 molecules" in said and "4 other junctions rose" in said
    content = thermal_conductance_json(result)["several_molecules"]
    assert [(one["molecules"], one["n"]) for one in content] == [(2, 5), (3, 2)]
    assert content[0]["per_molecule_W_per_K"] == pytest.approx(content[0]["G_th_W_per_K"] / 2)


def test_only_several_molecules_give_no_result():
    rng = np.random.default_rng(6)
    seen = tuple(look(opening(rng, (2.0, 1.0))) for _ in range(3))
    run = ThermalConductanceRun("made", seen, Thermometer(1e6, SEEBECK))
    with pytest.raises(ValueError, match="no junction of one molecule"):
        summarise([run], rng)
