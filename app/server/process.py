"""A bench as a process of its own, which outlives whoever started it."""

import logging
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app import child_process
from app.acquisition.simulated_rig import SimulationSettings, simulated_rig
from app.server.connection import Connection, connections_folder

LOG = "bench.log"

SWITCH_S = 5e-4
"""After so long the thread that answers a client lets the one go on that watches for a trip (Python's own: 5 ms)."""


class BenchNotStarted(RuntimeError):
    """The process ended, or said nothing, before it served. The message is its own."""


@contextmanager
def rig_served_by(rig: Path | SimulationSettings) -> Iterator[Path]:
    """The rig file to work with; a simulated rig lives as long as the context."""
    if isinstance(rig, Path):
        yield rig
        return
    with tempfile.TemporaryDirectory(prefix="hotjunction-") as folder, simulated_rig(rig) as text:
        rig_file = Path(folder) / "rig.toml"
        rig_file.write_text(text, encoding="utf-8")
        yield rig_file


@contextmanager
def announced(connection: Connection, folder: Path | None = None) -> Iterator[Path]:
    """Leave the connection file for clients to find, and take it away at the end."""
    path = (folder or connections_folder()) / f"bench-{connection.pid}.json"
    connection.write(path)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def start_bench_process(
    rig: Path | SimulationSettings, folder: Path, connections: Path | None = None
) -> Connection:
    """Start a bench that goes on when this process ends, and wait until it serves.

    Parameters
    ----------
    rig : Path or SimulationSettings
        A rig file, or what to simulate: the simulated rig then lives as long as the bench.
    folder : Path
        Where recordings go that are given no name.
    connections : Path, optional
        Where its connection file and its log go.

    Raises
    ------
    BenchNotStarted
        With what it said.
    """
    place = connections or connections_folder()
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    words = ["serve", *_arguments(rig), "--folder", str(folder.absolute()), "--connections", str(place)]
    with (place / LOG).open("ab") as log:
        begins_at = log.tell()
        process = child_process.start("app", *words, stdin=subprocess.DEVNULL, stderr=log, window=True)
    try:
        said = child_process.next_line(process, "bench")
        if not said:
            raise BenchNotStarted(_last_words(place / LOG, begins_at))
        connection = Connection.read(Path(said))
        if process.stdout is not None:
            process.stdout.close()
    except BaseException:  # nobody could reach it, or end it
        process.kill()
        process.communicate()
        raise
    process.returncode = 0  # it is not ours any more: nobody waits for it, and nobody is warned of it
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
        said = file.read().decode(errors="replace").strip()
    _, error, reason = said.rpartition("Error: ")
    return f"The bench did not start: {reason if error else said or 'it said nothing'}"


def settle_in() -> None:
    """What a process does that is there for the bench: be quick to let a run's thread go on, log to standard error."""
    sys.setswitchinterval(SWITCH_S)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    for noisy in ("pymeasure", "pyvisa", "grpc", "matplotlib"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
