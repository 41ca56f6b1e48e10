"""False alarms of a right rig: every procedure on several rigs, an hour of the rig's time in all."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from app.acquisition.bench import Bench
from app.acquisition.direct import direct_wires
from app.acquisition.simulated_rig import SimulationSettings, patient, served
from procedures.registry import PROCEDURES
from tests.benchmarks.table import Row, scaled

SEEDS = 5
RATE_Hz = 2000.0
TRACES = 60
CATCH = {
    "conductance": 1.0,
    "window_percent": 30.0,
    "approach_speed": 50.0,
    "withdraw_speed": 5.0,
    "most_openings": 100_000,
}
HELD = {**CATCH, "holds": 4, "amplitudes": "0.06"}


def _without(*names: str) -> dict[str, object]:
    return {name: value for name, value in HELD.items() if name not in names}


RUNS = {
    "break-junction": {"traces": TRACES, "approach_speed": 20.0, "withdraw_speed": 2.0},
    "heating": HELD,
    "iv": {**CATCH, "curves": 8, "peak": 0.1},
    "control-out-of-contact": {"approach_speed": 50.0, "holds": 4, "amplitudes": "0.06"},
    "control-zero-amplitude": _without("amplitudes"),
    "control-order-reversed": HELD,
    "control-other-frequencies": HELD,
    "control-gold": _without("conductance"),
}
"""Procedures that need no fixture and no hand, with parameters."""


def rows(size: float = 1.0) -> Iterator[Row]:
    """Yield runs, time and faults by which a right rig was refused or stopped, for each procedure and in all."""
    alarms: list[str] = []
    runs, seconds, stopped = Counter[str](), Counter[str](), Counter[str]()
    names = list(RUNS)[: scaled(len(RUNS), size)]
    for seed in range(1, scaled(SEEDS, size) + 1):
        with (
            tempfile.TemporaryDirectory() as folder,
            served(SimulationSettings("fast", seed, overrides=("sample.species=Au",))) as (rig, text),
        ):
            rig_file = Path(folder) / "rig.toml"
            rig_file.write_text(patient(text), "utf-8")
            for name in names:
                values = RUNS[name] if size else {**RUNS[name], "traces": 1}
                summary = Bench(rig_file, wires=direct_wires(rig)).run(
                    PROCEDURES[name].from_values(values), Path(folder) / f"{name}.h5"
                )
                runs[name] += 1
                seconds[name] += summary.samples / RATE_Hz
                if summary.end.status == "fault":
                    stopped[name] += 1
                    alarms.append(f"{name}, seed {seed}: {summary.end.reason}")
    for name in names:
        yield Row(
            f"alarms: {name}", f"{stopped[name]} in {runs[name]} runs, {seconds[name] / 60:.1f} min", "0"
        )
    whole = f"{len(alarms)} in {runs.total()} runs, {seconds.total() / 60:.1f} min of the rig"
    yield Row("alarms of a right rig", whole, "0 in an hour")
    yield from (Row("alarm", alarm) for alarm in alarms)
