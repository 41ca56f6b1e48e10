"""Peaks of a histogram: levels that overlap, a level on a tail, a level alone, few traces; and metal contacts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.records import FloatArray
from analysis.traces.histogram import BinAxis, Histogram, Scale
from analysis.traces.noise_floor import NoiseFloor
from analysis.traces.options import AnalysisOptions
from analysis.traces.peak_fit import PeakFit
from analysis.traces.pipeline import peaks_in
from tests.validation.study import Table, share

LEVEL = -2.7
"""The level that is sought, log10 of G/G0."""

CONTACT_G0 = 0.97

LINEAR, LOG = BinAxis.linear(-0.25, 10.0, 0.01), BinAxis.log(1e-6, 100.0, 100)
NOISE = NoiseFloor(1e-5, 0.0, 100)  # nothing below 1e-4 G0 is looked at


MOLECULES = AnalysisOptions(metallic_G0=(0.3, 0.3))
BOTH = AnalysisOptions(metallic_G0=(0.3, 1.5))


@dataclass(frozen=True)
class Kind:
    """Traces: levels as (centre and scatter in decades, share of the traces that have it), and a flat tail or none.

    Levels of a ``skewed`` kind scatter with skewness 1 toward large conductance; their centre is the most frequent one.
    Those of a kind that is ``anywhere`` are moved by up to 0.05 decades in each set, to any place in a bin.
    """

    name: str
    levels: tuple[tuple[float, float, float], ...]
    tail: bool = True
    n: int = 500
    skewed: bool = False
    anywhere: bool = False

    def moved(self, by: float) -> "Kind":
        """Return the same with its levels moved by so many decades."""
        return replace(self, levels=tuple((centre + by, *others) for centre, *others in self.levels))


ONE = (LEVEL, 0.25, 0.7)
KINDS = (
    Kind("double", (ONE, (LEVEL + 0.8, 0.2, 0.4))),
    Kind("double6", (ONE, (LEVEL + 0.6, 0.2, 0.4))),
    Kind("flat", (ONE,)),
    Kind("clean", (ONE,), tail=False),
    Kind("flat, 50 traces", (ONE,), n=50),
    Kind("clean, 50 traces", (ONE,), tail=False, n=50),
    Kind("clean, 20 traces", (ONE,), tail=False, n=20),
    Kind("clean, 5000 traces", (ONE,), tail=False, n=5000),
    Kind("double, 5000 traces", (ONE, (LEVEL + 0.8, 0.2, 0.4)), n=5000),
    Kind("narrow", ((LEVEL, 0.02, 0.7),), anywhere=True),
    Kind("narrow, 5000 traces", ((LEVEL, 0.02, 0.7),), n=5000, anywhere=True),
    Kind("skewed", (ONE,), tail=False, skewed=True),
    Kind("skewed, 50 traces", (ONE,), tail=False, n=50, skewed=True),
    Kind("skewed, 20 traces", (ONE,), tail=False, n=20, skewed=True),
    Kind("skewed, 200 traces", (ONE,), tail=False, n=200, skewed=True),
    Kind("skewed, 5000 traces", (ONE,), tail=False, n=5000, skewed=True),
    Kind("flat, 5000 traces", (ONE,), n=5000),
    Kind("clean, 200 traces", (ONE,), tail=False, n=200),
    Kind("flat, 200 traces", (ONE,), n=200),
)


def histograms(rng: np.random.Generator, kind: Kind) -> tuple[Histogram, Histogram]:
    """Linear and logarithmic histogram of traces that are drawn anew."""
    traces = [_trace(rng, kind) for _ in range(kind.n)]
    values = np.concatenate(traces)
    numbers = np.repeat(np.arange(kind.n), [trace.size for trace in traces])

    def counted(axis: BinAxis) -> Histogram:
        width = axis.bins + 3
        counts = np.bincount(numbers * width + axis.place(values), minlength=kind.n * width)
        return Histogram(axis, counts.reshape(kind.n, width))

    return counted(LINEAR), counted(LOG)


def _trace(rng: np.random.Generator, kind: Kind) -> FloatArray:
    metal = [
        atoms * CONTACT_G0
        + 0.06 * rng.standard_normal()
        + 0.02 * rng.standard_normal(2 + int(rng.exponential(80.0)))
        for atoms in (5, 3, 2, 1)
    ]
    parts = [np.log10(np.concatenate(metal))]
    for centre, scatter, probability in kind.levels:
        if rng.random() < probability:
            n = max(10, int(rng.normal(200.0, 50.0)))
            wander = 0.03 * np.cumsum(rng.standard_normal(n)) / np.sqrt(n)
            parts.append(centre + scatter * _deviate(rng, kind.skewed) + wander)
    if kind.tail:
        parts.append(np.arange(-1.0 - 0.1 * rng.random(), -5.5, -0.0094))
    return np.asarray(10.0 ** np.concatenate(parts))


def _deviate(rng: np.random.Generator, skewed: bool) -> float:
    """Return a deviate of unit variance whose most frequent value is 0."""
    return float((rng.gamma(4.0) - 3.0) / 2.0) if skewed else float(rng.standard_normal())


@dataclass(frozen=True)
class Outcome:
    """One peak: miss and its 68 % error (decades, or G0 for a contact), and if it was called trusted."""

    miss: float
    error: float
    trusted: bool


def outcomes(
    rng: np.random.Generator, kind: Kind, sets: int, options: AnalysisOptions = MOLECULES
) -> tuple[list[Outcome], list[Outcome]]:
    """The peaks nearest to the level and to the contact in ``sets`` sets; sets in which there is none are left out."""
    levels, contacts = [], []
    for _ in range(sets):
        by = rng.uniform(0.0, 0.05) if kind.anywhere else 0.0
        peaks = peaks_in(*histograms(rng, kind.moved(by)), NOISE, options, rng)
        level = _nearest([p for p in peaks if p.scale is Scale.LOG], 10.0 ** (LEVEL + by))
        if level is not None:
            low, high = np.log10(level.interval_G0)
            levels.append(Outcome((low + high) / 2.0 - LEVEL - by, (high - low) / 2.0, level.trusted))
        contact = _nearest([p for p in peaks if p.scale is Scale.LINEAR], CONTACT_G0)
        if contact is not None:
            miss = contact.conductance_G0 - CONTACT_G0
            contacts.append(Outcome(miss, contact.uncertainty_G0, contact.trusted))
    return levels, contacts


def _nearest(peaks: Sequence[PeakFit], conductance_G0: float) -> PeakFit | None:
    """Return the peak whose maximum is nearest: a fit that ran there from another maximum is not its peak."""
    return min(peaks, key=lambda p: abs(np.log(p.maximum_G0 / conductance_G0)), default=None)


def covers(found: Sequence[Outcome], errors: float) -> list[bool]:
    """Tell for each outcome if the truth lies within so many errors."""
    return [abs(one.miss) < errors * one.error for one in found]


def tables(rng: np.random.Generator, sets: int) -> Iterable[Table]:
    """Return the study's table; each line has random numbers of its own, so that it can be made anew alone."""
    *own, last = rng.spawn(len(KINDS) + 1)
    rows = [_row(f"`{k.name}`", outcomes(each, k, sets)[0]) for k, each in zip(KINDS, own, strict=True)]
    contacts = outcomes(last, Kind("", ()), sets, BOTH)[1]
    rows.append(_row("1 G0 contact (linear, in G0)", contacts))
    yield Table(
        "peaks",
        f"{sets} sets a line of {KINDS[0].n} traces unless stated, with metal plateaus and the levels of the line; "
        "misses and errors in decades; medians of the quoted errors.",
        ("set", "bias", "SD", "quoted", "68 %", "95 %", "trusted", "95 % of the trusted"),
        tuple(rows),
    )


def _row(name: str, found: Sequence[Outcome]) -> tuple[str, ...]:
    misses = np.array([one.miss for one in found])
    trusted = [one for one in found if one.trusted]
    return (
        name,
        f"{misses.mean():+.3f} ({1000 * misses.std() / np.sqrt(misses.size):.0f})",
        f"{misses.std():.3f}",
        f"{np.median([one.error for one in found]):.3f}",
        share(covers(found, 1.0)),
        share(covers(found, 2.0)),
        share([one.trusted for one in found]),
        share(covers(trusted, 2.0)) if len(trusted) > 4 else "-",
    )
