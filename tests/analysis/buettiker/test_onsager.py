"""Onsager coefficients: 50-digit arithmetic, both routes against one another, nodes, exceptional points, symmetry."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.buettiker.multiterminal import Multiterminal
from analysis.buettiker.onsager import _by_panels, _by_poles, onsager
from analysis.buettiker.terminals import JunctionTerminal, ProbedJunction
from analysis.constants import BOLTZMANN_eV_per_K
from analysis.transport.huckel import HuckelModel, Lead, bonded, ring_bonds
from tests.support.physics.buettiker_junctions import benzene, chain, moments_50_digits

REFERENCE = json.loads(
    (Path(__file__).parents[2] / "golden" / "linear_reference.json").read_text(encoding="utf-8")
)
KT = BOLTZMANN_eV_per_K * 300.0
OTHER = ~np.eye(3, dtype=bool)


def scaled_difference(ours, other):
    """Largest difference of two sets of (L0, L1, L2): L1 against the geometric mean of the others."""
    ours, other = np.asarray(ours), np.asarray(other)
    scale = np.stack([other[0], np.sqrt(other[0] * other[2]), other[2]])
    return float((np.abs(ours - other) / scale).max())


@pytest.mark.parametrize(
    "row", REFERENCE["onsager_benzene"], ids=lambda r: f"{r['GL']} {r['GR']} {r['GP']} {r['flat']}"
)
def test_benzene_at_the_node(row):
    L = onsager(benzene(row["GL"], row["GR"], row["GP"], flat=row["flat"], t=row["t"])).moments_eV
    for pair, (a, b) in {"LR": (0, 1), "LP": (0, 2), "RP": (1, 2)}.items():
        expected = [float(x) for x in row[pair]]
        assert L[[0, 2], a, b] == pytest.approx([expected[0], expected[2]], rel=1e-12, abs=0)
        assert abs(L[1, a, b]) <= 1e-13 * np.sqrt(expected[0] * expected[2])


@pytest.mark.parametrize("width", [1e-3, 0.5])
@pytest.mark.parametrize(
    ("mu", "temperature"),
    [
        (0.0, 1000.0),
        (1e-6, 1.0),
        (-0.0648, 300.0),
        (1.2, 77.0),
        (2.65, 300.0),
        (-2.7, 1.0),
        (-2.7, 10.0),
        (3.2, 4.0),
    ],
)
def test_digits_at_a_node_beside_it_and_on_resonance_from_1_to_1000_K(mu, temperature, width):
    junction = benzene(GL=width, GR=0.5 * width, GP=0.1 * width)
    result = onsager(junction, mu, temperature)
    expected = moments_50_digits(junction.model, mu, temperature)
    for a, b in ((0, 1), (0, 2), (1, 2)):
        difference = scaled_difference(result.reduced[:, a, b], expected[a, b])
        assert difference < (1e-12 if width == 0.5 else 2e-11)
        assert difference < result.accuracy


def test_poles_and_panels_agree_over_the_whole_sweep():
    """And what the pole sum loses stays below what it says that it loses."""
    molecule = Multiterminal(benzene(GR=0.25).model, ("L", "R", "P"))
    mu = np.linspace(-3.24, 3.24, 81)
    by_poles, lost = _by_poles(molecule, mu, KT)
    by_panels = _by_panels(molecule, mu, KT)
    scale = np.stack([by_panels[0], np.sqrt(by_panels[0] * by_panels[2]), by_panels[2]])
    off = (np.abs(by_poles - by_panels) / scale)[..., OTHER].max(axis=(0, -1))
    assert np.all(off < 1e-12 + lost)
    assert np.any(lost > 1e-12)
    assert np.any(lost < 1e-12)


def test_a_sweep_is_the_same_as_its_points_and_as_a_shifted_hamiltonian():
    junction = benzene(GP=0.3)
    mu = np.linspace(-3.0, 3.0, 13)
    sweep = onsager(junction, mu).reduced
    for i, x in enumerate(mu):
        shifted = onsager(junction.aligned(x)).reduced
        assert scaled_difference(np.abs(sweep[:, i]), np.abs(shifted)) < 2e-12
    assert onsager(junction, mu.reshape(13, 1)).reduced.shape == (3, 13, 1, 3, 3)


@pytest.mark.parametrize("asymmetry", [0.0, 1e-12, 1e-9, 1e-7, 1e-5, 1e-3, 0.1])
@pytest.mark.parametrize("mu", [0.0, 0.1, 0.5])
def test_right_through_an_exceptional_point(asymmetry, mu):
    """Two sites with t = (Gamma_1 - Gamma_2)/4 and a probe: two eigenvectors become one and the pole sum fails."""
    left, right, probe = 0.3, 0.1, 0.04
    hopping = (left - right - probe) / 4 * (1 + asymmetry)
    leads = (Lead("L", {1: left}), Lead("R", {2: right}), Lead("P", {2: probe}))
    model = HuckelModel(bonded(2, [(1, 2)], hopping, 0.1), leads)
    result = onsager(ProbedJunction(model, tuple(JunctionTerminal(x, 300.0) for x in "LRP")), mu)
    energy = np.linspace(
        mu - 45 * KT, mu + 45 * KT, 20001
    )  # the trapezoid of a smooth peak converges exponentially
    slope = 0.25 / (KT * np.cosh((energy - mu) / (2 * KT)) ** 2) * (energy[1] - energy[0])
    for a, b in ((0, 1), (0, 2), (1, 2)):
        tau = model.transmission("LRP"[a], "LRP"[b])(energy)
        direct = [float((slope * ((energy - mu) / KT) ** nu) @ tau) for nu in range(3)]
        assert scaled_difference(result.reduced[:, a, b], direct) < 1e-11
    assert result.accuracy <= 1e-12


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_rows_and_columns_close_and_pairs_are_symmetric(seed):
    """Eq. 9 and Onsager's symmetry; without time reversal (complex hopping) the columns still close."""
    rng = np.random.default_rng(seed)
    h, flux = rng.normal(size=(4, 4)), rng.normal(size=(4, 4))
    leads = tuple(Lead(x, {int(rng.integers(1, 5)): float(rng.uniform(0.05, 1.0))}) for x in "abc")
    terminals = tuple(JunctionTerminal(x, 300.0) for x in "abc")
    for hamiltonian in (h + h.T, h + h.T + 1j * (flux - flux.T)):
        L = onsager(ProbedJunction(HuckelModel(hamiltonian, leads), terminals), rng.uniform(-1, 1)).reduced
        size = np.abs(L).max()
        assert np.abs(L.sum(axis=-1)).max() < 1e-13 * size
        assert np.abs(L.sum(axis=-2)).max() < 1e-11 * size
        assert np.all(L[0][OTHER] >= 0)
        assert np.all(L[2][OTHER] >= 0)
        if not np.iscomplexobj(hamiltonian):
            assert np.abs(L - L.swapaxes(-1, -2)).max() < 1e-12 * size


