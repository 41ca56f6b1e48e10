"""Child processes of hotjunction: each in a session of its own, with our own code.

Source: Python, "Command line and environment" (``-P``); Windows, "Process Creation Flags".
"""

import logging
import os
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from app.console.terminal import LOOK_S

log = logging.getLogger(__name__)

SAY_EVERY_S = 10.0

PROJECT = Path(__file__).resolve().parents[1]
"""Folder that holds our packages."""


def start(
    module: str, *words: str, stdin: int, stderr: int | IO[Any] | None = None, window: bool = False
) -> "subprocess.Popen[bytes]":
    """Start ``python -m module words``; its standard output is a pipe.

    The end of the terminal or service (hang-up, Ctrl-C, closed window) does not reach it. A file called app.py or
    analysis.py in the current folder is not imported in place of ours.

    Parameters
    ----------
    module : str
    words : str
        Arguments.
    stdin : int
        As for ``Popen``.
    stderr : int or file, optional
        As for ``Popen``; this process's own, if not given.
    window : bool
        Give it an invisible console of its own on Windows, for its own child processes.
    """
    command = [sys.executable, "-P", "-m", module, *words]
    pipes: dict[str, Any] = {"stdin": stdin, "stdout": subprocess.PIPE, "stderr": stderr}
    if sys.platform != "win32":
        return subprocess.Popen(command, **pipes, env=environment(), start_new_session=True)
    console = subprocess.CREATE_NO_WINDOW if window else subprocess.DETACHED_PROCESS
    flags = console | subprocess.CREATE_NEW_PROCESS_GROUP
    try:
        return subprocess.Popen(
            command, **pipes, env=environment(), creationflags=flags | subprocess.CREATE_BREAKAWAY_FROM_JOB
        )
    except PermissionError:  # our job object allows no breakaway
        return subprocess.Popen(command, **pipes, env=environment(), creationflags=flags)


def environment(of: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of a child: UTF-8 on its pipes and, if we are not installed, the path to our code."""
    changed = {**of, "PYTHONIOENCODING": "utf-8"}
    if PROJECT not in (Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib")):
        others = [folder for folder in of.get("PYTHONPATH", "").split(os.pathsep) if folder]
        changed["PYTHONPATH"] = os.pathsep.join([str(PROJECT), *others])
    return changed


def next_line(process: "subprocess.Popen[bytes]", what: str) -> str:
    """Wait for a line of a child's standard output and return it; "" if the child ends first.

    Parameters
    ----------
    process : Popen
    what : str
        Name of the child, for a log line every few seconds.
    """
    stream, lines = process.stdout, [b""]
    if stream is None:
        return ""
    reader = threading.Thread(target=lambda: lines.append(stream.readline()), name=what, daemon=True)
    began_s = said_s = time.monotonic()
    reader.start()
    while reader.is_alive():
        reader.join(LOOK_S)
        if (now_s := time.monotonic()) - said_s >= SAY_EVERY_S:
            said_s = now_s
            log.warning("Waiting for the %s, %.0f s so far", what, now_s - began_s)
    return lines[-1].decode("utf-8", "replace").strip()


def reply_to_parent(line: str) -> None:
    """Write a line to the parent process; ignore a parent that no longer listens."""
    with suppress(OSError):
        os.write(sys.stdout.fileno(), f"{line}\n".encode())
