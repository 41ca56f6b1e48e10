"""Analyses kept beside their recording: what was decided and what came of it, as JSON. The raw data stay as they are.

``night.h5`` has ``night.analysis.json``, and under a name of its own ``night.NAME.analysis.json``.
"""

import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from analysis.recording.glance import glance

ENDING = ".analysis.json"
FORMAT, FORMAT_VERSION = "hotjunction analysis", 1

_NAME = re.compile(r"[\w +-]*", re.ASCII)


class AnalysisFileError(Exception):
    """A saved analysis that can't be written or read, in one sentence."""


@dataclass(frozen=True)
class SavedAnalysis:
    """One analysis of one recording.

    Parameters
    ----------
    options : mapping
        What was decided: selection, windows, model. What JSON can hold.
    results : mapping
        What came of it.
    summary : str
        The result in a line, for lists of recordings.
    name : str
        Of its file; "" is the recording's own.
    notes : str
    saved : str
        When, ISO 8601.
    program : str
        The program and its version.
    recording : mapping
        Of what: "file", "samples", "started", "status".
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
        """Whether the recording has changed since: it went on, or it is another under the same name."""
        return any(self.recording.get(key) != value for key, value in _about(path).items() if key != "status")


def path_of(recording: Path, name: str = "") -> Path:
    """Where an analysis of that name is kept. Raises ``AnalysisFileError`` for a name that is no file name."""
    if not _NAME.fullmatch(name):
        raise AnalysisFileError(
            f"{name!r} can't be the name of an analysis: letters, digits, blanks, +, - and _ can be in it."
        )
    return recording.with_name(f"{recording.stem}{'.' if name else ''}{name}{ENDING}")


def save(recording: Path, analysis: SavedAnalysis) -> Path:
    """Write an analysis beside its recording; one of the same name gives way to it, in one step.

    ``saved``, ``program`` and ``recording`` are filled in. Numbers that are not finite become null.

    Raises
    ------
    AnalysisFileError
        If it can't be written, or holds what JSON can't; an earlier one is then as it was.
    RecordingError
        If there is no such recording.
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
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(json.dumps(_plain(content), indent=1, allow_nan=False), encoding="utf-8")
        part.replace(path)
    except (OSError, TypeError, ValueError) as error:
        raise AnalysisFileError(f"{path} can't be written ({error})") from error
    finally:
        part.unlink(missing_ok=True)
    return path


def load(path: Path) -> SavedAnalysis:
    """Read one. Raises ``AnalysisFileError`` for what is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AnalysisFileError(f"{path} can't be read ({error})") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise AnalysisFileError(f"{path}: not an analysis of hotjunction")
    if content.get("format_version", 0) > FORMAT_VERSION:
        raise AnalysisFileError(f"{path}: of a newer hotjunction; update this one")
    known = SavedAnalysis.__dataclass_fields__
    return SavedAnalysis(**{key: value for key, value in content.items() if key in known})


def files_of(recording: Path) -> list[Path]:
    """Files with analyses of a recording, the newest first."""
    return files_in(recording.parent).get(recording.stem, [])


def files_in(folder: Path) -> dict[str, list[Path]]:
    """Files with analyses in a folder, by the stem of their recording, the newest first."""
    stems = {file.stem for file in folder.iterdir() if not file.name.endswith(ENDING)}
    found: dict[str, list[tuple[int, Path]]] = {}
    for file in folder.glob(f"[!.]*{ENDING}"):
        stem = file.name.removesuffix(ENDING)
        if stem not in stems:  # what is behind its last point is the analysis's own name
            stem = stem.rpartition(".")[0]
        found.setdefault(stem, []).append((file.stat().st_mtime_ns, file))
    return {stem: [file for _, file in sorted(files, reverse=True)] for stem, files in found.items()}


def _about(recording: Path) -> dict[str, Any]:
    seen = glance(recording)
    return {
        "file": recording.name,
        "samples": seen.n_samples,
        "started": seen.header.started,
        "status": seen.status,
    }


def _plain(value: Any) -> Any:
    """What JSON can hold."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):  # a number or an array of numpy
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
