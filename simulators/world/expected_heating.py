"""Expected result of a heating measurement on many of the world's junctions, from its parameters.

Junctions are drawn as in the world and held at random in the conductance window. Noise, telegraph signals, jumps
between binding sites, drift and rupture are left out; the world's ledger holds the true dissipation of the junctions
that were actually held.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from analysis.constants import G0_S
from analysis.records import FloatArray
from analysis.transport.landauer import currents
from simulators.parameters import Parameters
from simulators.signal.random_processes import log_normal
from simulators.world.conductance_profile import (
    GoldParameters,
    Landscape,
    MoleculeParameters,
    bridged,
    pulled_out,
)
from simulators.world.junction import JunctionParameters
from simulators.world.thermal import ThermalParameters
from simulators.world.transport import level_transmission
from simulators.world.world import BARE, SampleParameters

DRAWS = 4000
SHIFT_NODES, CONDUCTANCE_NODES = 15, 5


@dataclass(frozen=True)
class ExpectedHeating:
    """Means over junctions at +V and -V, and standard deviations between junctions.

    Parameters
    ----------
    rise_pos_K, rise_neg_K : float
        Temperature rise of the tip.
    total_pos_W, total_neg_W : float
        I V of the junction.
    spread_pos_K, spread_neg_K : float
        Standard deviation of the rise between junctions.
    """

    amplitude_V: float
    rise_pos_K: float
    rise_neg_K: float
    total_pos_W: float
    total_neg_W: float
    spread_pos_K: float
    spread_neg_K: float


def expected_heating(
    parameters: Parameters,
    amplitude_V: float,
    window_G0: tuple[float, float],
    held_G0: Sequence[float] | None = None,
    ammeter_ohm: float = 0.0,
    seed: int = 0,
) -> ExpectedHeating:
    """Return the expected rises and powers at +V and -V of junctions held in a window of low-bias conductance.

    Parameters
    ----------
    parameters : Parameters
        Parameters of the world.
    amplitude_V : float
        Amplitude V, above 0.
    window_G0 : tuple of float
        Lowest and highest low-bias conductance of a held junction.
    held_G0 : sequence of float, optional
        Low-bias conductances of the held junctions, to which power and heat are proportional. Without it they are
        uniform along the tip's path through the window. (Pulling until a junction enters the window finds it near
        the upper end.)
    ammeter_ohm : float
        Input resistance of the current amplifier.
    seed : int
        Seed of the positions on the plateaus at which junctions are held.

    Raises
    ------
    ValueError
        If hardly any junction is ever in the window.
    """
    sample = parameters.section("sample", SampleParameters)
    circuit = parameters.section("junction", JunctionParameters)
    resistance_K_per_W = parameters.section("thermal", ThermalParameters).resistance_K_per_W
    rng = np.random.default_rng(seed)
    plateaus: Plateaus
    if sample.species == BARE:
        plateaus = Contacts(parameters.section("gold", GoldParameters))
    else:
        molecule = parameters.section(f"molecule.{sample.species}", MoleculeParameters)
        plateaus = Molecules(molecule, sample.temperature_K)
    level_G0, visited_G0 = _visits(plateaus, window_G0, rng)
    conductance_G0 = visited_G0 if held_G0 is None else rng.choice(held_G0, len(visited_G0))
    level_G0 *= conductance_G0 / visited_G0
    bias_V = np.array([amplitude_V, -amplitude_V])
    series_ohm = circuit.series_resistance_ohm + ammeter_ohm
    weights, power_W, heat_W = plateaus.dissipation(level_G0, conductance_G0, bias_V, series_ohm)
    mean_W, mean_heat_W = weights @ power_W, weights @ heat_W
    rise_K = resistance_K_per_W * mean_heat_W
    spread_K = resistance_K_per_W * np.sqrt(weights @ (heat_W - mean_heat_W) ** 2)
    return ExpectedHeating(amplitude_V, *map(float, (*rise_K, *mean_W, *spread_K)))


class Plateaus(Protocol):
    """One kind of junction."""

    def draw(self, rng: np.random.Generator) -> tuple[float, Landscape]:
        """Draw a junction; return its conductance in G0 and its profile along the tip's path."""

    def dissipation(
        self, level_G0: FloatArray, held_G0: FloatArray, bias_V: FloatArray, series_ohm: float
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return (weights, I V, tip heat) of junctions drawn with one conductance and held at another.

        Shapes (m,), (m, n_bias), (m, n_bias), in W; the weights add up to 1.
        """


class Contacts:
    """Gold contacts: flat transmission, half of I V in each electrode."""

    def __init__(self, parameters: GoldParameters) -> None:
        self._p = parameters

    def draw(self, rng: np.random.Generator) -> tuple[float, Landscape]:
        """Draw a contact that is pulled from the conductance at which an approach stops."""
        return 1.0, pulled_out(5.0, self._p, rng)

    def dissipation(
        self, level_G0: FloatArray, held_G0: FloatArray, bias_V: FloatArray, series_ohm: float
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the dissipation of each of the drawn contacts."""
        conductance_S = G0_S * held_G0[:, np.newaxis]
        across_V = bias_V / (1.0 + series_ohm * conductance_S)
        power_W = conductance_S * across_V**2
        return np.full(len(held_G0), 1.0 / len(held_G0)), power_W, 0.5 * power_W


class Molecules:
    """Molecules whose levels are shifted at random, and coupled to give the drawn conductance."""

    def __init__(self, parameters: MoleculeParameters, temperature_K: float) -> None:
        self._p = parameters
        self._temperature_K = temperature_K

    def draw(self, rng: np.random.Generator) -> tuple[float, Landscape]:
        """Draw one molecule, or two in parallel."""
        p = self._p
        level_G0 = log_normal(p.conductance_G0, p.spread_decades, rng)
        return level_G0, bridged(level_G0, rng.random() < p.double_probability, p, rng)

    def dissipation(
        self, level_G0: FloatArray, held_G0: FloatArray, bias_V: FloatArray, series_ohm: float
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the dissipation of each drawn molecule at several shifts, with Gauss-Hermite weights.

        The shape of the I-V varies little between the conductances drawn for junctions in a narrow window, so it is
        interpolated between a few. The series resistance, 2e-5 of a molecule's, is neglected.
        """
        shifts, shares = np.polynomial.hermite_e.hermegauss(SHIFT_NODES)
        log_level = np.log(level_G0)
        nodes = np.linspace(log_level.min(), log_level.max(), CONDUCTANCE_NODES)
        place = np.vander((log_level - nodes[0]) / max(np.ptp(nodes), 1e-9), CONDUCTANCE_NODES)
        at_nodes = np.vander(np.linspace(0.0, 1.0, CONDUCTANCE_NODES), CONDUCTANCE_NODES)
        between = place @ np.linalg.inv(at_nodes)
        dissipated = []
        for shift in self._p.level_spread_eV * shifts:
            per_G0 = np.array([self._per_G0(np.exp(node), shift, bias_V) for node in nodes])
            dissipated.append(held_G0[:, None, None] * np.tensordot(between, per_G0, 1))
        power_W, heat_W = np.moveaxis(np.concatenate(dissipated), 1, 0)
        weights = np.repeat(shares / shares.sum(), len(held_G0)) / len(held_G0)
        return weights, power_W, heat_W

    def _per_G0(self, level_G0: float, shift_eV: float, bias_V: FloatArray) -> Sequence[FloatArray]:
        """Return (I V, tip heat) over the low-bias conductance, each of the shape of ``bias_V``."""
        levels = [eps + shift_eV for eps in self._p.levels_eV]
        transmission = level_transmission(level_G0, levels, self._p.level_widths, self._temperature_K)
        flow = currents(transmission, bias_V, self._temperature_K, self._temperature_K)
        return flow.current_A * bias_V / level_G0, flow.heat_probe_W / level_G0


def _visits(
    plateaus: Plateaus, window_G0: tuple[float, float], rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Draw junctions; return (drawn conductance, conductance in the window) of those that enter it; shapes (m,)."""
    low, high = window_G0
    drawn, visited = [], []
    for _ in range(DRAWS):
        level_G0, landscape = plateaus.draw(rng)
        way_m = rng.uniform(landscape.last_m, landscape.length_m, 20)
        conductance_G0 = landscape.at(way_m)
        inside = conductance_G0[(conductance_G0 >= low) & (conductance_G0 <= high)]
        if len(inside):
            drawn.append(level_G0)
            visited.append(inside[0])
    if len(visited) < DRAWS / 200:
        raise ValueError(f"hardly any junction is ever between {low:g} and {high:g} G0")
    return np.array(drawn), np.array(visited)
