"""Rig files of simulated rigs, which are written anew each time and never in place of another rig's."""

from pathlib import Path

from analysis.shared_files import write_file
from app.config.toml import FileError

MARK = "# Rig file of a simulated rig"
"""First line of such a file, which may be overwritten."""


def is_simulated(rig_file: Path) -> bool:
    """Return True for the rig file of a simulated rig."""
    try:
        with rig_file.open(encoding="utf-8-sig") as file:
            return file.readline().startswith(MARK)
    except (OSError, UnicodeDecodeError):
        return False


def demand_writable(rig_file: Path) -> None:
    """Raise ``FileError`` if a file is there that is not that of a simulated rig."""
    if rig_file.exists() and not is_simulated(rig_file):
        raise FileError(
            f"{rig_file} is not the file of a simulated rig, and is not overwritten: name another place."
        )


def write_simulated(rig_file: Path, text: str) -> None:
    """Write the rig file of a simulated rig. Raises ``FileError``: what was there is still whole."""
    demand_writable(rig_file)
    try:
        write_file(rig_file, text)
    except OSError as error:
        raise FileError(f"{rig_file} can't be written: {error.strerror}.") from None
