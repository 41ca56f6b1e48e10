"""Onsager coefficients between all terminals of a junction.

    L^(nu)_ab = (2/h) int (E - mu0)^nu T_ab(E) (-df0/dE) dE,   nu = 0, 1, 2,   a != b
    L^(nu)_aa = -sum_(b != a) L^(nu)_ab

(eqs. 2 and 9 of Erdogan and Bergfield, arXiv:2508.20343, with both spins counted.) All T_ab have the poles of one
Green's function, so one eigendecomposition serves every pair and every level alignment, and each integral is a sum of
trigamma functions. Where destructive interference cancels that sum, or where two eigenvectors become one, what was lost
is estimated and those alignments are integrated by quadrature of |G|^2, which has nothing to cancel.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.constants import BOLTZMANN_eV_per_K
from analysis.fermi_integrals import pole_derivatives
from analysis.huckel import HuckelModel
from analysis.probes.terminals import ProbedJunction
from analysis.quadrature import Shape, panels
from analysis.records import FloatArray

_TERM_ERROR = 5e-15  # relative, of one term of the pole sum, measured against 50 digits
_PANEL_ERROR = 1e-13  # relative, of quadrature by panels
_POSITION_ERROR = 4e-15  # of a pole, relative to the largest of the model
_REACH = 40.0  # kT from mu0 that a peak can be seen
_ENOUGH = 1e-12  # estimated error beyond which quadrature takes over
_SERIES_FROM = 16 * np.pi  # kT from a pole beyond which its first moment is a series and loses nothing
_SPAN = 100.0  # kT that a group of alignments integrated together may extend over


@dataclass(frozen=True, eq=False)
class Onsager:
    """Onsager coefficients of a junction about (mu0, T0).

    Attributes
    ----------
    names : tuple of str
        Terminals, in the order of the last two axes.
    reference_temperature_K : float
        T0.
    reduced : ndarray, shape (3, ..., n_terminals, n_terminals)
        L^(nu)_ab / [(2/h) (k T0)^nu]: pure numbers of like size. The diagonal is negative and closes every row.
    accuracy : ndarray, shape (...)
        Largest estimated relative error of a coefficient; of L1 against the geometric mean of L0 and L2.
    """

    names: tuple[str, ...]
    reference_temperature_K: float
    reduced: FloatArray
    accuracy: FloatArray

    @property
    def thermal_energy_eV(self) -> float:
        """Thermal energy k T0."""
        return BOLTZMANN_eV_per_K * self.reference_temperature_K

    @property
    def moments_eV(self) -> FloatArray:
        """Integral of (E - mu0)^nu T_ab (-df0/dE) in eV^nu: L^(nu) without 2/h, in the shape of ``reduced``."""
        powers = self.thermal_energy_eV ** np.arange(3.0)
        return self.reduced * powers.reshape(3, *(1,) * (self.reduced.ndim - 1))


def onsager(
    junction: ProbedJunction, level_alignment_eV: ArrayLike = 0.0, reference_temperature_K: float = 300.0
) -> Onsager:
    """Coefficients between every two terminals.

    Parameters
    ----------
    junction : ProbedJunction
        What is a probe does not matter here.
    level_alignment_eV : array_like
        Where mu0 lies in the energies of the model: mu0 - eps0 for a model with site energies of zero.
    reference_temperature_K : float
        T0 of the Fermi function.

    Raises
    ------
    ValueError
        For a temperature that is not above zero or an alignment that is not finite.
    """
    mu = np.asarray(level_alignment_eV, dtype=np.float64)
    if not np.isfinite(mu).all():
        raise ValueError("level_alignment_eV holds a value that is not a finite number")
    if not (np.isfinite(reference_temperature_K) and reference_temperature_K > 0):
        raise ValueError(f"reference_temperature_K = {reference_temperature_K} must be above 0 K")
    pairs = _Pairs(junction.model, junction.names)
    moments, accuracy = pairs.moments(mu.ravel(), BOLTZMANN_eV_per_K * reference_temperature_K)
    n = len(junction.names)
    moments[..., range(n), range(n)] = 0.0
    moments[..., range(n), range(n)] = -moments.sum(axis=-1)
    return Onsager(
        junction.names,
        reference_temperature_K,
        moments.reshape(3, *mu.shape, n, n),
        accuracy.reshape(mu.shape),
    )


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Transmissions between all terminals of a model; arrays end in (n_terminals, n_terminals)."""

    model: HuckelModel
    names: tuple[str, ...]

    @cached_property
    def widths_eV(self) -> FloatArray:
        """Width that each terminal gives to each site, (n_terminals, n_sites)."""
        return np.stack([self.model.gammas_eV[name].diagonal() for name in self.names])

    def transmissions(self, energy_eV: FloatArray) -> FloatArray:
        """T_ab by direct inversion, (n_energies, n_terminals, n_terminals)."""
        green = self.model.green(energy_eV)
        return np.asarray(self.widths_eV @ (green.real**2 + green.imag**2) @ self.widths_eV.T)

    def moments(self, mu: FloatArray, kT: float) -> tuple[FloatArray, FloatArray]:
        """Integrals over kT^nu, (3, n_mu, n_terminals, n_terminals), and their estimated error (n_mu,)."""
        try:
            moments, accuracy = self._by_poles(mu, kT)
        except np.linalg.LinAlgError:
            n = len(self.names)
            moments, accuracy = np.empty((3, mu.size, n, n)), np.full(mu.shape, np.inf)
        lost = np.flatnonzero(~(accuracy <= _ENOUGH))
        for group in _neighbours(lost[np.argsort(mu[lost], kind="stable")], mu, _SPAN * kT):
            moments[:, group] = self._by_panels(mu[group], kT)
            accuracy[group] = _PANEL_ERROR
        return moments, np.maximum(accuracy, self._position_error(mu, kT))

    def _position_error(self, mu: FloatArray, kT: float) -> FloatArray:
        """What the rounding of the energies themselves does to narrow peaks within the window, by either route."""
        pole = np.linalg.eigvals(self.model.effective_eV)
        size = np.abs(pole).max()
        pole = pole[pole.imag < -1e-14 * size, None]
        aside = np.maximum(np.abs(pole.real - mu) - _REACH * kT, 0.0)
        return np.asarray(_POSITION_ERROR * size / np.hypot(aside, pole.imag).min(axis=0, initial=np.inf))

    @cached_property
    def poles(self) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
        """Poles w_k and residues c_kab of T_ab = 2 Re sum_k c_kab/(E - w_k): (n_poles,), (n_poles, n, n)."""
        pole, right = np.linalg.eig(self.model.effective_eV)
        left = np.linalg.inv(right)
        kept = pole.imag < -1e-14 * np.abs(pole).max()  # a state that touches no lead carries nothing
        pole, right, left = pole[kept], right[:, kept], left[kept]
        into = np.einsum("ai,ik,il->akl", self.widths_eV, right, right.conj())
        out_of = np.einsum("bj,kj,lj->bkl", self.widths_eV, left, left.conj())
        residue = np.einsum("akl,bkl->kab", into / (pole[:, None] - pole.conj()), out_of, optimize=True)
        return pole, residue

    @cached_property
    def term_error(self) -> float:
        """Relative error of a term: rounding, or how far the pole sum is from the direct solve if that is more."""
        pole, residue = self.poles
        centre, spread = pole.real, np.abs(pole.imag)
        energy = np.concatenate([centre + x * spread for x in (-3.0, -0.5, 0.0, 0.5, 3.0)])
        direct = self.transmissions(energy).reshape(energy.size, -1)
        residue = residue.reshape(pole.size, -1)
        green = 1.0 / (energy[:, None] - pole)
        off = np.abs(2 * (green @ residue).real - direct)
        # Beside a narrow pole either way turns the rounding of its position into an error that integrates to nothing.
        off -= 1e-14 * np.abs(pole).max() * np.abs(green).max(axis=1)[:, None] * direct
        size = 2 * np.abs(green) @ np.abs(residue)
        return max(_TERM_ERROR, float((off / np.maximum(size, 1e-300)).max(initial=0.0)))

    def _by_poles(self, mu: FloatArray, kT: float) -> tuple[FloatArray, FloatArray]:
        pole, residue = self.poles
        n_poles, n = len(pole), len(self.names)
        flat = residue.reshape(n_poles, n * n)
        integral, added = _integrals((pole[:, None] - mu) / kT)
        parts = flat.real / kT, -flat.imag / kT
        moments, size = np.zeros((2, 3, mu.size, n * n))
        for x, most, c in zip((integral.real, integral.imag), (added.real, added.imag), parts, strict=True):
            moments += 2 * x.swapaxes(1, 2) @ c
            size += 2 * most.swapaxes(1, 2) @ np.abs(c)
        other = ~np.eye(n, dtype=bool).ravel()
        accuracy = self.term_error * _cancelled(moments[..., other], size[..., other])
        return moments.reshape(3, mu.size, n, n), accuracy

    def _by_panels(self, mu: FloatArray, kT: float) -> FloatArray:
        pole = np.linalg.eigvals(self.model.effective_eV)
        shape = Shape(np.zeros_like, np.empty(0), pole[pole.imag < -1e-14 * np.abs(pole).max()])
        energy, weight = panels(shape, mu, np.full(mu.shape, kT))
        weighted = weight[:, None] * self.transmissions(energy).reshape(energy.size, -1)
        x = (energy - mu[:, None]) / kT
        fall = np.exp(-np.abs(x))
        slope = fall / (kT * (1 + fall) ** 2)
        n = len(self.names)
        return np.stack([(slope * x**nu) @ weighted for nu in range(3)]).reshape(3, mu.size, n, n)


