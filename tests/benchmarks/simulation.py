"""Speed of the simulated rig on the fast clock: break junctions and a heating hold, by its wires and without."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from app.acquisition.bench import Bench, Observer
from app.acquisition.direct import direct_wires
from app.acquisition.open_rig import BY_ADDRESS, Wires
from app.acquisition.simulated_rig import SimulationSettings, patient, served, simulated_rig
from app.campaign.demo import campaign
from procedures.break_junction import BreakJunction
from procedures.controls import OutOfContact
from procedures.procedure import RigProcedure
from simulators.parameters import load_parameters
from simulators.rig.bench import SimulatedBench
from simulators.rig.clock import FastClock
from tests.benchmarks.table import Row, scaled

HOLD = {"holds": 1, "amplitudes": "0.06", "approach_speed": 50.0, "trip_reaction": 0.005}

AIM = 150
"""Times life at the paper's motion, on a machine with nothing else to do."""


def speed(
    rig_file: Path, wires: Wires, procedure: RigProcedure, clock: Callable[[], float]
) -> tuple[float, int]:
    """(simulated seconds per second, traces) of a run, from its first event to its last."""
    bench, seen = Bench(rig_file, wires=wires), []
    observer = Observer(on_event=lambda event: seen.append(clock()))
    summary = bench.run(procedure, rig_file.with_name("run.h5"), observer=observer)
    took = seen[-1] - seen[0]
    assert summary.end.status == "finished", summary.end.reason
    return summary.samples / bench.rig.daq.rate_Hz / took, summary.traces


def on_the_wall(values: Mapping[str, float], seed: int = 1) -> tuple[float, int]:
    """`speed` by the wall clock, on a rig in a process of its own."""
    with tempfile.TemporaryDirectory() as folder, simulated_rig(SimulationSettings("fast", seed)) as text:
        rig_file = Path(folder) / "rig.toml"
        rig_file.write_text(text, encoding="utf-8")
        return speed(rig_file, BY_ADDRESS, BreakJunction.from_values(values), time.perf_counter)


def in_this_process(procedure: RigProcedure, *, direct: bool, seed: int = 1) -> tuple[float, int]:
    """`speed` by processor time of bench and rig together, by the wires or, as in `hotjunction demo`, without."""
    with tempfile.TemporaryDirectory() as folder, served(SimulationSettings("fast", seed)) as (rig, text):
        rig_file = Path(folder) / "rig.toml"
        rig_file.write_text(patient(text), encoding="utf-8")
        return speed(rig_file, direct_wires(rig) if direct else BY_ADDRESS, procedure, time.process_time)


def idle(seconds: float) -> float:
    """Return the simulated seconds per processor second of a rig that nobody reads, looked at every second."""
    bench = SimulatedBench(load_parameters(), 1, FastClock())
    began_s = time.process_time()
    while bench.clock.now() < seconds:
        with bench.lock:
            bench.clock.wait(bench.changed, bench.clock.now() + 1.0)
            bench.catch_up()
    return seconds / (time.process_time() - began_s)


def motion_of_the_demo() -> Mapping[str, float]:
    """Return the parameters with which `hotjunction demo` takes its histogram."""
    with tempfile.TemporaryDirectory() as folder:
        return campaign(Path(folder), traces=20, holds=4, seed=1).histogram.parameters


def rows(size: float = 1.0) -> Iterator[Row]:
    """Yield the speed at the paper's motion and at that of the demo."""
    paper, n = on_the_wall({"traces": scaled(100, size)})
    name = f"break junctions as in the paper, {n} traces"
    yield Row(name, f"{paper:.0f} x life", f"{AIM} x (aim)", f"{paper / AIM:.2f}")
    as_in_the_demo = {**motion_of_the_demo(), "traces": scaled(200, size)}
    yield _without_wires("break junctions as in the demo", BreakJunction.from_values(as_in_the_demo))
    hold_s = scaled(60, size)
    hold = OutOfContact.from_values({**HOLD, "hold_time": hold_s})
    yield _without_wires(f"hold of three levels over {hold_s} s, looked at every 5 ms", hold)
    yield Row("rig that nobody reads", f"{idle(60 * size + 1):.0f} s of life a processor second")


def _without_wires(name: str, procedure: RigProcedure) -> Row:
    wired, _ = in_this_process(procedure, direct=False)
    direct, traces = in_this_process(procedure, direct=True)
    return Row(
        f"{name}, without wires" + (f", {traces} traces" if traces else ""),
        f"{direct:.1f} s of life a processor second",
        f"{wired:.1f} s (by gRPC and VXI-11)",
        f"{direct / wired:.1f}",
    )
