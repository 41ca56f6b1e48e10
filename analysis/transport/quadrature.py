"""Integrals over Fermi windows by Gauss-Legendre panels, for transmissions without a closed form.

Panels end at every kink of tau(E), and none is longer than its distance to the nearest singularity in the
complex plane, of tau or of a Fermi function (mu + i pi k T): 16 points are then exact to rounding.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray

_REACH = 100.0
"""Range beyond the outermost chemical potential, in kT. exp(-100) = 4e-44: a resonance outside matters only if it
exceeds the transmission inside by 1e26; with a range of 50 kT, one just beyond contributed 1e-8 of a heat."""

_MOST_PAIRS = 2_000_000  # Fermi functions held in memory at a time


@dataclass(frozen=True, eq=False)
class TransmissionShape:
    """Shape of a tau(E) for quadrature: the callable, energies where it is not smooth, and poles (may be empty)."""

    tau: Callable[[FloatArray], FloatArray]
    kinks_eV: FloatArray
    poles_eV: NDArray[np.complex128]


@dataclass(frozen=True, eq=False)
class WindowIntegrals:
    """Integrals over f_P - f_S of tau, (mu_P - E) tau and (E - mu_S) tau; ``_size`` marks those of the modulus."""

    number: FloatArray
    heat_probe: FloatArray
    heat_substrate: FloatArray
    number_size: FloatArray
    heat_size: FloatArray


def window_integrals(
    shape: TransmissionShape,
    mu_probe_eV: FloatArray,
    bias_eV: FloatArray,
    kT_probe_eV: FloatArray,
    kT_substrate_eV: FloatArray,
) -> WindowIntegrals:
    """Return charge and heat integrals for arrays of conditions, all of one shape, on a common energy grid."""
    mu, v, kP, kS = (np.ravel(x)[:, None] for x in (mu_probe_eV, bias_eV, kT_probe_eV, kT_substrate_eV))
    energy, weight = panels(shape, np.append(mu, mu - v), np.append(kP, kS))
    weighted = weight * shape.tau(energy)
    out = np.empty((5, mu.size))
    for rows in _chunks(mu.size, energy.size):
        from_P = energy - mu[rows]
        window = fermi_difference(from_P, v[rows], kP[rows], kS[rows])
        from_S = from_P + v[rows]
        out[:, rows] = (
            window @ weighted,
            -(window * from_P) @ weighted,
            (window * from_S) @ weighted,
            np.abs(window) @ weighted,
            np.abs(window * np.maximum(np.abs(from_P), np.abs(from_S))) @ weighted,
        )
    return WindowIntegrals(*(x.reshape(np.shape(bias_eV)) for x in out))


def thermal_moments(shape: TransmissionShape, mu_eV: FloatArray, kT_eV: FloatArray) -> FloatArray:
    """Return the integrals of (E - mu)^n tau (-f') for n = 0, 1, 2; shape (3, ...) in eV^n."""
    mu, kT = np.ravel(mu_eV)[:, None], np.ravel(kT_eV)[:, None]
    energy, weight = panels(shape, mu.ravel(), kT.ravel())
    weighted = weight * shape.tau(energy)
    out = np.empty((3, mu.size))
    for rows in _chunks(mu.size, energy.size):
        x = energy - mu[rows]
        fall = np.exp(-np.abs(x) / kT[rows])
        slope = fall / (kT[rows] * (1 + fall) ** 2)
        out[:, rows] = slope @ weighted, (slope * x) @ weighted, (slope * x * x) @ weighted
    return out.reshape(3, *np.shape(mu_eV))


def fermi_difference(from_P: FloatArray, v: FloatArray, kP: FloatArray, kS: FloatArray) -> FloatArray:
    """Return f_P - f_S at energies ``from_P`` above mu_P, with mu_P - mu_S = v, without cancellation.

    It is sinh((x_S - x_P)/2) / (2 cosh(x_P/2) cosh(x_S/2)), x = (E - mu)/kT. The arguments broadcast.
    """
    x_P, x_S = np.abs(from_P / kP), np.abs((from_P + v) / kS)
    step = v / kS + from_P * ((kP - kS) / (kP * kS))
    size = np.abs(step)
    scaled = -np.expm1(-size) * np.exp(0.5 * (size - x_P - x_S))
    return np.sign(step) * scaled / ((1 + np.exp(-x_P)) * (1 + np.exp(-x_S)))


def panels(shape: TransmissionShape, mu: FloatArray, kT: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return energies and weights of a rule for any mix of Fermi functions at these ``mu`` and ``kT`` (1-D, eV)."""
    low, high = np.min(mu - _REACH * kT), np.max(mu + _REACH * kT)
    kinks = shape.kinks_eV[(shape.kinks_eV > low) & (shape.kinks_eV < high)]
    edges = np.unique(np.concatenate(([low, high], kinks)))
    left, right = edges[:-1], edges[1:]
    singular = np.concatenate((shape.poles_eV, _thinned(mu, kT)))
    done: list[tuple[FloatArray, FloatArray, FloatArray]] = []
    while left.size:
        ratio = (right - left) / _distance(left, right, singular)
        fine = (ratio <= 1) | (right - left < 1e-15 * np.maximum(np.abs(left), 1e-3))
        done.append((left[fine], right[fine], ratio[fine]))
        left, right = left[~fine], right[~fine]
        middle = 0.5 * (left + right)
        left, right = np.concatenate((left, middle)), np.concatenate((middle, right))
    left, right, ratio = (np.concatenate(x) for x in zip(*done, strict=True))
    short = ratio < 0.05
    groups = [_gauss(left[m], right[m], points) for m, points in ((short, 5), (~short, 16))]
    return np.concatenate([g[0] for g in groups]), np.concatenate([g[1] for g in groups])


def _thinned(mu: FloatArray, kT: FloatArray) -> NDArray[np.complex128]:
    """Return the Fermi poles mu + i pi kT without those within a twentieth of their height of another."""
    heights = np.unique(kT)
    kept = [
        np.unique(np.round(mu[kT == height] / (0.05 * height))) * (0.05 * height) + 1j * np.pi * height
        for height in heights
    ]
    return np.concatenate(kept)


def _distance(left: FloatArray, right: FloatArray, singular: NDArray[np.complex128]) -> FloatArray:
    """Return the distance from each panel to the nearest singular point."""
    nearest = np.full(left.shape, np.inf)
    for rows in _chunks(left.size, singular.size):
        middle, half = 0.5 * (left[rows] + right[rows])[:, None], 0.5 * (right[rows] - left[rows])[:, None]
        aside = np.maximum(np.abs(singular.real - middle) - half, 0.0)
        nearest[rows] = np.hypot(aside, singular.imag).min(axis=1)
    return nearest


def _gauss(left: FloatArray, right: FloatArray, points: int) -> tuple[FloatArray, FloatArray]:
    node, weight = np.polynomial.legendre.leggauss(points)
    half = 0.5 * (right - left)[:, None]
    return (0.5 * (left + right)[:, None] + half * node).ravel(), (half * weight).ravel()


def _chunks(n_rows: int, n_columns: int) -> Iterator[slice]:
    step = max(1, _MOST_PAIRS // max(n_columns, 1))
    return (slice(start, min(start + step, n_rows)) for start in range(0, n_rows, step))
