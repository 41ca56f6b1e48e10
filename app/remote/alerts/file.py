"""The file of alerts: whom to tell, of what, how often. It holds passwords, apart from rigs and recordings."""

import os
import re
import stat
import sys
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.config.toml import FileError, read_toml

Occasion = Literal["fault", "hand", "end", "result", "silence"]

VARIABLE = re.compile(r"\$\{(\w+)\}")


class Heartbeat(BaseModel):
    """Address to open at an interval while the bench answers: silence is then noticed elsewhere."""

    model_config = ConfigDict(extra="forbid")

    address: str = Field(pattern=r"^https?://")
    every_s: float = Field(default=300.0, ge=10.0)


class AlertSettings(BaseModel):
    """Content of the file."""

    model_config = ConfigDict(extra="forbid")

    to: list[str] = Field(min_length=1)
    """Addresses as the library Apprise writes them: "ntfy://topic", "mailtos://user:password@host?to=me@host"."""
    about: list[Occasion] = ["fault", "hand", "end", "result", "silence"]
    most_per_hour: int = Field(default=20, ge=1)
    heartbeat: Heartbeat | None = None


def load_alerts(path: Path) -> AlertSettings:
    """Read a file of alerts; ``${NAME}`` stands for a variable of the environment.

    Raises
    ------
    FileError
        If the file is missing or wrong, other users can read it, or a variable is not set. The message names keys
        and never a value.
    """
    content = read_toml(path)
    _refuse_if_open(path)
    try:
        return AlertSettings.model_validate(_filled(content))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise FileError(f"{path}: {key}: {first['msg']}") from None
    except KeyError as error:
        raise FileError(f"{path}: the environment has no variable {error.args[0]}") from None


def _filled(value: object) -> object:
    """Return a value with the variables of the environment in place of their names. Raises ``KeyError``."""
    if isinstance(value, str):
        return VARIABLE.sub(lambda match: os.environ[match[1]], value)
    if isinstance(value, list):
        return [_filled(each) for each in value]
    if isinstance(value, dict):
        return {key: _filled(each) for key, each in value.items()}
    return value


def _refuse_if_open(path: Path) -> None:
    if sys.platform != "win32" and path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        raise FileError(f"{path} holds passwords and other users can read it: chmod 600 {path}")
