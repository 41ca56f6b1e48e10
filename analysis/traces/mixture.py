"""Least-squares fits of several peaks on one background, many of them at once.

Amplitudes and background are linear and solved for in each step (variable projection, Golub and Pereyra 1973, with
Kaufman's derivative), so that only centres and widths are searched, within bounds. This separates two overlapping
peaks for which a search over all parameters fails.

A peak is a Gaussian, or leans: exp(-(ln(1 + a u) / a)^2 / 2) with u = (x - centre) / sigma (Fraser and Suzuki 1969), a
Gaussian for a = 0. Its centre is its maximum whatever its lean a.
"""

from copy import copy
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray

_ITERATIONS = 60
_TOLERANCE = 1e-4  # of a width
_RIDGE = 1e-9  # of the linear part: two Gaussians may coincide on the way
_LEAST = 1e-6  # sum of squares of a bell that has left its window; in it, one bin has nearly 1
MOST_LEAN = 0.6
"""Largest lean that is fitted; the tail has a skewness of about three times the lean."""

_LEAST_LEAN = 1e-4  # a smaller one is a Gaussian, and not divided by
_SUPPORT = 1e-6  # 1 + a u, at least: a leaning peak is 0 beyond


@dataclass(frozen=True, eq=False)
class Mixtures:
    """Results of a batch of m fits of k Gaussians on a polynomial.

    Parameters
    ----------
    centre, sigma, amplitude : ndarray, shape (m, k)
        In units of the abscissa, and of the data.
    lean : ndarray, shape (m, k)
        Positive with a tail toward large x; 0 for Gaussians.
    background : ndarray, shape (m, terms)
        Coefficients of 1, t, ... with t = (x - middle) / half_range.
    cost : ndarray, shape (m,)
        Sum of squared residuals.
    middle, half_range : float
    """

    centre: FloatArray
    sigma: FloatArray
    amplitude: FloatArray
    lean: FloatArray
    background: FloatArray
    cost: FloatArray
    middle: float
    half_range: float

    def __getitem__(self, which: int | NDArray[np.intp]) -> "Mixtures":
        """Return some of the fits; one fit, for an integer, is still a batch."""
        rows = np.atleast_1d(which)
        return replace(
            self,
            centre=self.centre[rows],
            sigma=self.sigma[rows],
            amplitude=self.amplitude[rows],
            lean=self.lean[rows],
            background=self.background[rows],
            cost=self.cost[rows],
        )

    def curves(self, x: FloatArray) -> FloatArray:
        """Return each peak, then the background, at ``x`` (n,), shape (m, k + 1, n)."""
        bells = self.amplitude[:, :, None] * _bells(x, self.centre, self.sigma, self.lean)
        powers = _powers(x, self.middle, self.half_range, self.background.shape[1])
        return np.concatenate([bells, (self.background @ powers)[:, None]], axis=1)


def fit_mixtures(
    x: FloatArray,
    y: FloatArray,
    start: tuple[FloatArray, ...],
    sigmas: tuple[float, float],
    terms: int | NDArray[np.intp] = 2,
    inside: NDArray[np.bool_] | None = None,
) -> Mixtures:
    """Fit sums of peaks on a polynomial to each row of ``y``.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Increasing abscissa; centres stay within it.
    y : ndarray, shape (m, n)
        Data, equally weighted.
    start : (centre, sigma) or (centre, sigma, lean), each of shape (m, k)
        Gaussians, or peaks whose lean is fitted as well.
    sigmas : tuple of float
        Least and largest width.
    terms : int or ndarray of int, shape (m,)
        Number of terms of the background, or of that of each fit: 0 none, 1 constant, 2 sloping.
    inside : ndarray of bool, shape (m, n), optional
        The window of each fit; all of ``x`` by default.

    Raises
    ------
    ValueError
        If a window holds fewer points than there are parameters.
    """
    m, k = start[0].shape
    window = np.ones(y.shape) if inside is None else inside.astype(float)
    most = int(np.max(terms))
    each = 1 + len(start)
    if (window.sum(axis=1) < each * k + terms).any():
        raise ValueError(f"a window holds fewer points than the {each * k + most} parameters of the fit")
    low = np.repeat([float(x[0]), sigmas[0], -MOST_LEAN][: len(start)], k)
    high = np.repeat([float(x[-1]), sigmas[1], MOST_LEAN][: len(start)], k)
    middle, half_range = float(x[0] + x[-1]) / 2.0, float(x[-1] - x[0]) / 2.0
    used = np.arange(most) < np.reshape(terms, (-1, 1))
    powers = _powers(x, middle, half_range, most) * used[:, :, None] * window[:, None]
    y = y * window
    start = *start[:2], *(_not_zero(lean) for lean in start[2:])
    p = np.clip(np.concatenate(start, axis=1), low, high)
    at = _Projection(x, y, p, k, powers, window)
    linear, cost = at.linear.copy(), at.cost.copy()
    damping = np.full(m, 1e-2)
    moving = np.arange(m)
    for _ in range(_ITERATIONS):
        here = p[moving]
        trial = np.clip(here + at.step(damping, low, high), low, high)
        tried = _Projection(x, y[moving], trial, k, powers[moving], window[moving])
        better = tried.cost <= at.cost
        at = at.updated(tried, better)
        p[moving[better]], linear[moving], cost[moving] = trial[better], at.linear, at.cost
        moved = np.max(np.abs(trial - here) / np.tile(here[:, k : 2 * k], len(start)), axis=1)
        still = ~(moved < _TOLERANCE)
        damping = np.clip(damping * np.where(better, 0.2, 5.0), 1e-8, 1e10)[still]
        moving, at = moving[still], at.rows(still)
        if not moving.size:
            break
    amplitude, background = linear[:, :k], linear[:, k:]
    centre, sigma, lean = _parts(p, k)
    return Mixtures(centre, sigma, amplitude, lean, background, cost, middle, half_range)


