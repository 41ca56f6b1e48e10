"""Analysis of the traces of several recordings together, from the rows to which each was reduced."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from analysis.numbers import counted
from analysis.recording import Recording, RecordingError
from analysis.traces.merged import CountedTraces, MergedSelection
from analysis.traces.pipeline import analysis_of, peaks_of, plateau_bounds
from analysis.traces.plateaus import PlateauLengths
from analysis.traces.result import Analysis
from app.offline.recordings import Part, describe
from app.offline.tasks import Failure, Identified, Task, attempt, count, count_again, plateaus
from app.offline.traces import BOOTSTRAP_SEED, Analysed, ByHand, options_for

Run = Callable[[str, Sequence[Task[Any]]], list[Any]]
"""Function from the name of a step and tasks to their results in the same order."""


def analyse_traces(
    paths: Sequence[Path],
    by_hand: ByHand | None = None,
    known: Mapping[Path, Analysis] = MappingProxyType({}),
) -> Analysed:
    """Analyse the traces of several recordings together, such as the parts of an interrupted run.

    The first recording gives the header of the result. A single recording found in ``known`` is not analysed again if
    the user has made no choices.

    Raises
    ------
    RecordingError
        For a file that can't be used.
    """
    return analyse_described([describe([path])[0] for path in paths], by_hand, known)


def analyse_described(
    parts: Sequence[Part],
    by_hand: ByHand | None = None,
    known: Mapping[Path, Analysis] = MappingProxyType({}),
) -> Analysed:
    """Analyse traces as `analyse_traces` does, of recordings that were described already."""
    by_hand = by_hand or ByHand()
    analysis = known.get(parts[0].path) if len(parts) == 1 and by_hand == ByHand() else None
    if analysis is not None:
        return _analysed(parts, analysis)
    (analysed, failures) = analyse_parts([Found(part) for part in parts], by_hand, _here)
    if failures or analysed is None:
        raise RecordingError(failures[0].sentence)
    return analysed


def _here(what: str, tasks: Sequence[Task[Any]]) -> list[Any]:
    return [attempt(task) for task in tasks]


class Found:
    """One recording of the set, with its identity if it was found out."""

    def __init__(self, part: Part, identified: Identified | None = None) -> None:
        self.part, self.identified = part, identified

    def task(self, function: Callable[..., Any], *arguments: Any) -> Task[Any]:
        """Return the task to run a function on this recording."""
        return Task(function, self.part.path, arguments, self.identified)


def analyse_parts(found: Sequence[Found], by_hand: ByHand, run: Run) -> tuple[Analysed | None, list[Failure]]:
    """Analyse the traces of recordings together; leave out those that fail.

    Parameters
    ----------
    found : sequence of Found
    by_hand : ByHand
    run : callable
        Runs tasks, here or elsewhere; the result does not depend on where.

    Returns
    -------
    Analysed or None
        None if no recording is left.
    list of Failure
    """
    traces = _TraceFiles(found, by_hand, run)
    while traces.found:
        analysis = traces.analysis()
        if analysis is not None:
            parts = [each.part for each in traces.found]
            return replace(_analysed(parts, analysis), copies=traces.copies), traces.failures
    return None, traces.failures


class _TraceFiles:
    """Recordings of traces, and the rows of each; a recording that fails leaves the set."""

    def __init__(self, found: Sequence[Found], by_hand: ByHand, run: Run) -> None:
        self.found, self.failures = list(found), list[Failure]()
        self._by_hand, self._run = by_hand, run
        self._rows: list[CountedTraces] = []
        self.copies: tuple[str, ...] = ()
        results = run("Reading traces", [each.task(count, by_hand, len(found) > 1) for each in found])
        self._rows = [each for each in results if not isinstance(each, Failure)]
        self._leave_out(dict(enumerate(results)))

    def analysis(self) -> Analysis | None:
        """Return the analysis; None if a recording failed, without which it must be made anew."""
        options = options_for(self.found[0].part.header, self._by_hand)
        open_part = [partial(Recording, each.part.path) for each in self.found]
        merged = MergedSelection(self._rows, open_part, options)
        self.copies = tuple(self._told_of_copies(merged))
        try:
            merged.decide()
            if not self._counted_again(merged):
                return None
            merged.merge()
            peaks = peaks_of(merged, np.random.default_rng(BOOTSTRAP_SEED))
            bounds = tuple(plateau_bounds(peak, merged.options.break_G0) for peak in peaks)
            lengths = self._plateaus(merged, bounds)
            return None if lengths is None else analysis_of(merged, peaks, lengths)
        finally:
            merged.close()

    def _told_of_copies(self, merged: MergedSelection) -> Iterator[str]:
        for index, each in enumerate(self.found):
            if n := len(merged.copies_in(index)):
                yield (
                    f"{each.part.path.name}: {n} of its {counted(len(self._rows[index].summaries), 'trace')} are in "
                    "an earlier recording too (the same noise, perhaps scaled or cut); each counts once."
                )

    def _counted_again(self, merged: MergedSelection) -> bool:
        """Count recordings again whose own rules or axes differ from those of the whole set."""
        outdated = merged.outdated()
        tasks = [
            self.found[index].task(count_again, merged.fixed_options, merged.copies_in(index))
            for index in outdated
        ]
        results = dict(zip(outdated, self._run("Counting", tasks) if tasks else [], strict=True))
        if self._leave_out(results):
            return False
        for index, rows in results.items():
            merged.replace(index, rows)
        return True

    def _plateaus(
        self, merged: MergedSelection, bounds: tuple[tuple[float, float], ...]
    ) -> tuple[PlateauLengths, ...] | None:
        if not bounds:
            return ()
        plausible_G0 = merged.rules.plausible_G0
        tasks = [
            each.task(plateaus, tuple(merged.kept_in(index)), plausible_G0, bounds)
            for index, each in enumerate(self.found)
        ]
        results = self._run("Measuring plateaus", tasks)
        if self._leave_out(dict(enumerate(results))):
            return None
        return tuple(
            PlateauLengths(*pair, np.concatenate([lengths[i].lengths_m for lengths in results]))
            for i, pair in enumerate(bounds)
        )

    def _leave_out(self, results: Mapping[int, Any]) -> bool:
        """Take the recordings that failed out of the set; return True if there are any."""
        failed = {index: result for index, result in results.items() if isinstance(result, Failure)}
        self.failures += failed.values()
        if len(self._rows) == len(self.found):
            self._rows = [rows for index, rows in enumerate(self._rows) if index not in failed]
        self.found = [each for index, each in enumerate(self.found) if index not in failed]
        return bool(failed)


def _analysed(parts: Sequence[Part], analysis: Analysis) -> Analysed:
    unfinished = [part.status for part in parts if part.status != "finished"]
    return Analysed(
        parts[0].path,
        parts[0].header,
        (*unfinished, "finished")[0],
        sum(part.n_samples for part in parts),
        sum(part.gaps for part in parts),
        analysis,
        tuple(part.path for part in parts),
    )
