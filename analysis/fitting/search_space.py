"""Common parts of all least-squares fits: search coordinates, spread starts, and the covariance."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.fitting.families import Parameter
from analysis.records import FloatArray

_FARTHEST = 200.0  # logarithm of a quantity: its cube is still a finite number
_UNSEEN = 1e-11  # eigenvalue of the scaled normal matrix below which the data do not constrain a direction


class SearchSpace:
    """Parameters, some of which are searched by their logarithm."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The free parameters, in the order of every array of values."""
        raise NotImplementedError

    @cached_property
    def logarithmic(self) -> NDArray[np.bool_]:
        """True for each parameter that is searched by its logarithm."""
        return np.array([p.logarithmic for p in self.parameters], dtype=np.bool_)

    @property
    def bounds(self) -> tuple[FloatArray, FloatArray]:
        """Lower and upper bounds in search coordinates."""
        limits = np.array([(p.minimum, p.maximum) for p in self.parameters]).reshape(-1, 2)
        low, high = (self.search(x) for x in limits.T)
        return low, high

    def search(self, natural: FloatArray) -> FloatArray:
        """Return the search coordinates of natural values."""
        with np.errstate(divide="ignore"):
            return np.where(self.logarithmic, np.log(np.where(self.logarithmic, natural, 1.0)), natural)

    def natural(self, search: FloatArray) -> FloatArray:
        """Return the natural values of search coordinates."""
        natural = np.array(search, dtype=np.float64)
        which = self.logarithmic
        natural[..., which] = np.exp(np.clip(natural[..., which], -_FARTHEST, _FARTHEST))
        return natural


def evenly_spread(count: int, dimensions: int) -> FloatArray:
    """Return points that fill the unit cube evenly, without random numbers (additive recurrence, R. Kronecker's
    sequence).
    """
    root = 2.0
    for _ in range(40):
        root = (1 + root) ** (1 / (dimensions + 1))
    steps = root ** -np.arange(1.0, dimensions + 1)
    return (0.5 + np.outer(np.arange(1, count + 1), steps)) % 1.0


def covariance_of(slopes: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return the inverse of the normal matrix, and True for each parameter in a direction that the data do not
    constrain.

    ``slopes`` are those of the residuals, (n_values, n_parameters).
    """
    norm = np.sqrt((slopes**2).sum(axis=0))
    safe = np.where(norm > 0, norm, 1.0)
    eigenvalue, vector = np.linalg.eigh((slopes / safe).T @ (slopes / safe))
    seen = eigenvalue > _UNSEEN * eigenvalue.max()
    inverse = (vector[:, seen] / eigenvalue[seen]) @ vector[:, seen].T
    unseen = ((vector[:, ~seen] ** 2).sum(axis=1) > 1e-6) | (norm == 0)
    return inverse / np.outer(safe, safe), unseen
