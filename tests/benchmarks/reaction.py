"""Time from a threshold crossed to the ramp stopped, on the wall clock, as the recording itself shows it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from analysis.conductance import conductance_G0
from analysis.recording import Recording
from analysis.records import EventKind, FloatArray
from app.acquisition.bench import Bench
from app.acquisition.direct import direct_wires
from app.acquisition.open_rig import BY_ADDRESS, NM, Wires
from app.acquisition.simulated_rig import SimulationSettings, patient, served, simulated_rig
from app.config.rig import Rig
from app.config.rig_context import current_calibration
from procedures.break_junction import BreakJunction
from tests.benchmarks.table import Row, scaled

MEDIAN_S, WORST_S = 0.010, 0.050


def reactions_s(n: int, seed: int = 1) -> FloatArray:
    """Seconds from the sample that first stood above the contact threshold to the tip's stop, for ``n`` contacts."""
    with simulated_rig(SimulationSettings("wall", seed)) as text:
        return _reacted(n, text, BY_ADDRESS)


def local_reactions_s(n: int, seed: int = 1) -> FloatArray:
    """Seconds as of `reactions_s`, with card and amplifier called in this process, as by a local NI-DAQmx."""
    with served(SimulationSettings("wall", seed)) as (rig, text):
        return _reacted(n, patient(text), direct_wires(rig))


def _reacted(n: int, text: str, wires: Wires) -> FloatArray:
    values = {"traces": n, "withdraw_speed": 10.0, "past_break": 0.5, "baseline_every": 10_000}
    procedure = BreakJunction.from_values(values)
    with tempfile.TemporaryDirectory() as folder:
        rig_file, out = Path(folder) / "rig.toml", Path(folder) / "run.h5"
        rig_file.write_text(text, encoding="utf-8")
        bench = Bench(rig_file, wires=wires)
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


def rows(size: float = 1.0) -> Iterator[Row]:
    """Yield median and worst of 200 contacts times ``size`` beside what is aimed at and what the rig needs."""
    times = reactions_s(scaled(200, size))
    yield _median("contact to ramp stopped", times)
    yield Row(
        f"contact to ramp stopped, worst of {times.size}",
        f"{1e3 * times.max():.1f} ms",
        f"{1e3 * WORST_S:.0f} ms (required)",
        f"{WORST_S / times.max():.1f}",
    )
    if size:  # it takes its time on life's clock
        yield _median("the same without gRPC", local_reactions_s(scaled(50, size)))


def _median(name: str, times_s: FloatArray) -> Row:
    median_s = float(np.median(times_s))
    return Row(
        f"{name}, median of {times_s.size}",
        f"{1e3 * median_s:.1f} ms",
        f"{1e3 * MEDIAN_S:.0f} ms (aim)",
        f"{MEDIAN_S / median_s:.1f}",
    )
