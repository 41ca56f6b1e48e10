"""Settings of a run in a file of their own: kept, named and shared by a lab, loaded into the form of the window."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import BaseModel, ConfigDict

from analysis.shared_files import write_file
from app.config.toml import FileError, read_toml, validate
from procedures.errors import ImpossibleSetting
from procedures.registry import PROCEDURES


class RunSettings(BaseModel):
    """Content of the file: the procedure, the sample, and the parameters that differ from their defaults."""

    model_config = ConfigDict(extra="forbid")

    procedure: str
    sample: str = ""
    values: dict[str, Any] = {}


def load_run_settings(path: Path) -> RunSettings:
    """Read a file. Raises ``FileError`` for a file that is none, an unknown procedure or an unknown parameter."""
    settings = validate(read_toml(path), RunSettings, str(path))
    if settings.procedure not in PROCEDURES:
        raise FileError(f"{path}: there is no procedure {settings.procedure!r}.")
    try:
        PROCEDURES[settings.procedure].from_values(settings.values)
    except ImpossibleSetting as error:
        raise FileError(f"{path}: {error}") from None
    return settings


def save_run_settings(path: Path, procedure: str, sample: str, values: Mapping[str, Any]) -> None:
    """Write the settings that differ from their defaults, whole or not at all. Raises ``FileError``."""
    defaults = PROCEDURES[procedure]().parameter_objects()
    changed = {
        name: value for name, value in values.items() if value != defaults[name].default and value is not None
    }
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in changed.items()}
    content = {"procedure": procedure, "sample": sample, "values": plain}
    try:
        write_file(path, tomli_w.dumps(content))
    except OSError as error:
        raise FileError(f"{path} can't be written: {error.strerror}") from None