def _integrals(x: NDArray[np.complex128]) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Integrals of t^nu (-f')/(t - x), energies in kT, and the size of what was added for them, part by part.

    Shape (3, n_poles, n_mu). The integral over t is 1 + x times that over 1, formed without that difference where
    |x| > 16 pi, see `analysis.fermi_integrals`. From it the integral over t^2 follows without a difference.
    """
    zeroth, first = pole_derivatives(x, 0.0, 1.0)
    size = np.abs(zeroth.real) + 1j * np.abs(zeroth.imag)
    far = np.abs(x) > _SERIES_FROM
    most = np.where(far, np.abs(first.real) + 1j * np.abs(first.imag), 1.0 + _grown(x, size))
    return np.stack([zeroth, first, x * first]), np.stack([size, most, _grown(x, most)])


def _grown(x: NDArray[np.complex128], size: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Sizes of the real and imaginary part of a product with x, nothing cancelling."""
    re, im = np.abs(x.real), np.abs(x.imag)
    return np.asarray(re * size.real + im * size.imag + 1j * (re * size.imag + im * size.real))


def _cancelled(moments: FloatArray, size: FloatArray) -> FloatArray:
    """Worst ratio of what was added to what is left, (n_mu,); a pair without coupling has lost nothing."""
    zeroth, second = np.abs(moments[0]), np.abs(moments[2])
    scale = np.stack([zeroth, np.sqrt(zeroth * second), second])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(size == 0, 1.0, size / scale)
    return np.asarray(ratio.max(axis=(0, 2), initial=1.0))


def _neighbours(ordered: NDArray[np.intp], mu: FloatArray, span: float) -> list[NDArray[np.intp]]:
    """Indices cut into groups of chemical potentials that share one energy grid; a group extends ``span`` at most."""
    if not ordered.size:
        return []
    number = np.floor((mu[ordered] - mu[ordered[0]]) / span)
    return np.split(ordered, np.flatnonzero(np.diff(number)) + 1)
