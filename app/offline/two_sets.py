"""Comparison of sets of recordings: their kept traces, and the verdict on each pair."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analysis.json_data import to_json
from analysis.numbers import probability, rounded
from analysis.recording import Recording, damage_told
from analysis.records import Trace
from analysis.statistics.result import ResultTable
from analysis.statistics.statistic import StatisticError
from analysis.trace_statistics.two_sets import Comparison, TwoSetsOptions, compare_sets
from analysis.traces.copies import copies_between, sketches_of
from analysis.traces.incremental import IncrementalSelection
from analysis.traces.read import traces_of
from app.offline.identity import sha256_of
from app.offline.recordings import find_recordings
from app.offline.statistics import SEED
from app.offline.traces import options_for


@dataclass(frozen=True)
class ComparedSets:
    """Comparison of all pairs of sets.

    Parameters
    ----------
    names : tuple of str
    comparisons : mapping of (int, int) to Comparison
    options : TwoSetsOptions
    """

    names: tuple[str, ...]
    comparisons: dict[tuple[int, int], Comparison]
    options: TwoSetsOptions

    def to_json(self) -> dict[str, Any]:
        """Return the content for JSON."""
        pairs = [
            {"first": self.names[i], "second": self.names[j], **to_json(comparison)}
            for (i, j), comparison in self.comparisons.items()
        ]
        return {"sets": list(self.names), "pairs": pairs, "options": to_json(self.options)}

    def table(self) -> ResultTable:
        """Return the verdict on each pair."""
        unit, margin = "decades" if self.options.log else "G0", self.options.margin
        rows = []
        for (i, j), one in self.comparisons.items():
            for window, difference in zip(self.options.windows_G0, one.differences, strict=True):
                low, high = difference.interval
                rows.append(
                    (
                        f"{self.names[i]} and {self.names[j]}",
                        f"{one.n[0]} and {one.n[1]}",
                        one.distance,
                        probability(one.p_corrected),
                        f"{window[0]:g} to {window[1]:g}",
                        difference.text(),
                        f"{rounded(low, difference.se)} to {rounded(high, difference.se)}",
                        one.verdict,
                    )
                )
        headings = (
            "sets", "traces", "distance", "p (Holm)", "peak in (G0)", f"difference ({unit})",
            "90 % interval", "verdict",
        )  # fmt: skip
        return ResultTable(
            f"histograms from {self.options.range_G0[0]:g} to {self.options.range_G0[1]:g} G0",
            headings,
            rows,
            note=f"Equivalent: the 90 % interval of the difference of every peak is within ±{margin:g} {unit}.",
        )


def compare_recordings(paths: Sequence[Path], options: TwoSetsOptions) -> ComparedSets:
    """Compare sets of traces; each path, a recording or a folder of them, is a set.

    Raises
    ------
    RecordingError
        For a file that can't be used.
    StatisticError
        For a set that is too small, or a recording that is in two sets.
    """
    _demand_apart(paths)
    sets = [kept_traces(path) for path in paths]
    return ComparedSets(
        tuple(path.name for path in paths), compare_sets(sets, options, np.random.default_rng(SEED)), options
    )


def _demand_apart(paths: Sequence[Path]) -> None:
    """Raise ``StatisticError`` if two sets share a recording, or hold copies of one: they would be alike by that."""
    seen: dict[int, list[tuple[int, Path]]] = {}
    for number, path in enumerate(paths):
        for file in find_recordings([path]):
            alike = seen.setdefault(file.stat().st_size, [])
            for other, earlier in alike:
                if other != number and (file.samefile(earlier) or sha256_of(file) == sha256_of(earlier)):
                    raise StatisticError(
                        f"{earlier} and {file} are the same recording, in two sets; their traces cannot be compared"
                    )
            alike.append((number, file))


def kept_traces(path: Path) -> Sequence[Trace]:
    """Return the traces of a recording, or of those in a folder, each once, that pass the usual selection."""
    parts: list[list[Trace]] = []
    header = None
    for file in find_recordings([path]):
        with Recording(file) as recording, damage_told(file, "what its events say"):
            header = header or recording.header
            parts.append(list(traces_of(recording)))
    assert header is not None  # find_recordings returns at least one
    copies = copies_between([sketches_of(trace.conductance_G0 for trace in part) for part in parts])
    traces = [
        t
        for part, left_out in zip(parts, copies, strict=True)
        for i, t in enumerate(part)
        if i not in left_out
    ]
    growing = IncrementalSelection(traces, options_for(header))
    growing.look()
    growing.decide()
    growing.select()
    kept = growing.selection().kept
    growing.close()
    return kept
