"""Naming of files: a file gets its name when it is complete, in one step, and never replaces another."""

from pathlib import Path

from analysis.shared_files import remove_file, replace_file


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
