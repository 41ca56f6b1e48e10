"""Exchange of particles and heat between two terminals at any chemical potentials and temperatures (Landauer).

    I_ab = (2/h) int T_ab(E) [f_b - f_a] dE             particles into a out of b
    J_ab = (2/h) int (E - mu_a) T_ab(E) [f_b - f_a] dE  heat into a out of b, from a's own chemical potential

so that J_ab + J_ba = (mu_b - mu_a) I_ab: they include the Joule heat. The integrals are sums over poles in closed form
where those hold, and panels of quadrature otherwise; the difference of two Fermi functions is never formed. Without a
magnetic field T_ab = T_ba, and b loses the particles and energy that a gains, to the last digit.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from analysis.buettiker.multiterminal import Multiterminal
from analysis.records import FloatArray
from analysis.transport.fermi_integrals import pole_derivatives, pole_integrals
from analysis.transport.quadrature import fermi_difference, panels

ComplexArray = NDArray[np.complex128]
Indices = NDArray[np.intp]

_PANEL_ERROR = 1e-13
ENOUGH = 1e-10  # estimated error beyond which quadrature takes over
_COARSE = 1e-6  # error of a pole sum up to which derivatives are good enough for the iteration
_POLE_ERROR = 1e-13  # of a term at like temperatures; kT of 77:1 makes it 40 times that
_MOST_TERMS = 50_000  # of pole sums held in memory at a time
_TOGETHER = 32  # operating points that share one grid of energies


@dataclass(frozen=True, eq=False)
class Baths:
    """Potentials of the terminals at each operating point.

    Chemical potentials are relative to an origin of each point, close to them, so that small differences stay precise.

    Attributes
    ----------
    origin_eV : ndarray, shape (n_points,)
        Origin in the energies of the model.
    offset_eV, kT_eV : ndarray, shape (n_terminals, n_points)
    """

    origin_eV: FloatArray
    offset_eV: FloatArray
    kT_eV: FloatArray

    def part(self, points: Indices | NDArray[np.bool_] | slice) -> "Baths":
        """Return the baths at these operating points."""
        return Baths(self.origin_eV[points], self.offset_eV[:, points], self.kT_eV[:, points])

    @property
    def mu_eV(self) -> FloatArray:
        """Chemical potentials in the energies of the model."""
        return self.origin_eV + self.offset_eV


@dataclass(frozen=True, eq=False)
class Exchange:
    """Integrals of every pair without 2/h, shape (n_terminals, n_terminals, n_points): into the first of the second.

    ``error`` is the estimated relative error, of the largest exchange of a terminal, shape (n_points,).
    """

    number_eV: FloatArray
    heat_eV2: FloatArray
    error: FloatArray

    def replace(self, points: Indices, other: "Exchange") -> None:
        """Replace these operating points by ``other``."""
        self.number_eV[..., points], self.heat_eV2[..., points] = other.number_eV, other.heat_eV2
        self.error[points] = other.error


@dataclass(frozen=True, eq=False)
class CurrentDerivatives:
    """Derivatives of the currents into each terminal, without 2/h; shape (n_terminals, n_changed, n_points).

    The first index is the terminal that the current enters, the second the one whose chemical potential (eV) or thermal
    energy kT (eV) changes.
    """

    number_by_mu: FloatArray
    number_by_kT: FloatArray
    heat_by_mu_eV: FloatArray
    heat_by_kT_eV: FloatArray

    @property
    def matrix(self) -> FloatArray:
        """All as one: particles and then heat by mu and then kT, (2 n_terminals, 2 n_changed, n_points)."""
        particles = np.concatenate([self.number_by_mu, self.number_by_kT], axis=1)
        return np.concatenate([particles, np.concatenate([self.heat_by_mu_eV, self.heat_by_kT_eV], axis=1)])


def closed_form_holds(molecule: Multiterminal) -> bool:
    """Return False near an exceptional point, where the pole sums are wrong at any chemical potential."""
    return molecule.sum_error < ENOUGH


def exchange(molecule: Multiterminal, baths: Baths) -> Exchange:
    """Return the exchange in closed form, by quadrature at points where the closed form loses digits."""
    if not closed_form_holds(molecule):
        return by_panels(molecule, baths)
    result = by_poles(molecule, baths)
    lost = np.flatnonzero(result.error > ENOUGH)
    if lost.size:
        result.replace(lost, by_panels(molecule, baths.part(lost)))
    return result


def moments(molecule: Multiterminal, baths: Baths, second: Indices | None = None) -> FloatArray:
    """Return the integrals of (E - mu_b)^nu T_ab (-f_b') in eV^nu, shape (3, n_terminals, n_second, n_points).

    They give the change of the exchange with the chemical potential and temperature of the second terminal b, one of
    ``second`` (of all, without). They are zero where both are the same.
    """
    by = moments_by_poles if molecule.sum_error < _COARSE else moments_by_panels
    return by(molecule, baths, _all_or(second, baths))


def response(
    molecule: Multiterminal, baths: Baths, exchanged: Exchange, changed: Indices | None = None
) -> CurrentDerivatives:
    """Return the derivatives of the currents by the chemical potentials and temperatures of the terminals ``changed``
    (of all, without).

    Heat is relative to the chemical potential of its own terminal, so -dJ_a/dmu_a includes I_a.
    """
    changed = _all_or(changed, baths)
    net_eV = exchanged.number_eV.sum(axis=1)[changed]
    return response_of(moments(molecule, baths, changed), baths, net_eV, changed)


def response_of(
    moments: FloatArray, baths: Baths, net_eV: FloatArray, changed: Indices
) -> CurrentDerivatives:
    """Return `response` from the `moments` of the changed terminals and the particles that enter these in all."""
    zeroth, first, second = moments
    kT = baths.kT_eV[changed]
    ahead = baths.offset_eV[changed] - baths.offset_eV[:, None]  # mu_b - mu_a at [a, b]
    number_by_mu, number_by_kT = zeroth, first / kT
    heat_by_mu, heat_by_kT = first + ahead * zeroth, (second + ahead * first) / kT
    own = changed, np.arange(changed.size)
    number_by_mu[own] = -zeroth.sum(axis=0)
    number_by_kT[own] = -first.sum(axis=0) / kT
    heat_by_mu[own] = -first.sum(axis=0) - net_eV
    heat_by_kT[own] = -second.sum(axis=0) / kT
    return CurrentDerivatives(number_by_mu, number_by_kT, heat_by_mu, heat_by_kT)


def by_poles(molecule: Multiterminal, baths: Baths) -> Exchange:
    """Return `exchange` in closed form. Raises ``numpy.linalg.LinAlgError`` if there are not enough eigenvectors."""
    a, b = pair_indices(len(molecule.names))
    groups = _groups(baths, max(1, _MOST_TERMS // max(molecule.poles[0].size * a.size, 1)))
    sums = np.concatenate([_pole_sums(molecule, baths.part(points), a, b) for points in groups], axis=-1)
    unlike = _POLE_ERROR * np.maximum(0.5 * baths.kT_eV.max(axis=0) / baths.kT_eV.min(axis=0), 1.0)
    number, heat_a, heat_b, number_size, heat_size = sums
    error = np.maximum(molecule.term_error, unlike)
    return _paired((a, b), baths, (number, heat_a, heat_b), (number_size, heat_size), error)


@cache
def pair_indices(n: int) -> tuple[Indices, Indices]:
    """Return the indices of the first and the second terminal of every pair of n."""
    return np.triu_indices(n, 1)


def _pole_sums(molecule: Multiterminal, baths: Baths, a: Indices, b: Indices) -> FloatArray:
    """Return number, both heats, and the sum of the moduli of the terms, (5, n_pairs, n_points)."""
    (pole, residue), mu, kT = molecule.poles, baths.offset_eV, baths.kT_eV
    terms = pole_integrals(pole[:, None, None] - baths.origin_eV, mu[a], mu[a] - mu[b], kT[a], kT[b])
    c = residue[:, a, b, None]
    sums = [_summed(c, x) for x in (terms.charge, terms.heat_probe, terms.heat_substrate)]
    (number, number_size), (heat_a, size_a), (heat_b, size_b) = sums
    return np.array([number, heat_a, heat_b, number_size, size_a + size_b])


def by_panels(molecule: Multiterminal, baths: Baths) -> Exchange:
    """Return `exchange` by quadrature: slower, but correct at exceptional points too."""
    a, b = pair_indices(len(molecule.names))
    out = np.empty((5, a.size, baths.origin_eV.size))
    for points in _groups(baths, _TOGETHER):
        here = baths.part(points)
        energy, weight = panels(molecule.shape, here.mu_eV.ravel(), here.kT_eV.ravel())
        weighted = weight * molecule.transmissions_by_solve(energy)
        above = energy - here.mu_eV[..., None]
        v = (here.offset_eV[a] - here.offset_eV[b])[..., None]
        for pair, (i, j) in enumerate(zip(a, b, strict=True)):
            window = fermi_difference(above[i], v[pair], here.kT_eV[i, :, None], here.kT_eV[j, :, None])
            outer = np.maximum(np.abs(above[i]), np.abs(above[j]))
            T = weighted[i, j]
            out[:, pair, points] = (
                window @ T,
                -(window * above[i]) @ T,
                (window * (above[i] + v[pair])) @ T,
                np.abs(window) @ T,
                np.abs(window * outer) @ T,
            )
    number, heat_a, heat_b, number_size, heat_size = out
    return _paired((a, b), baths, (number, heat_a, heat_b), (number_size, heat_size), _PANEL_ERROR)


def moments_by_poles(molecule: Multiterminal, baths: Baths, second: Indices) -> FloatArray:
    """Return `moments` in closed form; errors as in `by_poles`."""
    pole, residue = molecule.poles[0], molecule.poles[1][:, :, second]
    w, mu = pole[:, None, None] - baths.origin_eV, baths.offset_eV[second]
    return summed_moments(residue, w - mu, *pole_derivatives(w, mu, baths.kT_eV[second]), second)


def summed_moments(
    residue: ComplexArray, above: ComplexArray, zeroth: ComplexArray, first: ComplexArray, second: Indices
) -> FloatArray:
    """Return `moments` from those of each pole, which is ``above`` the chemical potential."""
    out = np.empty((3, *residue.shape[1:], above.shape[-1]))
    for moment, x in zip(out, (zeroth, first, above * first), strict=True):
        np.einsum("kab,kbp->abp", 2 * residue.real, x.real, out=moment)
        moment -= np.einsum("kab,kbp->abp", 2 * residue.imag, x.imag)
    return _without_own(out, second)


def moments_by_panels(molecule: Multiterminal, baths: Baths, second: Indices) -> FloatArray:
    """Return `moments` by quadrature."""
    out = np.empty((3, len(molecule.names), second.size, baths.origin_eV.size))
    for points in _groups(baths, _TOGETHER):
        here = baths.part(points)
        energy, weight = panels(molecule.shape, here.mu_eV.ravel(), here.kT_eV.ravel())
        weighted = weight * molecule.transmissions_by_solve(energy)[:, second]
        above, kT = energy - here.mu_eV[second][..., None], here.kT_eV[second][..., None]
        fall = np.exp(-np.abs(above) / kT)
        slope = fall / (kT * (1 + fall) ** 2)
        for nu in range(3):
            out[nu][..., points] = np.einsum("abe,bpe->abp", weighted, slope * above**nu, optimize=True)
    return _without_own(out, second)


def _summed(residue: ComplexArray, integral: ComplexArray) -> tuple[FloatArray, FloatArray]:
    """Return 2 Re sum_k c_k X_k, and the sum of the moduli of its terms."""
    real, imaginary = 2 * residue.real * integral.real, -2 * residue.imag * integral.imag
    return (real + imaginary).sum(axis=0), (np.abs(real) + np.abs(imaginary)).sum(axis=0)


def _paired(
    pair: tuple[Indices, Indices],
    baths: Baths,
    sums: tuple[FloatArray, FloatArray, FloatArray],
    sizes: tuple[FloatArray, FloatArray],
    term_error: FloatArray | float,
) -> Exchange:
    """Return both directions of each pair; the larger heat is the Joule heat minus the smaller, at no loss of
    accuracy.
    """
    a, b = pair
    number, heat_a, heat_b = sums
    joule = (baths.offset_eV[a] - baths.offset_eV[b]) * number
    larger = np.abs(heat_a) > np.abs(heat_b)
    heat_a, heat_b = np.where(larger, joule - heat_b, heat_a), np.where(larger, heat_b, joule - heat_a)
    n, points = baths.offset_eV.shape
    numbers, heats = np.zeros((2, n, n, points))
    numbers[b, a], numbers[a, b] = number, -number
    heats[a, b], heats[b, a] = heat_a, heat_b
    return Exchange(numbers, heats, term_error * _cancelled((a, b), baths, numbers, heats, sizes))


def _cancelled(
    pair: tuple[Indices, Indices],
    baths: Baths,
    numbers: FloatArray,
    heats: FloatArray,
    sizes: tuple[FloatArray, FloatArray],
) -> FloatArray:
    """Return the largest ratio of added terms to their sum over the terminals; particles are weighted by the window's
    width.
    """
    a, b = pair
    width = np.maximum(baths.kT_eV.max(axis=0), np.ptp(baths.offset_eV, axis=0))
    added = np.zeros_like(numbers)
    added[a, b] = added[b, a] = width * sizes[0] + sizes[1]
    left = (width * np.abs(numbers) + np.abs(heats)).max(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(left == 0, 1.0, added.max(axis=1) / left)
    return np.maximum(ratio.max(axis=0), 1.0)


def _without_own(moments: FloatArray, second: Indices) -> FloatArray:
    moments[:, second, np.arange(second.size)] = 0.0
    return moments


def _all_or(some: Indices | None, baths: Baths) -> Indices:
    return np.arange(len(baths.offset_eV)) if some is None else some


def _groups(baths: Baths, together: int) -> list[slice]:
    n = baths.origin_eV.size
    return [slice(start, min(start + together, n)) for start in range(0, max(n, 1), together)]
