"""Circuits with probes at any bias and temperature difference, Joule heat included.

The chemical potential of every probe, the temperature of every voltage-temperature probe, and in an open circuit the
chemical potential of every real lead but one are such that the corresponding currents vanish, in the full Landauer
integrals of `analysis.buettiker.terminal_currents`.

Entropy production is the sum of J_a/T_a over all terminals (eq. 7 of Erdogan and Bergfield, arXiv:2508.20343), with
Joule heat in the J_a; it is never negative. It includes the heat that a voltage probe exchanges with its surroundings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from analysis.buettiker.errors import UncoupledProbe
from analysis.buettiker.floating_terminals import FloatingTerminals
from analysis.buettiker.linear import PER_eV_s
from analysis.buettiker.multiterminal import Multiterminal
from analysis.buettiker.terminal_currents import Baths, Exchange
from analysis.buettiker.terminals import (
    JunctionTerminal,
    ProbedJunction,
    TerminalCurrents,
    VoltageTemperatureProbe,
)
from analysis.constants import BOLTZMANN_eV_per_K
from analysis.records import FloatArray
from analysis.transport.landauer import WATT_PER_eV2

Given = Mapping[str, ArrayLike]


@dataclass(frozen=True, eq=False)
class NonlinearResponse:
    """Solution of a circuit; arrays have the shape of the operating points.

    Attributes
    ----------
    currents : Currents
        Potentials and currents of every terminal, and the entropy production. Currents that a probe or an open lead
        forbids are zero, and their rounding errors are added to the largest current; an uncoupled probe has NaN for
        potentials.
    iterations : ndarray of int
        Newton iterations.
    residual : ndarray
        Remainder of the largest of the currents set to zero, relative to the flows that cancel in it.
    accuracy : ndarray
        Estimated relative error of the flows that add up to the currents.
    """

    currents: TerminalCurrents
    iterations: NDArray[np.intp]
    residual: FloatArray
    accuracy: FloatArray

    def seebeck_V_per_K(self, hot: str, cold: str) -> FloatArray:
        """Return -(dV/dT) between two terminals, (mu_hot - mu_cold)/(e (T_hot - T_cold)), for an open circuit."""
        c = self.currents
        i, j = c.index(hot), c.index(cold)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray((c.mu_eV[i] - c.mu_eV[j]) / (c.temperature_K[i] - c.temperature_K[j]))


def biased_electronic_circuit(
    junction: ProbedJunction,
    level_alignment_eV: ArrayLike = 0.0,
    mu_eV: Given | None = None,
    temperature_K: Given | None = None,
) -> NonlinearResponse:
    """Return the currents with the chemical potentials of the real leads held.

    Without probes these are the Landauer currents of the molecule between its leads.

    Parameters
    ----------
    junction : ProbedJunction
        Molecule, leads and probes.
    level_alignment_eV : array_like
        Position of mu0 in the energies of the model, as in `ProbedJunction.aligned`.
    mu_eV, temperature_K : mapping from names to array_like, optional
        Values for a sweep, in place of those of the junction's terminals. All arrays broadcast, and all operating
        points are solved together.

    Raises
    ------
    ValueError
        For a value that is not finite or a temperature not above zero; for a quantity that floats at its terminal; for
        a molecule in a magnetic field (complex hopping).
    ProbeError
        If a probe does not settle: `UncoupledProbe`, `RunawayProbe` or `UnsettledProbe`.
    """
    held = [isinstance(x, JunctionTerminal) for x in junction.terminals]
    return _solved(junction, held, level_alignment_eV, mu_eV or {}, temperature_K or {})


def biased_open_circuit(
    junction: ProbedJunction,
    level_alignment_eV: ArrayLike = 0.0,
    temperature_K: Given | None = None,
) -> NonlinearResponse:
    """Return heat currents with no particle current into any lead, at any temperature difference.

    Chemical potentials are relative to that of the first real lead; ``mu_eV`` of the terminals is not used. Parameters
    and errors as in `biased_electronic_circuit`.
    """
    coupled = [
        isinstance(x, JunctionTerminal) and bool(junction.model.gammas_eV[x.name].any())
        for x in junction.terminals
    ]
    first = coupled.index(True) if any(coupled) else 0
    held = [i == first for i in range(len(coupled))]
    grounded = tuple(
        replace(x, mu_eV=0.0) if isinstance(x, JunctionTerminal) else x for x in junction.terminals
    )
    ground = replace(junction, terminals=grounded)
    return _solved(ground, held, level_alignment_eV, {}, temperature_K or {})


def _solved(
    junction: ProbedJunction,
    mu_held: Sequence[bool],
    alignment_eV: ArrayLike,
    mu_eV: Given,
    temperature_K: Given,
) -> NonlinearResponse:
    molecule = Multiterminal(junction.model, junction.names)
    if not molecule.reciprocal:
        raise ValueError("complex hopping (a magnetic field) is supported in linear response only")
    T_held = np.array([not isinstance(x, VoltageTemperatureProbe) for x in junction.terminals])
    held, coupled = np.array(mu_held), molecule.widths_eV.any(axis=1)
    alignment, mu, T = _points(junction, alignment_eV, mu_eV, temperature_K)
    shape = alignment.shape
    reference = 0.5 * (mu[held].min(axis=0) + mu[held].max(axis=0))
    kT = BOLTZMANN_eV_per_K * T
    given = Baths(
        (alignment + reference).ravel(),
        np.where(held[:, None], (mu - reference).reshape(held.size, -1), 0.0),
        np.where(T_held[:, None], kT.reshape(held.size, -1), kT[T_held].max(axis=0).ravel()),
    )
    mu_free, T_free = np.flatnonzero(~held & coupled), np.flatnonzero(~T_held & coupled)
    _check_reached(molecule, mu_free, np.flatnonzero(held & coupled))
    settling = FloatingTerminals(molecule, given, mu_free, T_free)
    baths, flows, iterations = settling.settled()
    left_over = settling.left_over(baths, flows)
    number, heat = flows.number_eV.sum(axis=1), flows.heat_eV2.sum(axis=1)
    number[mu_free if np.sum(held & coupled) > 1 else slice(None)], heat[T_free] = 0.0, 0.0
    _close(number, number)
    _close(heat, heat + baths.offset_eV * number)
    mu_settled, T_settled = reference.ravel() + baths.offset_eV, baths.kT_eV / BOLTZMANN_eV_per_K
    mu_settled[held], T_settled[T_held] = (
        mu[held].reshape(held.sum(), -1),
        T[T_held].reshape(T_held.sum(), -1),
    )
    mu_settled[~held & ~coupled], T_settled[~T_held & ~coupled] = np.nan, np.nan
    rows = (mu_settled, T_settled, PER_eV_s * number, WATT_PER_eV2 * heat)
    mu_of, T_of, particles, heats = (x.reshape(held.size, *shape) for x in rows)
    return NonlinearResponse(
        TerminalCurrents(
            junction.names, mu_of, T_of, particles, heats, _entropy(baths, flows).reshape(shape)
        ),
        iterations.reshape(shape),
        left_over.reshape(shape),
        flows.error.reshape(shape),
    )


def _close(current: FloatArray, conserved: FloatArray) -> None:
    """Add the rounding error of each point to its largest current, at no loss of accuracy."""
    points = np.arange(current.shape[1])
    current[np.abs(current).argmax(axis=0), points] -= conserved.sum(axis=0)


def _points(
    junction: ProbedJunction, alignment_eV: ArrayLike, mu_eV: Given, temperature_K: Given
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return alignment (...), and mu and T of every terminal (n_terminals, ...); NaN for those that float."""
    for name in (*mu_eV, *temperature_K):
        junction.index(name)
    mu, T = [], []
    for x in junction.terminals:
        if x.name in mu_eV and not isinstance(x, JunctionTerminal):
            raise ValueError(f"the chemical potential of probe {x.name!r} floats and cannot be given")
        if x.name in temperature_K and isinstance(x, VoltageTemperatureProbe):
            raise ValueError(f"the temperature of probe {x.name!r} floats and cannot be given")
        mu.append(mu_eV.get(x.name, x.mu_eV if isinstance(x, JunctionTerminal) else np.nan))
        T.append(
            temperature_K.get(x.name, np.nan if isinstance(x, VoltageTemperatureProbe) else x.temperature_K)
        )
        if isinstance(x, JunctionTerminal) and not np.isfinite(mu[-1]).all():
            raise ValueError(f"terminal {x.name!r}: mu_eV holds a value that is not a finite number")
        if not isinstance(x, VoltageTemperatureProbe) and not np.all(
            np.isfinite(T[-1]) & (np.asarray(T[-1]) > 0)
        ):
            raise ValueError(f"terminal {x.name!r}: temperature_K holds a value that is not above 0 K")
    if not np.isfinite(alignment_eV).all():
        raise ValueError("level_alignment_eV holds a value that is not a finite number")
    arrays = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in (alignment_eV, *mu, *T)))
    return arrays[0], np.stack(arrays[1 : 1 + len(mu)]), np.stack(arrays[1 + len(mu) :])


