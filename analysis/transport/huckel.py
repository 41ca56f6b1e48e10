"""Hueckel (tight-binding) molecules between wide-band leads, any number of terminals.

    G(E) = [E - H + (i/2) sum_a Gamma_a]^-1,   T_ab(E) = Tr[Gamma_a G Gamma_b G^+]

H is small and does not depend on E, so T_ab is a sum of poles at the eigenvalues of H - (i/2) sum_a Gamma_a and its
integrals have a closed form. Near an exceptional point (two eigenvectors becoming one) that sum is no longer
exact; it is compared with a direct solve, and if they disagree the integrals are done by quadrature.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.records import FloatArray
from analysis.transport.quadrature import TransmissionShape
from analysis.transport.transmission import PoleSum

_AGREEMENT = 1e-11  # between pole sum and solve, relative to the largest transmission
_MOST_MATRICES = 20_000


@dataclass(frozen=True)
class Lead:
    """A wide-band lead: its name, and the width in eV that it gives to each site it touches (counted from 1)."""

    name: str
    gamma_eV: Mapping[int, float]

    def matrix(self, n_sites: int) -> FloatArray:
        """Return Gamma as a diagonal matrix (n_sites, n_sites). Raises ``ValueError`` for a site or width out
        of range.
        """
        gamma = np.zeros((n_sites, n_sites))
        for site, width in self.gamma_eV.items():
            if not 1 <= site <= n_sites:
                raise ValueError(f"lead {self.name!r} touches site {site}; the sites are 1 to {n_sites}")
            if not (np.isfinite(width) and width >= 0):
                raise ValueError(f"lead {self.name!r}: gamma_eV = {width} at site {site} must be 0 or more")
            gamma[site - 1, site - 1] = width
        return gamma


@dataclass(frozen=True, eq=False)
class HuckelModel:
    """A Hamiltonian and the leads on it.

    Parameters
    ----------
    hamiltonian_eV : ndarray, shape (n_sites, n_sites)
        Hermitian; energies from the Fermi level.
    leads : tuple of Lead
        Two or more, of different names.
    bias_drop : float
        Fraction of the bias by which every site follows the substrate; 0.5 leaves the levels in place.
    """

    hamiltonian_eV: NDArray[np.float64] | NDArray[np.complex128]
    leads: tuple[Lead, ...]
    bias_drop: float = 0.5

    def __post_init__(self) -> None:
        h = np.asarray(self.hamiltonian_eV)
        if h.ndim != 2 or h.shape[0] != h.shape[1] or not np.allclose(h, h.conj().T, rtol=0, atol=1e-12):
            raise ValueError(f"the Hamiltonian must be square and Hermitian; it has shape {h.shape}")
        names = [lead.name for lead in self.leads]
        if len(names) < 2 or len(set(names)) < len(names):
            raise ValueError(f"a junction needs two or more leads of different names, not {names}")
        if not 0 <= self.bias_drop <= 1:
            raise ValueError(f"bias_drop = {self.bias_drop} must lie between 0 and 1")

    @cached_property
    def gammas_eV(self) -> Mapping[str, FloatArray]:
        """Width matrix of each lead, by name."""
        return {lead.name: lead.matrix(len(self.hamiltonian_eV)) for lead in self.leads}

    @cached_property
    def effective_eV(self) -> NDArray[np.complex128]:
        """H - (i/2) sum of the widths."""
        total = sum(self.gammas_eV.values())
        return np.asarray(self.hamiltonian_eV - 0.5j * total, dtype=np.complex128)

    def green(self, energy_eV: ArrayLike) -> NDArray[np.complex128]:
        """Return the retarded Green's function by direct inversion, shape (..., n_sites, n_sites), 1/eV.

        At the energy of a state that couples to no lead it is the limit from above the real axis.
        """
        energy = np.asarray(energy_eV, dtype=np.float64)[..., None, None]
        identity = np.eye(len(self.hamiltonian_eV))
        try:
            inverse = np.linalg.inv(energy * identity - self.effective_eV)
        except np.linalg.LinAlgError:
            above = 1e-14j * max(float(np.abs(self.effective_eV).max()), 1e-3)
            inverse = np.linalg.inv((energy + above) * identity - self.effective_eV)
        return np.asarray(inverse, dtype=np.complex128)

    def transmission(self, a: str = "probe", b: str = "substrate") -> "HuckelTransmission":
        """Return T_ab(E) between two leads by name. Raises ``ValueError`` for an unknown lead."""
        for name in (a, b):
            if name not in self.gammas_eV:
                raise ValueError(f"no lead {name!r}; the leads are {', '.join(self.gammas_eV)}")
        return HuckelTransmission(self, a, b)


@dataclass(frozen=True, eq=False)
class HuckelTransmission:
    """T_ab(E) of a model between the leads named ``a`` and ``b``."""

    model: HuckelModel
    a: str
    b: str

    @property
    def bias_drop(self) -> float:
        """Fraction of the bias by which the sites follow the substrate."""
        return self.model.bias_drop

    def __call__(self, energy_eV: ArrayLike, bias_V: float = 0.0) -> FloatArray:
        """Return Tr[Gamma_a G Gamma_b G^+], by direct inversion."""
        energy = np.asarray(energy_eV, dtype=np.float64) - (0.5 - self.bias_drop) * bias_V
        root_a, root_b = (np.sqrt(self.model.gammas_eV[x].diagonal()) for x in (self.a, self.b))
        flat = np.empty(energy.size)
        for start in range(0, energy.size, _MOST_MATRICES):
            part = slice(start, start + _MOST_MATRICES)
            amplitude = root_a[:, None] * self.model.green(energy.ravel()[part]) * root_b
            flat[part] = (amplitude.real**2 + amplitude.imag**2).sum(axis=(-2, -1))
        return flat.reshape(energy.shape)

    @cached_property
    def _decomposed(self) -> PoleSum:
        pole, right = np.linalg.eig(self.model.effective_eV)
        left = np.linalg.inv(right)
        gamma_a, gamma_b = self.model.gammas_eV[self.a], self.model.gammas_eV[self.b]
        weight = (left @ gamma_b @ left.conj().T) * (right.conj().T @ gamma_a @ right).T
        kept = pole.imag < -1e-14 * np.abs(pole).max()  # a state that couples to no lead carries no current
        pole, weight = pole[kept], weight[np.ix_(kept, kept)]
        residue = (weight / (pole[:, None] - pole.conj())).sum(axis=1)
        return PoleSum(pole, residue, np.full(pole.shape, self.bias_drop))

    def poles(self) -> PoleSum | None:
        """Return the pole sum from the eigendecomposition; None if it disagrees with the direct solve."""
        return self._decomposed if self._poles_hold else None

    @cached_property
    def _poles_hold(self) -> bool:
        try:
            sum_ = self._decomposed
        except np.linalg.LinAlgError:
            return False
        centre, spread = sum_.pole_eV.real, np.abs(sum_.pole_eV.imag)
        energy = np.concatenate([centre + x * spread for x in (-3.0, -0.5, 0.0, 0.5, 3.0)] + [np.zeros(1)])
        direct = self(energy)
        distance = np.abs(energy[:, None] - sum_.pole_eV)
        summed = 2 * (sum_.residue_eV / (energy[:, None] - sum_.pole_eV)).sum(axis=1).real
        # Beside a narrow pole both methods turn the rounding of its position into an error that integrates to zero.
        rounding = 1e-14 * np.abs(sum_.pole_eV).max(initial=0.0) / distance.min(axis=1, initial=np.inf)
        allowed = _AGREEMENT * direct.max(initial=0.0) + rounding * direct
        return bool(np.all(np.abs(summed - direct) <= allowed))

    def shape(self) -> TransmissionShape:
        """Return the shape for quadrature: smooth everywhere, with the poles as the nearest singularities."""
        pole = np.linalg.eigvals(self.model.effective_eV)
        return TransmissionShape(self, np.empty(0), pole[pole.imag < -1e-14 * np.abs(pole).max()])


def bonded(
    n_sites: int, bonds: ArrayLike, hopping_eV: ArrayLike, onsite_eV: ArrayLike = 0.0
) -> NDArray[np.float64]:
    """Return the Hamiltonian with ``onsite_eV`` on the diagonal and -hopping_eV on every bond.

    Parameters
    ----------
    bonds : array_like of int, shape (n_bonds, 2)
        Pairs of sites, counted from 1.
    hopping_eV, onsite_eV : array_like
        One number, or one per bond and per site.
    """
    pairs = np.asarray(bonds, dtype=np.intp).reshape(-1, 2) - 1
    if pairs.size and not (pairs.min() >= 0 and pairs.max() < n_sites):
        raise ValueError(f"a bond names a site outside 1 to {n_sites}")
    h = np.diag(np.broadcast_to(np.asarray(onsite_eV, dtype=np.float64), (n_sites,)).copy())
    h[pairs[:, 0], pairs[:, 1]] = h[pairs[:, 1], pairs[:, 0]] = -np.asarray(hopping_eV, dtype=np.float64)
    return h


def ring_bonds(n_sites: int) -> list[tuple[int, int]]:
    """Return the bonds of a ring; for one or two sites, those of a chain."""
    return chain_bonds(n_sites) + ([(n_sites, 1)] if n_sites > 2 else [])


def chain_bonds(n_sites: int) -> list[tuple[int, int]]:
    """Return the bonds of a chain."""
    return [(i, i + 1) for i in range(1, n_sites)]
