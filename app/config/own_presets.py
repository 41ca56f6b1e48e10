"""Presets of the user: settings of runs in one folder, a file each, named and shared with others."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import platformdirs

from analysis.recording.names import why_no_name
from app.config.run_settings import RunSettings, load_run_settings, save_run_settings
from app.config.toml import FileError

VARIABLE = "HOTJUNCTION_PRESETS"
ENDING = ".toml"
FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')


def presets_folder() -> Path:
    """Return the folder of the environment variable HOTJUNCTION_PRESETS, which a lab may share, else the user's."""
    if chosen := os.environ.get(VARIABLE):
        return Path(chosen)
    return Path(platformdirs.user_config_dir("hotjunction", appauthor=False)) / "presets"


def own_presets(folder: Path, procedure: str) -> dict[str, RunSettings]:
    """Return the presets of a procedure by name; a file that can't be read is left out."""
    presets = {}
    for path in sorted(folder.glob(f"*{ENDING}")) if folder.is_dir() else ():
        try:
            settings = load_run_settings(path)
        except FileError:
            continue
        if settings.procedure == procedure:
            presets[path.stem] = settings
    return presets


def save_preset(folder: Path, name: str, procedure: str, sample: str, values: Mapping[str, Any]) -> Path:
    """Save settings under a name and return the file; one of the same name is replaced.

    Raises
    ------
    FileError
        For a name that can't be a file's, or of another procedure's preset, and for a folder that can't be written.
    """
    name = name.strip()
    if not name or FORBIDDEN.search(name) or name.startswith(".") or name.endswith("."):
        raise FileError(
            f"{name!r} can't be the name of a preset: it is a file's name, without / \\ : * ? \" < > |."
        )
    if refusal := why_no_name(name):
        raise FileError(f"{name!r} can't be the name of a preset: {refusal}.")
    path = folder / f"{name}{ENDING}"
    if path.exists() and (other := _procedure_of(path)) != procedure:
        raise FileError(f"There is a preset {name!r} of {other} already; choose another name.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"{folder} can't be made: {error.strerror}") from None
    save_run_settings(path, procedure, sample, values)
    return path


def _procedure_of(path: Path) -> str:
    try:
        return load_run_settings(path).procedure
    except FileError:
        return "something else"


def delete_preset(folder: Path, name: str) -> None:
    """Delete a preset. Raises ``FileError``."""
    path = folder / f"{name}{ENDING}"
    try:
        path.unlink()
    except OSError as error:
        raise FileError(f"{path} can't be deleted: {error.strerror}") from None
