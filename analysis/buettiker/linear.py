"""Linear response of a junction with any number of terminals and probes.

    I_a = sum_b [ L0_ab (mu_b - mu_a) + L1_ab (T_b - T_a)/T0 ]      particles into a
    J_a = sum_b [ L1_ab (mu_b - mu_a) + L2_ab (T_b - T_a)/T0 ]      heat into a

(eq. 1 of Erdogan and Bergfield, arXiv:2508.20343.) Every circuit is this matrix with some potentials given and the
others free; the current that belongs to a free potential is zero. Free are mu of every probe, T of a
voltage-temperature probe, and in an open circuit mu of every real lead but one. Eliminating the free potentials leaves
a Schur complement, the effective Onsager coefficients between the held ones.

Entropy production is the quadratic form

    S = -(1/T0) sum_a [ I_a (mu_a - mu0) + J_a (T_a - T0)/T0 ] >= 0,

of second order in the forces as it must be. The sum of J_a/T_a (eq. 7) with heat currents of first order omits the
Joule heat, which is of second order too, and can have either sign.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.buettiker.onsager import Onsager
from analysis.buettiker.terminals import (
    AnyTerminal,
    JunctionTerminal,
    TerminalCurrents,
    VoltageTemperatureProbe,
)
from analysis.constants import ELEMENTARY_CHARGE_C, PLANCK_J_s
from analysis.records import FloatArray
from analysis.transport.landauer import WATT_PER_eV2

PER_eV_s = 2.0 * ELEMENTARY_CHARGE_C / PLANCK_J_s
"""2/h in particles per second for an integral in eV."""


@dataclass(frozen=True, eq=False)
class EffectiveOnsager:
    """Schur complement: response to the held potentials with the free ones settled.

    Arrays have shape (n_terminals, n_terminals, ...): current into the first index by a force at the second; zero if
    the current is zero or the potential is free. They are the Lt of eqs. 10 and 11 for a voltage probe, the Lh of
    eqs. 15 and 16 for a voltage-temperature probe. ``L1_particle`` and ``L1_heat`` are each other's transpose, and
    neither is symmetric.

    Attributes
    ----------
    L0_per_J_s : ndarray
        Particles per chemical potential.
    L1_particle_per_s : ndarray
        Particles per T/T0.
    L1_heat_per_s : ndarray
        Heat per chemical potential.
    L2_W : ndarray
        Heat per T/T0.
    """

    L0_per_J_s: FloatArray
    L1_particle_per_s: FloatArray
    L1_heat_per_s: FloatArray
    L2_W: FloatArray


@dataclass(frozen=True, eq=False)
class CircuitResponse:
    """Solution of a circuit; arrays have the shape of the level alignments, after the axes of the terminals.

    Attributes
    ----------
    currents : Currents
        Potentials and currents of every terminal and the entropy production. Currents that a probe or an open lead
        forbids are zero; an uncoupled probe has NaN for potentials.
    effective : EffectiveOnsager
        Coefficients between the held potentials.
    thermal_conductance_W_per_K : ndarray, shape (n_terminals, n_terminals, ...)
        kappa_ab of eqs. 23 and 24: heat into a per kelvin of b above a, without particle current into any terminal.
    seebeck_V_per_K : ndarray
        -(dV/dT) between the hottest and the coldest real lead of an open circuit; NaN otherwise.
    residual : ndarray
        Remainder of the largest of the currents set to zero, relative to the flows that cancel in it.
    """

    currents: TerminalCurrents
    effective: EffectiveOnsager
    thermal_conductance_W_per_K: FloatArray
    seebeck_V_per_K: FloatArray
    residual: FloatArray


def electronic_circuit(coefficients: Onsager, terminals: tuple[AnyTerminal, ...]) -> CircuitResponse:
    """Return the currents with the chemical potentials of the real leads held at their ``mu_eV``.

    Parameters
    ----------
    coefficients : Onsager
        From `analysis.buettiker.onsager.onsager`; one calculation serves all circuits and kinds of probe.
    terminals : tuple
        Terminals of a `ProbedJunction`, in the order of ``coefficients.names``.

    Raises
    ------
    ValueError
        If the names differ.
    """
    held = np.array([isinstance(x, JunctionTerminal) for x in terminals])
    return _solved(coefficients, terminals, held)


def open_circuit(coefficients: Onsager, terminals: tuple[AnyTerminal, ...]) -> CircuitResponse:
    """Return heat currents with no particle current into any lead (pure thermal circuit, eqs. 20 to 30).

    Chemical potentials are relative to that of the first real lead (the gauge of eq. 20); ``mu_eV`` is not used.
    Parameters and errors as in `electronic_circuit`.
    """
    n = len(terminals)
    real = [i for i, x in enumerate(terminals) if isinstance(x, JunctionTerminal)]
    coupled = [i for i in real if np.any(coefficients.reduced[0, ..., i, i])] or real
    result = _solved(coefficients, tuple(_grounded(x) for x in terminals), np.arange(n) == coupled[0])
    mu, T = result.currents.mu_eV, result.currents.temperature_K
    hot, cold = max(real, key=lambda i: T[i].flat[0]), min(real, key=lambda i: T[i].flat[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        seebeck = (mu[hot] - mu[cold]) / (T[hot] - T[cold])
    none = np.zeros_like(mu)  # also for the gauge lead, by conservation
    currents = replace(result.currents, particle_current_per_s=none)
    return replace(result, currents=currents, seebeck_V_per_K=np.asarray(seebeck))


def thermal_conductances(coefficients: Onsager) -> FloatArray:
    """Return the heat conductances kappa_ab in W/K between all terminals at zero particle current.

    The array (n_terminals, n_terminals, ...) is (L2 - L1 L0^+ L1)/T0 (eqs. 23 and 24), a property of the junction
    that does not depend on the kinds of its terminals. Its negative diagonal closes every row.
    """
    L0, L1, L2 = coefficients.reduced
    n = L0.shape[-1]
    coupled = [i for i in range(n) if np.any(L0[..., i, i])]
    free = np.arange(n) != (coupled[0] if coupled else 0)
    across = L1[..., :, free] @ _solve(L0[..., free, :][..., free], L1[..., free, :])
    kT, T0 = coefficients.thermal_energy_eV, coefficients.reference_temperature_K
    return _terminals_first(WATT_PER_eV2 * kT**2 / T0 * (L2 - across), 2)


def _solved(c: Onsager, terminals: tuple[AnyTerminal, ...], mu_held: NDArray[np.bool_]) -> CircuitResponse:
    """Solve one circuit: potentials y = (mu/kT0, T/T0 - 1), currents as rows of the same order."""
    if tuple(x.name for x in terminals) != c.names:
        raise ValueError(f"the coefficients are for {c.names}, not for {tuple(x.name for x in terminals)}")
    held = np.append(mu_held, [not isinstance(x, VoltageTemperatureProbe) for x in terminals])
    y_held = np.array(_potentials(c, terminals))[held]
    L0, L1, L2 = c.reduced
    response = np.block([[L0, L1], [L1, L2]])
    of_free = response[..., ~held, :]
    settled = -_solve(of_free[..., ~held], of_free[..., held])
    y = np.zeros(response.shape[:-1])
    y[..., held], y[..., ~held] = y_held, settled @ y_held

    n = len(terminals)
    flow, size = _currents(c.reduced, y[..., :n], y[..., n:])
    residual = np.abs(flow[..., ~held]) / np.maximum(size[..., ~held], 1e-300)
    flow[..., ~held] = 0.0
    effective = np.zeros(response.shape)
    effective[..., np.ix_(held, held)[0], np.ix_(held, held)[1]] = (
        response[..., held, :][..., held] + response[..., held, :][..., ~held] @ settled
    )
    lost = ~held & (np.diagonal(response, axis1=-2, axis2=-1) == 0)
    return CircuitResponse(
        _in_units(c, np.where(lost, np.nan, y), flow, _entropy(c, y[..., :n], y[..., n:])),
        _effective(c, effective),
        thermal_conductances(c),
        np.full(response.shape[:-2], np.nan),
        residual.max(axis=-1, initial=0.0),
    )


def _potentials(c: Onsager, terminals: tuple[AnyTerminal, ...]) -> list[float]:
    T0 = c.reference_temperature_K
    mu = [x.mu_eV / c.thermal_energy_eV if isinstance(x, JunctionTerminal) else 0.0 for x in terminals]
    return mu + [
        0.0 if isinstance(x, VoltageTemperatureProbe) else (x.temperature_K - T0) / T0 for x in terminals
    ]


def _solve(matrix: FloatArray, right: FloatArray) -> FloatArray:
    """Return matrix^-1 right; terminals without any coupling do not settle and are left at zero."""
    alone = np.diagonal(matrix, axis1=-2, axis2=-1) == 0
    return np.asarray(np.linalg.solve(matrix + alone[..., None] * np.eye(matrix.shape[-1]), right))


def _currents(reduced: FloatArray, m: FloatArray, tau: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return both currents, (..., 2n), from differences of potentials, exactly zero for equal ones; and their size."""
    dm, dtau = m[..., None, :] - m[..., :, None], tau[..., None, :] - tau[..., :, None]
    L0, L1, L2 = reduced
    parts = [L0 * dm, L1 * dtau, L1 * dm, L2 * dtau]
    flow = [(parts[i] + parts[i + 1]).sum(axis=-1) for i in (0, 2)]
    size = [(np.abs(parts[i]) + np.abs(parts[i + 1])).sum(axis=-1) for i in (0, 2)]
    return np.concatenate(flow, axis=-1), np.concatenate(size, axis=-1)


