"""The recordings of a folder, one row each, for a list that people look through.

A file is looked into once; after that, only when it has changed. What was seen is kept in a file of the folder, so
that the next start is quicker still; a folder that can't be written to does without.
"""

import json
import math
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from analysis.recording import RecordingError
from analysis.recording.glance import Glance, glance
from app.recordings import ENDINGS
from app.replay.cuts import HOLD, STEPS, SWEEP, TRACE
from app.replay.saved_analysis import AnalysisFileError, files_in, load

CACHE = ".hotjunction-library.json"
CACHE_VERSION = 1


@dataclass(frozen=True)
class Row:
    """One recording, or a file that is called like one.

    Parameters
    ----------
    file : str
        Name in the folder.
    sample, procedure, title, notes : str
        As its user and its program wrote them.
    started : str
        ISO 8601 with time zone; "" where unknown.
    duration_s : float or None
        From the first sample to the last; None where the rate is unknown.
    samples, traces, kept, holds, sweeps : int
        ``kept`` are the traces that the selection at the end of the run did not reject.
    status : str
        "finished", "aborted", "recovered", "unfinished"; "broken" for a file that is no readable recording.
    provenance : str
        "rig" or "imported".
    result : str
        Of the newest analysis saved beside it, in a line; "" without one.
    reason : str
        Why a broken one can't be read.
    size, changed_ns : int
        Of the file, as it was when it was looked into.
    """

    file: str
    sample: str = ""
    procedure: str = ""
    title: str = ""
    notes: str = ""
    started: str = ""
    duration_s: float | None = None
    samples: int = 0
    traces: int = 0
    kept: int = 0
    holds: int = 0
    sweeps: int = 0
    status: str = "broken"
    provenance: str = ""
    result: str = ""
    reason: str = ""
    size: int = 0
    changed_ns: int = 0

    def holds_words(self, words: Iterable[str]) -> bool:
        """Whether each of the words, in lower case, is somewhere in what a user can read."""
        read = (self.file, self.sample, self.procedure, self.title, self.notes, self.started)
        text = " ".join((*read, self.status, self.provenance, self.result, self.reason)).casefold()
        return all(word in text for word in words)


class Library:
    """The recordings of one folder.

    Parameters
    ----------
    folder : Path
    cache : Path, optional
        Where to keep what was seen; by default a hidden file in the folder.
    """

    def __init__(self, folder: Path, cache: Path | None = None) -> None:
        self.folder = folder
        self.rows: tuple[Row, ...] = ()
        self._cache = cache or folder / CACHE
        self._known = _read_cache(self._cache)

    def refresh(self) -> tuple[Row, ...]:
        """Look at what is new or has changed; returns all rows, the latest recording first.

        Raises
        ------
        OSError
            If the folder can't be read.
        """
        known = self._known
        self._known = {row.file: row for row in self._look(known)}
        if self._known != known:
            _write_cache(self._cache, self._known)
        results = self._results()
        rows = (
            replace(row, result=results.get(Path(row.file).stem, row.result)) for row in self._known.values()
        )
        self.rows = tuple(sorted(rows, key=lambda row: (row.started, row.file), reverse=True))
        return self.rows

    def matching(self, text: str) -> tuple[Row, ...]:
        """The rows that hold all words of a text somewhere, in any order; capitals don't matter."""
        words = text.casefold().split()
        return tuple(row for row in self.rows if row.holds_words(words))

    def path(self, row: Row) -> Path:
        """Where a row's recording is."""
        return self.folder / row.file

    def _look(self, known: Mapping[str, Row]) -> Iterable[Row]:
        with os.scandir(self.folder) as entries:
            files = [e for e in entries if e.name.lower().endswith(ENDINGS) and not e.name.startswith(".")]
        for entry in files:
            try:
                stat = entry.stat()
            except OSError:  # gone since
                continue
            row = known.get(entry.name)
            if row is None or (row.size, row.changed_ns) != (stat.st_size, stat.st_mtime_ns):
                row = replace(row_of(Path(entry.path)), size=stat.st_size, changed_ns=stat.st_mtime_ns)
            yield row

    def _results(self) -> dict[str, str]:
        found = {}
        for stem, files in files_in(self.folder).items():
            with suppress(AnalysisFileError):
                found[stem] = load(files[0]).summary
        return found


def row_of(path: Path) -> Row:
    """Look into a file; one that can't be read gives a row that says why."""
    try:
        seen = glance(path)
    except RecordingError as error:
        return Row(path.name, reason=str(error).removeprefix(f"{path}: "))
    except Exception as error:  # whatever a broken file does, the others must be listed
        return Row(path.name, reason=f"can't be read ({type(error).__name__}: {error})")
    return _row(path.name, seen)


def _row(file: str, seen: Glance) -> Row:
    header = seen.header
    steps = {kind: seen.steps[name] for name, kind in STEPS.items()}
    return Row(
        file=file,
        sample=header.sample,
        procedure=header.procedure,
        title=header.title,
        notes=header.notes,
        started=header.started,
        duration_s=seen.stop / header.rate_Hz if math.isfinite(header.rate_Hz) else None,
        samples=seen.n_samples,
        traces=max(seen.traces, steps[TRACE]),
        kept=seen.kept,
        holds=steps[HOLD],
        sweeps=steps[SWEEP],
        status=seen.status,
        provenance=header.provenance,
        result=seen.result,
    )


def _read_cache(path: Path) -> dict[str, Row]:
    """What was seen before; nothing where the file is missing, broken or of another version."""
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        if content["version"] != CACHE_VERSION:
            return {}
        names = {f.name for f in fields(Row)}
        rows = [Row(**row) for row in content["rows"] if row.keys() == names]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}
    return {row.file: row for row in rows}


def _write_cache(path: Path, rows: Mapping[str, Row]) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    content = {"version": CACHE_VERSION, "rows": [asdict(row) for row in rows.values()]}
    with suppress(OSError):
        part.write_text(json.dumps(content), encoding="utf-8")
        part.replace(path)
    with suppress(OSError):
        part.unlink(missing_ok=True)
