"""Time from a threshold crossed to the ramp stopped, on the wall clock, as the recording itself shows it."""

import tempfile
from pathlib import Path

import numpy as np

from analysis.conductance import conductance_G0
from analysis.recording import Recording
from analysis.records import EventKind, FloatArray
from app.acquisition.bench import Bench
from app.acquisition.open_rig import NM, current_calibration
from app.acquisition.simulated_rig import SimulationSettings, simulated_rig
from app.config.rig import Rig
from procedures.break_junction import BreakJunction
from tests.benchmarks.table import Row, scaled

MEDIAN_S, WORST_S = 0.010, 0.050


def reactions_s(n: int, seed: int = 1) -> FloatArray:
    """Seconds from the sample that first stood above the contact threshold to the tip's stop, for ``n`` contacts."""
    values = {"traces": n, "withdraw_speed": 10.0, "past_break": 0.5, "baseline_every": 10_000}
    procedure = BreakJunction.from_values(values)
    with tempfile.TemporaryDirectory() as folder, simulated_rig(SimulationSettings("wall", seed)) as text:
        rig_file, out = Path(folder) / "rig.toml", Path(folder) / "run.h5"
        rig_file.write_text(text, encoding="utf-8")
        bench = Bench(rig_file)
        summary = bench.run(procedure, out)
        assert summary.end.status == "finished", summary.end.reason
        with Recording(out) as recording:
            return _from_recording(recording, bench.rig, procedure)


def _from_recording(recording: Recording, rig: Rig, procedure: BreakJunction) -> FloatArray:
    amplifier = current_calibration(rig)
    step_V = procedure.approach_speed / rig.piezo.extension_nm_per_V / rig.daq.rate_Hz
    begin, found = 0, []
    for event in recording.events:
        if event.kind is not EventKind.STEP or event.name != "approach":
            continue
        if event.payload["phase"] == "begin":
            begin = event.sample
            continue
        samples = recording.samples(begin, event.sample, ("current", "bias", "z"))
        current, bias, z = samples
        above = conductance_G0(current, bias, amplifier) > procedure.contact_threshold
        k = procedure.contact_samples
        run = np.convolve(above, np.ones(k), "valid") == k
        crossed = int(np.argmax(run))
        before = slice(max(crossed - 40, 0), crossed)
        at_crossing_V = float(np.mean(z[before] - step_V * (np.arange(before.start, before.stop) - crossed)))
        stopped_V = event.payload["extension_m"] / (rig.piezo.extension_nm_per_V * NM)
        found.append((stopped_V - at_crossing_V) / step_V / rig.daq.rate_Hz)
    return np.array(found)


def rows(size: float = 1.0) -> list[Row]:
    """Return median and worst of 200 contacts times ``size`` beside what is aimed at and what the rig needs."""
    times = reactions_s(scaled(200, size))
    return [
        Row(
            f"contact to ramp stopped, median of {times.size}", f"{1e3 * np.median(times):.1f} ms",
            f"{1e3 * MEDIAN_S:.0f} ms (aim)", f"{MEDIAN_S / np.median(times):.1f}",
        ),
        Row(
            f"contact to ramp stopped, worst of {times.size}", f"{1e3 * times.max():.1f} ms",
            f"{1e3 * WORST_S:.0f} ms (required)", f"{WORST_S / times.max():.1f}",
        ),
    ]  # fmt: skip