class _Projection:
    """Solution of the linear part at given centres, widths and leans, and its residual, for each fit of a batch."""

    def __init__(
        self,
        x: FloatArray,
        y: FloatArray,
        p: FloatArray,
        k: int,
        powers: FloatArray,
        window: FloatArray,
    ) -> None:
        self._x, self._p, self._k = x, p, k
        self._bells = _bells(x, *_parts(p, k)) * window[:, None]
        self._basis = np.concatenate([self._bells, powers], axis=1)
        normal = self._basis @ self._basis.transpose(0, 2, 1)
        ridge = _RIDGE * np.maximum(np.trace(normal, axis1=1, axis2=2), _LEAST)[:, None, None]
        self._inverse = np.linalg.inv(normal + ridge * np.eye(normal.shape[1]))
        self.linear: FloatArray = (self._inverse @ (self._basis @ y[:, :, None]))[:, :, 0]
        self._residual = y - (self.linear[:, None] @ self._basis)[:, 0]
        self.cost: FloatArray = np.sum(self._residual**2, axis=1)

    def rows(self, which: NDArray[np.bool_]) -> "_Projection":
        """Return some of the fits."""
        if which.all():
            return self
        part = copy(self)
        for name in _OF_EACH_FIT:
            setattr(part, name, getattr(self, name)[which])
        return part

    def updated(self, other: "_Projection", which: NDArray[np.bool_]) -> "_Projection":
        """Return the other projection of some of the fits, and this one of the rest; changes this one."""
        if which.all():
            return other
        for name in _OF_EACH_FIT:
            getattr(self, name)[which] = getattr(other, name)[which]
        return self

    def step(self, damping: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
        """Return the damped Gauss-Newton step; a parameter at its bound that would leave it is held."""
        p, slopes = self._p, self._slopes()
        inside = self._inverse @ (self._basis @ slopes.transpose(0, 2, 1))
        slopes -= inside.transpose(0, 2, 1) @ self._basis
        push = (slopes @ self._residual[:, :, None])[:, :, 0]
        held = ((p <= low) & (push < 0.0)) | ((p >= high) & (push > 0.0))
        slopes[held] = 0.0
        push[held] = 0.0
        normal = slopes @ slopes.transpose(0, 2, 1)
        diagonal = np.einsum("mii->mi", normal)
        diagonal += damping[:, None] * diagonal + 1e-300
        return np.asarray(np.linalg.solve(normal, push[:, :, None])[:, :, 0], dtype=float)

    def _slopes(self) -> FloatArray:
        """Return the model's derivatives by centres, widths and leans, shape (m, parameters, n)."""
        centre, sigma, lean = _parts(self._p, self._k)
        height = self.linear[:, : self._k, None] * self._bells
        u = _deviations(self._x, centre, sigma)
        stretched, slope = _leaning(u, lean)
        by_centre = height * stretched * slope / sigma[:, :, None]
        slopes = [by_centre, by_centre * u]
        if self._p.shape[1] > 2 * self._k:
            slopes.append(height * stretched * (stretched - u * slope) / _not_zero(lean)[:, :, None])
        return np.concatenate(slopes, axis=1)


_OF_EACH_FIT = ("_p", "_bells", "_basis", "_inverse", "linear", "_residual", "cost")


def _parts(p: FloatArray, k: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return centres, widths and leans, each of shape (m, k)."""
    lean = p[:, 2 * k :] if p.shape[1] > 2 * k else np.zeros((len(p), k))
    return p[:, :k], p[:, k : 2 * k], lean


def _powers(x: FloatArray, middle: float, half_range: float, terms: int) -> FloatArray:
    return np.asarray(((x - middle) / half_range) ** np.arange(terms)[:, None], dtype=float)


def _bells(x: FloatArray, centre: FloatArray, sigma: FloatArray, lean: FloatArray) -> FloatArray:
    return np.asarray(np.exp(-0.5 * _leaning(_deviations(x, centre, sigma), lean)[0] ** 2), dtype=float)


def _deviations(x: FloatArray, centre: FloatArray, sigma: FloatArray) -> FloatArray:
    return (x - centre[:, :, None]) / sigma[:, :, None]


def _leaning(u: FloatArray, lean: FloatArray) -> tuple[FloatArray, FloatArray | float]:
    """Return ln(1 + a u) / a and its derivative by u; u itself and 1 for Gaussians."""
    if not lean.any():
        return u, 1.0
    a = _not_zero(lean)[:, :, None]
    z = np.maximum(1.0 + a * u, _SUPPORT)
    return np.log(z) / a, 1.0 / z


def _not_zero(lean: FloatArray) -> FloatArray:
    return np.where(np.abs(lean) < _LEAST_LEAN, _LEAST_LEAN, lean)