def _entropy(c: Onsager, m: FloatArray, tau: FloatArray) -> FloatArray:
    """Return the quadratic form as a sum over pairs of terms that are never negative."""
    dm, dtau = m[..., None, :] - m[..., :, None], tau[..., None, :] - tau[..., :, None]
    L0, L1, L2 = c.reduced
    each = 0.5 * (L0 * dm**2 + 2 * L1 * dm * dtau + L2 * dtau**2)
    scale = WATT_PER_eV2 * c.thermal_energy_eV**2 / c.reference_temperature_K
    return np.asarray(scale * each.sum(axis=(-2, -1)))


def _in_units(c: Onsager, y: FloatArray, flow: FloatArray, entropy: FloatArray) -> TerminalCurrents:
    n, kT = len(c.names), c.thermal_energy_eV
    y, flow = _terminals_first(y, 1), _terminals_first(flow, 1)
    return TerminalCurrents(
        c.names,
        kT * y[:n],
        c.reference_temperature_K * (1.0 + y[n:]),
        PER_eV_s * kT * flow[:n],
        WATT_PER_eV2 * kT**2 * flow[n:],
        entropy,
    )


def _effective(c: Onsager, schur: FloatArray) -> EffectiveOnsager:
    n, kT = len(c.names), c.thermal_energy_eV
    whole = _terminals_first(schur, 2)
    return EffectiveOnsager(
        2.0 / PLANCK_J_s * whole[:n, :n],
        PER_eV_s * kT * whole[:n, n:],
        PER_eV_s * kT * whole[n:, :n],
        WATT_PER_eV2 * kT**2 * whole[n:, n:],
    )


def _grounded(terminal: AnyTerminal) -> AnyTerminal:
    return (
        JunctionTerminal(terminal.name, terminal.temperature_K)
        if isinstance(terminal, JunctionTerminal)
        else terminal
    )


def _terminals_first(array: FloatArray, axes: int) -> FloatArray:
    return np.moveaxis(array, range(-axes, 0), range(axes))
