"""Bench for a window: a running one, or a new one started for it."""

import tempfile
from pathlib import Path

from app.config.toml import FileError
from app.server.connection import Connection, bench_of, running_benches

SIMULATED = "simulated rig"


def any_bench(chosen: Path | None) -> tuple[Connection, bool]:
    """Return a running bench and False: that of the connection file, else the newest. Raises ``FileError``."""
    if chosen is not None:
        connection = Connection.read(chosen)
        if not connection.alive:
            raise FileError(f"The bench of {chosen} is no longer running.")
        return connection, False
    for connection in running_benches().values():
        return connection, False
    raise FileError(
        "No bench is running. Start one with: hotjunction serve rig.toml, or hotjunction gui rig.toml."
    )


def bench_for(rig_file: Path, folder: Path) -> tuple[Connection, bool]:
    """Return the bench of a rig file, started if necessary, and whether it was. Raises ``BenchNotStarted``."""
    running = bench_of(rig_file)
    if running is not None:
        return running, False
    from app.server.process import start_bench_process

    return start_bench_process(rig_file, folder), True


def simulated_bench(folder: Path) -> tuple[Connection, bool]:
    """Return a bench with a simulated rig, running already or new, and True. Raises ``BenchNotStarted``."""
    for connection in running_benches().values():
        if is_simulated(connection):
            return connection, True
    from app.acquisition.simulated_rig import SimulationSettings
    from app.server.process import start_bench_process

    return start_bench_process(SimulationSettings(), folder), True


def is_simulated(connection: Connection) -> bool:
    """Return True if the bench has its own simulated rig, which ends with it."""
    temporary = Path(tempfile.gettempdir()).resolve()
    return (
        connection.rig_name.startswith(SIMULATED) and temporary in Path(connection.rig_file).resolve().parents
    )
