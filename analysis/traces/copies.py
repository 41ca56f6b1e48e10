"""Copies among traces: the same noise in another trace, perhaps scaled, shifted or cut, tells nothing new.

Noise goes up and down from sample to sample in an order that no other trace repeats. A scale, an offset or a logarithm
leave that order, and a cut leaves the part that remains. A sketch of a trace is a sample of its pieces of this order
that depends on nothing but them, so that copies choose the same pieces (bottom-k sketches, Broder 1997).
"""

from collections.abc import Iterable, Sequence
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
_FEW = np.uint64(
    1 << 60
)  # a sixteenth of all numbers is less: enough to sort in a trace of thousands of samples
_ODD = np.uint64(0x9E3779B97F4A7C15)  # spreads numbers over all 64 bits


def sketch(conductance_G0: FloatArray) -> Sketch:
    """Return the sketch of a trace, shape (8,).

    Pieces that the trace repeats are left out: they are a disturbance, such as a tone. A trace with too little noise
    has instead the digest of its samples, which only exact copies share; so has one of fewer than 65 samples.
    """
    bits = (conductance_G0[1:] > conductance_G0[:-1]).astype(np.uint64)
    turns = np.concatenate([[0], np.cumsum(bits[1:] != bits[:-1])])
    for width in (1, 2, 4, 8, 16, 32):
        bits = bits[:-width] | bits[width:] << np.uint64(width)
    turns = turns[_PIECE - 1 :] - turns[: bits.size]
    mixed = bits * _ODD
    mixed ^= mixed >> np.uint64(32)
    mixed *= _ODD
    mixed = mixed[turns >= _LEAST_TURNS]
    own = _least_without_twin(mixed[mixed < _FEW])
    if own.size < SKETCH:
        own = _least_without_twin(mixed)
    digest = np.frombuffer(blake2b(np.ascontiguousarray(conductance_G0).tobytes()).digest(), np.uint64)
    return np.concatenate([own, digest[own.size :]])


def _least_without_twin(pieces: Sketch) -> Sketch:
    once, times = np.unique(pieces, return_counts=True)
    return once[times == 1][:SKETCH]


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
    earlier: set[int] = set()
    found = []
    for sketches in sets:
        pieces = sketches.tolist()
        found.append([i for i, own in enumerate(pieces) if sum(x in earlier for x in own) >= SHARED])
        earlier.update(*pieces)
    return found


def originals(sketches: NDArray[np.uint64]) -> list[int]:
    """Return the indices of the traces that are no copies of one before, in rising order.

    Parameters
    ----------
    sketches : ndarray, shape (n, 8)
    """
    first_with: dict[int, int] = {}
    chosen = []
    for index, pieces in enumerate(sketches.tolist()):
        before = [first_with[piece] for piece in pieces if piece in first_with]
        if len(before) < SHARED:
            chosen.append(index)
        for piece in pieces:
            first_with.setdefault(piece, index)
    return chosen
