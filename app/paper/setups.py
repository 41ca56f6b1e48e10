"""The junctions of Erdogan and Bergfield (arXiv:2508.20343), solved with both kinds of probe.

Au-1,3-benzenedithiol-Au: a ring of six, leads on sites 1 and 3, the probe on site 4 or on all. Currents are those
into R. Values missing from the text (hopping, bias, steps of the sweep, and T_R at the probe's temperature for
"thermal asymmetry") were inferred from its numbers.
"""

from dataclasses import asdict, dataclass, replace
from functools import cache, cached_property
from typing import Any

import numpy as np

from analysis.buettiker.onsager import Onsager, onsager
from analysis.buettiker.terminals import (
    JunctionTerminal,
    ProbedJunction,
    VoltageProbe,
    relative_error_percent,
)
from analysis.records import FloatArray
from analysis.transport.huckel import HuckelModel, Lead, bonded, ring_bonds
from app.models.probe_circuit import CircuitSettings, Solved

SOURCE = "Erdogan and Bergfield, arXiv:2508.20343"
HOPPING_eV, BIAS_V, AMBIENT_K = 2.7, 0.010, 300.0
STEP_eV = 0.012 * HOPPING_eV
R, P = 1, 2
_FROM_NODE = np.geomspace(1e-3, 0.5, 60)
SWEEPS = {
    "node": np.array([0.0]),
    "sweep": STEP_eV * np.arange(-100, 101),
    "coarse sweep": 2 * STEP_eV * np.arange(-50, 51),
    "fine sweep": np.linspace(-3.24, 3.24, 3241),
    "figure": np.unique(np.concatenate([np.linspace(-3.24, 3.24, 601), -_FROM_NODE, [0.0], _FROM_NODE])),
}
"""mu0 - eps0 in eV. The paper's steps are "sweep" or "coarse sweep"; "figure" is denser about the node."""


@dataclass(frozen=True)
class Setup:
    """Couplings and temperatures; ``flat`` spreads the probe evenly over all sites."""

    T_left_K: float = 325.0
    T_right_K: float = 275.0
    gamma_left_eV: float = 0.5
    gamma_right_eV: float = 0.5
    gamma_probe_eV: float = 0.05
    flat: bool = False

    def junction(self) -> ProbedJunction:
        """Return the junction with a voltage probe at ambient temperature and half the bias on either lead."""
        width = self.gamma_probe_eV
        probe = flat_probe("P", width) if self.flat else Lead("P", {4: width})
        leads = Lead("L", {1: self.gamma_left_eV}), Lead("R", {3: self.gamma_right_eV}), probe
        left = JunctionTerminal("L", self.T_left_K, BIAS_V / 2)
        right = JunctionTerminal("R", self.T_right_K, -BIAS_V / 2)
        model = HuckelModel(bonded(6, ring_bonds(6), HOPPING_eV), leads)
        return ProbedJunction(model, (left, right, VoltageProbe("P", AMBIENT_K)))

    def to_json(self) -> dict[str, Any]:
        """Return every parameter of the junction for JSON."""
        common = {"hopping_eV": HOPPING_eV, "bias_V": BIAS_V, "T_probe_K": AMBIENT_K}
        return {**asdict(self), **common}


SYMMETRIC = Setup()
THERMAL = Setup(T_left_K=350.0, T_right_K=300.0)
PRINTED_THERMAL = Setup(T_left_K=350.0, T_right_K=275.0)
COUPLING = Setup(gamma_right_eV=0.25)


@dataclass(frozen=True, eq=False)
class Pair:
    """One junction along the level alignment, with a voltage probe and with a voltage-temperature probe."""

    alignment_eV: FloatArray
    voltage: Solved
    thermalised: Solved

    @cached_property
    def charge_error_percent(self) -> FloatArray:
        """Error of the particle current into R, in per cent."""
        return self._error("particle_current_per_s")

    @cached_property
    def heat_error_percent(self) -> FloatArray:
        """Error of the heat into R, in per cent."""
        return self._error("heat_current_W")

    @property
    def seebeck_difference_V_per_K(self) -> FloatArray:
        """S with the voltage-temperature probe minus S with the voltage probe."""
        return self.thermalised.seebeck_V_per_K - self.voltage.seebeck_V_per_K

    def _error(self, name: str) -> FloatArray:
        first, second = (getattr(x.currents, name)[R] for x in (self.voltage, self.thermalised))
        return relative_error_percent(first, second)


@cache
def coefficients(setup: Setup, sweep: str) -> Onsager:
    """Return the Onsager coefficients of a junction at ambient temperature along a sweep."""
    return onsager(setup.junction(), SWEEPS[sweep], AMBIENT_K)


@cache
def both_probes(setup: Setup, circuit: CircuitSettings, sweep: str) -> Pair:
    """Solve a junction along a sweep with either kind of probe."""
    junction = setup.junction()
    if circuit.regime == "linear":
        known = coefficients(replace(setup, T_left_K=AMBIENT_K, T_right_K=AMBIENT_K), sweep)
        voltage, thermalised = (
            circuit.linear(known, x.terminals) for x in (junction, junction.thermalised())
        )
    else:
        voltage, thermalised = circuit.solved([junction, junction.thermalised()], SWEEPS[sweep])
    return Pair(SWEEPS[sweep], voltage, thermalised)


def flat_probe(name: str, gamma_eV: float, n_sites: int = 6) -> Lead:
    """Return the probe of appendix C: the total width ``gamma_eV`` shared equally by all sites, each separately (eq.
    64).
    """
    return Lead(name, dict.fromkeys(range(1, n_sites + 1), gamma_eV / n_sites))
