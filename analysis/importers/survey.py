"""Facts about a trace that must be known before it is written, from one pass over its samples."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.importers.imported import CLOSING, OPENING
from analysis.importers.quantities import AXES, ImportedColumn, overloaded
from analysis.importers.spool import BLOCK

Read = Callable[[int, int], tuple[ImportedColumn, ...]]
"""Reads the columns from a first to a last sample."""

CLOSED_G0, BROKEN_G0 = 2.0, 0.1
"""Conductance of a contact, and below which it has opened."""

_LASTING = 10
"""Samples in a row that make a contact or an open junction."""

_FACTOR = 10.0
_END = 0.05
"""Share of a trace that counts as its end, for the direction."""


@dataclass
class Facts:
    """Numbers of a trace.

    Parameters
    ----------
    start, stop : int
        First sample with a value, and the one after the last; times, displacements and biases are none if there is
        another quantity.
    overloads, undefined, infinite : int
        Values by kind; ``undefined`` without the padding before ``start`` and behind ``stop``.
    conductance_sum : float
        NaN without a conductance.
    direction : str
        `OPENING`, `CLOSING`, or "" if neither.
    extremes : dict
        Smallest and largest finite value by channel.
    openings : int
        Number of falls of the conductance from above `CLOSED_G0` to below `BROKEN_G0`.
    closings : int
        Number of rises.
    state : int
        1 if the last lasting state was a contact, -1 if it was open.
    withdrawn : float
        Displacement from the first to the last sample; NaN if it is not known.
    digest : bytes
        Fingerprint of the values as in the file, of all columns but shared axes.
    """

    start: int = 0
    stop: int = 0
    overloads: int = 0
    undefined: int = 0
    infinite: int = 0
    conductance_sum: float = np.nan
    direction: str = ""
    extremes: dict[str, tuple[float, float]] = field(default_factory=dict)
    openings: int = 0
    closings: int = 0
    state: int = 0
    withdrawn: float = np.nan
    digest: bytes = b""


def survey(columns: Sequence[ImportedColumn], read: Read, start: int, stop: int) -> Facts:
    """Return the facts about samples of a trace.

    Parameters
    ----------
    columns : sequence of ImportedColumn
        As in the file.
    read : callable
        Reads the same columns in SI.
    start, stop : int
    """
    facts = _extent(columns, start, stop)
    for first in range(facts.start, facts.stop, BLOCK):
        last = min(first + BLOCK, facts.stop)
        facts.overloads += sum(int(overloaded(np.asarray(c.values[first:last])).sum()) for c in columns)
        for column in read(first, last):
            _add(facts, column)
    facts.direction = _direction(read, facts.start, facts.stop)
    if facts.stop > facts.start:
        begin, end = (read(at, at + 1) for at in (facts.start, facts.stop - 1))
        facts.withdrawn = _extension(end) - _extension(begin)
    return facts


def _extension(columns: Sequence[ImportedColumn]) -> float:
    """Return the first displacement of columns; NaN without one."""
    return next((float(column.values[0]) for column in columns if column.name == "extension"), np.nan)


def _extent(columns: Sequence[ImportedColumn], start: int, stop: int) -> Facts:
    """Return the first and the last sample that hold a value other than NaN, beyond those of shared axes."""
    deciding = [column for column in columns if column.name not in AXES] or columns
    found = Facts(stop, start)
    digest = hashlib.blake2b(digest_size=16)
    for first in range(start, stop, BLOCK):
        parts = [np.asarray(column.values[first : min(first + BLOCK, stop)]) for column in deciding]
        defined = np.flatnonzero(np.any([~np.isnan(values) for values in parts], axis=0))
        if defined.size:
            found.start = min(found.start, first + int(defined[0]))
            found.stop = first + int(defined[-1]) + 1
        for values in parts:
            digest.update(np.ascontiguousarray(values).data)
    found.digest = digest.digest()
    return found


def _add(facts: Facts, column: ImportedColumn) -> None:
    finite = np.isfinite(column.values)
    undefined = int(np.isnan(column.values).sum())
    facts.undefined += undefined
    facts.infinite += int(finite.size - finite.sum()) - undefined
    values = column.values if finite.all() else column.values[finite]
    if not values.size:
        return
    low, high = facts.extremes.get(column.name, (np.inf, -np.inf))
    facts.extremes[column.name] = min(low, float(values.min())), max(high, float(values.max()))
    if column.name == "conductance":
        facts.conductance_sum = float(np.nansum([facts.conductance_sum, np.sum(values, dtype=float)]))
        if column.unit == "G0":
            _count_openings(facts, values)


def _count_openings(facts: Facts, conductance_G0: NDArray[np.float64]) -> None:
    """Count the falls from a lasting contact to a lasting opening, and the rises; chatter of a contact is none."""
    states = np.select([conductance_G0 > CLOSED_G0, conductance_G0 < BROKEN_G0], [1, -1], 0)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(states)) + 1])
    lasting = np.diff(np.append(starts, states.size)) >= _LASTING
    seen = states[starts[lasting]]
    seen = np.concatenate([[facts.state], seen[seen != 0]])
    facts.openings += int(np.count_nonzero((seen[:-1] == 1) & (seen[1:] == -1)))
    facts.closings += int(np.count_nonzero((seen[:-1] == -1) & (seen[1:] == 1)))
    facts.state = int(seen[-1])


def _direction(read: Read, start: int, stop: int) -> str:
    """Return whether the conductance falls or rises by more than a factor of ten from end to end."""
    share = min(max(3, int(_END * (stop - start))), BLOCK)
    if stop - start < 2 * share:
        return ""
    first, last = (_size(read, begin, begin + share) for begin in (start, stop - share))
    if first > _FACTOR * last:
        return OPENING
    return CLOSING if last > _FACTOR * first else ""


def _size(read: Read, start: int, stop: int) -> float:
    """Return the median modulus of the conductance; NaN if it is not known."""
    values = next((c.values for c in read(start, stop) if c.name == "conductance"), None)
    if values is None or np.isnan(values).all():
        return np.nan
    return float(np.nanmedian(np.abs(values)))
