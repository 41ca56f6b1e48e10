"""Summary of a trace that suffices to decide its selection without its samples."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.records import FloatArray, Trace
from analysis.traces.selection import (
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
class TraceSummary:
    """Summary of one trace; `rejection` agrees with ``analysis.traces.selection.rejection`` of the trace.

    Parameters
    ----------
    number : int
    ended : str
    flags : tuple of str
    defined : int
        Number of samples that are not NaN.
    start_G0, least_G0 : float
        Values of ``analysis.traces.selection.ends_of``.
    opens_G0 : float
        Smallest conductance below which five consecutive samples lie.
    finite_G0 : tuple of float
        Minimum and maximum finite sample; (inf, -inf) without one.
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
    def of(cls, trace: Trace) -> "TraceSummary":
        """Summarize a trace."""
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
        """Return why the trace is rejected; "" if it is kept."""
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
        """Return True if no sample is implausible, that is outside of this range."""
        return range_G0[0] <= self.finite_G0[0] and self.finite_G0[1] <= range_G0[1]


def noise_of(digests: Sequence[TraceSummary]) -> NoiseFloor:
    """Return the noise floor, as ``analysis.traces.selection.noise_floor`` does."""
    parts = [digest.open_parts for digest in digests if digest.open_parts]
    return floor_of([trace_parts[i] for trace_parts in parts] for i in range(len(OPEN_PARTS)))


def rules_of(digests: Sequence[TraceSummary], noise: NoiseFloor, contact_G0: float | None) -> SelectionRules:
    """Return the default rules, as ``analysis.traces.selection.usual_rules`` does."""
    return rules_for([(digest.start_G0, digest.least_G0) for digest in digests], noise, contact_G0)


def _lowest_run(conductance_G0: FloatArray) -> float:
    """Return the minimum, over all runs of five samples, of the maximum in the run; NaN counts as infinite."""
    n = conductance_G0.size - _OPEN_SAMPLES + 1
    if n < 1:
        return float("inf")
    g = np.where(np.isnan(conductance_G0), np.inf, conductance_G0)
    largest = g[:n].copy()
    for i in range(1, _OPEN_SAMPLES):
        np.maximum(largest, g[i : i + n], out=largest)
    return float(largest.min())
