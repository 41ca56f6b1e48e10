"""How fast the simulated rig runs the break-junction procedure on the fast clock, through the wires."""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from app.bench import Bench, Observer
from app.demo import campaign
from app.simulated import SimulationSettings, simulated_rig
from procedures.break_junction import BreakJunction
from tests.benchmarks.table import Row, scaled

AT_LEAST, AIM = 60, 100


def speed(values: Mapping[str, float], seed: int = 1) -> tuple[float, int]:
    """(simulated seconds per second, traces) of a break-junction run, from its first event to its last."""
    with tempfile.TemporaryDirectory() as folder, simulated_rig(SimulationSettings("fast", seed)) as text:
        rig_file = Path(folder) / "rig.toml"
        rig_file.write_text(text, encoding="utf-8")
        bench, seen = Bench(rig_file), []
        observer = Observer(event=lambda event: seen.append(time.perf_counter()))
        summary = bench.run(BreakJunction.from_values(values), Path(folder) / "run.h5", observer=observer)
        took = seen[-1] - seen[0]
    assert summary.end.status == "finished", summary.end.reason
    return summary.samples / bench.rig.daq.rate_Hz / took, summary.traces


def motion_of_the_demo() -> Mapping[str, float]:
    """Return the parameters with which `hotjunction demo` takes its histogram."""
    with tempfile.TemporaryDirectory() as folder:
        return campaign(Path(folder), traces=20, holds=4, seed=1).histogram.parameters


def rows(size: float = 1.0) -> list[Row]:
    """Return the speed at the paper's motion and at that of the demo."""
    paper, n = speed({"traces": scaled(100, size)})
    quick, m = speed({**motion_of_the_demo(), "traces": scaled(200, size)})
    life = "1 x (wall clock)"
    return [
        Row(f"break junctions as in the paper, {n} traces", f"{paper:.0f} x life", life, f"{paper:.0f}"),
        Row(f"break junctions as in the demo, {m} traces", f"{quick:.0f} x life", life, f"{quick:.0f}"),
    ]
