"""Copies among traces: the same noise in another trace, perhaps scaled, shifted or cut, tells nothing new.

Noise goes up and down from sample to sample in an order that no other trace repeats. A scale, an offset or a logarithm
leave that order, and a cut leaves the part that remains. A sketch of a trace is a sample of its pieces of this order
that depends on nothing but them, so that copies choose the same pieces (bottom-k sketches, Broder 1997).
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray

Sketch = NDArray[np.uint64]

SKETCH = 8
"""Pieces in a sketch."""

SHARED = 2
"""Pieces that two sketches of the same noise share at least."""

_PIECE = 64  # samples; their ups and downs are the bits of one number
_LEAST_TURNS = 16  # in a piece: a smooth flank looks the same in every trace
_MOST_TIES = 32  # in a piece: a digitiser with less noise than one step repeats itself, and so do its pieces
_MOST_REPEATS = 0.01
_ODD = np.uint64(0x9E3779B97F4A7C15)  # spreads numbers over all 64 bits


def sketch(conductance_G0: FloatArray) -> Sketch:
    """Return the sketch of a trace, shape (8,).

    A trace that repeats a piece holds a disturbance, such as a tone, that other traces repeat as well. It has instead
    the digest of its samples, which only exact copies share; so has one with too little noise, or of fewer than 65
    samples.
    """
    own = _pieces(conductance_G0)
    digest = np.frombuffer(blake2b(np.ascontiguousarray(conductance_G0).tobytes()).digest(), np.uint64)
    return np.concatenate([own, digest[own.size :]])


def _pieces(conductance_G0: FloatArray) -> Sketch:
    """Return the least pieces of a trace; none of one that is too short, or repeats itself."""
    if conductance_G0.size <= _PIECE:
        return np.empty(0, np.uint64)
    up = (conductance_G0[1:] > conductance_G0[:-1]).astype(np.uint64)
    turned = np.concatenate([[0], np.cumsum(up[1:] != up[:-1])])
    tied = np.concatenate([[0], np.cumsum(conductance_G0[1:] == conductance_G0[:-1])])
    for width in (1, 2, 4, 8, 16):
        up = up[:-width] | up[width:] << np.uint64(width)
    half = _PIECE // 2
    if _repeats(up[_is_noise(turned, tied, half)]):
        return np.empty(0, np.uint64)
    pieces = up[:-half] | up[half:] << np.uint64(half)
    return _least_without_twin(_mixed(pieces[_is_noise(turned, tied, _PIECE)]))


def _is_noise(turned: NDArray[np.int64], tied: NDArray[np.int64], length: int) -> NDArray[np.bool_]:
    """Return for each piece of this many ups and downs whether it turns often, and has few ties."""
    turns = turned[length - 1 :] - turned[: turned.size - length + 1]
    ties = tied[length:] - tied[: tied.size - length]
    return (turns >= _LEAST_TURNS * length // _PIECE) & (ties <= _MOST_TIES * length // _PIECE)


def _repeats(halves: Sketch) -> bool:
    """Return whether a trace repeats half pieces, as noise does only once in billions."""
    return bool(halves.size - np.unique(halves).size > _MOST_REPEATS * halves.size)


def _mixed(pieces: Sketch) -> Sketch:
    mixed = pieces * _ODD
    mixed ^= mixed >> np.uint64(32)
    return mixed * _ODD


def _least_without_twin(pieces: Sketch) -> Sketch:
    """Return the least pieces; none if some are there twice, which noise never repeats."""
    once, times = np.unique(pieces, return_counts=True)
    return once[:SKETCH] if once.size and times.max() == 1 else once[:0]


def sketches_of(conductances_G0: Iterable[FloatArray]) -> NDArray[np.uint64]:
    """Return the sketches of traces, shape (n, 8)."""
    return np.array([sketch(each) for each in conductances_G0], np.uint64).reshape(-1, SKETCH)


def copies_between(sets: Sequence[NDArray[np.uint64]]) -> list[list[int]]:
    """Return for each set of traces the indices of those that are copies of traces in earlier sets.

    Parameters
    ----------
    sets : sequence of ndarray, shape (n, 8)
        Sketches of the traces of each set.
    """
    first_with: dict[int, tuple[int, int]] = {}
    found = []
    for number, sketches in enumerate(sets):
        pieces = sketches.tolist()
        found.append([i for i, own in enumerate(pieces) if _shares(own, first_with)])
        for index, own in enumerate(pieces):
            for piece in own:
                first_with.setdefault(piece, (number, index))
    return found


def _shares(pieces: Sequence[int], first_with: Mapping[int, Hashable]) -> bool:
    """Return whether one trace before has enough of the pieces."""
    traces = Counter(first_with[piece] for piece in pieces if piece in first_with)
    return max(traces.values(), default=0) >= SHARED


def originals(sketches: NDArray[np.uint64]) -> list[int]:
    """Return the indices of the traces that are no copies of one before, in rising order.

    Parameters
    ----------
    sketches : ndarray, shape (n, 8)
    """
    first_with: dict[int, int] = {}
    chosen = []
    for index, pieces in enumerate(sketches.tolist()):
        if not _shares(pieces, first_with):
            chosen.append(index)
        for piece in pieces:
            first_with.setdefault(piece, index)
    return chosen
