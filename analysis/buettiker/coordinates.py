"""Unknowns in which floating terminals are solved for: two choices, each good where the other is not.

A state is an array of the floating chemical potentials followed by the floating thermal energies kT; ``own`` holds
the row of mu for each terminal whose kT floats.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray

Indices = NDArray[np.intp]


class Coordinates(Protocol):
    """Choice of unknowns for the search; all arrays have shape (n_unknowns, n_points)."""

    def unknown(self, state: FloatArray, own: Indices) -> FloatArray:
        """Return the unknowns of a state."""
        ...

    def state(self, unknown: FloatArray, own: Indices) -> FloatArray:
        """Return the state of the unknowns."""
        ...

    def slopes(self, state: FloatArray, own: Indices) -> FloatArray:
        """Return derivatives of every entry of the state (rows) by every unknown, (n_unknowns, n_unknowns,
        n_points).
        """
        ...

    def bounds(self, unknown: FloatArray, own: Indices, window: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the bounds of one step, for energies in a window (n_points,)."""
        ...


class Squares:
    """mu and (kT)^2, in which flat transmissions are nearly linear."""

    def unknown(self, state: FloatArray, own: Indices) -> FloatArray:
        """Return the unknowns of a state."""
        n = len(state) - own.size
        return np.concatenate([state[:n], state[n:] ** 2])

    def state(self, unknown: FloatArray, own: Indices) -> FloatArray:
        """Return the state of the unknowns."""
        n = len(unknown) - own.size
        return np.concatenate([unknown[:n], np.sqrt(unknown[n:])])

    def slopes(self, state: FloatArray, own: Indices) -> FloatArray:
        """Return the derivatives of the state."""
        slope = _identity(state)
        squares = np.arange(len(state) - own.size, len(state))
        slope[squares, squares] = 0.5 / state[squares]
        return slope

    def bounds(self, unknown: FloatArray, own: Indices, window: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return bounds: the window for mu; for (kT)^2 a factor of ten, plus the square of the window."""
        low, high, n = unknown - window, unknown + window, len(unknown) - own.size
        low[n:], high[n:] = 0.1 * unknown[n:], 10 * unknown[n:] + window**2
        return low, high


class Natural:
    """mu/kT and 1/kT if both float: the currents into one probe are then the gradient of a concave function.

    They stay moderate where mu and T do not: for a probe exposed to populations that are almost inverted.
    """

    def unknown(self, state: FloatArray, own: Indices) -> FloatArray:
        """Return the unknowns of a state."""
        n = len(state) - own.size
        unknown = np.concatenate([state[:n], 1 / state[n:]])
        unknown[own] *= unknown[n:]
        return unknown

    def state(self, unknown: FloatArray, own: Indices) -> FloatArray:
        """Return the state of the unknowns."""
        n = len(unknown) - own.size
        state = np.concatenate([unknown[:n], 1 / unknown[n:]])
        state[own] *= state[n:]
        return state

    def slopes(self, state: FloatArray, own: Indices) -> FloatArray:
        """Return the derivatives of the state."""
        slope = _identity(state)
        inverse = np.arange(len(state) - own.size, len(state))
        mu, kT = state[own], state[inverse]
        slope[own, own], slope[own, inverse], slope[inverse, inverse] = kT, -mu * kT, -(kT**2)
        return slope

    def bounds(self, unknown: FloatArray, own: Indices, window: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return bounds: the window for mu; a factor of ten for 1/kT, which stays away from zero."""
        n = len(unknown) - own.size
        width = np.broadcast_to(window, unknown.shape).copy()
        width[own] *= unknown[n:]
        low, high = unknown - width, unknown + width
        low[n:], high[n:] = (
            np.maximum(0.1 * unknown[n:], np.minimum(1e-4 / window, unknown[n:])),
            10 * unknown[n:],
        )
        return low, high


def _identity(state: FloatArray) -> FloatArray:
    return np.broadcast_to(np.eye(len(state))[..., None], (len(state), *state.shape)).copy()
