"""Expected heating, against limits known by hand and against the simulated world."""

import numpy as np
import pytest

from analysis.heating.programme import three_level
from simulators.parameters import load_parameters
from simulators.world.expected_heating import expected_heating
from tests.support.instruments.tip import QUIET, SURE, Tip

R_P = 72800.0
ALIKE = {"spread_decades": 0.0, "level_spread_eV": 0.0, "fall_decades": [0.0, 0.0], "step_decades": 0.0}


@pytest.mark.parametrize(
    ("species", "conductance_G0", "amplitude_V", "rises_mK", "total_uW"),
    [
        ("BDNC", 0.002, 0.74, (2.601, 4.859), 0.10247),
        ("BDNC", 0.002, 1.27, (8.224, 28.986), 0.51112),
        ("BDA", 0.005, 0.44, (3.817, 2.277), 0.08372),
        ("BDA", 0.005, 0.82, (21.832, 8.002), 0.40980),
    ],
)
def test_junctions_that_are_all_alike_are_the_one_of_landauer(
    species: str, conductance_G0: float, amplitude_V: float, rises_mK: tuple[float, float], total_uW: float
) -> None:
    """Against 30-digit quadrature."""
    parameters = load_parameters(
        overrides={"sample.species": species, f"molecule.{species}": {**ALIKE, "double_probability": 0.0}}
    )
    found = expected_heating(parameters, amplitude_V, (0.9 * conductance_G0, 1.1 * conductance_G0))
    assert 1e3 * np.array([found.rise_pos_K, found.rise_neg_K]) == pytest.approx(rises_mK, abs=6e-4)
    assert 1e6 * np.array([found.total_pos_W, found.total_neg_W]) == pytest.approx([total_uW] * 2, rel=1e-4)
    assert max(found.spread_pos_K, found.spread_neg_K) < 1e-9


def test_gold_is_symmetric_and_half_of_the_power() -> None:
    parameters = load_parameters(overrides={"sample.species": "Au"})
    found = expected_heating(parameters, 0.067, (0.9, 1.1), ammeter_ohm=2.0)
    assert found.rise_pos_K == found.rise_neg_K == pytest.approx(0.5 * R_P * found.total_pos_W, rel=1e-12)
    assert found.rise_pos_K == pytest.approx(12.66e-3, rel=0.02)  # 1 G0, and 52 ohm in series
    assert 0.3e-3 < found.spread_pos_K < 1e-3  # evenly over the window it would be 5.8 %


@pytest.mark.parametrize(("species", "amplitude_V"), [("BDNC", 1.27), ("BDA", 0.82)])
def test_levels_that_differ_spread_single_junctions_by_millikelvins(species: str, amplitude_V: float) -> None:
    conductance_G0 = {"BDNC": 0.002, "BDA": 0.005}[species]
    parameters = load_parameters(overrides={"sample.species": species})
    found = expected_heating(parameters, amplitude_V, (0.9 * conductance_G0, 1.1 * conductance_G0))
    assert 2e-3 < max(found.spread_pos_K, found.spread_neg_K) < 7e-3
    assert found.rise_pos_K + found.rise_neg_K == pytest.approx(
        0.5 * R_P * (found.total_pos_W + found.total_neg_W), rel=1e-6
    )
    assert (found.rise_pos_K > found.rise_neg_K) == (species == "BDA")


def test_the_worlds_own_junctions_are_as_told() -> None:
    """Each is held where it comes into the window, which is near the window's upper end."""
    window_G0, amplitude_V, junctions = (0.0018, 0.0022), 1.08, 60
    overrides = {**QUIET, **SURE, "molecule.BDNC.lifetime_s": 1e9, "sample.species": "BDNC"}
    overrides |= {"molecule.BDNC.site_jump_Hz": 0.0, "molecule.BDNC.telegraph_probability": 0.0}
    overrides |= {"molecule.BDNC.spread_decades": 0.05}
    tip = Tip(seed=5, dt=1e-3, **overrides)
    bias_V = three_level(amplitude_V).bias_V(1000.0)[:327]

    def in_window(truth) -> bool:
        return truth.state == "molecule" and window_G0[0] < truth.conductance_G0 < window_G0[1]

    rises, held_G0 = [], []
    while len(rises) < junctions:
        tip.bias_V = 0.1
        tip.contact()
        tip.move(-1.0, 2.0, lambda truth: in_window(truth) or truth.gap_m > 0.8e-9, block=2)
        if in_window(tip.world.truth):
            held_G0.append(tip.world.truth.conductance_G0)
            tip.world.advance(bias_V, np.full(len(bias_V), tip.z_V), tip.dt)
            number, ledger = tip.world.truth.bridges, tip.world.ledger
            rises.append([ledger.account("molecule", number, v).tip_rise_K for v in (1.08, -1.08)])
        tip.move(-1.5, 10.0)
    parameters = load_parameters(overrides={**overrides, "junction.series_resistance_ohm": 0.0})
    expected = expected_heating(parameters, amplitude_V, window_G0, held_G0)
    assert np.mean(held_G0) > 0.00203
    error = np.array([expected.spread_pos_K, expected.spread_neg_K]) / np.sqrt(junctions)
    apart = np.mean(rises, axis=0) - [expected.rise_pos_K, expected.rise_neg_K]
    assert np.abs(apart / error).max() < 3.0
    assert np.std(rises, axis=0) == pytest.approx([expected.spread_pos_K, expected.spread_neg_K], rel=0.35)


def test_a_window_that_nothing_visits_is_refused() -> None:
    with pytest.raises(ValueError, match="hardly any junction"):
        expected_heating(load_parameters(overrides={"sample.species": "BDNC"}), 1.0, (0.4, 0.41))
