"""Currents and their derivatives as a fit needs them: from those of the poles, fast, derivatives good to six digits."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.buettiker.multiterminal import ComplexArray, Multiterminal
from analysis.buettiker.terminal_currents import (
    Baths,
    Exchange,
    Indices,
    by_panels,
    pair_indices,
    response,
    response_of,
    summed_moments,
)
from analysis.records import FloatArray
from analysis.transport.fermi_integrals import near_pole_derivatives, pole_integrals


@dataclass(frozen=True, eq=False)
class PoleCurrents:
    """Particles (eV) and then heat (eV^2) into every terminal, without 2/h, as sums over poles that are computed once.

    They hold where `analysis.buettiker.terminal_currents.closed_form_holds`.
    """

    molecule: Multiterminal
    baths: Baths

    @cached_property
    def net(self) -> FloatArray:
        """Currents into the terminals, (2 n_terminals, n_points)."""
        first, second = self._ends
        number, heat_a, heat_b = self._exchanged
        return np.concatenate([(second - first) @ number, first @ heat_a + second @ heat_b])

    @property
    def throughput(self) -> FloatArray:
        """Sums of moduli of the flows that cancel in `net`, of the same shape."""
        first, second = self._ends
        number, heat_a, heat_b = np.abs(self._exchanged)
        return np.concatenate([(first + second) @ number, first @ heat_a + second @ heat_b])

    def response(self, changed: Indices) -> FloatArray:
        """Return the derivatives of `net` by mu and then kT of terminals, (2 n_terminals, 2 n_changed, n_points)."""
        zeroth, first = (x[:, changed] for x in self._derivatives)
        moments = summed_moments(
            self._residue[:, :, changed], self._above[:, changed], zeroth, first, changed
        )
        return response_of(moments, self.baths, self.net[changed], changed).matrix

    def slopes(self, onsite: FloatArray, widths: FloatArray) -> FloatArray:
        """Return the derivatives of `net` at constant potentials, (n_changes, 2 n_terminals, n_points).

        ``onsite`` and ``widths`` are as in `Multiterminal.pole_slopes`, and the poles must be `Multiterminal.apart`.
        """
        by_pole, by_residue = self.molecule.pole_slopes(onsite, widths)
        a, b = pair_indices(len(self.molecule.names))
        zeroth, above = self._derivatives[0], self._above
        charge = self._integrals[0]
        step = zeroth[:, b] - zeroth[:, a]  # derivative of the charge integral by the pole
        steps = np.stack([step, -above[:, a] * step - charge, above[:, b] * step + charge])
        weight = np.concatenate([by_residue[:, :, a, b], self._residue[:, a, b] * by_pole[..., None]], axis=1)
        terms = np.concatenate([self._integrals, steps], axis=1)
        number, heat_a, heat_b = 2 * np.einsum("nkq,jkqp->jnqp", weight, terms).real
        first, second = self._ends
        return np.concatenate([(second - first) @ number, first @ heat_a + second @ heat_b], axis=1)

    @cached_property
    def _residue(self) -> ComplexArray:
        return self.molecule.poles[1]

    @cached_property
    def _above(self) -> ComplexArray:
        """Poles from the chemical potential of every terminal, (n_poles, n_terminals, n_points)."""
        return self.molecule.poles[0][:, None, None] - self.baths.origin_eV - self.baths.offset_eV

    @cached_property
    def _integrals(self) -> ComplexArray:
        """Integrals of number, heat of the first and heat of the second terminal, (3, n_poles, n_pairs, n_points)."""
        a, b = pair_indices(len(self.molecule.names))
        mu, kT = self.baths.offset_eV, self.baths.kT_eV
        pole = self.molecule.poles[0][:, None, None] - self.baths.origin_eV
        x = pole_integrals(pole, mu[a], mu[a] - mu[b], kT[a], kT[b])
        return np.stack([x.charge, x.heat_probe, x.heat_substrate])

    @cached_property
    def _derivatives(self) -> tuple[ComplexArray, ComplexArray]:
        """Integrals of (-f')/(E - pole) and (E - mu)(-f')/(E - pole) of every terminal, to rounding of their moduli.

        Their small parts, which carry the current of a level far from the window, have fewer digits.
        """
        return near_pole_derivatives(self._above, self.baths.kT_eV)

    @cached_property
    def _exchanged(self) -> FloatArray:
        """Number and both heats of every pair, (3, n_pairs, n_points)."""
        a, b = pair_indices(len(self.molecule.names))
        return np.asarray(2 * (self._residue[:, a, b, None] * self._integrals).real.sum(axis=1))

    @cached_property
    def _ends(self) -> tuple[FloatArray, FloatArray]:
        """1 where a terminal is the first, and where it is the second of a pair; (n_terminals, n_pairs)."""
        every = np.arange(len(self.molecule.names))
        first, second = (np.equal.outer(every, x).astype(np.float64) for x in pair_indices(every.size))
        return first, second


@dataclass(frozen=True, eq=False)
class PanelCurrents:
    """The same as `PoleCurrents` by quadrature: slower, but correct at exceptional points too."""

    molecule: Multiterminal
    baths: Baths

    @cached_property
    def net(self) -> FloatArray:
        """Currents into the terminals, (2 n_terminals, n_points)."""
        return np.concatenate([x.sum(axis=1) for x in (self._flows.number_eV, self._flows.heat_eV2)])

    @property
    def throughput(self) -> FloatArray:
        """Sums of moduli of the flows that cancel in `net`, of the same shape."""
        return np.concatenate([np.abs(x).sum(axis=1) for x in (self._flows.number_eV, self._flows.heat_eV2)])

    def response(self, changed: Indices) -> FloatArray:
        """Return the derivatives of `net` by mu and then kT of terminals, (2 n_terminals, 2 n_changed, n_points)."""
        return response(self.molecule, self.baths, self._flows, changed).matrix

    @cached_property
    def _flows(self) -> Exchange:
        return by_panels(self.molecule, self.baths)
