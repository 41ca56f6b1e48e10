"""Division of long channels into traces."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_LEAST_IN_A_ROW = 3
"""Samples beyond a limit that are a contact, or an open junction; fewer are wild."""

_LEAP = 10.0
"""Usual steps that a leap exceeds."""

Spans = list[tuple[int, int]]
"""First sample, and the one after the last, of each trace."""


def every(length: int, samples: int) -> Spans:
    """Cut a number of samples at a time; the last trace may be shorter."""
    return [(first, min(first + samples, length)) for first in range(0, length, samples)]


def where_it_changes(blocks: Iterable[NDArray[np.float64]]) -> Spans:
    """Cut where the number of the trace changes."""
    edges, at, last = [0], 0, np.nan
    for block in blocks:
        before = np.concatenate([[block[0] if np.isnan(last) else last], block[:-1]]) if len(block) else block
        edges += (at + np.flatnonzero(block != before)).tolist()
        at += len(block)
        last = block[-1] if len(block) else last
    return list(zip(edges, [*edges[1:], at], strict=True)) if at else []


def where_it_begins_anew(blocks: Iterable[NDArray[np.float64]]) -> Spans:
    """Cut where a time or distance leaps back, against its usual direction, over half of what the trace has passed."""
    edges, at, last, low, high = [0], 0, np.nan, np.inf, -np.inf
    for block in blocks:
        steps = np.diff(block, prepend=last)
        back = -steps if np.sum(steps > 0.0) >= np.sum(steps < 0.0) else steps
        begin = 0
        known = np.abs(steps[np.isfinite(steps)])
        least = _LEAP * float(np.median(known)) if known.size else np.inf
        for leap in [*np.flatnonzero(back > least).tolist(), len(block)]:
            passed = block[begin:leap]
            low = np.fmin(low, np.fmin.reduce(passed, initial=np.inf))
            high = np.fmax(high, np.fmax.reduce(passed, initial=-np.inf))
            begin = leap
            if leap < len(block) and back[leap] > 0.5 * (high - low):
                edges.append(at + leap)
                low, high = np.inf, -np.inf
        at, last = at + len(block), block[-1]
    return list(zip(edges, [*edges[1:], at], strict=True))


def traces_between(blocks: Iterable[NDArray[np.float64]], high: float, low: float) -> tuple[Spans, int]:
    """Cut a long channel between its contacts and its open junctions; every sample but those at the ends is kept.

    A trace reaches from the middle of a contact to the middle of the following open stretch, or the reverse. A
    contact is at least three samples in a row above ``high``, an open junction as many below ``low``.

    Parameters
    ----------
    blocks : iterable of ndarray
        The conductance, in parts.
    high, low : float

    Returns
    -------
    spans : list of tuple of int
        Start and stop of each trace.
    left_out : int
        Samples before the first and after the last trace.
    """
    states: list[list[int]] = []  # state, first and last sample
    at, tail, tail_at = 0, np.empty(0, dtype=np.int8), 0
    for block in blocks:
        state = np.concatenate(
            [tail, np.where(block >= high, 1, np.where(block <= low, -1, 0)).astype(np.int8)]
        )
        _follow(states, state, tail_at)
        at += len(block)
        keep = min(_LEAST_IN_A_ROW - 1, len(state))
        tail, tail_at = state[len(state) - keep :], at - keep
    middles = [(first + last) // 2 for _, first, last in states]
    spans = list(pairwise(middles))
    return spans, at - (spans[-1][1] - spans[0][0] if spans else 0)


def _follow(states: list[list[int]], state: NDArray[np.int8], origin: int) -> None:
    """Add the contacts and open stretches of a block to those before it."""
    if len(state) < _LEAST_IN_A_ROW:
        return
    windows = np.lib.stride_tricks.sliding_window_view(state, _LEAST_IN_A_ROW)
    alike = np.where((windows == windows[:, :1]).all(axis=1), windows[:, 0], 0)
    places = np.flatnonzero(alike)
    if not places.size:
        return
    changes = np.flatnonzero(np.diff(alike[places])) + 1
    for run in np.split(places, changes):
        value, first, last = int(alike[run[0]]), int(run[0]) + origin, int(run[-1]) + _LEAST_IN_A_ROW + origin
        if states and states[-1][0] == value:
            states[-1][2] = last
        else:
            states.append([value, first, last])
