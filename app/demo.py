"""The demonstration: a simulated rig, a survey of break junctions, a recording, a report."""

import threading
from math import log
from pathlib import Path

from analysis.peaks import PeakFit
from app.bench import Bench, Observer, RunSummary
from app.simulated import SimulationSettings, simulated_rig
from procedures.break_junction import BreakJunction

SPECIES = "BDNC"

SAMPLE = (f"sample.species={SPECIES}", f"molecule.{SPECIES}.binding_probability=0.8")
"""A dense monolayer, in which most breaks are bridged: a histogram of a thousand traces then has its errors at 2 %."""

SURVEY = {"withdraw_speed": 5.0, "past_break": 1.0, "baseline_every": 20, "baseline_time": 0.05}
"""Fifty times the paper's speed of withdrawal: enough samples a plateau for a histogram, in a fiftieth of the time."""


def measure(
    folder: Path, traces: int, seed: int, observer: Observer, stop: threading.Event
) -> tuple[RunSummary, dict[str, float]]:
    """Take the traces on a simulated rig of its own; returns also what its world was told."""
    settings = SimulationSettings("fast", seed, overrides=SAMPLE)
    parameters = settings.load().values
    told = {
        "Au contact": parameters["gold"]["level_G0"][0],
        f"{SPECIES} junction": parameters["molecule"][SPECIES]["conductance_G0"],
    }
    procedure = BreakJunction.from_values({"traces": traces, **SURVEY})
    with simulated_rig(settings) as rig_text:
        rig_file = folder / "rig.toml"
        rig_file.write_text(rig_text, encoding="utf-8")
        summary = Bench(rig_file, stop).run(
            procedure,
            folder / "demo.h5",
            observer=observer,
            sample=f"Au-{SPECIES}-Au (simulated)",
            notes=f"hotjunction demo, seed {seed}",
        )
    return summary, told


def nearest(told_G0: float, peaks: tuple[PeakFit, ...]) -> PeakFit | None:
    """The trusted peak that lies nearest to what was told, on a logarithmic scale."""
    trusted = [peak for peak in peaks if peak.trusted]
    return min(trusted, key=lambda peak: abs(log(peak.conductance_G0 / told_G0)), default=None)
