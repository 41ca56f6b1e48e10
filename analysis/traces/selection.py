"""Selection of traces and their noise floor. Nothing is discarded: rejected traces keep the reason."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.detect import FirstRun
from analysis.records import FloatArray, Trace

_START_SAMPLES = 5  # their median is the start of a trace, so that a spike is not
_LEAST_SAMPLES = 20  # of an open part, and of a trace that has one
_OPEN_SAMPLES = 5  # in a row below the limit, so that ringing of the amplifier does not count as an opening
_OPEN_G0 = 0.1  # a trace whose most open part lies higher is not open
_ERROR_OF_MEDIAN = 1.4826 * 1.2533  # of a Gaussian sample, times its median absolute deviation over sqrt(n)
OPEN_PARTS = (20, 50, 100, 200, 500)
"""Divisors of the length of a trace at which the open part is sought."""


@dataclass(frozen=True)
class NoiseFloor:
    """Noise of the conductance where the junctions are open, as the median over traces.

    Parameters
    ----------
    mad_G0 : float
        Median absolute deviation (not scaled; times 1.4826 it is a Gaussian's standard deviation).
    level_G0 : float
        Magnitude of the median of an open part: residual offsets, mains, and tunnelling.
    samples : int
        Length of the open part in a trace of median length.
    offset_G0, offset_error_G0 : float
        Median over traces of the signed level, and its standard error: the excess of every conductance, if the
        junctions are open there.
    """

    mad_G0: float
    level_G0: float
    samples: int
    offset_G0: float = 0.0
    offset_error_G0: float = float("inf")

    @property
    def limit_G0(self) -> float:
        """Conductance below which a signal cannot be separated from noise and offsets."""
        return 10.0 * self.mad_G0 + 3.0 * self.level_G0


def noise_floor(traces: Sequence[Trace]) -> NoiseFloor:
    """Return the noise in the most open part of the traces: the part with the mean nearest to zero.

    Its length is the largest fraction of a trace (1/20 to 1/500) over which the typical trace is open throughout,
    that is, its level there is within its noise. NaN where no trace is long enough (20 samples).
    """
    conductances = [_finite(trace.conductance_G0) for trace in traces]
    conductances = [g for g in conductances if g.size >= _LEAST_SAMPLES]
    return floor_of([_open_part(g, parts) for g in conductances] for parts in OPEN_PARTS)


@dataclass(frozen=True)
class OpenPart:
    """Most open part of one trace: its median, the median absolute deviation about it, its number of samples."""

    level_G0: float
    mad_G0: float
    samples: int


def open_parts(conductance_G0: FloatArray) -> tuple[OpenPart, ...]:
    """Return the most open part of a trace at each of `OPEN_PARTS`; an empty tuple for a trace that is too short."""
    g = _finite(conductance_G0)
    return tuple(_open_part(g, parts) for parts in OPEN_PARTS) if g.size >= _LEAST_SAMPLES else ()


def floor_of(by_fraction: Iterable[Sequence[OpenPart]]) -> NoiseFloor:
    """Return the noise floor from the open parts of all traces, given for each of `OPEN_PARTS` in turn.

    See `noise_floor`; the iterable is read only as far as needed.
    """
    floor = NoiseFloor(float("nan"), float("nan"), 0)
    for parts in by_fraction:
        if not parts:
            break
        level, mad, samples = np.array([(p.level_G0, p.mad_G0, p.samples) for p in parts]).T
        offset = float(np.median(level))
        scatter = max(float(np.median(np.abs(level - offset))), float(np.median(mad / np.sqrt(samples))))
        floor = NoiseFloor(
            float(np.median(mad)),
            float(np.median(np.abs(level))),
            int(np.median(samples)),
            offset,
            _ERROR_OF_MEDIAN * scatter / float(np.sqrt(level.size)),
        )
        if floor.level_G0 <= 3.0 * 1.4826 * floor.mad_G0:
            break
    return floor


def _open_part(conductance_G0: FloatArray, parts: int) -> OpenPart:
    part = _most_open(conductance_G0, max(_LEAST_SAMPLES, conductance_G0.size // parts))
    level = float(np.median(part))
    return OpenPart(level, float(np.median(np.abs(part - level))), part.size)


def _finite(conductance_G0: FloatArray) -> FloatArray:
    finite = np.isfinite(conductance_G0)
    return conductance_G0 if finite.all() else conductance_G0[finite]


def _most_open(conductance_G0: FloatArray, length: int) -> FloatArray:
    """Return the part of this length, of those counted from the end, whose mean is nearest to zero.

    If most open parts are below zero it is nearest to their median: with a negative offset a trace crosses zero
    before it is open.
    """
    n = conductance_G0.size // length
    parts = conductance_G0[conductance_G0.size - n * length :].reshape(n, length)
    means = parts.mean(axis=1)
    low = means[np.abs(means) < _OPEN_G0]
    target = min(0.0, float(np.median(low))) if low.size else 0.0
    most_open: FloatArray = parts[np.argmin(np.abs(means - target))]
    return most_open


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
    rejected_flags: tuple[str, ...] = ("aborted", "gap", "I-V", "rejected on import")


def usual_rules(
    traces: Sequence[Trace], noise: NoiseFloor, contact_G0: float | None = None
) -> SelectionRules:
    """Return rules that suit a set of traces without further information.

    A trace starts in contact if it starts above half of ``contact_G0``, the conductance to which contacts
    were closed; if that is unknown, above 2 G0 or half the usual start of the set's traces, whichever is
    less, but above the noise, in which closing traces start. It opens below 0.01 G0, or ten times the noise
    if that is more; if most traces were cut before, below 0.1 or 0.5 G0. The plausible range is -0.1 G0 (twenty
    times the noise if that is more) to 20 G0 (twice the highest start if that is more).
    """
    ends = [ends_of(trace.conductance_G0) for trace in traces]
    return rules_for(ends, noise, contact_G0)


def ends_of(conductance_G0: FloatArray) -> tuple[float, float]:
    """Return the conductance at which a trace starts (see `SelectionRules`; NaN if undefined) and its least sample."""
    return _start(conductance_G0), float(np.fmin.reduce(conductance_G0, initial=np.inf))


def rules_for(
    ends: Sequence[tuple[float, float]], noise: NoiseFloor, contact_G0: float | None = None
) -> SelectionRules:
    """Return the rules of `usual_rules` from the `ends_of` each trace."""
    starts, lowest = np.array(ends, dtype=float).reshape(-1, 2).T
    starts = starts[np.isfinite(starts)]
    usual = float(np.median(starts)) if starts.size else 4.0
    mad = 0.0 if np.isnan(noise.mad_G0) else noise.mad_G0
    limits = [max(0.01, 10.0 * mad), 0.1, 0.5]
    least = noise.limit_G0 if noise.level_G0 < _OPEN_G0 else 0.0
    opens = next((x for x in limits if 2 * np.count_nonzero(lowest < x) >= lowest.size), limits[-1])
    return SelectionRules(
        starts_above_G0=max(min(2.0, 0.5 * usual), least) if contact_G0 is None else 0.5 * contact_G0,
        opens_below_G0=opens,
        plausible_G0=(-max(0.1, 20.0 * mad), float(max(20.0, 2.0 * starts.max(initial=0.0)))),
    )


@dataclass(frozen=True, eq=False)
class Selection:
    """Traces sorted into kept and rejected ones.

    Parameters
    ----------
    kept : sequence of Trace
        Wild samples are replaced by NaN.
    rejected : sequence of (Trace, str)
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
    rejected: Sequence[tuple[Trace, str]]
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


def select(traces: Iterable[Trace], rules: SelectionRules) -> Selection:
    """Apply the rules to every trace."""
    kept: list[Trace] = []
    rejected: list[tuple[Trace, str]] = []
    wild_samples = wild_traces = wild_in_rejected = railed = negative = samples = 0
    low, high = rules.plausible_G0
    for trace in traces:
        g = trace.conductance_G0
        wild = ((g < low) | (g > high)) & np.isfinite(g)
        n_wild = int(np.count_nonzero(wild))
        reason = rejection(trace, rules)
        if reason:
            rejected.append((trace, reason))
            wild_in_rejected += n_wild
            continue
        if n_wild:
            g = np.where(wild, np.nan, g)
            trace = replace(trace, conductance_G0=g)
        kept.append(trace)
        wild_samples += n_wild
        wild_traces += n_wild > 0
        railed += int(np.count_nonzero(np.isinf(g)))
        negative += int(np.count_nonzero((g < 0.0) & (g != -np.inf)))
        samples += g.size
    return Selection(
        kept=tuple(kept),
        rejected=tuple(rejected),
        rules=rules,
        wild_samples=wild_samples,
        wild_traces=wild_traces,
        wild_in_rejected=wild_in_rejected,
        railed_samples=railed,
        negative_samples=negative,
        samples=samples,
    )


def rejection(trace: Trace, rules: SelectionRules) -> str:
    """Return the reason why a trace is rejected; "" if it is kept."""
    for flag in rules.rejected_flags:
        if flag in trace.flags:
            return flag
    g = trace.conductance_G0
    if np.count_nonzero(~np.isnan(g)) < rules.shortest:
        return "too short"
    if not _start(g) > rules.starts_above_G0:
        return "starts too low"
    open_at = FirstRun(_OPEN_SAMPLES).feed(
        g < rules.opens_below_G0
    )  # an offset may leave the noise below zero
    if trace.ended == "not broken" or open_at is None:
        return "does not open"
    return ""


def _start(conductance_G0: FloatArray) -> float:
    """Return the conductance at which a trace starts: the median of its first five samples that are not NaN."""
    first = conductance_G0[: 10 * _START_SAMPLES]
    first = first[~np.isnan(first)][:_START_SAMPLES]
    return float(np.median(first)) if first.size else float("nan")
