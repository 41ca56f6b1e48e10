"""Statistics over many recordings: each is reduced to rows, here or in other processes, and the rows are joined.

The rows are in the order of the recordings, so the result does not depend on who made them.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from math import inf
from pathlib import Path
from typing import Any

from analysis.heating.holds import holds_of
from analysis.iv.sweeps import Sweep
from analysis.junction_noise.stretches import junctions_in, stretches_of
from analysis.recording import Recording, damage_told
from analysis.statistics.registry import STATISTICS
from analysis.statistics.result import StatisticResult
from analysis.statistics.statistic import HOLDS, STRETCHES, SWEEPS, StatisticError
from analysis.traces.kept import KeptTraces, kept_traces
from analysis.traces.read import traces_of
from analysis.traces.selection import COPY
from app.offline.recordings import RecordingKind
from app.offline.statistics import ChosenStatistics, conclude_statistics, record_set
from app.offline.tasks import Failure, Identified, Task, numbered, sweeps
from app.offline.traces import Analysed

Run = Callable[[str, Sequence[Task[Any]]], list[Any]]
"""Function from the name of a step and tasks to their results in the same order."""

Names = tuple[tuple[str, str], ...]
"""Names of statistics of one kind of records, each with its options as text, so that equal ones are found again."""

HELD = (RecordingKind.HEATING, RecordingKind.IV)


def file_statistics(
    chosen: ChosenStatistics,
    files: Sequence[Identified],
    traces: Analysed | None,
    curves: Mapping[Path, Any],
    run: Run,
) -> tuple[dict[str, StatisticResult], list[Failure]]:
    """Return the chosen statistics over the records of recordings, and the recordings that failed.

    Parameters
    ----------
    chosen : ChosenStatistics
    files : sequence of Identified
        In the order in which they began.
    traces : Analysed, optional
        Analysis that selects the traces.
    curves : mapping of Path to list of Sweep
        Sweeps that were read before, or the failure to do so.
    run : callable
        Runs tasks, here or elsewhere.

    Raises
    ------
    StatisticError
        If a statistic that was chosen by name cannot be computed, or every recording failed.
    """
    if not chosen.names or not files:
        return {}, []
    files = [each for each in files if each.part.kind is not RecordingKind.CALIBRATION]
    rows: dict[str, list[Any]] = {name: [] for name in chosen.names}
    failures: list[Failure] = []
    for of, selected in dict.fromkeys((STATISTICS[n].of, STATISTICS[n].selected) for n in chosen.names):
        names = [n for n in chosen.names if (STATISTICS[n].of, STATISTICS[n].selected) == (of, selected)]
        if of == SWEEPS:
            results = [_reduced(numbered(_sweeps(files, curves, run)), names, chosen)]
        elif of in (HOLDS, STRETCHES):
            results = run("Statistics", _held_tasks(of, names, chosen, files, run))
        else:
            results = run("Statistics", _trace_tasks(selected, names, chosen, files, traces))
        failed = [each for each in results if isinstance(each, Failure)]
        if failed and len(failed) == len(results):
            raise StatisticError(failed[0].sentence)
        known = {failure.path for failure in failures}
        failures += [each for each in failed if each.path not in known]
        for result in results:
            if not isinstance(result, Failure):
                for name, part in zip(names, result, strict=True):
                    rows[name] += part
    used = [each.part for each in files if each.part.path not in {failure.path for failure in failures}]
    return (conclude_statistics(chosen, rows, record_set(used, traces)) if used else {}), failures


def sweeps_task(found: Identified) -> Task[list[Sweep]]:
    """Return the task to read the sweeps of a recording."""
    return Task(sweeps, found.part.path, (), found)


def trace_rows(
    path: Path,
    chosen: Names,
    first_number: int,
    kept: Sequence[int] | None,
    plausible_G0: tuple[float, float],
    copies: Sequence[int],
) -> list[list[Any]]:
    """Return the rows of kept traces of a recording, or of every trace but the numbered copies, for each statistic."""
    with Recording(path) as recording, damage_told(path, "what its events say"):
        if kept is not None:
            return _rows(kept_traces(recording, kept, first_number, plausible_G0), chosen)
        every = (replace(trace, number=first_number + trace.number) for trace in traces_of(recording))
        return _rows((trace for trace in every if trace.number not in copies), chosen)


def held_rows(path: Path, of: str, chosen: Names, first_junction: int) -> list[list[Any]]:
    """Return the rows of the holds or of the held stretches of a recording, for each statistic."""
    with Recording(path) as recording, damage_told(path, "what its events say"):
        if of == HOLDS:
            return _rows(holds_of(recording), chosen)
        stretches = (replace(s, junction=first_junction + s.junction) for s in stretches_of(recording))
        return _rows(stretches, chosen)


def count_junctions(path: Path) -> int:
    """Return a number above those of all held junctions of a recording."""
    with Recording(path) as recording, damage_told(path, "what its events say"):
        return junctions_in(recording)


def _rows(records: Iterator[Any], chosen: Names) -> list[list[Any]]:
    """Reduce each record for each statistic; every record is read once."""
    reducers = []
    for name, options in chosen:
        typed = STATISTICS[name].with_options(json.loads(options))
        reducers.append((STATISTICS[name].reduce, typed))
    rows: list[list[Any]] = [[] for _ in reducers]
    for record in records:
        for part, (reduce, options) in zip(rows, reducers, strict=True):
            part.append(reduce(record, options))
    return rows


def _named(names: Sequence[str], chosen: ChosenStatistics) -> Names:
    return tuple((name, json.dumps(chosen.options.get(name, {}), sort_keys=True)) for name in names)


def _reduced(records: Sequence[Any], names: Sequence[str], chosen: ChosenStatistics) -> list[list[Any]]:
    return _rows(iter(records), _named(names, chosen))


def _trace_tasks(
    selected: bool,
    names: Sequence[str],
    chosen: ChosenStatistics,
    files: Sequence[Identified],
    traces: Analysed | None,
) -> list[Task[list[list[Any]]]]:
    if traces is None:
        return []
    selection = traces.analysis.selection
    assert isinstance(selection.kept, KeptTraces)
    kept: dict[int, list[int]] = {}
    for part, index in selection.kept.places:
        kept.setdefault(part, []).append(index)
    copies = [summary.number for summary, _ in selection.rejected if COPY in summary.flags]
    firsts = selection.kept.first_numbers
    known = _kept_results(names, files)
    return [
        Task(
            trace_rows,
            path,
            (
                _named(names, chosen),
                first,
                tuple(kept.get(part, ())) if selected else None,
                selection.rules.plausible_G0,
                tuple(number for number in copies if first <= number < after),
            ),
            known.get(path),
        )
        for part, (path, first, after) in enumerate(
            zip(traces.paths, firsts, (*firsts[1:], inf), strict=True)
        )
    ]


def _held_tasks(
    of: str, names: Sequence[str], chosen: ChosenStatistics, files: Sequence[Identified], run: Run
) -> list[Task[list[list[Any]]]]:
    held = [each for each in files if each.part.kind in HELD]
    numbers = (
        run("Counting junctions", [Task(count_junctions, x.part.path, (), x) for x in held]) if held else []
    )
    firsts = accumulate((0 if isinstance(n, Failure) else n for n in numbers), initial=0)
    known = _kept_results(names, held)
    return [
        Task(held_rows, x.part.path, (of, _named(names, chosen), first), known.get(x.part.path))
        for x, first in zip(held, firsts, strict=False)
    ]


def _sweeps(files: Sequence[Identified], curves: Mapping[Path, Any], run: Run) -> list[list[Sweep]]:
    """Return the sweeps of each recording of held junctions; those that fail have none."""
    held = [each for each in files if each.part.kind in HELD]
    tasks = [sweeps_task(each) for each in held if each.part.path not in curves]
    read = dict(zip([t.path for t in tasks], run("Reading I-V curves", tasks), strict=True)) if tasks else {}
    found = [{**curves, **read}[each.part.path] for each in held]
    return [each for each in found if not isinstance(each, Failure)]


def _kept_results(names: Sequence[str], files: Sequence[Identified]) -> dict[Path, Identified]:
    """Return the identities under which rows may be kept: none for a plug-in, whose text is not in the version."""
    own = all(STATISTICS[name].reduce.__module__.startswith("analysis.") for name in names)
    return {each.part.path: each for each in files} if own else {}
