"""Starts a second program on a rig that has an owner, in the ways in which two were once let in."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.patience import PATIENCE_S
from tests.support.rig.rigs import ServedRig

RUN = ("run", "break-junction", "--traces", "1", "--unproved", "an attack")
SECONDS = {
    "serve beside an idle serve": ("serve",),
    "run beside an idle serve": RUN,
    "calibrate beside an idle serve": ("calibrate", "noise"),
    "check beside an idle serve": ("check",),
}
"""Second programs, by what they do."""


def words(rig: ServedRig, second: tuple[str, ...], out: Path) -> list[str]:
    """The command line of a program on this rig."""
    name, *options = second
    rig_file = str(rig.file)
    match name:
        case "run":
            options += ["--rig", rig_file, "--out", str(out)]
        case "calibrate":
            options += ["--rig", rig_file, "--out", str(out)]
        case _:
            options = [rig_file, *options]
    return [sys.executable, "-P", "-m", "app", name, *options]


@contextmanager
def serving(rig: ServedRig, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A bench that serves the rig and is idle."""
    command = [
        *words(rig, ("serve",), folder),
        "--folder",
        str(folder),
        "--connections",
        str(folder / "connections"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        path = process.stdout.readline().strip()
        assert path, process.stderr and process.stderr.read()
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)


def refused(rig: ServedRig, second: tuple[str, ...], out: Path) -> str:
    """Run a second program beside the owner; return what it says, "" if it was let in."""
    done = subprocess.run(
        words(rig, second, out), capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    return "" if done.returncode == 0 else done.stderr


def two_at_once(rig: ServedRig, folder: Path) -> list[tuple[int, str]]:
    """Start two runs at the same moment; return how each ended and what it said."""
    ended: list[tuple[int, str]] = []

    def start(number: int) -> None:
        done = subprocess.run(
            words(rig, RUN, folder / f"two{number}.h5"),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        ended.append((done.returncode, done.stdout + done.stderr))

    threads = [threading.Thread(target=start, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended
