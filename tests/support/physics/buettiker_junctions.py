"""Junctions of the tests: the benzene ring of the paper, and chains; and a 50-digit route to their integrals."""

import itertools

import mpmath
import numpy as np

from analysis.buettiker.linear import electronic_circuit, open_circuit
from analysis.buettiker.onsager import onsager
from analysis.buettiker.terminals import (
    JunctionTerminal,
    ProbedJunction,
    VoltageProbe,
    VoltageTemperatureProbe,
)
from analysis.constants import BOLTZMANN_eV_per_K
from analysis.transport.huckel import HuckelModel, Lead, bonded, chain_bonds, ring_bonds
from app.paper.setups import flat_probe


def benzene(GL=0.5, GR=0.5, GP=0.05, TL=325.0, TR=275.0, TP=300.0, flat=False, t=2.7):
    """Ring of six, leads in meta, the probe opposite the left one (or on every site); 10 mV across it."""
    probe = flat_probe("P", GP) if flat else Lead("P", {4: GP})
    model = HuckelModel(bonded(6, ring_bonds(6), t), (Lead("L", {1: GL}), Lead("R", {3: GR}), probe))
    return ProbedJunction(
        model, (JunctionTerminal("L", TL, 0.005), JunctionTerminal("R", TR, -0.005), VoltageProbe("P", TP))
    )


def chain(n_sites, gamma_P, hopping=1.0, T_left=300.0, T_right=300.0, mu_left=0.001):
    """Chain of matched leads, fully open without probes, with a voltage-temperature probe on every site."""
    names = [f"P{i}" for i in range(1, n_sites + 1)]
    leads = (Lead("L", {1: 2 * hopping}), Lead("R", {n_sites: 2 * hopping}))
    probes = tuple(Lead(name, {i: gamma_P}) for i, name in enumerate(names, start=1))
    model = HuckelModel(bonded(n_sites, chain_bonds(n_sites), hopping), leads + probes)
    ends = (JunctionTerminal("L", T_left, mu_left), JunctionTerminal("R", T_right, -mu_left))
    return ProbedJunction(model, ends + tuple(VoltageTemperatureProbe(name) for name in names))


def both_probes(junction, alignment, circuit):
    """The circuit with its voltage probes, and with every one of them thermalised."""
    coefficients = onsager(junction, alignment)
    return circuit(coefficients, junction.terminals), circuit(coefficients, junction.thermalised().terminals)


def circuit_of(kind):
    return {"electronic": electronic_circuit, "pure_thermal": open_circuit}[kind]


def moments_50_digits(model, mu_eV, temperature_K):
    """Integrals of (E - mu)^nu T_ab (-f') over kT^nu, {(a, b): [nu = 0, 1, 2]}, from 50-digit poles."""
    names = [lead.name for lead in model.leads]
    with mpmath.workdps(50):
        kT = mpmath.mpf(BOLTZMANN_eV_per_K) * mpmath.mpf(temperature_K)
        gamma = np.array([[mpmath.mpf(x) for x in model.gammas_eV[name].diagonal()] for name in names])
        matrix = mpmath.matrix(np.asarray(model.hamiltonian_eV).tolist())
        n = matrix.rows
        for i in range(n):
            matrix[i, i] -= mpmath.mpc(0, gamma[:, i].sum() / 2)
        pole, right_columns = mpmath.eig(matrix)
        left = np.array(mpmath.inverse(right_columns).tolist())
        right, pole = np.array(right_columns.tolist()), np.array(pole)
        integrals = []
        for w in pole:
            x = (w - mpmath.mpf(mu_eV)) / kT
            zeroth = mpmath.mpc(0, -1) / (2 * mpmath.pi) * mpmath.psi(1, 0.5 + 1j * x / (2 * mpmath.pi))
            integrals.append([zeroth, 1 + x * zeroth, x * (1 + x * zeroth)])
        moments = {}
        for a, b in itertools.permutations(range(len(names)), 2):
            into = np.conj(right.T * gamma[a]) @ right  # [l, k]
            out_of = (left * gamma[b]) @ np.conj(left.T)  # [k, l]
            residue = (into.T * out_of / (pole[:, None] - np.conj(pole))).sum(axis=1)
            moments[a, b] = [float(x.real * 2 / kT) for x in residue @ np.array(integrals)]
        return moments
