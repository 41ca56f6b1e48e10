"""Attaching to a bench from a command, and waiting for the command's end."""

import os
import sys
import threading
from pathlib import Path

from app.config.toml import FileError
from app.console.progress import signals_stop
from app.console.terminal import LOOK_S
from app.server.client import BenchClient
from app.server.connection import Connection, running_benches

END = b"end\n"
"""Line with which a program ends the one that it has started."""


def attached(file: Path | None) -> tuple[BenchClient, str]:
    """Return a client of a bench and the name of its rig, from a connection file or the newest of this computer.

    Raises
    ------
    FileError
        If there is none.
    """
    if file is not None:
        connection = Connection.read(file)
    else:
        running = running_benches()
        if not running:
            raise FileError("No bench is running on this computer; start one with hotjunction serve.")
        connection = next(iter(running.values()))
    return BenchClient(connection), connection.rig_name or connection.rig_file


def until_ended(with_parent: bool) -> bool:
    """Wait for Ctrl-C or SIGTERM, or for the program that started this one; return False if that has died.

    Parameters
    ----------
    with_parent : bool
        True if a program has started this one, holds its input open and ends it with the line `END`.
    """
    ended = threading.Event()
    heard: list[bytes] = []

    def listen() -> None:
        while content := os.read(sys.stdin.fileno(), 1024):
            heard.append(content)
        ended.set()

    if with_parent:
        threading.Thread(target=listen, name="parent", daemon=True).start()
    signalled: list[str] = []
    with signals_stop(ended.set, signalled.append):
        while not ended.wait(LOOK_S):
            pass
    return bool(signalled) or b"".join(heard).endswith(END)
