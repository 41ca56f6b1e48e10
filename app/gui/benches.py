"""Which bench a window is for: one that runs, or one that is started for it."""

import tempfile
from pathlib import Path

from app.serve.connection import Connection, bench_of, running_benches
from app.toml_file import FileError

SIMULATED = "simulated rig"


def any_bench(chosen: Path | None) -> tuple[Connection, bool]:
    """A bench that runs: the one of a connection file, or else the newest. Raises ``FileError``."""
    if chosen is not None:
        connection = Connection.read(chosen)
        if not connection.alive:
            raise FileError(f"The bench of {chosen} does not run any more.")
        return connection, False
    for connection in running_benches().values():
        return connection, False
    raise FileError(
        "No bench is running. Start one with hotjunction serve rig.toml, or hotjunction gui rig.toml."
    )


def bench_for(rig_file: Path, folder: Path) -> tuple[Connection, bool]:
    """The bench of a rig file, started if it does not run. Raises ``BenchNotStarted``."""
    running = bench_of(rig_file)
    if running is not None:
        return running, False
    from app.serve.process import start_bench_process

    return start_bench_process(rig_file, folder), True


def simulated_bench(folder: Path) -> tuple[Connection, bool]:
    """A simulated rig with its bench: one that was left running, or a new one. Raises ``BenchNotStarted``."""
    for connection in running_benches().values():
        if is_simulated(connection):
            return connection, True
    from app.serve.process import start_bench_process
    from app.simulated import SimulationSettings

    return start_bench_process(SimulationSettings(), folder), True


def is_simulated(connection: Connection) -> bool:
    """Whether the bench has a simulated rig of its own, which ends with it."""
    temporary = Path(tempfile.gettempdir()).resolve()
    return (
        connection.rig_name.startswith(SIMULATED) and temporary in Path(connection.rig_file).resolve().parents
    )
