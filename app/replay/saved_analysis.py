"""Analyses saved as JSON next to their recording, with options and results; the recording is unchanged.

The analysis of ``night.h5`` is ``night.analysis.json``, or ``night.NAME.analysis.json`` if it has a name.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from analysis.bounded_files import read_json
from analysis.json_data import InvalidContent, from_json, to_json
from analysis.recording.summary import glance
from analysis.shared_files import write_file

ENDING = ".analysis.json"
FORMAT, FORMAT_VERSION = "hotjunction analysis", 1

_NAME = re.compile(r"[\w +-]*", re.ASCII)


class AnalysisFileError(Exception):
    """Saved analysis that cannot be written or read."""


@dataclass(frozen=True)
class SavedAnalysis:
    """Analysis of one recording.

    Parameters
    ----------
    options : mapping
        Options of the user: selection, windows, model; must be serializable as JSON.
    results : mapping
        Results; must be serializable as JSON.
    summary : str
        Result in one line, for lists of recordings.
    name : str
        Name in the file name; "" for the default analysis.
    notes : str
    saved : str
        Time of saving, ISO 8601.
    program : str
        Program and version.
    recording : mapping
        Identity of the recording: "file", "samples", "started", "status".
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    results: Mapping[str, Any] = field(default_factory=dict)
    summary: str = ""
    name: str = ""
    notes: str = ""
    saved: str = ""
    program: str = ""
    recording: Mapping[str, Any] = field(default_factory=dict)

    def of_other_samples(self, path: Path) -> bool:
        """Return True if the recording has changed since: it has grown, or the name now belongs to another one."""
        return any(self.recording.get(key) != value for key, value in _about(path).items() if key != "status")


def path_of(recording: Path, name: str = "") -> Path:
    """Return the path of an analysis. Raises ``AnalysisFileError`` for a name with other characters than allowed."""
    if not _NAME.fullmatch(name):
        raise AnalysisFileError(
            f"name of an analysis: {name!r} is not allowed; use letters, digits, spaces, +, - and _."
        )
    return recording.with_name(f"{recording.stem}{'.' if name else ''}{name}{ENDING}")


def save(recording: Path, analysis: SavedAnalysis) -> Path:
    """Write an analysis next to its recording, atomically replacing one of the same name; return its path.

    ``saved``, ``program`` and ``recording`` are filled in. Numbers that are not finite become null.

    Raises
    ------
    AnalysisFileError
        If the file cannot be written or the content is not serializable; an earlier file is then unchanged.
    RecordingError
        If the recording does not exist.
    """
    path = path_of(recording, analysis.name)
    content = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "saved": datetime.now(UTC).isoformat(timespec="seconds"),
        "program": f"hotjunction {version('hotjunction')}",
        "recording": _about(recording),
        **{key: getattr(analysis, key) for key in ("name", "summary", "notes", "options", "results")},
    }
    try:
        write_file(path, json.dumps(to_json(content), indent=1))
    except (OSError, TypeError, ValueError) as error:
        raise AnalysisFileError(f"cannot write {path} ({error})") from error
    return path


def load(path: Path) -> SavedAnalysis:
    """Read a saved analysis. Raises ``AnalysisFileError`` for any other file."""
    try:
        content = read_json(path)
    except (OSError, ValueError) as error:
        raise AnalysisFileError(f"cannot read {path} ({error})") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise AnalysisFileError(f"{path} is not a saved analysis of hotjunction")
    if content.get("format_version", 0) > FORMAT_VERSION:
        raise AnalysisFileError(f"{path} was saved by a newer version of hotjunction; update this one")
    try:
        return from_json(content, SavedAnalysis)
    except InvalidContent as error:
        raise AnalysisFileError(f"{path} is damaged: {error}") from None


def files_of(recording: Path) -> list[Path]:
    """Return the files with analyses of a recording, the newest first."""
    return analyses_in(recording.parent).get(recording.stem, [])


def analyses_in(folder: Path) -> dict[str, list[Path]]:
    """Return the files with analyses in a folder by the stem of their recording, the newest first."""
    stems = {file.stem for file in folder.iterdir() if not file.name.endswith(ENDING)}
    dated: dict[str, list[tuple[int, Path]]] = {}
    for file in folder.glob(f"[!.]*{ENDING}"):
        stem = file.name.removesuffix(ENDING)
        if stem not in stems:  # the part after the last point is the name of the analysis
            stem = stem.rpartition(".")[0]
        dated.setdefault(stem, []).append((file.stat().st_mtime_ns, file))
    return {stem: [file for _, file in sorted(files, reverse=True)] for stem, files in dated.items()}


def _about(recording: Path) -> dict[str, Any]:
    overview = glance(recording)
    return {
        "file": recording.name,
        "samples": overview.n_samples,
        "started": overview.header.started,
        "status": overview.status,
    }
