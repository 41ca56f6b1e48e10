"""Onsager coefficients between all terminals of a junction.

    L^(nu)_ab = (2/h) int (E - mu0)^nu T_ab(E) (-df0/dE) dE,   nu = 0, 1, 2,   a != b
    L^(nu)_aa = -sum_(b != a) L^(nu)_ab

(eqs. 2 and 9 of Erdogan and Bergfield, arXiv:2508.20343, with both spins counted.) All T_ab have the poles of one
Green's function, so one eigendecomposition serves every pair and every level alignment, and each integral is a sum of
trigamma functions. Where destructive interference cancels that sum, or two eigenvectors become one, the loss of
precision is estimated and those alignments are integrated by quadrature of |G|^2, in which nothing cancels.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.buettiker.multiterminal import Multiterminal
from analysis.buettiker.terminals import ProbedJunction
from analysis.constants import BOLTZMANN_eV_per_K
from analysis.records import FloatArray
from analysis.transport.fermi_integrals import pole_derivatives
from analysis.transport.quadrature import panels

_PANEL_ERROR = 1e-13  # relative, of quadrature by panels
_POSITION_ERROR = 8e-15  # of a pole, relative to the largest energy of the model
_REACH = 40.0  # kT from mu0 within which a peak matters
_ENOUGH = 1e-12  # estimated error beyond which quadrature takes over
_SERIES_FROM = (
    16 * np.pi
)  # kT from a pole beyond which its first moment is a series without loss of precision
_SPAN = 100.0  # kT that a group of alignments integrated together may span


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
    """Return the coefficients between every two terminals.

    Parameters
    ----------
    junction : ProbedJunction
        The kinds of its terminals do not matter here.
    level_alignment_eV : array_like
        Position of mu0 in the energies of the model: mu0 - eps0 for a model with site energies of zero.
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
    molecule = Multiterminal(junction.model, junction.names)
    moments, accuracy = _moments(molecule, mu.ravel(), BOLTZMANN_eV_per_K * reference_temperature_K)
    n = len(junction.names)
    moments[..., range(n), range(n)] = 0.0
    moments[..., range(n), range(n)] = -moments.sum(axis=-1)
    return Onsager(
        junction.names,
        reference_temperature_K,
        moments.reshape(3, *mu.shape, n, n),
        accuracy.reshape(mu.shape),
    )


def _moments(molecule: Multiterminal, mu: FloatArray, kT: float) -> tuple[FloatArray, FloatArray]:
    """Return integrals over kT^nu, (3, n_mu, n_terminals, n_terminals), and their estimated error (n_mu,)."""
    if np.isfinite(molecule.term_error):
        moments, accuracy = _by_poles(molecule, mu, kT)
    else:
        n = len(molecule.names)
        moments, accuracy = np.empty((3, mu.size, n, n)), np.full(mu.shape, np.inf)
    lost = np.flatnonzero(~(accuracy <= _ENOUGH))
    for group in _neighbours(lost[np.argsort(mu[lost], kind="stable")], mu, _SPAN * kT):
        moments[:, group] = _by_panels(molecule, mu[group], kT)
        accuracy[group] = _PANEL_ERROR
    return moments, np.maximum(accuracy, _position_error(molecule, mu, kT))


def _by_poles(molecule: Multiterminal, mu: FloatArray, kT: float) -> tuple[FloatArray, FloatArray]:
    pole, residue = molecule.poles
    n_poles, n = len(pole), len(molecule.names)
    flat = residue.reshape(n_poles, n * n)
    integral, added = _integrals((pole[:, None] - mu) / kT)
    parts = flat.real / kT, -flat.imag / kT
    moments, size = np.zeros((2, 3, mu.size, n * n))
    for x, most, c in zip((integral.real, integral.imag), (added.real, added.imag), parts, strict=True):
        moments += 2 * x.swapaxes(1, 2) @ c
        size += 2 * most.swapaxes(1, 2) @ np.abs(c)
    other = ~np.eye(n, dtype=bool).ravel()
    accuracy = molecule.term_error * _cancelled(moments[..., other], size[..., other])
    return moments.reshape(3, mu.size, n, n), accuracy


def _by_panels(molecule: Multiterminal, mu: FloatArray, kT: float) -> FloatArray:
    energy, weight = panels(molecule.shape, mu, np.full(mu.shape, kT))
    n = len(molecule.names)
    weighted = weight[:, None] * molecule.transmissions_by_solve(energy).reshape(n * n, energy.size).T
    x = (energy - mu[:, None]) / kT
    fall = np.exp(-np.abs(x))
    slope = fall / (kT * (1 + fall) ** 2)
    return np.stack([(slope * x**nu) @ weighted for nu in range(3)]).reshape(3, mu.size, n, n)


def _position_error(molecule: Multiterminal, mu: FloatArray, kT: float) -> FloatArray:
    """Return the effect of rounding of the energies on narrow peaks within the window, by either route."""
    pole = molecule.shape.poles_eV[:, None]
    aside = np.maximum(np.abs(pole.real - mu) - _REACH * kT, 0.0)
    size = np.abs(molecule.model.effective_eV).max()
    return np.asarray(_POSITION_ERROR * size / np.hypot(aside, pole.imag).min(axis=0, initial=np.inf))


def _integrals(x: NDArray[np.complex128]) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Return the integrals of t^nu (-f')/(t - x), energies in kT, and the sums of the moduli of their terms.

    Arrays have shape (3, n_poles, n_mu). The integral for nu = 1 is 1 + x times that for nu = 0, calculated without
    this sum where |x| > 16 pi, see `analysis.transport.fermi_integrals`. The integral for nu = 2 follows by a product
    alone.
    """
    zeroth, first = pole_derivatives(x, 0.0, 1.0)
    size = np.abs(zeroth.real) + 1j * np.abs(zeroth.imag)
    far = np.abs(x) > _SERIES_FROM
    most = np.where(far, np.abs(first.real) + 1j * np.abs(first.imag), 1.0 + _grown(x, size))
    return np.stack([zeroth, first, x * first]), np.stack([size, most, _grown(x, most)])


def _grown(x: NDArray[np.complex128], size: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Return the sizes of the real and imaginary part of a product with x, without cancellation."""
    re, im = np.abs(x.real), np.abs(x.imag)
    return np.asarray(re * size.real + im * size.imag + 1j * (re * size.imag + im * size.real))


def _cancelled(moments: FloatArray, size: FloatArray) -> FloatArray:
    """Return the largest ratio of added terms to their sum, (n_mu,); 1 for a pair without coupling."""
    zeroth, second = np.abs(moments[0]), np.abs(moments[2])
    scale = np.stack([zeroth, np.sqrt(zeroth * second), second])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(size == 0, 1.0, size / scale)
    return np.asarray(ratio.max(axis=(0, 2), initial=1.0))


def _neighbours(ordered: NDArray[np.intp], mu: FloatArray, span: float) -> list[NDArray[np.intp]]:
    """Split indices into groups of chemical potentials that share one energy grid; a group spans ``span`` at most."""
    if not ordered.size:
        return []
    number = np.floor((mu[ordered] - mu[ordered[0]]) / span)
    return np.split(ordered, np.flatnonzero(np.diff(number)) + 1)
