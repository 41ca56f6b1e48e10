"""Selection of traces from summaries of them. Nothing is discarded: rejected traces keep the reason."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.median import median
from analysis.records import SKIPPED, FloatArray, Trace
from analysis.traces.noise_floor import OPEN_G0, NoiseFloor, floor_of, open_parts

COPY = "in another recording too"
"""Flag of a trace that is a copy of one in an earlier recording of the set."""

_START_SAMPLES = 5  # their median is the start of a trace, so that a spike is not
_OPEN_SAMPLES = 5  # in a row below the limit, so that ringing of the amplifier does not count as an opening


@dataclass(frozen=True)
class SelectionRules:
    """Conditions that a trace must fulfil to be kept.

    Parameters
    ----------
    starts_above_G0 : float
        The first samples (median of 5) lie above this: the trace begins in contact.
    opens_below_G0 : float
        Five samples in a row lie below this: the trace opens.
    plausible_G0 : tuple of float
        Samples outside this range are wild: they are excluded and counted; the trace is kept.
    shortest : int
        Least number of samples.
    rejected_flags : tuple of str
        A trace with one of these flags is rejected.
    """

    starts_above_G0: float = 2.0
    opens_below_G0: float = 0.01
    plausible_G0: tuple[float, float] = (-0.1, 100.0)
    shortest: int = 20
    rejected_flags: tuple[str, ...] = ("aborted", "gap", "I-V", "rejected on import", COPY)


@dataclass(frozen=True, eq=False, slots=True)
class TraceSummary:
    """Numbers of one trace that suffice to decide its selection without its samples.

    Parameters
    ----------
    number : int
    samples : tuple of int
        (start, stop) in its recording.
    ended : str
    flags : tuple of str
    displaced : bool
        True if its displacement is known.
    defined : int
        Number of samples that are not NaN.
    start_G0, least_G0 : float
        Conductance at which it starts (see `SelectionRules`; NaN if undefined), and its smallest sample.
    opens_G0 : float
        Smallest conductance below which five consecutive samples lie.
    finite_G0 : tuple of float
        Minimum and maximum finite sample; (inf, -inf) without one.
    open_parts : ndarray
        See `analysis.traces.noise_floor.open_parts`.
    """

    number: int
    samples: tuple[int, int]
    ended: str
    flags: tuple[str, ...]
    displaced: bool
    defined: int
    start_G0: float
    least_G0: float
    opens_G0: float
    finite_G0: tuple[float, float]
    open_parts: FloatArray

    @classmethod
    def of(cls, trace: Trace) -> "TraceSummary":
        """Summarize a trace."""
        g = trace.conductance_G0
        extent, finite = _extent(g)
        return cls(
            trace.number,
            trace.samples,
            trace.ended,
            trace.flags,
            _is_known(trace.displacement_m),
            g.size if finite else int(np.count_nonzero(~np.isnan(g))),
            _start(g),
            extent[0] if finite else float(np.fmin.reduce(g, initial=np.inf)),
            _lowest_run(g if finite else np.where(np.isnan(g), np.inf, g)),
            extent,
            open_parts(g, trace.averaged),
        )

    def rejection(self, rules: SelectionRules) -> str:
        """Return why the trace is rejected; "" if it is kept."""
        for flag in rules.rejected_flags:
            if flag in self.flags:
                return flag
        if self.ended == SKIPPED:
            return "skipped by the user"
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


def noise_floor(summaries: Sequence[TraceSummary]) -> NoiseFloor:
    """Return the noise floor of traces (see `floor_of`) from summaries of all of them."""
    return floor_of(summary.open_parts for summary in summaries)


def usual_rules(
    summaries: Sequence[TraceSummary], noise: NoiseFloor, contact_G0: float | None = None
) -> SelectionRules:
    """Return the rules that suit traces without further information, from summaries of all of them.

    A trace starts in contact if it starts above half of ``contact_G0``, the conductance to which contacts
    were closed; if that is unknown, above 2 G0 or half the usual start of the set's traces, whichever is
    less, but above the noise, in which closing traces start. It opens below 0.01 G0, or ten times the noise
    if that is more; if most traces were cut before, below 0.1 or 0.5 G0. The plausible range is -0.1 G0 (twenty
    times the noise if that is more) to 20 G0 (twice the highest start if that is more).
    """
    ends = [(summary.start_G0, summary.least_G0) for summary in summaries]
    starts, lowest = np.array(ends, dtype=float).reshape(-1, 2).T
    starts = starts[np.isfinite(starts)]
    usual = float(np.median(starts)) if starts.size else 4.0
    mad = 0.0 if np.isnan(noise.mad_G0) else noise.mad_G0
    limits = [max(0.01, 10.0 * mad), 0.1, 0.5]
    least = noise.limit_G0 if noise.level_G0 < OPEN_G0 else 0.0
    opens = next((x for x in limits if 2 * np.count_nonzero(lowest < x) >= lowest.size), limits[-1])
    return SelectionRules(
        starts_above_G0=max(min(2.0, 0.5 * usual), least) if contact_G0 is None else 0.5 * contact_G0,
        opens_below_G0=opens,
        plausible_G0=(-max(0.1, 20.0 * mad), float(max(20.0, 2.0 * starts.max(initial=0.0)))),
    )


def plausible(trace: Trace, range_G0: tuple[float, float]) -> Trace:
    """Return the trace with wild samples (finite, but outside of this range) replaced by NaN."""
    g = trace.conductance_G0
    (low, high), finite = _extent(g)
    if finite and range_G0[0] <= low and high <= range_G0[1]:
        return trace
    wild = ((g < range_G0[0]) | (g > range_G0[1])) & np.isfinite(g)
    return replace(trace, conductance_G0=np.where(wild, np.nan, g)) if wild.any() else trace


@dataclass(frozen=True, eq=False)
class Selection:
    """Traces sorted into kept and rejected ones.

    Parameters
    ----------
    kept : sequence of Trace
        Wild samples are replaced by NaN.
    rejected : sequence of (TraceSummary, str)
        Each with the first reason that applied.
    rules : SelectionRules
    wild_samples, wild_traces : int
        Samples excluded from the kept traces, and number of traces with any.
    wild_in_rejected : int
        Wild samples of the rejected traces.
    railed_samples : int
        Samples of the kept traces that are only bounded from below (``inf``); they count as overflow.
    negative_samples : int
        Finite samples below zero in the kept traces; they count as underflow of a logarithmic axis.
    samples : int
        All samples of the kept traces.
    """

    kept: Sequence[Trace]
    rejected: Sequence[tuple[TraceSummary, str]]
    rules: SelectionRules
    wild_samples: int
    wild_traces: int
    wild_in_rejected: int
    railed_samples: int
    negative_samples: int
    samples: int

    @property
    def reasons(self) -> dict[str, int]:
        """Number of traces rejected for each reason, the commonest first."""
        return dict(Counter(reason for _, reason in self.rejected).most_common())


def _start(conductance_G0: FloatArray) -> float:
    """Return the conductance at which a trace starts: the median of its first five samples that are not NaN."""
    first = conductance_G0[: 10 * _START_SAMPLES]
    first = first[~np.isnan(first)][:_START_SAMPLES]
    return median(first) if first.size else float("nan")


def _is_known(displacement_m: FloatArray) -> bool:
    return any(bool(np.isfinite(part).any()) for part in (displacement_m[:1], displacement_m))


def _lowest_run(conductance_G0: FloatArray) -> float:
    """Return the minimum, over all runs of five samples, of the maximum in the run; without NaN."""
    n = conductance_G0.size - _OPEN_SAMPLES + 1
    if n < 1:
        return float("inf")
    of_two = np.maximum(conductance_G0[:-1], conductance_G0[1:])
    of_four = np.maximum(of_two[:-2], of_two[2:])
    return float(np.maximum(of_four[:n], conductance_G0[_OPEN_SAMPLES - 1 :], out=of_four[:n]).min())


def _extent(conductance_G0: FloatArray) -> tuple[tuple[float, float], bool]:
    """Return the smallest and the largest finite sample, (inf, -inf) without one, and True if all are finite."""
    if conductance_G0.size:
        low, high = float(conductance_G0.min()), float(conductance_G0.max())
        if np.isfinite(low) and np.isfinite(high):  # the usual case; NaN is passed on by both
            return (low, high), True
    finite = conductance_G0[np.isfinite(conductance_G0)]
    return ((float(finite.min()), float(finite.max())) if finite.size else (np.inf, -np.inf)), False
