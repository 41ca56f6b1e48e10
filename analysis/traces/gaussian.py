"""Least-squares fits of one Gaussian on a polynomial background, many of them at once.

All fits of a batch share the abscissa; each has its own data, its own window and its own start, so that
several starts, a bootstrap, and a comparison of windows are one batch each. The method is Levenberg-Marquardt with
the analytic Jacobian (Madsen, Nielsen, Tingleff, Methods for Non-Linear Least Squares Problems, 2nd ed. 2004,
section 3.2).
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.records import FloatArray

_ITERATIONS = 50
_TOLERANCE = 1e-6  # of a Gaussian's width: far below any uncertainty of a histogram


@dataclass(frozen=True, eq=False)
class GaussianFits:
    """Results of a batch of m fits.

    Parameters
    ----------
    centre, sigma : ndarray, shape (m,)
        In units of the abscissa; sigma is positive.
    amplitude : ndarray, shape (m,)
        Height above the background; may be negative.
    background : ndarray, shape (m, k)
        Coefficients of 1, t, ... with t = (x - middle) / half_range.
    cost : ndarray, shape (m,)
        Sum of squared residuals within the window.
    good : ndarray of bool, shape (m,)
        Converged, no bound touched, amplitude positive.
    middle, half_range : float
        Origin and scale of the background's abscissa.
    """

    centre: FloatArray
    sigma: FloatArray
    amplitude: FloatArray
    background: FloatArray
    cost: FloatArray
    good: NDArray[np.bool_]
    middle: float
    half_range: float

    def __getitem__(self, which: int | NDArray[np.bool_ | np.intp]) -> "GaussianFits":
        """Return some of the fits; one fit, for an integer, is still a batch."""
        rows = slice(which, which + 1) if isinstance(which, int) else which
        return GaussianFits(
            self.centre[rows],
            self.sigma[rows],
            self.amplitude[rows],
            self.background[rows],
            self.cost[rows],
            self.good[rows],
            self.middle,
            self.half_range,
        )

    def curve(self, x: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return the fitted curves and their backgrounds at ``x`` (n,): two arrays (m, n)."""
        x = np.asarray(x, dtype=float)
        t = (x - self.middle) / self.half_range
        background = self.background @ t ** np.arange(self.background.shape[1])[:, None]
        u = (x - self.centre[:, None]) / self.sigma[:, None]
        return self.amplitude[:, None] * np.exp(-0.5 * u**2) + background, background


def fit_gaussians(
    x: FloatArray,
    y: FloatArray,
    start: tuple[ArrayLike, ArrayLike],
    background: int,
    inside: NDArray[np.bool_] | None = None,
    least_sigma: float = 0.0,
) -> GaussianFits:
    """Fit A exp(-(x - c)^2 / (2 s^2)) + b0 + b1 t + ... to each row of ``y``.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Increasing abscissa.
    y : ndarray, shape (m, n)
        Data, equally weighted within a window.
    start : (array, array), each of shape (m,) or scalar
        Centre and sigma to start from; amplitude and background start at the best values for these.
    background : int
        Number of polynomial terms: 0 none, 1 constant, 2 sloping.
    inside : ndarray of bool, shape (m, n) or (n,)
        The window of each fit; all of ``x`` by default.
    least_sigma : float
        Lower bound of sigma; never less than half a step of ``x``.

    Returns
    -------
    GaussianFits
        The centre is confined to its window, sigma to at most the window's width.

    Raises
    ------
    ValueError
        If a window holds fewer points than there are parameters.
    """
    y = np.atleast_2d(np.asarray(y, dtype=float))
    window = np.ones(y.shape, dtype=bool) if inside is None else np.broadcast_to(inside, y.shape)
    if np.any(window.sum(axis=1) < 3 + background):
        raise ValueError(f"a window holds fewer points than the {3 + background} parameters of the fit")
    middle, half_range = float(x[0] + x[-1]) / 2.0, float(x[-1] - x[0]) / 2.0
    powers = ((x - middle) / half_range) ** np.arange(background)[:, None]
    batch = _Batch(x, y * window, window.astype(float), powers, *_bounds(x, window, least_sigma))
    p = batch.begin(*(np.broadcast_to(np.asarray(v, dtype=float), len(y)) for v in start))
    p, cost, converged = _levenberg_marquardt(batch, p)
    at_bound = np.any((p[:, :2] <= batch.low) | (p[:, :2] >= batch.high), axis=1)
    good = converged & ~at_bound & (p[:, 2] > 0.0)
    return GaussianFits(p[:, 0], p[:, 1], p[:, 2], p[:, 3:], cost, good, middle, half_range)


