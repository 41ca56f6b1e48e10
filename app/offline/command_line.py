"""Analysis of many recordings for commands: options, progress on the terminal, errors in one sentence."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from analysis.recording import RecordingError
from app.config.toml import FileError
from app.console.progress import LINE_EVERY_S, RunProgress, stderr_console, time_left
from app.offline.cluster import Cluster, ClusterError
from app.offline.many import Reading, Step, analyse_files, files_of, reading_with
from app.offline.measurement import Measurement
from app.offline.result_cache import NoCache, ResultCache, usual_path
from app.offline.statistics import chosen_statistics
from app.offline.traces import ByHand


@contextmanager
def on_terminal(what: str, files: int) -> Iterator[Step]:
    """Show the number of files done and the time left; nothing for a single one."""
    if files < 2:
        with stderr_console().status(what):
            yield lambda: None
        return
    console = stderr_console()
    if console.is_terminal:
        with RunProgress(what, files, console) as progress:
            yield progress.advance
    else:
        yield _Lines(what, files, console)


class _Lines:
    """Progress in lines for a log: one every few seconds, none for what is done before."""

    def __init__(self, what: str, files: int, console: Console) -> None:
        self._what, self._files, self._console = what, files, console
        self._done = 0
        self._began = self._said = time.monotonic()

    def __call__(self) -> None:
        self._done += 1
        now = time.monotonic()
        if now - self._said >= LINE_EVERY_S:
            self._said = now
            left = time_left(self._done, self._files, now - self._began)
            self._console.print(f"{self._what}: {self._done} of {self._files} files{left}", highlight=False)


@dataclass(frozen=True)
class Means:
    """Options of a command: number of processes, address of a Dask scheduler, and not to use kept results."""

    workers: int | None = None
    scheduler: str | None = None
    no_cache: bool = False


def analyse_for_command(
    recordings: Sequence[Path],
    means: Means,
    by_hand: ByHand | None,
    transmission: Path | None,
    first_periods: int | None,
    statistics: str,
    statistic_options: Mapping[str, Mapping[str, Any]],
) -> Measurement:
    """Analyse files, folders and lists as one set, with the options of a command. Raises ``FileError``."""
    paths, missing = files_of(recordings)
    if not paths and missing:
        raise FileError("\n".join(failure.sentence for failure in missing))
    try:
        chosen = chosen_statistics(statistics, statistic_options)
        with reading_for_command(paths, means) as reading:
            return analyse_files(paths, by_hand, transmission, first_periods, reading, missing, chosen)
    except (RecordingError, ValueError, ClusterError, RuntimeError) as error:
        raise FileError(str(error)) from None


@contextmanager
def reading_for_command(paths: Sequence[Path], means: Means) -> Iterator[Reading]:
    """Give the means of reading that a command's options ask for. Raises ``FileError`` and ``ClusterError``."""
    cache = NoCache() if means.no_cache else ResultCache(usual_path())
    if means.scheduler is None:
        with reading_with(paths, means.workers, cache, on_terminal) as reading:
            yield reading
        return
    if means.workers is not None:
        raise FileError("--workers: the number of workers of a cluster is decided there; leave it out.")
    cluster = Cluster(means.scheduler)
    try:
        yield Reading(cluster, cache, on_terminal)
    finally:
        cluster.close()
        cache.trim()
