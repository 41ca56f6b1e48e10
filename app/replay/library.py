"""List of the recordings in a folder, one row each.

A file is read once, and again only after it has changed. A cache file in the folder speeds up the next start; a
read-only folder has none.
"""

import json
import math
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from analysis.bounded_files import read_json
from analysis.json_data import from_json, to_json
from analysis.recording import RecordingError
from analysis.recording.summary import RecordingSummary, glance
from analysis.shared_files import write_file
from app.offline.recordings import is_recording
from app.replay.saved_analysis import AnalysisFileError, analyses_in, load
from app.replay.segments import HOLD, STEPS, SWEEP, TRACE

CACHE = ".hotjunction-library.json"
CACHE_VERSION = 1


@dataclass(frozen=True)
class LibraryRow:
    """Row of one recording, or of a broken file with the ending of one.

    Parameters
    ----------
    file : str
        Name in the folder.
    sample, procedure, title, notes : str
        Texts of the recording's header.
    started : str
        Start, ISO 8601 with time zone; "" if unknown.
    duration_s : float or None
        Time from the first sample to the last; None if the rate is unknown.
    samples, traces, kept, holds, sweeps : int
        Counts; ``kept`` is the number of traces kept by the selection at the end of the run.
    status : str
        "finished", "aborted", "recovered", "unfinished"; "broken" for a file that cannot be read as a recording.
    provenance : str
        "rig" or "imported".
    result : str
        Summary of the newest analysis saved next to the recording; "" without one.
    reason : str
        Why a broken file cannot be read.
    size, changed_ns : int
        Size and time of modification of the file when it was read.
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
        """Return True if the row's texts contain every word, given in lower case."""
        texts = (self.file, self.sample, self.procedure, self.title, self.notes, self.started)
        text = " ".join((*texts, self.status, self.provenance, self.result, self.reason)).casefold()
        return all(word in text for word in words)


class Library:
    """Recordings of one folder.

    Parameters
    ----------
    folder : Path
    cache : Path, optional
        Cache file; by default a hidden file in the folder.
    """

    def __init__(self, folder: Path, cache: Path | None = None) -> None:
        self.folder = folder
        self.rows: tuple[LibraryRow, ...] = ()
        self._cache = cache or folder / CACHE
        self._known = _read_cache(self._cache)

    def refresh(self) -> tuple[LibraryRow, ...]:
        """Read new and changed files; return all rows, the latest recording first.

        Raises
        ------
        OSError
            If the folder cannot be read.
        """
        before = self._known
        self._known = {row.file: row for row in self._look(before)}
        if self._known != before:
            _write_cache(self._cache, self._known)
        results = self._results()
        rows = (
            replace(row, result=results.get(Path(row.file).stem, row.result)) for row in self._known.values()
        )
        self.rows = tuple(sorted(rows, key=lambda row: (row.started, row.file), reverse=True))
        return self.rows

    def matching(self, text: str) -> tuple[LibraryRow, ...]:
        """Return the rows that contain all words of a text, in any order and ignoring case."""
        words = text.casefold().split()
        return tuple(row for row in self.rows if row.holds_words(words))

    def path(self, row: LibraryRow) -> Path:
        """Return the path of a row's recording."""
        return self.folder / row.file

    def _look(self, known: Mapping[str, LibraryRow]) -> Iterable[LibraryRow]:
        with os.scandir(self.folder) as entries:
            files = [e for e in entries if is_recording(Path(e.path)) and not e.name.startswith(".")]
        for entry in files:
            try:
                stat = entry.stat()
            except OSError:  # deleted meanwhile
                continue
            row = known.get(entry.name)
            if row is None or (row.size, row.changed_ns) != (stat.st_size, stat.st_mtime_ns):
                row = replace(row_of(Path(entry.path)), size=stat.st_size, changed_ns=stat.st_mtime_ns)
            yield row

    def _results(self) -> dict[str, str]:
        summaries = {}
        for stem, files in analyses_in(self.folder).items():
            with suppress(AnalysisFileError):
                summaries[stem] = load(files[0]).summary
        return summaries


def row_of(path: Path) -> LibraryRow:
    """Read the row of a file; a broken file gives a row with the reason."""
    try:
        overview = glance(path)
    except RecordingError as error:
        return LibraryRow(path.name, reason=str(error).removeprefix(f"{path}: "))
    except Exception as error:  # a broken file must not hide the others
        return LibraryRow(path.name, reason=f"cannot be read ({type(error).__name__}: {error})")
    return _row(path.name, overview)


def _row(file: str, overview: RecordingSummary) -> LibraryRow:
    header = overview.header
    steps = {kind: overview.steps[name] for name, kind in STEPS.items()}
    return LibraryRow(
        file=file,
        sample=header.sample,
        procedure=header.procedure,
        title=header.title,
        notes=header.notes,
        started=header.started,
        duration_s=overview.stop / header.rate_Hz if math.isfinite(header.rate_Hz) else None,
        samples=overview.n_samples,
        traces=max(overview.traces, steps[TRACE]),
        kept=overview.kept,
        holds=steps[HOLD],
        sweeps=steps[SWEEP],
        status=overview.status,
        provenance=header.provenance,
        result=overview.result,
    )


def _read_cache(path: Path) -> dict[str, LibraryRow]:
    """Return the cached rows; none if the cache is missing, broken or of another version."""
    try:
        content: Any = read_json(path)
        if content["version"] != CACHE_VERSION:
            return {}
        names = {f.name for f in fields(LibraryRow)}
        rows = [from_json(row, LibraryRow) for row in content["rows"] if row.keys() == names]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}
    return {row.file: row for row in rows}


def _write_cache(path: Path, rows: Mapping[str, LibraryRow]) -> None:
    content = {"version": CACHE_VERSION, "rows": to_json(list(rows.values()))}
    with suppress(OSError):
        write_file(path, json.dumps(content))
