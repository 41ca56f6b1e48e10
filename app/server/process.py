"""A bench in a process of its own, which outlives the program that started it."""

import logging
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.shared_files import remove_file
from app import child_process
from app.acquisition.simulated_rig import SimulationSettings, simulated_rig
from app.console.handles import allow_many_handles
from app.console.memory import share_pools
from app.console.priority import SWITCH_S
from app.server.connection import Connection, connections_folder

LOG = "bench.log"


class BenchNotStarted(RuntimeError):
    """The process ended before it served. The message is its own."""


@contextmanager
def rig_served_by(rig: Path | SimulationSettings) -> Iterator[Path]:
    """Yield the rig file to use; a simulated rig lives as long as the context."""
    if isinstance(rig, Path):
        yield rig
        return
    with tempfile.TemporaryDirectory(prefix="hotjunction-") as folder, simulated_rig(rig) as text:
        rig_file = Path(folder) / "rig.toml"
        rig_file.write_text(text, encoding="utf-8")
        yield rig_file


@contextmanager
def announced(connection: Connection, folder: Path | None = None) -> Iterator[Path]:
    """Keep a connection file for clients to find, and delete it at the end."""
    path = (folder or connections_folder()) / f"bench-{connection.pid}.json"
    connection.write(path)
    try:
        yield path
    finally:
        remove_file(path)


def start_bench_process(
    rig: Path | SimulationSettings, folder: Path, connections: Path | None = None
) -> Connection:
    """Start a bench that keeps running when this process ends, and wait until it serves.

    Parameters
    ----------
    rig : Path or SimulationSettings
        A rig file, or settings of a simulated rig that lives as long as the bench.
    folder : Path
        Folder of recordings without a name of their own.
    connections : Path, optional
        Folder of its connection file and log.

    Raises
    ------
    BenchNotStarted
        With the error message of the process.
    """
    place = connections or connections_folder()
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    words = ["serve", *_arguments(rig), "--folder", str(folder.absolute()), "--connections", str(place)]
    with (place / LOG).open("ab") as log:
        begins_at = log.tell()
        process = child_process.start("app", *words, stdin=subprocess.DEVNULL, stderr=log, window=True)
    try:
        line = child_process.next_line(process, "bench")
        if not line:
            raise BenchNotStarted(_last_words(place / LOG, begins_at))
        connection = Connection.read(Path(line))
        if process.stdout is not None:
            process.stdout.close()
    except BaseException:  # nobody could reach or end it
        process.kill()
        process.communicate()
        raise
    process.returncode = 0  # detached on purpose: Popen must neither wait for it nor warn
    return connection


def _arguments(rig: Path | SimulationSettings) -> list[str]:
    if isinstance(rig, Path):
        return [str(rig.absolute())]
    words = ["--simulated", "--clock", rig.clock, "--seed", str(rig.seed)]
    if rig.parameters is not None:
        words += ["--parameters", str(rig.parameters)]
    for override in rig.overrides:
        words += ["--set", override]
    return words


def _last_words(log: Path, begins_at: int) -> str:
    with log.open("rb") as file:
        file.seek(begins_at)
        text = file.read().decode(errors="replace").strip()
    _, error, reason = text.rpartition("Error: ")
    return f"The bench did not start: {reason if error else text or 'it wrote no message'}"


def settle_in() -> None:
    """Set up a process for a bench: switch threads quickly, share pools of memory, log to standard error."""
    share_pools()
    allow_many_handles()
    sys.setswitchinterval(SWITCH_S)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    for noisy in ("pymeasure", "pyvisa", "grpc", "matplotlib"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
