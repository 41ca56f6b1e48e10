"""A day of break junctions on the fast clock, with the window attached: what both keep of it in memory.

Takes as long as the simulated rig does, about 20 minutes, and is therefore measured only when named.
"""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil

from app.acquisition.simulated_rig import SimulationSettings
from app.server.client import BenchClient
from app.server.connection import running_benches
from app.server.process import start_bench_process
from tests.benchmarks.table import Row

HOURS = 24.0
SETTLED_H = 2.0
"""After so long everything has its size; what grows from then on grows for ever."""
LOOK_S, SHORTEST_LOOK_S = 5.0, 0.2
RATE_Hz = 2000.0
FLAT_MiB = 50.0
MiB = 2.0**20
VALUES = {"traces": 1_000_000, "withdraw_speed": 0.1}
"""The paper's own withdrawal: 0.1 nm/s."""


def rows(size: float = 1.0) -> Iterator[Row]:
    """Yield how long the run was, and how the memory of bench and window grew; ``size`` 0 stops at the second look."""
    most_h, look_s = HOURS * size, LOOK_S if size else SHORTEST_LOOK_S
    with tempfile.TemporaryDirectory() as folder:
        connections = Path(folder) / "run"
        bench = start_bench_process(SimulationSettings("fast", 1), Path(folder), connections)
        (path,) = running_benches(connections)
        window = _window(path, Path(folder) / "settings.ini")
        with BenchClient(bench) as client:
            client.command("queue_add", procedure="break-junction", values=VALUES)
            processes = {"bench": psutil.Process(bench.pid), "window": psutil.Process(window.pid)}
            seen = _watch(client, processes, most_h, look_s)
            window.kill()
            client.command("shutdown", abort=True)
        window.wait()
    yield Row("a day of break junctions on the fast clock", f"{seen['hours'][-1]:.1f} h", f"{most_h:g} h")
    for name in ("bench", "window"):
        begin = int(np.searchsorted(seen["hours"], min(SETTLED_H, most_h / 2)))
        hours, size = np.array(seen["hours"][begin:]), np.array(seen[name][begin:]) / MiB
        grows = float(np.polyfit(hours, size, 1)[0]) if np.ptp(hours) > 0 else 0.0
        yield Row(
            f"  memory of the {name}, {size.min():.0f} to {size.max():.0f} MiB",
            f"{24 * grows:+.1f} MiB a day",
            f"{FLAT_MiB:g} MiB",
        )


def _window(connection: Path, settings: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.support.gui.window_process", str(connection), str(settings)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _watch(
    client: BenchClient, processes: dict[str, psutil.Process], most_h: float, look_s: float
) -> dict[str, list[float]]:
    """Hours of the rig, and resident bytes of each process, until the day is over or the run."""
    seen: dict[str, list[float]] = {"hours": [], **{name: [] for name in processes}}
    while len(seen["hours"]) < 2 or seen["hours"][-1] < most_h:
        threading.Event().wait(look_s)
        (job,) = client.command("state")["queue"]
        if job["status"] != "running":
            raise RuntimeError(f"The run has ended: {job['reason']}")
        seen["hours"].append(job["samples"] / RATE_Hz / 3600.0)
        for name, process in processes.items():
            seen[name].append(float(process.memory_info().rss))
    return seen
