"""Opening and closing traces: both histograms, their correlation junction by junction, and the hysteresis.

A closing trace is read backwards, from contact to open, and aligned at its jump to contact.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from analysis.records import FloatArray, Trace
from analysis.statistics.memory import bootstrap, memory_of
from analysis.statistics.result import (
    Curve,
    LinePicture,
    MapPicture,
    Number,
    PictureAxis,
    RecordSet,
    ResultTable,
    StatisticResult,
)
from analysis.statistics.statistic import Statistic, StatisticError
from analysis.statistics.survival import medians
from analysis.trace_statistics.correlation import chance_threshold, correlation_map
from analysis.traces.direction import CLOSING, OPENING, UNKNOWN, direction_of
from analysis.traces.histogram import BinAxis, CountArray, histogram, last_opening

LEAST_PAIRS = 10


@dataclass(frozen=True)
class DirectionOptions:
    """Conductance at which a contact breaks and is made, and bins of the histograms.

    Parameters
    ----------
    threshold_G0 : float
        Conductance at which a contact breaks and is made.
    lowest_G0 : float
        Lower end of the histogram.
    highest_G0 : float
        Upper end of the histogram.
    per_decade : int
        Bins in a decade of conductance.
    """

    threshold_G0: float = 0.5
    lowest_G0: float = 1e-5
    highest_G0: float = 10.0
    per_decade: int = 20


@dataclass(frozen=True, eq=False)
class DirectionRow:
    """Direction of a trace, its number, its counts, and the displacement at its break or jump to contact (m)."""

    direction: str
    number: int
    counts: CountArray
    contact_m: float


def reversed_trace(trace: Trace) -> Trace:
    """Return a closing trace read from contact to open."""
    return replace(
        trace,
        displacement_m=trace.displacement_m[::-1].copy(),
        conductance_G0=trace.conductance_G0[::-1].copy(),
    )


def direction_row(trace: Trace, options: DirectionOptions) -> DirectionRow:
    """Return direction, counts and place of the contact of one trace."""
    direction = direction_of(trace)
    if direction == CLOSING:
        trace = reversed_trace(trace)
    at = None if direction == UNKNOWN else last_opening(trace.conductance_G0, options.threshold_G0)
    contact_m = float(trace.displacement_m[at]) if at is not None else float("nan")
    counts = histogram([trace], _axis(options)).traces[0].astype(np.int32)
    return DirectionRow(direction, trace.number, counts, contact_m)


def _axis(options: DirectionOptions) -> BinAxis:
    return BinAxis.log(options.lowest_G0, options.highest_G0, options.per_decade)


def pairs_of(rows: Sequence[DirectionRow]) -> list[tuple[DirectionRow, DirectionRow]]:
    """Return each opening trace with the closing trace that follows it before the next opening."""
    known = sorted((row for row in rows if row.direction != UNKNOWN), key=lambda row: row.number)
    return [
        (first, second)
        for first, second in pairwise(known)
        if first.direction == OPENING and second.direction == CLOSING
    ]


def shifted_pairs(opening: FloatArray, closing: FloatArray, shift: int = 0) -> FloatArray:
    """Return the correlation map between opening k and closing k + ``shift``, shape (bins, bins)."""
    n = len(opening) - shift
    return correlation_map(opening[:n], closing[shift:])


def direction_result(
    rows: Sequence[DirectionRow], options: DirectionOptions, made_of: RecordSet, rng: np.random.Generator
) -> StatisticResult:
    """Return numbers of traces by direction, histograms of both, correlation and hysteresis of pairs."""
    by = {word: [row for row in rows if row.direction == word] for word in (OPENING, CLOSING, UNKNOWN)}
    if not by[OPENING] and not by[CLOSING]:
        raise StatisticError(
            "the direction of no trace is known: neither displacement nor conductance shows it"
        )
    axis = _axis(options)
    curves = [
        Curve(f"{word} ({len(some)} traces)", axis.edges, _mean(some), style="steps")
        for word, some in by.items()
        if some and word != UNKNOWN
    ]
    pictures: list[LinePicture | MapPicture] = [
        LinePicture(
            "opening and closing",
            PictureAxis("G", "G0", log=True),
            PictureAxis("counts per bin and trace"),
            curves,
        )
    ]
    table = ResultTable(
        "traces by direction", ("direction", "traces"), [(word, len(some)) for word, some in by.items()]
    )
    numbers, remarks = [], []
    pairs = pairs_of(rows)
    if len(pairs) < LEAST_PAIRS:
        remarks.append(
            f"{len(pairs)} opening traces are followed by their closing trace: too few to compare them."
        )
    else:
        more, picture, sentence = _compared(pairs, axis, rng)
        numbers += more
        pictures.append(picture)
        remarks.append(sentence)
    if by[UNKNOWN]:
        remarks.append(f"{len(by[UNKNOWN])} traces have an unknown direction and are left out.")
    return StatisticResult(
        "Opening and closing",
        len(rows),
        numbers,
        [table],
        pictures,
        remarks,
        {"pairs": len(pairs)},
        options,
        made_of,
    )


def _mean(rows: Sequence[DirectionRow]) -> FloatArray:
    return np.asarray(np.array([row.counts for row in rows]).mean(axis=0), dtype=float)


def _compared(
    pairs: Sequence[tuple[DirectionRow, DirectionRow]], axis: BinAxis, rng: np.random.Generator
) -> tuple[list[Number], MapPicture, str]:
    opening, closing = (np.log1p(np.array([pair[i].counts for pair in pairs])) for i in (0, 1))
    own, control = shifted_pairs(opening, closing), shifted_pairs(opening, closing, 1)
    threshold = chance_threshold(np.hstack([opening, closing]), rng, 100)
    beyond, beyond_control = (int(np.nansum(np.abs(c) > threshold)) for c in (own, control))
    hysteresis = np.array([first.contact_m - second.contact_m for first, second in pairs])
    memory = memory_of(np.nan_to_num(hysteresis, nan=0.0))
    estimate = bootstrap(lambda drawn: medians(hysteresis[drawn]), memory, rng)
    numbers = [
        Number("hysteresis: displacement of the break beyond the jump to contact", estimate, "nm", 1e-9)
    ]
    picture = MapPicture(
        "opening against its closing", PictureAxis("G opening", "G0", log=True),
        PictureAxis("G closing", "G0", log=True), axis.edges, axis.edges, own, "correlation of log1p",
        signed=True, grey_below=threshold,
    )  # fmt: skip
    sentence = (
        f"{beyond} cells of opening against its own closing are beyond chance ({threshold:.2f}); against the next "
        f"closing, the control, {beyond_control}."
    )
    return numbers, picture, sentence


STATISTIC = Statistic(
    "Opening and closing", DirectionOptions(), direction_row, direction_result, selected=False
)
