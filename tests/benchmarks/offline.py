"""Traces cut, aligned and counted, and a night of break junctions reduced from its file, in processor seconds."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from analysis.conductance import CurrentCalibration
from analysis.constants import G0_S
from analysis.disk_backed_list import DiskBackedList
from analysis.recording import Calibration, RecordedChannel, RecordingWriter, RunHeader
from analysis.records import Block, Event, EventKind, FloatArray, Trace
from analysis.reduce import reduce
from analysis.traces.incremental import IncrementalSelection
from analysis.traces.options import AnalysisOptions
from analysis.traces.segmenter import Segmenter
from app.offline.many import analyse_files
from tests.benchmarks.table import Row, scaled

RATE_Hz, GAIN_V_per_A, BIAS_V = 2000.0, 1e5, 0.1
CHANNELS = ("current", "thermocouple", "bias", "z")
EXTENSION_m_per_V = 8e-9
DIFFERENT = 20  # traces that are drawn; each comes again and again

TRACES, SAMPLES, TRACES_s = 10_000, 2000, 10.0
HOURS, CYCLE_s, HOURS_s = 10.0, 10.0, 20.0
"""Half of a cycle is a withdrawal at 0.1 nm/s, the other half an approach."""


def rows(size: float = 1.0) -> Iterator[Row]:
    """Yield how long it took, beside the target for this size."""
    rng = np.random.default_rng(1)
    n = scaled(TRACES, size, 30)
    taken = segmented(n, withdrawals(rng, SAMPLES))
    yield Row(
        f"{n} traces of {SAMPLES} samples cut, aligned, counted", *_beside(taken, TRACES_s * n / TRACES)
    )
    cycles = scaled(round(HOURS * 3600.0 / CYCLE_s), size, 30)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "night.h5"
        write(path, cycles, withdrawals(rng, round(CYCLE_s * RATE_Hz / 2.0)))
        began = time.process_time()
        analyse_files([path])
        taken = time.process_time() - began
    hours = cycles * CYCLE_s / 3600.0
    yield Row(f"{hours:.3g} hours of a run reduced from the file", *_beside(taken, HOURS_s * hours / HOURS))


def _beside(taken_s: float, target_s: float) -> tuple[str, str, str]:
    return f"{taken_s:.2f} s", f"{target_s:.3g} s (target)", f"{target_s / max(taken_s, 1e-9):.1f}"


def withdrawals(rng: np.random.Generator, samples: int) -> list[FloatArray]:
    """Return openings as volts of the inputs, each of shape (channels, samples)."""
    made = []
    for _ in range(DIFFERENT):
        stops = np.sort(rng.integers(samples // 10, samples // 2, 4))
        levels = np.array([5.0, 1.9, 0.97, 10.0 ** rng.normal(-2.7, 0.25), 1e-5])
        conductance = np.repeat(levels, np.diff([0, *stops, samples]))
        conductance *= 1.0 + 0.03 * rng.standard_normal(samples)
        current_V = GAIN_V_per_A * BIAS_V * G0_S * conductance + 1e-6 * rng.standard_normal(samples)
        z = 9.0 - 1e-10 / RATE_Hz / EXTENSION_m_per_V * np.arange(samples)
        made.append(np.stack([current_V, rng.standard_normal(samples), np.full(samples, BIAS_V), z]))
    return made


def segmented(n: int, made: list[FloatArray]) -> float:
    """Return the processor time, s, from blocks and events to selection and histograms of n traces."""
    traces: DiskBackedList[Trace] = DiskBackedList()
    growing = IncrementalSelection(traces, lambda usual: AnalysisOptions())
    began = time.process_time()
    segmenter = Segmenter(CurrentCalibration(GAIN_V_per_A), EXTENSION_m_per_V)
    for trace in reduce(_stream(n, made), [segmenter]):
        traces.add(trace)
    growing.look()
    growing.decide()
    growing.select()
    taken = time.process_time() - began
    if growing.map.n_traces != n:
        raise RuntimeError(f"{growing.map.n_traces} of {n} traces were aligned")
    growing.close()
    traces.close()
    return taken


def _stream(n: int, made: list[FloatArray]) -> Iterator[Block | Event]:
    first = 0
    for number in range(n):
        data = made[number % len(made)]
        stop = first + data.shape[1]
        yield Event(first, EventKind.STEP, "withdraw", {"phase": "begin"})
        yield Event(stop, EventKind.STEP, "withdraw", {"phase": "end", "ended": "open"})
        yield Block(first, RATE_Hz, CHANNELS, data)
        first = stop


def write(path: Path, cycles: int, made: list[FloatArray]) -> None:
    """Write a run whose cycles are an approach, which is not read, and a withdrawal."""
    header = RunHeader(
        "break-junction",
        tuple(RecordedChannel(name) for name in CHANNELS),
        RATE_Hz,
        settings={"current_gain_V_per_A": GAIN_V_per_A, "extension_m_per_V": EXTENSION_m_per_V},
        calibrations={"current_gain": Calibration(GAIN_V_per_A, "V/A", 500.0)},
    )
    first = 0
    with RecordingWriter(path, header, save_every_s=float("inf")) as writer:
        for number in range(cycles):
            data = made[number % len(made)]
            writer.append(Block(first, RATE_Hz, CHANNELS, data[:, ::-1].copy()))
            first += data.shape[1]
            writer.add_event(Event(first, EventKind.STEP, "withdraw", {"phase": "begin"}))
            writer.append(Block(first, RATE_Hz, CHANNELS, data))
            first += data.shape[1]
            writer.add_event(Event(first, EventKind.STEP, "withdraw", {"phase": "end", "ended": "open"}))
