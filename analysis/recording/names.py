"""Naming of files: a file gets its name when it is complete, in one step, and never replaces another."""

import os
import re
from pathlib import Path, PureWindowsPath

from analysis.shared_files import remove_file, replace_file

DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
"""Names of devices in Windows, whatever follows after a point: what is written there is lost."""

WINDOWS_TAKES_NOT = '<>:"|?*'


def why_no_name(name: str, windows: bool = os.name == "nt") -> str:
    """Return why a file can't have this name, as a clause; "" if it can.

    Names of devices are refused on every system, since recordings travel; characters only where ``windows`` is true.
    A colon would put the content out of sight, beside a file of the name before it.
    """
    if PureWindowsPath(name).name.partition(".")[0].strip().lower() in DEVICES:
        return "Windows keeps that name for a device"
    wrong = sorted(set(name) & set(WINDOWS_TAKES_NOT)) if windows else ()
    if wrong:
        return f"Windows allows no {' '.join(wrong)} in a name"
    return "Windows drops the end of such a name" if windows and name.endswith((" ", ".")) else ""


def by_number(path: Path) -> list[tuple[int, str]]:
    """Return the key that sorts names as people count: run-2 before run-10."""
    parts = re.split(r"(\d+)", path.name.lower())
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts]


def demand_free(path: Path) -> None:
    """Raise ``FileExistsError`` with a sentence for the user if ``path`` exists."""
    if path.exists():
        raise FileExistsError(f"{path} exists; a recording is never overwritten: choose another name")


def take_name(part: Path, path: Path) -> None:
    """Rename the finished ``part`` to ``path``. Raises ``FileExistsError`` if that name was taken meanwhile."""
    try:
        path.hardlink_to(part)
    except FileExistsError:
        demand_free(path)
        raise
    except OSError:  # a file system without hard links
        path.touch(exist_ok=False)
        replace_file(part, path)
    else:
        remove_file(part)


def why_no_text(path: Path) -> str:
    """Return a sentence on a name of bytes that are no text, which no list, report or recording can hold; or "".

    The names of its folders count as well.
    """
    whole = str(path.absolute())
    try:
        whole.encode()
    except UnicodeEncodeError:
        shown = whole.encode(errors="backslashreplace").decode()
        return f"{shown}: the name holds bytes that are no text in UTF-8; rename it"
    return ""
