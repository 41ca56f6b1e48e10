"""What has to be known of each trace to decide whether it counts, without its samples."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.records import FloatArray, Trace
from analysis.selection import (
    OPEN_PARTS,
    NoiseFloor,
    OpenPart,
    SelectionRules,
    ends_of,
    floor_of,
    open_parts,
    rules_for,
)

_OPEN_SAMPLES = 5


@dataclass(frozen=True)
class TraceDigest:
    """One trace in a few numbers; `rejection` says of it what ``analysis.selection.rejection`` says of the trace.

    Parameters
    ----------
    number : int
    ended : str
    flags : tuple of str
    defined : int
        Samples that are not NaN.
    start_G0, least_G0 : float
        As of ``analysis.selection.ends_of``.
    opens_G0 : float
        Any limit above it has five samples in a row below it.
    finite_G0 : tuple of float
        Least and largest finite sample; (inf, -inf) without one.
    open_parts : tuple of OpenPart
    """

    number: int
    ended: str
    flags: tuple[str, ...]
    defined: int
    start_G0: float
    least_G0: float
    opens_G0: float
    finite_G0: tuple[float, float]
    open_parts: tuple[OpenPart, ...]

    @classmethod
    def of(cls, trace: Trace) -> "TraceDigest":
        """Look at the samples of a trace once."""
        g = trace.conductance_G0
        start, least = ends_of(g)
        finite = g[np.isfinite(g)]
        extent = (float(finite.min()), float(finite.max())) if finite.size else (np.inf, -np.inf)
        return cls(
            trace.number,
            trace.ended,
            trace.flags,
            int(np.count_nonzero(~np.isnan(g))),
            start,
            least,
            _lowest_run(g),
            extent,
            open_parts(g),
        )

    def rejection(self, rules: SelectionRules) -> str:
        """Why the trace does not count; "" for one that does."""
        for flag in rules.rejected_flags:
            if flag in self.flags:
                return flag
        if self.defined < rules.shortest:
            return "too short"
        if not self.start_G0 > rules.starts_above_G0:
            return "starts too low"
        if self.ended == "not broken" or not self.opens_G0 < rules.opens_below_G0:
            return "does not open"
        return ""

    def is_plausible(self, range_G0: tuple[float, float]) -> bool:
        """Whether no sample is wild: outside of this range."""
        return range_G0[0] <= self.finite_G0[0] and self.finite_G0[1] <= range_G0[1]


def noise_of(digests: Sequence[TraceDigest]) -> NoiseFloor:
    """As of ``analysis.selection.noise_floor``."""
    parts = [digest.open_parts for digest in digests if digest.open_parts]
    return floor_of([of_one[i] for of_one in parts] for i in range(len(OPEN_PARTS)))


def rules_of(digests: Sequence[TraceDigest], noise: NoiseFloor, contact_G0: float | None) -> SelectionRules:
    """As of ``analysis.selection.usual_rules``."""
    return rules_for([(digest.start_G0, digest.least_G0) for digest in digests], noise, contact_G0)


def _lowest_run(conductance_G0: FloatArray) -> float:
    """The least, over all runs of five samples, of the largest in the run; NaN is not below anything."""
    n = conductance_G0.size - _OPEN_SAMPLES + 1
    if n < 1:
        return float("inf")
    g = np.where(np.isnan(conductance_G0), np.inf, conductance_G0)
    largest = g[:n].copy()
    for i in range(1, _OPEN_SAMPLES):
        np.maximum(largest, g[i : i + n], out=largest)
    return float(largest.min())
