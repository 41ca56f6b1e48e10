"""Derivatives of the currents as a fit needs them: from those of the poles, fast, and good to six digits."""

import numpy as np

from analysis.buettiker.multiterminal import Multiterminal
from analysis.buettiker.terminal_currents import (
    Baths,
    CurrentDerivatives,
    Exchange,
    Indices,
    response_of,
    summed_moments,
)
from analysis.records import FloatArray
from analysis.transport.fermi_integrals import charge_step, near_pole_derivatives, pole_integrals


def current_slopes(
    molecule: Multiterminal, baths: Baths, onsite: FloatArray, widths: FloatArray
) -> FloatArray:
    """Return the derivatives at constant potentials, (n_changes, 2 n_terminals, n_points): particles, then heat.

    ``onsite`` and ``widths`` are as in `Multiterminal.pole_slopes`, and the poles must be `Multiterminal.apart`.
    Currents enter the terminals, without 2/h, in eV and eV^2.
    """
    (pole, residue), (by_pole, by_residue) = molecule.poles, molecule.pole_slopes(onsite, widths)
    a, b = np.triu_indices(len(molecule.names), 1)
    w, mu, kT = pole[:, None, None] - baths.origin_eV, baths.offset_eV, baths.kT_eV
    bias = mu[a] - mu[b]
    x = pole_integrals(w, mu[a], bias, kT[a], kT[b])
    step = charge_step(w, mu[a], bias, kT[a], kT[b])
    integrals = np.stack([x.charge, x.heat_probe, x.heat_substrate])
    steps = np.stack([step, (mu[a] - w) * step - x.charge, (w - mu[b]) * step + x.charge])
    weight = np.concatenate([by_residue[:, :, a, b], residue[:, a, b] * by_pole[..., None]], axis=1)
    pairs = 2 * np.einsum("nkq,jkqp->jnqp", weight, np.concatenate([integrals, steps], axis=1)).real
    first, second = (np.equal.outer(np.arange(len(mu)), x).astype(np.float64) for x in (a, b))
    return np.concatenate([(second - first) @ pairs[0], first @ pairs[1] + second @ pairs[2]], axis=1)


def near_response(
    molecule: Multiterminal, baths: Baths, exchanged: Exchange, changed: Indices
) -> CurrentDerivatives:
    """Return `analysis.buettiker.terminal_currents.response` in closed form, less precisely."""
    pole, residue = molecule.poles
    w, mu = pole[:, None, None] - baths.origin_eV, baths.offset_eV[changed]
    zeroth, first = near_pole_derivatives(w, mu, baths.kT_eV[changed])
    moments = summed_moments(residue[:, :, changed], w - mu, zeroth, first, changed)
    return response_of(moments, baths, exchanged, changed)