def test_a_terminal_without_coupling_has_no_coefficient_and_disturbs_no_other():
    with_, without = onsager(benzene(GP=0.0), 0.2), onsager(bare_benzene(), 0.2)
    assert np.all(with_.reduced[..., 2, :] == 0)
    assert np.all(with_.reduced[..., :, 2] == 0)
    assert with_.reduced[..., :2, :2] == pytest.approx(without.reduced, rel=1e-12)


def bare_benzene():
    leads = (Lead("L", {1: 0.5}), Lead("R", {3: 0.5}))
    return ProbedJunction(
        HuckelModel(bonded(6, ring_bonds(6), 2.7), leads),
        (JunctionTerminal("L", 300.0), JunctionTerminal("R", 300.0)),
    )


def test_a_state_on_the_nodes_of_every_lead_does_no_harm():
    """Two sites cut off from the leads, at mu0 itself."""
    h = bonded(4, [(1, 2)], 0.5, [0.1, 0.2, 0.0, 0.0])
    leads = (Lead("L", {1: 0.1}), Lead("R", {2: 0.1}))
    terminals = (JunctionTerminal("L", 300.0), JunctionTerminal("R", 300.0))
    whole = onsager(ProbedJunction(HuckelModel(h, leads), terminals))
    pair = onsager(ProbedJunction(HuckelModel(h[:2, :2], leads), terminals))
    assert whole.reduced == pytest.approx(pair.reduced, rel=1e-12)


def test_many_terminals_agree_with_the_pair_by_pair_definition():
    junction = chain(6, 0.3)
    L = onsager(junction, 0.4).reduced[0]
    energy = np.linspace(0.4 - 45 * KT, 0.4 + 45 * KT, 20001)
    slope = 0.25 / (KT * np.cosh((energy - 0.4) / (2 * KT)) ** 2) * (energy[1] - energy[0])
    for a, b in ((0, 1), (0, 4), (3, 7), (2, 1)):
        tau = junction.model.transmission(junction.names[a], junction.names[b])(energy)
        assert L[a, b] == pytest.approx(slope @ tau, rel=1e-11)


@pytest.mark.parametrize(
    ("alignment", "temperature", "why"),
    [(np.nan, 300.0, "finite number"), (0.0, 0.0, "above 0 K"), (0.0, np.inf, "above 0 K")],
)
def test_impossible_conditions_are_refused(alignment, temperature, why):
    with pytest.raises(ValueError, match=why):
        onsager(benzene(), alignment, temperature)
