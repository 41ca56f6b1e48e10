"""Length of the plateaus of traces before they break."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.records import FloatArray, Trace
from analysis.traces.histogram import last_opening


def plateau_length_m(trace: Trace, low_G0: float, high_G0: float) -> float:
    """Return the displacement from the last fall through ``high_G0`` to the last fall through ``low_G0`` after it.

    With the contact's break as ``high_G0`` and the low edge of a molecule's peak as ``low_G0`` it is the
    length of the molecular plateau, gap included (zero for a contact that breaks directly to below it). NaN if
    the trace never falls through one of them, or its displacement is unknown.
    """
    below = last_opening(trace.conductance_G0, low_G0)
    if below is None:
        return float("nan")
    entered = last_opening(trace.conductance_G0[: below + 1], high_G0)
    if entered is None:
        return float("nan")
    return float(trace.displacement_m[below] - trace.displacement_m[entered])


@dataclass(frozen=True, eq=False)
class PlateauLengths:
    """Lengths of the same plateau in many traces.

    Parameters
    ----------
    low_G0, high_G0 : float
        Bounds of the plateau.
    lengths_m : ndarray, shape (n_traces,)
        One for each trace, in their order; NaN where there is none.
    """

    low_G0: float
    high_G0: float
    lengths_m: FloatArray

    @property
    def n(self) -> int:
        """Traces with a length."""
        return int(np.count_nonzero(~np.isnan(self.lengths_m)))

    def quantiles_m(self, fractions: Sequence[float] = (0.25, 0.5, 0.75)) -> tuple[float, ...]:
        """Return quantiles of the lengths (m); NaN where no trace has a length."""
        if not self.n:
            return tuple(float("nan") for _ in fractions)
        return tuple(float(q) for q in np.nanquantile(self.lengths_m, fractions))


def plateau_lengths(traces: Iterable[Trace], low_G0: float, high_G0: float) -> PlateauLengths:
    """Return the plateau lengths of all traces."""
    return lengths_between(traces, [(low_G0, high_G0)])[0]


def lengths_between(
    traces: Iterable[Trace], bounds_G0: Sequence[tuple[float, float]]
) -> tuple[PlateauLengths, ...]:
    """Return the lengths of several plateaus (low, high) in all traces, each of which is read once."""
    rows = (_lengths_m(trace, bounds_G0) for trace in (traces if bounds_G0 else ()))
    lengths = np.array(list(rows), dtype=float).reshape(-1, len(bounds_G0) or 1)
    lengths.setflags(write=False)
    return tuple(PlateauLengths(*pair, column) for pair, column in zip(bounds_G0, lengths.T, strict=False))


def _lengths_m(trace: Trace, bounds_G0: Sequence[tuple[float, float]]) -> list[float]:
    """Return `plateau_length_m` of one trace between each pair of bounds (low, high).

    No sample after the last one above a bound is above a higher one, so each search is shorter than the one before.
    """
    g, displacement_m = trace.conductance_G0, trace.displacement_m
    fallen, end = {}, g.size
    for bound in sorted({bound for pair in bounds_G0 for bound in pair}):
        end = fallen[bound] = (g[:end] >= bound).tobytes().rfind(True) + 1
    is_usual = {bound: 0 < at < g.size and bool(g[at] < bound) for bound, at in fallen.items()}
    return [
        float(displacement_m[fallen[low]] - displacement_m[fallen[high]])
        if low <= high and is_usual[low] and is_usual[high]
        else plateau_length_m(trace, low, high)
        for low, high in bounds_G0
    ]
