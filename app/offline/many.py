"""Analysis of many recordings as one set: what fails is listed, the rest goes on, and what is known is not read."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from analysis.recording import RecordingError
from app.offline.analyse import measured
from app.offline.identity import Stamp
from app.offline.measurement import Measurement
from app.offline.recordings import OPENED, RecordingKind, find_recordings
from app.offline.result_cache import NoCache
from app.offline.statistic_files import file_statistics, sweeps_task
from app.offline.statistics import NO_STATISTICS, ChosenStatistics
from app.offline.tasks import Failure, Identified, Task, evaluate_holds, identify, is_live, numbered
from app.offline.trace_files import Found, analyse_parts
from app.offline.traces import ByHand
from app.offline.workers import Processes, ThisProcess, Workers
from app.plugins import VARIABLE as PLUGINS

log = logging.getLogger(__name__)

Step = Callable[[], None]
Heard = Callable[[int, Any], None]
"""Function that takes the index of a task and its result."""

Progress = Callable[[str, int], AbstractContextManager[Step]]
"""Function from the name of a step and the number of files to a block in which each call counts one file."""

WORTH_BYTES = 64_000_000
"""Size of all files below which starting other processes takes longer than it saves."""


def silent(what: str, files: int) -> AbstractContextManager[Step]:
    """Show no progress."""
    return nullcontext(lambda: None)


@dataclass(frozen=True)
class Reading:
    """Means of reading many files: who works, what is known already, and who hears of the progress."""

    workers: Workers = field(default_factory=ThisProcess)
    cache: NoCache = field(default_factory=NoCache)
    progress: Progress = silent

    def run(self, what: str, tasks: Sequence[Task[Any]], heard: Heard | None = None) -> list[Any]:
        """Run tasks whose results are not known; return all results in order, a `Failure` for what failed.

        ``heard`` receives the index of each task and its result as soon as it is there.
        """
        heard = heard or _nothing
        results = [self._known(task) for task in tasks]
        waiting = [index for index, result in enumerate(results) if result is None]
        with self.progress(what, len(tasks)) as step:
            for index, result in enumerate(results):
                if result is not None:
                    heard(index, result)
                    step()

            def done(index: int, result: Any) -> None:
                task = tasks[waiting[index]]
                results[waiting[index]] = result
                if task.found is not None and not isinstance(result, Failure):
                    self.cache.put(task.found.sha256, task.options, result)
                heard(waiting[index], result)
                step()

            if waiting:
                self.workers.run([tasks[index] for index in waiting], done)
        return results

    def _known(self, task: Task[Any]) -> Any:
        return self.cache.get(task.found.sha256, task.options) if task.found is not None else None

    def identified(self, paths: Sequence[Path]) -> list[Identified | Failure]:
        """Return what each file is, in order."""
        known = [self._known_file(path) for path in paths]
        new = [path for path, file in zip(paths, known, strict=True) if file is None]
        tasks = [Task(identify, path) for path in new]
        results = iter(self.run("Looking at files", tasks, self._remember) if new else ())
        return [file or next(results) for file in known]

    def _remember(self, index: int, result: Identified | Failure) -> None:
        if isinstance(result, Identified) and result.sha256:
            self.cache.remember(result.part.path, result.stamp, result.sha256)
            self.cache.put(result.sha256, _identity_options(), result)

    def _known_file(self, path: Path) -> Identified | None:
        try:
            if is_live(path) or not (digest := self.cache.sha256(path)):
                return None
            known = self.cache.get(digest, _identity_options())
            return (
                replace(known, part=replace(known.part, path=path), stamp=Stamp.of(path)) if known else None
            )
        except (OSError, UnicodeEncodeError):
            return None


def _nothing(index: int, result: Any) -> None:
    """Do nothing with a result."""


def _identity_options() -> str:
    return f"identity {os.environ.get(PLUGINS, '')}"


@contextmanager
def reading_with(
    paths: Sequence[Path], workers: int | None, cache: NoCache, progress: Progress = silent
) -> Iterator[Reading]:
    """Give the means of reading files on this computer; no process is left behind.

    Parameters
    ----------
    paths : sequence of Path
    workers : int or None
        Number of processes; one for each processor if not given, and this one alone for little data.
    cache : NoCache or ResultCache
    progress : callable
    """
    number = min(workers or _usual_workers(paths), len(paths))
    chosen: Workers = Processes(number) if number > 1 else ThisProcess()
    try:
        yield Reading(chosen, cache, progress)
    finally:
        chosen.close()
        cache.trim()


def _usual_workers(paths: Iterable[Path]) -> int:
    size = 0
    for path in paths:
        try:
            size += path.stat().st_size
        except OSError:
            continue
    return (os.cpu_count() or 1) if size > WORTH_BYTES else 1


def files_of(paths: Iterable[Path]) -> tuple[list[Path], list[Failure]]:
    """Return the recordings given by files, folders and lists (``@list.txt``), each once, and what can't be found.

    A list has one path a line, relative to its own folder; empty lines and those that begin with # are skipped.
    """
    found: dict[Path, None] = {}
    failures = []
    for path in paths:
        try:
            named = _listed(path) if path.name.startswith("@") or str(path).startswith("@") else [path]
        except (OSError, UnicodeDecodeError) as error:
            failures.append(Failure(path, f"{path}: the list can't be read ({error})."))
            continue
        for one in named:
            try:
                found.update(dict.fromkeys(find_recordings([one])))
            except (RecordingError, OSError) as error:
                failures.append(Failure(one, str(error)))
    return list(found), failures


def _listed(path: Path) -> list[Path]:
    file = Path(str(path)[1:]) if str(path).startswith("@") else path.with_name(path.name[1:])
    lines = (line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines())
    return [file.parent / line for line in lines if line and not line.startswith("#")]


def analyse_files(
    paths: Sequence[Path],
    by_hand: ByHand | None = None,
    transmission: Path | None = None,
    first_periods: int | None = None,
    reading: Reading | None = None,
    missing: Sequence[Failure] = (),
    statistics: ChosenStatistics = NO_STATISTICS,
) -> Measurement:
    """Analyse recordings as one set.

    Parameters
    ----------
    paths : sequence of Path
        Recordings, as from `files_of`.
    by_hand, transmission, first_periods, statistics
        As in `app.offline.analyse.analyse_measurement`.
    reading : Reading, optional
        Means of reading; the result does not depend on them.
    missing : sequence of Failure
        Files that could not be found, for the list.

    Returns
    -------
    Measurement
        Its ``failed`` lists the files that could not be used, each with the reason.

    Raises
    ------
    RecordingError
        If no file can be used.
    FileError
        For a model file that can't be used.
    StatisticError
        If a statistic chosen by name can't be computed.
    """
    reading = reading or Reading()
    identified = reading.identified(paths)
    failures = [*missing, *(each for each in identified if isinstance(each, Failure))]
    files = sorted(
        (each for each in identified if isinstance(each, Identified)),
        key=lambda each: each.part.header.started,
    )
    files, doubles = _once(files)
    traces, failed = analyse_parts(
        [Found(each.part, each) for kind in OPENED for each in _of(files, kind)],
        by_hand or ByHand(),
        reading.run,
    )
    failures += failed
    holds = [
        Task(evaluate_holds, x.part.path, (first_periods, x.part.path.name), x)
        for x in _of(files, RecordingKind.HEATING)
    ]
    curves = [sweeps_task(x) for x in _of(files, RecordingKind.IV)]
    runs = _split(reading.run("Evaluating holds", holds) if holds else [], failures)
    swept = reading.run("Reading I-V curves", curves) if curves else []
    computed, failed = file_statistics(
        statistics,
        files,
        traces,
        {task.path: result for task, result in zip(curves, swept, strict=True)},
        reading.run,
    )
    swept = _split(swept, failures)
    failures += failed
    unusable = {failure.path for failure in failures}
    parts = [each.part for each in files if each.part.path not in unusable]
    if not parts:
        raise RecordingError(_none_usable(failures))
    return measured(parts, traces, numbered(swept), runs, transmission, computed, failures, doubles)


def _of(files: Sequence[Identified], kind: RecordingKind) -> list[Identified]:
    return [each for each in files if each.part.kind is kind]


def _split(results: Sequence[Any], failures: list[Failure]) -> list[Any]:
    failures += [each for each in results if isinstance(each, Failure)]
    return [each for each in results if not isinstance(each, Failure)]


def _once(files: Sequence[Identified]) -> tuple[list[Identified], list[str]]:
    """Return each recording once, and a sentence for each copy, which would count twice."""
    seen: dict[str | bytes, Path] = {}
    kept, sentences = [], []
    for each in files:
        marks = [mark for mark in (each.sha256, each.run) if mark]
        first = next((seen[mark] for mark in marks if mark in seen), None)
        if first is None:
            kept.append(each)
            seen.update(dict.fromkeys(marks, each.part.path))
        else:
            sentences.append(f"{each.part.path.name}: the same recording as {first.name}; it counts once.")
    return kept, sentences


def _none_usable(failures: Sequence[Failure]) -> str:
    if not failures:
        return "no recording was given"
    if len(failures) == 1:
        return failures[0].sentence
    return "\n".join([f"none of the {len(failures)} files can be used.", *(x.sentence for x in failures)])
