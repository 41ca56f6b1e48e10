"""Settings of a rig's amplifiers in a file of their own: kept, named and shared for one kind of measurement."""

from collections.abc import Mapping
from pathlib import Path

import tomli_w
from pydantic import BaseModel, ConfigDict

from analysis.shared_files import write_file
from app.config.toml import FileError, read_toml, validate


class AmplifierSettings(BaseModel):
    """Content of the file: settings by name, as in the rig file."""

    model_config = ConfigDict(extra="forbid")

    current_amplifier: dict[str, float] = {}
    voltage_preamplifier: dict[str, float] = {}


def load_amplifier_settings(path: Path) -> dict[str, dict[str, float]]:
    """Return the settings by amplifier. Raises ``FileError`` for a file that is none."""
    return validate(read_toml(path), AmplifierSettings, str(path)).model_dump()


def save_amplifier_settings(path: Path, settings: Mapping[str, Mapping[str, float]]) -> None:
    """Write settings by amplifier, whole or not at all. Raises ``FileError``."""
    try:
        write_file(path, tomli_w.dumps({role: dict(each) for role, each in settings.items()}))
    except OSError as error:
        raise FileError(f"{path} can't be written: {error.strerror}") from None
