"""Operations on files whose effect survives a power cut once they return."""

import os
from pathlib import Path

from analysis.shared_files import open_file, remove_file, replace_file

APPEND = os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0)


def create(path: Path) -> int:
    """Create a file for appending; return its descriptor. Raises ``FileExistsError``."""
    return os.open(path, APPEND | os.O_CREAT | os.O_EXCL, 0o666)


def open_to_append(path: Path) -> int:
    """Open an existing file for appending; return its descriptor. Raises ``OSError``."""
    return open_file(path, APPEND)


def append(descriptor: int, content: bytes) -> None:
    """Append all of ``content``; short writes are continued. Raises ``OSError``."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def sync(descriptor: int) -> None:
    """Wait until the content of a file is on the disk. Raises ``OSError``, after which nothing is certain."""
    getattr(os, "fdatasync", os.fsync)(descriptor)


def sync_file(path: Path) -> None:
    """Wait until a closed file is on the disk."""
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Wait until names in a folder are on the disk; Windows has no such call, and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace(part: Path, path: Path) -> None:
    """Give a file on the disk the name ``path``, in place of the file that had it. Raises ``OSError``."""
    replace_file(part, path)
    sync_folder(path.parent)


def remove(path: Path) -> None:
    """Remove a file, so that it does not come back after a power cut."""
    remove_file(path)
    sync_folder(path.parent)
