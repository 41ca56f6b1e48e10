"""Molecules' I-V and heat from tables, and tunnelling."""

import numpy as np
import pytest

from analysis.transport.landauer import currents
from simulators.world.transport import Conductor, level_transmission, metal_tip_heat_W
from simulators.world.tunnelling import decay_per_m, tunnelling_G0


def test_width_follows_from_conductance() -> None:
    level = level_transmission(0.002, [0.90], [1.0], 300.0).levels[0]
    assert level.gamma_probe_eV == pytest.approx(0.0401237438973719, rel=1e-6)
    assert level.gamma_substrate_eV == level.gamma_probe_eV


def test_two_levels_share_one_scale() -> None:
    low, high = level_transmission(0.002, [-0.99, 0.86], [30.400, 27.777], 300.0).levels
    assert 1e3 * low.gamma_probe_eV == pytest.approx(30.400, rel=1e-4)
    assert 1e3 * high.gamma_probe_eV == pytest.approx(27.777, rel=1e-4)


@pytest.mark.parametrize("conductance_G0", [1e-7, 1e-3, 0.3])
@pytest.mark.parametrize("eps", [0.05, -0.7])
def test_low_bias_conductance_is_the_drawn_one(conductance_G0: float, eps: float) -> None:
    conductor = Conductor(level_transmission(conductance_G0, [eps], [1.0], 300.0), 300.0)
    assert conductor.conductance_G0 == pytest.approx(conductance_G0, rel=1e-5)


def test_conductance_out_of_reach_is_cut() -> None:
    widest = Conductor(level_transmission(3.0, [0.9], [1.0], 300.0), 300.0)
    assert 0.9 < widest.conductance_G0 <= 1.0


def test_tables_agree_with_the_integrals_between_their_points() -> None:
    transmission = level_transmission(0.005, [-0.69], [1.0], 300.0)
    conductor = Conductor(transmission, 300.0)
    bias = np.array([-1.5, -0.8213, -0.1, 0.0503, 0.44, 1.2719])
    exact = currents(transmission, bias)
    told = np.full(len(bias), conductor.conductance_G0)
    assert conductor.chord_S(told, bias) * bias == pytest.approx(exact.current_A, rel=1e-4)
    assert conductor.tip_heat_W(told, bias) == pytest.approx(exact.heat_probe_W, rel=1e-4)
    assert conductor.tip_heat_W(2 * told, bias) == pytest.approx(2 * exact.heat_probe_W, rel=1e-4)


PAPER_V = {"BDNC": (0.74, 0.95, 1.08, 1.18, 1.27), "BDA": (0.44, 0.58, 0.68, 0.76, 0.82)}


@pytest.mark.parametrize(
    ("species", "levels_eV", "widths", "total_uW", "share_pos"),
    [
        (
            "BDNC",
            [0.90],
            [1.0],
            (0.10247, 0.19527, 0.28576, 0.38511, 0.51112),
            (0.3487, 0.3036, 0.2727, 0.2468, 0.2210),
        ),
        (
            "BDNC",
            [-1.29, 0.86],
            [32.772, 31.506],
            (..., ..., ..., ..., 0.49661),
            (..., ..., ..., ..., 0.3024),
        ),
        (
            "BDNC",
            [-0.99, 0.86],
            [30.400, 27.777],
            (..., ..., ..., ..., 0.50799),
            (..., ..., ..., ..., 0.4183),
        ),
        (
            "BDA",
            [-0.69],
            [1.0],
            (0.08372, 0.15916, 0.23869, 0.32539, 0.40980),
            (0.6264, 0.6612, 0.6887, 0.7126, 0.7318),
        ),
        (
            "BDA",
            [-0.635, 0.95],
            [34.535, 42.381],
            (..., ..., ..., ..., 0.40803),
            (..., ..., ..., ..., 0.6307),
        ),
        (
            "BDA",
            [-0.654, 0.752],
            [33.029, 36.784],
            (..., ..., ..., ..., 0.41102),
            (..., ..., ..., ..., 0.5490),
        ),
    ],
)
def test_power_and_its_share_in_the_tip_at_the_papers_amplitudes(
    species: str, levels_eV: list[float], widths: list[float], total_uW, share_pos
) -> None:
    """Against 30-digit quadrature, at the amplitudes of Lee et al., Nature 498, 209 (2013)."""
    conductance_G0 = {"BDNC": 0.002, "BDA": 0.005}[species]
    conductor = Conductor(level_transmission(conductance_G0, levels_eV, widths, 300.0), 300.0)
    for amplitude_V, total, share in zip(PAPER_V[species], total_uW, share_pos, strict=True):
        if total is ...:
            continue
        bias_V, held_G0 = np.array([amplitude_V, -amplitude_V]), np.full(2, conductance_G0)
        power_W = conductor.chord_S(held_G0, bias_V) * bias_V**2
        heat_W = conductor.tip_heat_W(held_G0, bias_V)
        assert 1e6 * power_W == pytest.approx([total] * 2, rel=2e-4)
        assert heat_W / power_W == pytest.approx([share, 1.0 - share], abs=1e-4)


def test_metal_leaves_half_the_power_in_the_tip() -> None:
    # 1 G0 at 67 mV: 0.34781 uW in all.
    assert metal_tip_heat_W(np.ones(1), np.array([-0.067]))[0] == pytest.approx(0.5 * 0.34781e-6, rel=1e-5)


@pytest.mark.parametrize(("barrier_eV", "decades"), [(4.0, 0.890), (4.5, 0.944), (5.1, 1.005)])
def test_tunnelling_decay(barrier_eV: float, decades: float) -> None:
    assert decay_per_m(barrier_eV) * 1e-10 / np.log(10.0) == pytest.approx(decades, abs=5e-4)


def test_half_a_nanometre_of_vacuum() -> None:
    assert tunnelling_G0(0.5e-9, 4.5, 1.0) == pytest.approx(1.9e-5, rel=0.01)
    assert tunnelling_G0(-0.1e-9, 4.5, 0.7) == 0.7
