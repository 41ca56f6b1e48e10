"""The work on one recording, as functions that any process of this program can run.

Arguments and results are small: a recording goes in by its path and comes out as rows.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from analysis.heating.holds import Hold, holds_of
from analysis.heating.run_reducer import evaluate
from analysis.heating.runs import EvaluatedRun, EvaluationOptions, HeatingRun
from analysis.iv.sweeps import Sweep, junction_sweeps
from analysis.recording import Recording, RecordingError, damage_told
from analysis.recording.errors import reason
from analysis.recording.names import why_no_text
from analysis.recording.run_log import SUFFIX, log_of
from analysis.traces.merged import CountedTraces, count_traces, lengths_in
from analysis.traces.options import AnalysisOptions
from analysis.traces.plateaus import PlateauLengths
from analysis.traces.read import demand_traces
from app.offline.identity import Stamp, sha256_of
from app.offline.recordings import Part, describe
from app.offline.traces import ByHand, options_for
from app.plugins import load_plugins

log = logging.getLogger(__name__)

Result = TypeVar("Result")

_ATTEMPTS = 3


class FileChanged(RecordingError):
    """A file that another program wrote to while it was read."""


@dataclass(frozen=True)
class Identified:
    """One recording, as it was found.

    Parameters
    ----------
    part : Part
    sha256 : str
        Of the file's content; "" for a recording whose run has not ended.
    run : bytes
        Mark of its run; empty if it has none.
    stamp : Stamp
    """

    part: Part
    sha256: str
    run: bytes
    stamp: Stamp


@dataclass(frozen=True)
class Failure:
    """A file that could not be used, and the reason in a sentence."""

    path: Path
    sentence: str


@dataclass(frozen=True)
class Task(Generic[Result]):
    """One function on one file.

    Parameters
    ----------
    function : callable
        Function of this module, or of any that can be imported; its first argument is the path.
    path : Path
    arguments : tuple
    found : Identified or None
        The recording as it was identified; it must not have changed since.
    """

    function: Callable[..., Result]
    path: Path
    arguments: tuple[Any, ...] = ()
    found: Identified | None = None

    @property
    def options(self) -> str:
        """Text that differs where the result may differ for the same content."""
        return f"{self.function.__module__}.{self.function.__qualname__}{self.arguments!r}"


def attempt(task: Task[Result]) -> Result | Failure:
    """Run a task. Every error becomes a sentence: one file must not stop the others."""
    path = task.path
    try:
        _load_plugins_once()
        result = task.function(path, *task.arguments)
        if task.found is not None and task.found.sha256 and Stamp.of(path) != task.found.stamp:
            raise FileChanged(_changed(path))
    except (RecordingError, ValueError) as error:
        return Failure(path, _with_path(path, str(error)))
    except OSError as error:
        return Failure(path, f"{path}: can't be read ({reason(error)}).")
    except MemoryError:
        return Failure(path, f"{path}: needs more memory than this computer has free; use fewer --workers.")
    except Exception as error:
        log.warning("%s: %s", path, task.function.__name__, exc_info=True)
        return Failure(path, f"{path}: internal error of hotjunction ({type(error).__name__}: {error}).")
    return result


@cache
def _load_plugins_once() -> None:
    load_plugins()  # to look for them takes milliseconds, also where there are none


def _with_path(path: Path, sentence: str) -> str:
    return sentence if path.name in sentence or sentence == why_no_text(path) else f"{path}: {sentence}"


def _changed(path: Path) -> str:
    return f"{path}: changed while it was read: another program writes to it. Analyse it again when that has ended."


def is_live(path: Path) -> bool:
    """Return True for a recording that has a log beside it: its run goes on, or was interrupted."""
    return path.suffix == SUFFIX or log_of(path).is_file()


def identify(path: Path, sha256: str = "") -> Identified:
    """Return what a file holds, with the SHA-256 of what was read.

    Raises
    ------
    RecordingError
        For a file that is no recording, is damaged, or changes again and again while it is read.
    OSError
        For a file that can't be read.
    """
    if why := why_no_text(path):
        raise RecordingError(why)
    if is_live(path):
        (part,) = describe([path])
        return Identified(part, "", b"", Stamp.of(path))
    for _ in range(_ATTEMPTS):
        stamp = Stamp.of(path) if path.is_file() else None
        digest = (sha256 or sha256_of(path)) if stamp is not None else ""
        (part,) = describe([path])
        if stamp == Stamp.of(path):
            return Identified(replace(part, sha256=digest), digest, part.run, stamp)
        sha256 = ""
    raise FileChanged(_changed(path))


def count(path: Path, by_hand: ByHand, sketched: bool) -> CountedTraces:
    """Reduce the traces of a recording to rows, with the rules that suit them alone; sketched if there are others."""
    with Recording(path) as recording, damage_told(path, "what its events say"):
        demand_traces(recording)
        return count_traces(recording, options_for(recording.header, by_hand), sketched)


def count_again(path: Path, options: AnalysisOptions, copies: tuple[int, ...]) -> CountedTraces:
    """Reduce the traces of a recording to rows, with given rules and axes, and copies of other recordings left out."""
    with Recording(path) as recording, damage_told(path, "what its events say"):
        return count_traces(recording, lambda usual: options, copies=copies)


def plateaus(
    path: Path,
    kept: tuple[int, ...],
    plausible_G0: tuple[float, float],
    bounds_G0: tuple[tuple[float, float], ...],
) -> tuple[PlateauLengths, ...]:
    """Return plateau lengths of kept traces of a recording."""
    with Recording(path) as recording, damage_told(path, "what its events say"):
        return lengths_in(recording, kept, plausible_G0, bounds_G0)


def evaluate_holds(path: Path, first_periods: int | None, name: str) -> EvaluatedRun:
    """Evaluate the holds of a recording of heating; ``name`` is for messages and lists."""
    with Recording(path) as recording, damage_told(path, "what its events say"):
        run = HeatingRun(_holds(path, recording), recording.header, name)
        return evaluate(run, EvaluationOptions(first_periods=first_periods))


def _holds(path: Path, recording: Recording) -> Iterator[Hold]:
    with damage_told(path, "what its events say"):
        yield from holds_of(recording)


def sweeps(path: Path) -> list[Sweep]:
    """Return the sweeps of a recording of I-V curves, against the voltage across the junction."""
    return junction_sweeps([path])


def numbered(files: Sequence[Sequence[Sweep]]) -> list[Sweep]:
    """Return the sweeps of all recordings with a number of its own for each junction."""
    found: list[Sweep] = []
    before = 0
    for swept in files:
        found += [replace(each, junction=before + each.junction) for each in swept]
        before += max((each.junction for each in swept), default=-1) + 1
    return found
