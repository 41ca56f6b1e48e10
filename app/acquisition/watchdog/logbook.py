"""Log of the watchdogs: what they did, and who cleared or took over a rig."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from subprocess import DEVNULL
from typing import IO

import platformdirs


def log_file() -> Path:
    """Return the path of the watchdogs' log."""
    return Path(platformdirs.user_log_dir("hotjunction", appauthor=False)) / "watchdog.log"


@contextmanager
def opened_log() -> Iterator[IO[bytes] | int]:
    """Open the log for appending; discard what is written if that fails."""
    try:
        log_file().parent.mkdir(parents=True, exist_ok=True)
        file = log_file().open("ab")
    except OSError:
        yield DEVNULL
        return
    with file:
        yield file


def note(rig_file: Path, sentence: str) -> None:
    """Add a line to the log; a log that can't be written is no error."""
    with suppress(OSError), opened_log() as file:
        if not isinstance(file, int):
            file.write(f"{datetime.now():%Y-%m-%d %H:%M:%S} {os.getpid()} {rig_file}: {sentence}\n".encode())
