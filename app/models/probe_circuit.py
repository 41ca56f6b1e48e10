"""Circuits with probes, linear and non-linear, with one interface."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.buettiker import linear, nonlinear
from analysis.buettiker.onsager import Onsager, onsager
from analysis.buettiker.terminals import AnyTerminal, JunctionTerminal, ProbedJunction, TerminalCurrents
from analysis.records import FloatArray

Regime = Literal["linear", "nonlinear"]
Kind = Literal["electronic", "open"]


@dataclass(frozen=True, eq=False)
class Solved:
    """Currents and potentials at every level alignment; Seebeck coefficients, NaN in an electronic circuit.

    ``accuracy`` is the largest estimated relative error of what the currents are made of.
    """

    currents: TerminalCurrents
    seebeck_V_per_K: FloatArray
    accuracy: float


@dataclass(frozen=True)
class CircuitSettings:
    """Operation of a junction. The reference temperature is that of linear response."""

    regime: Regime = "linear"
    kind: Kind = "electronic"
    reference_temperature_K: float = 300.0

    def solved(self, junctions: Sequence[ProbedJunction], level_alignment_eV: FloatArray) -> list[Solved]:
        """Solve junctions that differ in their terminals only, as in the kind of their probes.

        Raises
        ------
        ProbeError
            In the non-linear regime, where a probe does not settle.
        """
        if self.regime == "nonlinear":
            return [self._nonlinear(junction, level_alignment_eV) for junction in junctions]
        coefficients = onsager(junctions[0], level_alignment_eV, self.reference_temperature_K)
        return [self.linear(coefficients, junction.terminals) for junction in junctions]

    def linear(self, coefficients: Onsager, terminals: tuple[AnyTerminal, ...]) -> Solved:
        """Return the linear response from known coefficients."""
        solve = linear.electronic_circuit if self.kind == "electronic" else linear.open_circuit
        found = solve(coefficients, terminals)
        return Solved(found.currents, found.seebeck_V_per_K, float(coefficients.accuracy.max(initial=0.0)))

    def _nonlinear(self, junction: ProbedJunction, alignment_eV: FloatArray) -> Solved:
        if self.kind == "electronic":
            found = nonlinear.biased_electronic_circuit(junction, alignment_eV)
            seebeck = np.full(alignment_eV.shape, np.nan)
        else:
            found = nonlinear.biased_open_circuit(junction, alignment_eV)
            real = sorted(
                (x for x in junction.terminals if isinstance(x, JunctionTerminal)),
                key=lambda x: x.temperature_K,
            )
            seebeck = found.seebeck_V_per_K(real[-1].name, real[0].name)
        return Solved(found.currents, seebeck, float(found.accuracy.max(initial=0.0)))