def _check_reached(molecule: Multiterminal, free: NDArray[np.intp], held: NDArray[np.intp]) -> None:
    """Raise `UncoupledProbe` for a terminal without connection to one whose chemical potential is held."""
    _, piece = scipy.sparse.csgraph.connected_components(molecule.model.hamiltonian_eV != 0, directed=False)
    touched = molecule.widths_eV > 0
    sites = [set(piece[row]) for row in touched]
    anchored = set[int]().union(*(sites[i] for i in held))
    for i in free:
        if not sites[i] & anchored:
            raise UncoupledProbe(molecule.names[i], "no path through the molecule leads from it to a lead")


def _entropy(baths: Baths, flows: Exchange) -> FloatArray:
    """Return the sum of J_a/T_a over pairs: Joule heat at one temperature, the smaller heat flow across both."""
    one, other = np.triu_indices(len(baths.kT_eV), 1)
    a, b = np.stack([[one, other], [other, one]])
    kT_a, kT_b = baths.kT_eV[a], baths.kT_eV[b]
    joule = (baths.offset_eV[b] - baths.offset_eV[a]) * flows.number_eV[a, b]
    either = flows.heat_eV2[a, b] * (kT_b - kT_a) / (kT_a * kT_b) + joule / kT_b
    smaller = np.abs(flows.heat_eV2[a, b][0]) <= np.abs(flows.heat_eV2[a, b][1])
    return np.asarray(WATT_PER_eV2 * BOLTZMANN_eV_per_K * np.where(smaller, *either).sum(axis=0))
