"""Oracle of the selection of traces: the rules as first written, over the samples of all traces at once."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from analysis.detect import FirstRun
from analysis.records import FloatArray, Trace
from analysis.traces.noise_floor import NoiseFloor
from analysis.traces.selection import SelectionRules


def start(g: FloatArray) -> float:
    """Median of the first five samples that are not NaN."""
    first = g[:50]
    first = first[~np.isnan(first)][:5]
    return float(np.median(first)) if first.size else float("nan")


def rejection(trace: Trace, rules: SelectionRules) -> str:
    """Return the first reason that applies."""
    for flag in rules.rejected_flags:
        if flag in trace.flags:
            return flag
    g = trace.conductance_G0
    if np.count_nonzero(~np.isnan(g)) < rules.shortest:
        return "too short"
    if not start(g) > rules.starts_above_G0:
        return "starts too low"
    if trace.ended == "not broken" or FirstRun(5).feed(g < rules.opens_below_G0) is None:
        return "does not open"
    return ""


def noise_floor(traces: Sequence[Trace]) -> NoiseFloor:
    """Return the noise in the most open part of the traces, one fraction of their lengths after the other."""
    conductances = [g[np.isfinite(g)] for g in (trace.conductance_G0 for trace in traces)]
    conductances = [g for g in conductances if g.size >= 20]
    floor = NoiseFloor(float("nan"), float("nan"), 0)
    for fraction in (20, 50, 100, 200, 500):
        if not conductances:
            break
        parts = [most_open(g, max(20, g.size // fraction)) for g in conductances]
        level = np.array([np.median(part) for part in parts])
        mad = np.array([np.median(np.abs(part - np.median(part))) for part in parts])
        samples = np.array([part.size for part in parts])
        offset = float(np.median(level))
        scatter = max(float(np.median(np.abs(level - offset))), float(np.median(mad / np.sqrt(samples))))
        error = 1.4826 * 1.2533 * scatter / float(np.sqrt(level.size))
        floor = NoiseFloor(
            float(np.median(mad)), float(np.median(np.abs(level))), int(np.median(samples)), offset, error
        )
        if floor.level_G0 <= 3.0 * 1.4826 * floor.mad_G0:
            break
    return floor


def most_open(g: FloatArray, length: int) -> FloatArray:
    """Return the part, counted from the end, with the mean nearest to zero, or to the offset if that is negative."""
    n = g.size // length
    parts = g[g.size - n * length :].reshape(n, length)
    means = parts.mean(axis=1)
    low = means[np.abs(means) < 0.1]
    target = min(0.0, float(np.sort(low)[(low.size - 1) // 2])) if low.size else 0.0
    nearest: FloatArray = parts[np.argmin(np.abs(means - target))]
    return nearest


def usual_rules(traces: Sequence[Trace], noise: NoiseFloor, contact_G0: float | None) -> SelectionRules:
    """Return the rules that suit the traces."""
    starts = np.array([start(trace.conductance_G0) for trace in traces])
    starts = starts[np.isfinite(starts)]
    lowest = np.array([np.fmin.reduce(trace.conductance_G0, initial=np.inf) for trace in traces])
    mad = 0.0 if np.isnan(noise.mad_G0) else noise.mad_G0
    limits = [max(0.01, 10.0 * mad), 0.1, 0.5]
    opens = next((x for x in limits if 2 * np.count_nonzero(lowest < x) >= lowest.size), limits[-1])
    usual = float(np.median(starts)) if starts.size else 4.0
    least = noise.limit_G0 if noise.level_G0 < 0.1 else 0.0
    return SelectionRules(
        max(min(2.0, 0.5 * usual), least) if contact_G0 is None else 0.5 * contact_G0,
        opens,
        (-max(0.1, 20.0 * mad), float(max(20.0, 2.0 * starts.max(initial=0.0)))),
    )


def sample_counts(traces: Sequence[Trace], rules: SelectionRules) -> dict[str, int]:
    """Return the counts of a `Selection` by their names."""
    counts: Counter[str] = Counter()
    for trace in traces:
        g = trace.conductance_G0
        wild = np.isfinite(g) & ((g < rules.plausible_G0[0]) | (g > rules.plausible_G0[1]))
        if rejection(trace, rules):
            counts["wild_in_rejected"] += int(wild.sum())
            continue
        counts["wild_samples"] += int(wild.sum())
        counts["wild_traces"] += int(wild.any())
        counts["railed_samples"] += int(np.isinf(g).sum())
        counts["negative_samples"] += int(((g < 0) & ~wild & (g != -np.inf)).sum())
        counts["samples"] += g.size
    return dict(counts)