@dataclass(frozen=True, eq=False)
class _Batch:
    """Data, windows and bounds of fits that are solved together; parameters are (c, s, A, b0, b1, ...)."""

    x: FloatArray  # (n,)
    y: FloatArray  # (m, n), zero outside the window
    window: FloatArray  # (m, n), one or zero
    powers: FloatArray  # (k, n), the background's terms
    low: FloatArray  # (m, 2), bounds of centre and sigma
    high: FloatArray

    def rows(self, which: NDArray[np.bool_]) -> "_Batch":
        """Return the batch of some of the fits."""
        y, window, low, high = self.y[which], self.window[which], self.low[which], self.high[which]
        return replace(self, y=y, window=window, low=low, high=high)

    def begin(self, centre: FloatArray, sigma: FloatArray) -> FloatArray:
        """Return parameters with the best amplitude and background for this centre and sigma, shape (m, 3 + k)."""
        nonlinear = np.clip(np.stack([centre, sigma], axis=1), self.low, self.high)
        p = np.concatenate([nonlinear, np.ones((len(self.y), 1 + len(self.powers)))], axis=1)
        _, jacobian = self.residual(p)
        linear = jacobian[:, 2:]
        normal = linear @ linear.transpose(0, 2, 1)
        normal = normal + 1e-12 * np.trace(normal, axis1=1, axis2=2)[:, None, None] * np.eye(linear.shape[1])
        p[:, 2:] = np.linalg.solve(normal, linear @ self.y[:, :, None])[:, :, 0]
        return p

    def residual(self, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return data minus model (m, n) and the model's derivatives (m, 3 + k, n), both zero outside the window."""
        centre, sigma, amplitude = p[:, 0:1], p[:, 1:2], p[:, 2:3]
        u = self.x - centre
        u /= sigma
        bell = u * u
        bell *= -0.5
        np.exp(bell, out=bell)
        bell *= self.window
        jacobian = np.empty((len(p), p.shape[1], self.x.size))
        jacobian[:, 2] = bell
        bell *= amplitude
        bell *= u
        bell /= sigma
        jacobian[:, 0] = bell
        np.multiply(bell, u, out=jacobian[:, 1])
        np.multiply(self.powers, self.window[:, None, :], out=jacobian[:, 3:])
        return self.y - (p[:, None, 2:] @ jacobian[:, 2:])[:, 0], jacobian


@dataclass(frozen=True, eq=False)
class _Linearised:
    """Sums of squares of m fits, and what a step from there needs."""

    cost: FloatArray  # (m,)
    normal: FloatArray  # (m, 3 + k, 3 + k), of the derivatives
    downhill: FloatArray  # (m, 3 + k), half the negative gradient of the cost

    @classmethod
    def at(cls, batch: _Batch, p: FloatArray) -> Self:
        """Evaluate the model at parameters (m, 3 + k)."""
        residual, jacobian = batch.residual(p)
        return cls(
            np.sum(residual**2, axis=1),
            jacobian @ jacobian.transpose(0, 2, 1),
            (jacobian @ residual[:, :, None])[:, :, 0],
        )

    def rows(self, which: NDArray[np.bool_]) -> "_Linearised":
        """Return those of some of the fits."""
        return _Linearised(self.cost[which], self.normal[which], self.downhill[which])

    def replaced(self, which: NDArray[np.bool_], other: "_Linearised") -> "_Linearised":
        """Return those of ``other`` for some of the fits."""
        if which.all():
            return other
        return _Linearised(
            np.where(which, other.cost, self.cost),
            np.where(which[:, None, None], other.normal, self.normal),
            np.where(which[:, None], other.downhill, self.downhill),
        )

    def step(self, batch: _Batch, p: FloatArray, damping: FloatArray) -> FloatArray:
        """Return the step toward the minimum; a parameter at its bound that would leave it is held."""
        normal, downhill = self.normal.copy(), self.downhill
        push, nonlinear = downhill[:, :2], p[:, :2]
        held = ((nonlinear <= batch.low) & (push < 0.0)) | ((nonlinear >= batch.high) & (push > 0.0))
        if held.any():
            downhill = downhill.copy()
            downhill[:, :2][held] = 0.0
            normal[:, :2][held] = 0.0
            normal.transpose(0, 2, 1)[:, :2][held] = 0.0
        diagonal = np.einsum("mii->mi", normal)
        diagonal += damping[:, None] * diagonal + 1e-300  # a parameter that is held, or has no effect, stays
        return np.asarray(np.linalg.solve(normal, downhill[:, :, None])[:, :, 0], dtype=float)


def _levenberg_marquardt(batch: _Batch, p: FloatArray) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Return parameters, sums of squares, and which fits converged. Converged fits leave the batch."""
    here = _Linearised.at(batch, p)
    cost = here.cost.copy()
    damping = np.full(len(p), 1e-3)
    moving = np.arange(len(p))
    for _ in range(_ITERATIONS):
        began = p[moving]
        trial: FloatArray = began + here.step(batch, began, damping)
        trial[:, :2] = np.minimum(np.maximum(trial[:, :2], batch.low), batch.high)
        tried = _Linearised.at(batch, trial)
        better = tried.cost <= here.cost
        here = here.replaced(better, tried)
        p[moving], cost[moving] = np.where(better[:, None], trial, began), here.cost
        damping = np.clip(np.where(better, damping / 5.0, damping * 4.0), 1e-9, 1e12)
        still = ~(np.abs(trial - began)[:, :2].max(axis=1) < _TOLERANCE * began[:, 1])
        if not still.all():
            moving, damping, batch, here = moving[still], damping[still], batch.rows(still), here.rows(still)
        if not moving.size:
            break
    converged = np.ones(len(p), dtype=bool)
    converged[moving] = False
    return p, cost, converged


def _bounds(x: FloatArray, window: NDArray[np.bool_], least_sigma: float) -> tuple[FloatArray, FloatArray]:
    """Return the lowest and highest centre and sigma of each fit, two arrays (m, 2)."""
    first, last = window.argmax(axis=1), len(x) - 1 - window[:, ::-1].argmax(axis=1)
    least = max(least_sigma, 0.5 * float(x[-1] - x[0]) / (len(x) - 1))
    low = np.stack([x[first], np.full(len(window), least)], axis=1)
    return low, np.stack([x[last], np.maximum(x[last] - x[first], 2.0 * least)], axis=1)
