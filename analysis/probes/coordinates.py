"""Unknowns by which floating terminals are found: two choices, each good where the other is not.

A state is an array of the chemical potentials that float and, below them, the thermal energies kT that float; a
terminal whose kT floats has its mu at the row ``own`` tells.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray

Indices = NDArray[np.intp]


class Coordinates(Protocol):
    """What the search needs of a choice of unknowns; all arrays (n_unknowns, n_points)."""

    def unknown(self, state: FloatArray, own: Indices) -> FloatArray:
        """Unknowns of a state."""
        ...

    def state(self, unknown: FloatArray, own: Indices) -> FloatArray:
        """The state back."""
        ...

    def slopes(self, state: FloatArray, own: Indices) -> FloatArray:
        """Derivative of every entry of the state (rows) by every unknown, (n_unknowns, n_unknowns, n_points)."""
        ...

    def bounds(self, unknown: FloatArray, own: Indices, window: FloatArray) -> tuple[FloatArray, FloatArray]:
        """How far one step may go, where energies in a window (n_points,) take part."""
        ...


class Squares:
    """mu and (kT)^2, in which flat transmissions are nearly linear."""

    def unknown(self, state: FloatArray, own: Indices) -> FloatArray:
        """Unknowns of a state."""
        n = len(state) - own.size
        return np.concatenate([state[:n], state[n:] ** 2])

    def state(self, unknown: FloatArray, own: Indices) -> FloatArray:
        """The state back."""
        n = len(unknown) - own.size
        return np.concatenate([unknown[:n], np.sqrt(unknown[n:])])

    def slopes(self, state: FloatArray, own: Indices) -> FloatArray:
        """Derivative of the state."""
        slope = _identity(state)
        squares = np.arange(len(state) - own.size, len(state))
        slope[squares, squares] = 0.5 / state[squares]
        return slope

    def bounds(self, unknown: FloatArray, own: Indices, window: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The window for mu, a factor of ten for (kT)^2 or the window's square more."""
        low, high, n = unknown - window, unknown + window, len(unknown) - own.size
        low[n:], high[n:] = 0.1 * unknown[n:], 10 * unknown[n:] + window**2
        return low, high


class Natural:
    """mu/kT and 1/kT where both float: the currents into one probe are then the gradient of a concave function.

    They stay moderate where mu and T do not: for a probe that sees populations which are almost inverted.
    """

    def unknown(self, state: FloatArray, own: Indices) -> FloatArray:
        """Unknowns of a state."""
        n = len(state) - own.size
        unknown = np.concatenate([state[:n], 1 / state[n:]])
        unknown[own] *= unknown[n:]
        return unknown

    def state(self, unknown: FloatArray, own: Indices) -> FloatArray:
        """The state back."""
        n = len(unknown) - own.size
        state = np.concatenate([unknown[:n], 1 / unknown[n:]])
        state[own] *= state[n:]
        return state

    def slopes(self, state: FloatArray, own: Indices) -> FloatArray:
        """Derivative of the state."""
        slope = _identity(state)
        inverse = np.arange(len(state) - own.size, len(state))
        mu, kT = state[own], state[inverse]
        slope[own, own], slope[own, inverse], slope[inverse, inverse] = kT, -mu * kT, -(kT**2)
        return slope

    def bounds(self, unknown: FloatArray, own: Indices, window: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The window for mu, a factor of ten for 1/kT, which stays away from zero."""
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
