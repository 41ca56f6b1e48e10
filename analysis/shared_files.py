"""Files that another program may have open: Windows then refuses to replace, delete or even read them.

Such a program is a window of ours, an indexer, a virus scanner or a cloud folder; most close the file within a second.
Source: Microsoft, "System Error Codes" (5 access denied, 32 sharing violation, 33 lock violation).
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")

_IN_USE = 5, 32, 33
WINDOWS = os.name == "nt"
TRIES, PAUSE_S = 10, 0.5


def replace_file(part: Path, path: Path, pause: Callable[[float], object] = time.sleep) -> None:
    """Rename ``part`` to ``path`` in one step, in place of a file of that name.

    Raises
    ------
    PermissionError
        If another program has kept one of them open for five seconds; the message says what to do.
    OSError
        As ``Path.replace``.
    """
    try:
        _patiently(lambda: part.replace(path), TRIES, PAUSE_S, pause)
    except PermissionError as error:
        if not _in_use(error):
            raise
        advice = "another program has it open (a window, a virus scanner, a cloud folder); close it there"
        raise PermissionError(error.errno, advice, str(path)) from error


def write_file(path: Path, content: str | bytes) -> None:
    """Write a file in one step: a reader, and whoever looks after the disk was full, finds the old or the new content.

    A link stays one, to the new content; a device or a pipe takes what it gets.

    Raises ``OSError`` as ``Path.write_bytes`` and `replace_file`; the old content is then unchanged.
    """
    data = content.encode() if isinstance(content, str) else content
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    if path.is_symlink():
        path = path.resolve()
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        replace_file(part, path)
    finally:
        remove_file(part)


def remove_file(path: Path, pause: Callable[[float], object] = time.sleep) -> None:
    """Delete a file if it exists; leave one that another program keeps open.

    Raises ``OSError`` as ``Path.unlink``.
    """
    try:
        _patiently(lambda: path.unlink(missing_ok=True), TRIES, PAUSE_S / TRIES, pause)
    except PermissionError as error:
        if not _in_use(error):
            raise


def read_file(path: Path, most_bytes: int = -1, pause: Callable[[float], object] = time.sleep) -> bytes:
    """Return the content of a file, or its first ``most_bytes``; wait for half a second if another program has it.

    Raises ``OSError`` as ``Path.open``.
    """

    def content() -> bytes:
        with path.open("rb") as file:
            return file.read(most_bytes)

    return _patiently(content, TRIES, PAUSE_S / TRIES, pause)


def open_file(path: Path, flags: int, pause: Callable[[float], object] = time.sleep) -> int:
    """Open an existing file and return its descriptor; wait for half a second if another program has it.

    Raises ``OSError`` as ``os.open``.
    """
    return _patiently(lambda: os.open(path, flags), TRIES, PAUSE_S / TRIES, pause)


def _patiently(
    action: Callable[[], Result], tries: int, pause_s: float, pause: Callable[[float], object]
) -> Result:
    for _ in range(tries - 1):
        try:
            return action()
        except PermissionError as error:
            if not _in_use(error):
                raise
        pause(pause_s)
    return action()


def _in_use(error: PermissionError) -> bool:
    """Tell whether another program may have the file; Python's ``open`` does not tell which code Windows gave."""
    code = getattr(error, "winerror", None)
    return code in _IN_USE or (WINDOWS and code is None)
