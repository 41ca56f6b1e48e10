"""Which traces count, and what noise they stand on. Nothing is thrown away: the rejected keep their
reason.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.detect import FirstRun
from analysis.records import FloatArray, Trace

_START_SAMPLES = 5  # the median of these is where a trace starts, so that a spike is not
_LEAST_SAMPLES = 20  # of an open part, and of a trace that has one
_OPEN_SAMPLES = 5  # in a row below the limit, so that the ringing of an amplifier is no opening
_OPEN_G0 = 0.1  # where the most open parts of the traces lie higher, they are not open
_ERROR_OF_MEDIAN = 1.4826 * 1.2533  # of a Gaussian sample, times its median absolute deviation over sqrt(n)
OPEN_PARTS = (20, 50, 100, 200, 500)
"""The open part is sought as one of these fractions of a trace."""


@dataclass(frozen=True)
class NoiseFloor:
    """Noise of the conductance where the junctions are open, as the median over traces.

    Parameters
    ----------
    mad_G0 : float
        Median absolute deviation (not scaled; times 1.4826 it is a Gaussian's standard deviation).
    level_G0 : float
        Magnitude of the median of an open part: what is left of offsets, mains, and tunnelling.
    samples : int
        Length of the open part looked at in a trace of median length.
    offset_G0, offset_error_G0 : float
        Median over traces of the level with its sign, and its standard error: what every conductance is too high by,
        if the junctions are open there.
    """

    mad_G0: float
    level_G0: float
    samples: int
    offset_G0: float = 0.0
    offset_error_G0: float = float("inf")

    @property
    def limit_G0(self) -> float:
        """Conductance below which nothing is told from noise and offsets."""
        return 10.0 * self.mad_G0 + 3.0 * self.level_G0


def noise_floor(traces: Sequence[Trace]) -> NoiseFloor:
    """Noise in the most open part of the traces: the part with the mean nearest to zero.

    Its length is the largest fraction of a trace (1/20 to 1/500) at which the typical trace is open for all
    of it, that is: its level there is within its noise. NaN where no trace is long enough (20 samples).
    """
    conductances = [_finite(trace.conductance_G0) for trace in traces]
    conductances = [g for g in conductances if g.size >= _LEAST_SAMPLES]
    return floor_of([_open_part(g, parts) for g in conductances] for parts in OPEN_PARTS)


@dataclass(frozen=True)
class OpenPart:
    """The most open part of one trace: its median, the median absolute deviation about it, its samples."""

    level_G0: float
    mad_G0: float
    samples: int


def open_parts(conductance_G0: FloatArray) -> tuple[OpenPart, ...]:
    """The most open part of a trace at each of `OPEN_PARTS`; none for a trace that is too short."""
    g = _finite(conductance_G0)
    return tuple(_open_part(g, parts) for parts in OPEN_PARTS) if g.size >= _LEAST_SAMPLES else ()


def floor_of(by_fraction: Iterable[Sequence[OpenPart]]) -> NoiseFloor:
    """The noise that these open parts show: those of all traces, for each of `OPEN_PARTS` in turn.

    See `noise_floor`; no more of them are asked for than are needed.
    """
    found = NoiseFloor(float("nan"), float("nan"), 0)
    for of_traces in by_fraction:
        if not of_traces:
            break
        level, mad, samples = np.array([(p.level_G0, p.mad_G0, p.samples) for p in of_traces]).T
        offset = float(np.median(level))
        scatter = max(float(np.median(np.abs(level - offset))), float(np.median(mad / np.sqrt(samples))))
        found = NoiseFloor(
            float(np.median(mad)),
            float(np.median(np.abs(level))),
            int(np.median(samples)),
            offset,
            _ERROR_OF_MEDIAN * scatter / float(np.sqrt(level.size)),
        )
        if found.level_G0 <= 3.0 * 1.4826 * found.mad_G0:
            break
    return found


def _open_part(conductance_G0: FloatArray, parts: int) -> OpenPart:
    part = _most_open(conductance_G0, max(_LEAST_SAMPLES, conductance_G0.size // parts))
    level = float(np.median(part))
    return OpenPart(level, float(np.median(np.abs(part - level))), part.size)


def _finite(conductance_G0: FloatArray) -> FloatArray:
    finite = np.isfinite(conductance_G0)
    return conductance_G0 if finite.all() else conductance_G0[finite]


def _most_open(conductance_G0: FloatArray, length: int) -> FloatArray:
    """Return the one of the consecutive parts of this length, counted from the end, whose mean is nearest to zero;
    where most open parts are below zero, nearest to their median: with a negative offset zero is passed on the way.
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
    """What a trace must be to count.

    Parameters
    ----------
    starts_above_G0 : float
        Its first samples (median of 5) lie above this: it begins in contact.
    opens_below_G0 : float
        It lies below this for 5 samples in a row: it opens.
    plausible_G0 : tuple of float
        Samples outside this range are wild: excluded and counted, while the trace goes on counting.
    shortest : int
        Least number of samples.
    rejected_flags : tuple of str
        Flags of a trace that make it one to reject.
    """

    starts_above_G0: float = 2.0
    opens_below_G0: float = 0.01
    plausible_G0: tuple[float, float] = (-0.1, 100.0)
    shortest: int = 20
    rejected_flags: tuple[str, ...] = ("aborted", "gap", "I-V", "rejected on import")


def usual_rules(
    traces: Sequence[Trace], noise: NoiseFloor, contact_G0: float | None = None
) -> SelectionRules:
    """Rules that suit a set of traces which nobody has described.

    A trace starts in contact if it starts above half of ``contact_G0``, the conductance to which contacts
    were closed; if that is unknown, above 2 G0, or half of where the set's traces usually start if that is
    less, but not within the noise, where closing traces start. It opens below 0.01 G0, or ten times the noise
    if that is more; where most traces were cut before, below 0.1 or 0.5 G0. Plausible is -0.1 G0 (twenty times
    the noise if that is more) to 20 G0 (twice the highest start if that is more).
    """
    ends = [ends_of(trace.conductance_G0) for trace in traces]
    return rules_for(ends, noise, contact_G0)


def ends_of(conductance_G0: FloatArray) -> tuple[float, float]:
    """Where a trace starts (see `SelectionRules`), NaN if nowhere, and the least of its samples."""
    return _start(conductance_G0), float(np.fmin.reduce(conductance_G0, initial=np.inf))


def rules_for(
    ends: Sequence[tuple[float, float]], noise: NoiseFloor, contact_G0: float | None = None
) -> SelectionRules:
    """The rules of `usual_rules` from the `ends_of` each trace."""
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
    """Traces sorted into those that count and those that do not.

    Parameters
    ----------
    kept : sequence of Trace
        With wild samples replaced by NaN.
    rejected : sequence of (Trace, str)
        With the first reason that applied.
    rules : SelectionRules
    wild_samples, wild_traces : int
        Samples excluded from the kept traces, and how many traces they are from.
    wild_in_rejected : int
        Wild samples of the rejected traces.
    railed_samples : int
        Samples of the kept traces that are only bounded (``inf``); they count as overflow.
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
        """How many traces were rejected for each reason, the commonest first."""
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
    """Why a trace does not count; "" for one that does."""
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
    """Conductance at which a trace starts: median of its first five samples that are defined."""
    first = conductance_G0[: 10 * _START_SAMPLES]
    first = first[~np.isnan(first)][:_START_SAMPLES]
    return float(np.median(first)) if first.size else float("nan")
