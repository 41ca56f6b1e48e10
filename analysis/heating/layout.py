"""Position of each sample in a level programme: its level, its distance from the edges, its period."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analysis.heating.programme import LevelProgramme
from analysis.records import FloatArray

LEVELS_NEEDED = "a heating programme needs a level of 0 V, a positive and a negative one"

_STEP = 4096
"""Layouts are made for multiples of this number of samples, so that holds of nearly equal length share one."""


@dataclass(frozen=True)
class Roles:
    """The distinct levels of a programme, by rising bias.

    Parameters
    ----------
    bias_V : tuple of float
        One for each role.
    of_level : tuple of int
        Role of each entry of ``programme.levels``.
    positive, zero, negative : int
        Role of the largest positive level, of 0 V, and of the most negative level. Without a level of 0 V the most
        negative one takes its place as the reference of all others.
    """

    bias_V: tuple[float, ...]
    of_level: tuple[int, ...]
    positive: int
    zero: int
    negative: int

    @property
    def has_zero(self) -> bool:
        """True if the reference is a level of 0 V."""
        return self.bias_V[self.zero] == 0.0


@lru_cache(maxsize=64)
def roles(programme: LevelProgramme) -> Roles:
    """Return the distinct levels of a programme.

    The levels of a programme of 3 or 6 levels that are all 0 V (the control of zero amplitude) get the roles of the
    order +0- or +0--0+.

    Raises
    ------
    ValueError
        With levels of one sign only.
    """
    applied = [level.bias_V for level in programme.levels]
    if not any(applied):
        if len(applied) not in (3, 6):
            raise ValueError(
                f"a programme of zero amplitude needs 3 levels (6 if alternating), but has {len(applied)}"
            )
        applied = [1.0, 0.0, -1.0, -1.0, 0.0, 1.0][: len(applied)]
    distinct = sorted({bias + 0.0 for bias in applied})
    if distinct[0] >= 0.0 or distinct[-1] <= 0.0:
        raise ValueError(LEVELS_NEEDED)
    of_level = tuple(distinct.index(bias) for bias in applied)
    bias_V = tuple(programme.levels[of_level.index(role)].bias_V for role in range(len(distinct)))
    return Roles(bias_V, of_level, len(distinct) - 1, distinct.index(0.0) if 0.0 in distinct else 0, 0)


def roles_with_zero(programme: LevelProgramme) -> Roles:
    """Return the distinct levels of a programme whose heats are relative to a level of 0 V.

    Raises
    ------
    ValueError
        Without a level of 0 V, or with levels of one sign only.
    """
    distinct = roles(programme)
    if not distinct.has_zero:
        raise ValueError(LEVELS_NEEDED)
    return distinct


@dataclass(frozen=True, eq=False)
class Layout:
    """Samples of a programme from its beginning; all arrays have shape (n,).

    Parameters
    ----------
    role : ndarray of int
        Index into ``Roles.bias_V``.
    bias_V : ndarray
        Bias of the programme.
    since_edge : ndarray of int
        Samples since the bias last changed; 0 at the first sample of a level, and of the programme.
    until_edge : ndarray of int
        Samples until the bias changes next; 1 at the last sample of a level.
    period : ndarray of int
        Number of the period, from 0.
    """

    role: NDArray[np.int64]
    bias_V: FloatArray
    since_edge: NDArray[np.int64]
    until_edge: NDArray[np.int64]
    period: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.role)

    def part(self, start: int, stop: int) -> "Layout":
        """Return the samples ``start <= i < stop``."""
        these = slice(start, stop)
        return Layout(
            self.role[these],
            self.bias_V[these],
            self.since_edge[these],
            self.until_edge[these],
            self.period[these],
        )


def layout(programme: LevelProgramme, rate_Hz: float, n: int) -> Layout:
    """Return the first ``n`` samples of a programme. Raises ``ValueError`` as `roles` does."""
    return _layout(programme, rate_Hz, -(-max(n, 1) // _STEP) * _STEP).part(0, n)


@lru_cache(maxsize=16)
def _layout(programme: LevelProgramme, rate_Hz: float, n: int) -> Layout:
    sample = np.arange(
        n + math.ceil(programme.samples_per_period(rate_Hz)) + 1
    )  # an edge comes after the last
    level = programme.level_index(sample, rate_Hz)
    role = np.array(roles(programme).of_level)[level]
    edges = np.flatnonzero(np.diff(role, prepend=-1))
    following = np.searchsorted(edges, sample, side="right")
    whole = Layout(
        role=role,
        bias_V=np.array([entry.bias_V for entry in programme.levels])[level],
        since_edge=sample - edges[following - 1],
        until_edge=np.append(edges, len(sample))[following] - sample,
        period=programme.period_index(sample, rate_Hz),
    )
    return whole.part(0, n)


def period_starts(programme: LevelProgramme, rate_Hz: float, periods: int) -> NDArray[np.int64]:
    """Return the first sample of each period from 0 to ``periods`` (included), shape (periods + 1,)."""
    length = programme.samples_per_period(rate_Hz)
    return -(-np.arange(periods + 1) * length.numerator // length.denominator)
