"""Transmissions between all terminals of a molecule at once.

    T_ab(E) = Tr[Gamma_a G(E) Gamma_b G(E)^+] = sum_ij Gamma_a,i Gamma_b,j |G_ij(E)|^2

All of them have the poles of one Green's function. Its eigenvectors give every |G_ij| at any number of energies by one
matrix product, |G_ij| = |sum_k r_ik l_kj / (E - w_k)|, and every T_ab as a sum of poles whose integrals have a closed
form. Near an exceptional point, where two eigenvectors become one, both lose precision: they are compared with a
direct solve, which replaces them where they fail.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.records import FloatArray
from analysis.transport.huckel import HuckelModel
from analysis.transport.quadrature import TransmissionShape

ComplexArray = NDArray[np.complex128]

_AGREEMENT = 2e-13  # between eigenvectors and solve, relative to the largest transmission
_TERM_ERROR = 5e-15  # relative, of one term of a pole sum
_APART = 1e-3  # of the largest pole; derivatives at this distance lose six digits
_AT_ONCE = 500  # energies at a time: they fit in the cache, and are too few for BLAS to start threads


@dataclass(frozen=True, eq=False)
class Multiterminal:
    """A molecule and its terminals in a given order.

    Parameters
    ----------
    model : HuckelModel
        Molecule and leads.
    names : tuple of str
        Leads in the order of every array; all of them, by default in the model's order.
    """

    model: HuckelModel
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        leads = tuple(lead.name for lead in self.model.leads)
        object.__setattr__(self, "names", tuple(self.names) or leads)
        if sorted(self.names) != sorted(leads):
            raise ValueError(f"terminals {', '.join(self.names)} are not the leads {', '.join(leads)}")

    @cached_property
    def widths_eV(self) -> FloatArray:
        """Width that each terminal gives to each site, (n_terminals, n_sites)."""
        return np.stack([self.model.gammas_eV[name].diagonal() for name in self.names])

    def transmissions(self, energy_eV: ArrayLike) -> FloatArray:
        """Return T_ab(E) for every a and b, shape (n_terminals, n_terminals, ...), the energies' shape last.

        T_ab leads from b to a. The diagonal holds Tr[Gamma_a G Gamma_a G^+], which is not a transmission but completes
        the sum rule: every row adds up to the terminal's density of states times Gamma_a.
        """
        energy = np.asarray(energy_eV, dtype=np.float64)
        if not np.isfinite(energy).all():
            raise ValueError("energy_eV holds a value that is not a finite number")
        transmissions = self._by_eigenvectors if self.eigenvectors_hold else self.transmissions_by_solve
        flat = transmissions(energy.ravel())
        return flat.reshape(*flat.shape[:2], *energy.shape)

    def transmissions_by_solve(self, energy_eV: FloatArray) -> FloatArray:
        """Return the same for energies (n,) by a batched inversion: slower, but correct at exceptional points too."""
        n = len(self.names)
        out = np.empty((n, n, energy_eV.size))
        for part in _parts(energy_eV.size):
            green = self.model.green(energy_eV[part])
            square = green.real**2 + green.imag**2
            out[..., part] = np.moveaxis(self.widths_eV @ square @ self.widths_eV.T, 0, -1)
        return out

    def _by_eigenvectors(self, energy: FloatArray) -> FloatArray:
        pole, right, left = self._eigenvectors
        touched = np.flatnonzero(self.widths_eV.any(axis=0))
        n, width = len(self.names), self.widths_eV[:, touched]
        amplitude = np.einsum("ik,kj->ijk", right[touched], left[:, touched]).reshape(-1, pole.size)
        weight = np.einsum("ai,bj->abij", width, width).reshape(n * n, -1)
        out = np.empty((n * n, energy.size))
        for part in _parts(energy.size):
            green = amplitude @ (1.0 / (energy[part] - pole[:, None]))
            np.matmul(weight, green.real**2 + green.imag**2, out=out[:, part])
        return out.reshape(n, n, -1)

    @cached_property
    def _eigenvectors(self) -> tuple[ComplexArray, ComplexArray, ComplexArray]:
        """Poles (n_poles,), right vectors in columns, left ones in rows, without states that couple to no lead."""
        pole, right = np.linalg.eig(self.model.effective_eV)
        left = np.linalg.inv(right)
        kept = pole.imag < -1e-14 * np.abs(pole).max()
        return pole[kept], right[:, kept], left[kept]

    @cached_property
    def poles(self) -> tuple[ComplexArray, ComplexArray]:
        """Poles w_k and residues c_kab of T_ab = 2 Re sum_k c_kab/(E - w_k): (n_poles,), (n_poles, n, n).

        Raises ``numpy.linalg.LinAlgError`` if there are not enough eigenvectors; see `term_error`.
        """
        pole, right, left = self._eigenvectors
        into = _overlap(self.widths_eV, right, right) / (pole[:, None] - pole.conj())
        out_of = _overlap(self.widths_eV, left.T, left.T)
        residue = into.transpose(1, 0, 2) @ out_of.transpose(1, 2, 0)
        if self.reciprocal:
            residue = 0.5 * (residue + residue.swapaxes(1, 2))
        return pole, residue

    def pole_slopes(self, onsite: FloatArray, widths: FloatArray) -> tuple[ComplexArray, ComplexArray]:
        """Return the derivatives of the poles and residues, (n_changes, n_poles) and (n_changes, n_poles, n, n).

        By first-order perturbation of the eigenvectors, for poles that are `apart`.

        Parameters
        ----------
        onsite : ndarray, shape (n_changes, n_sites)
            Derivatives of the energies of the sites.
        widths : ndarray, shape (n_changes, n_terminals, n_sites)
            Derivatives of `widths_eV`.
        """
        pole, right, left = self._eigenvectors
        distance = pole - pole[:, None]
        np.fill_diagonal(distance, np.inf)
        perturbed = left @ ((onsite - 0.5j * widths.sum(axis=1))[..., None] * right)
        by_pole, mixing = perturbed.diagonal(axis1=1, axis2=2), perturbed / distance
        into, into_slope = _overlaps(self.widths_eV, right, widths, right @ mixing)
        out_of, out_slope = _overlaps(self.widths_eV, left.T, widths, -(mixing @ left).swapaxes(1, 2))
        between = pole[:, None] - pole.conj()
        into = into / between
        moved = (by_pole[:, :, None] - by_pole.conj()[:, None])[:, None]
        into_slope = (into_slope - into * moved) / between
        residue = into_slope.transpose(0, 2, 1, 3) @ out_of.transpose(1, 2, 0)
        residue += into.transpose(1, 0, 2) @ out_slope.transpose(0, 2, 3, 1)
        if self.reciprocal:
            residue = 0.5 * (residue + residue.swapaxes(2, 3))
        return by_pole, residue

    @cached_property
    def apart(self) -> bool:
        """True if no two poles are so close that their derivatives lose digits."""
        pole = self._eigenvectors[0]
        distance = np.abs(pole - pole[:, None])
        np.fill_diagonal(distance, np.inf)
        return bool(distance.min(initial=np.inf) > _APART * np.abs(pole).max(initial=0.0))

    @cached_property
    def reciprocal(self) -> bool:
        """True without a magnetic field, that is with real hopping: then T_ab = T_ba."""
        return not np.any(np.imag(self.model.hamiltonian_eV))

    @cached_property
    def shape(self) -> TransmissionShape:
        """Singularities of the transmissions, for `analysis.transport.quadrature.panels`."""
        pole = np.linalg.eigvals(self.model.effective_eV)
        return TransmissionShape(np.zeros_like, np.empty(0), pole[pole.imag < -1e-14 * np.abs(pole).max()])

    @cached_property
    def eigenvectors_hold(self) -> bool:
        """True if amplitudes from eigenvectors agree with the direct solve around every pole."""
        try:
            pole, _, _ = self._eigenvectors
        except np.linalg.LinAlgError:
            return False
        energy, direct, rounding = self._probed
        off = np.abs(self._by_eigenvectors(energy) - direct) - rounding * direct
        return bool(np.all(off <= _AGREEMENT * direct.max(initial=0.0))) and pole.size > 0

    @property
    def term_error(self) -> float:
        """Relative error of a term of the pole sum: rounding, or deviation from the solve; inf without poles."""
        return self._pole_errors[0]

    @property
    def sum_error(self) -> float:
        """Deviation of the pole sum from the solve, relative to the largest transmission; inf without poles."""
        return self._pole_errors[1]

    @cached_property
    def _pole_errors(self) -> tuple[float, float]:
        try:
            pole, residue = self.poles
        except np.linalg.LinAlgError:
            return np.inf, np.inf
        energy, direct, rounding = self._probed
        each, one_over = residue.reshape(len(pole), -1).T, 1.0 / (energy - pole[:, None])
        total = 2 * (each @ one_over).real.reshape(direct.shape)
        size = 2 * (np.abs(each) @ np.abs(one_over)).reshape(direct.shape)
        off = np.maximum(np.abs(total - direct) - rounding * direct, 0.0)
        of_term = (off / np.maximum(size, 1e-300)).max(initial=_TERM_ERROR)
        of_sum = off.max(initial=0.0) / max(direct.max(initial=0.0), 1e-300)
        return (float(of_term), float(of_sum)) if np.isfinite(off).all() else (np.inf, np.inf)

    @cached_property
    def _probed(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Energies around every pole, the transmissions there, and their error from rounding of a near pole."""
        pole = self.shape.poles_eV
        energy = np.concatenate([pole.real + x * np.abs(pole.imag) for x in (-3.0, -0.5, 0.0, 0.5, 3.0)])
        distance = np.abs(energy - pole[:, None]).min(axis=0, initial=np.inf)
        return energy, self.transmissions_by_solve(energy), 1e-14 * np.abs(pole).max(initial=0.0) / distance


def _overlap(widths: FloatArray, one: ComplexArray, other: ComplexArray) -> ComplexArray:
    """Return sum_i widths_ai one_ik other_il^*, (..., n_terminals, n_poles, n_poles)."""
    weighted = widths[..., None] * one[..., None, :, :]
    return np.asarray(weighted.swapaxes(-1, -2) @ other.conj()[..., None, :, :])


def _overlaps(
    widths: FloatArray, vectors: ComplexArray, widths_slopes: FloatArray, vectors_slopes: ComplexArray
) -> tuple[ComplexArray, ComplexArray]:
    """Return the overlaps of vectors (n_sites, n_poles) and their derivatives (n_changes, n_terminals, ...)."""
    half = _overlap(widths, vectors_slopes, vectors)
    slopes = _overlap(widths_slopes, vectors, vectors) + half + half.conj().swapaxes(-1, -2)
    return _overlap(widths, vectors, vectors), slopes


def _parts(n: int) -> Iterator[slice]:
    return (slice(start, min(start + _AT_ONCE, n)) for start in range(0, n, _AT_ONCE))
