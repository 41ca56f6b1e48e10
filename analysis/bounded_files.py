"""Files from outside, read only as far as memory and time allow."""

import json
import stat
from pathlib import Path
from typing import Any

from analysis.shared_files import read_file

MOST_BYTES = 2**26
"""Largest file of settings, results or tables."""


def read_bounded(path: Path, most_bytes: int = MOST_BYTES) -> bytes:
    """Return the content of a file.

    Raises
    ------
    OSError
        If it can't be read.
    ValueError
        If it is larger than ``most_bytes``, or no file but a device or a pipe, which may never end.
    """
    if not stat.S_ISREG(path.stat().st_mode):  # before it is opened: to open a pipe may take for ever
        raise ValueError("it is a folder, a device or a pipe, not a file")
    content = read_file(path, most_bytes + 1)
    if len(content) > most_bytes:
        raise ValueError(f"it is larger than {most_bytes / 1e6:.3g} MB, the most that is read of such a file")
    return content


def read_json(path: Path) -> Any:
    """Return the content of a JSON file. Raises as `read_bounded`, and ``ValueError`` for what is not JSON."""
    try:
        return json.loads(read_bounded(path).decode("utf-8"))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
