"""Thermal conductance of many junctions from the recording of their ruptures, in processor seconds."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from analysis.heating.thermometer import RESISTANCE, SEEBECK
from analysis.recording import Calibration, RecordedChannel, RecordingWriter, RunHeader
from analysis.records import Block, Event, EventKind
from analysis.thermoelectric.rupture_holds import STEP, RuptureHold
from app.offline.analyse import analyse_measurement
from tests.benchmarks.table import Row, scaled
from tests.validation.thermal_conductance import SEEBECK as SEEBECK_V_per_K
from tests.validation.thermal_conductance import Case, RATE_Hz, THERMAL_Hz, holds

RUPTURES, TARGET_s = 300, 5.0
BETWEEN_s = 10.0  # until the next junction is held: these samples are in the file, and not read
CASE = Case(G_G0=5.1e-4, G_th_W_per_K=20e-12, spread=0.35, bias_V=0.02, resistance_K_per_W=1e6, linger_s=3.0)
CURRENT_V_per_A, THERMOCOUPLE_V_per_V, HEATER_ohm = 1e8, 5e3, 1000.0
CHANNELS = ("current", "thermocouple", "bias", "heater")


def rows(size: float = 1.0) -> Iterator[Row]:
    """Yield how long the analysis took, beside the target for this size."""
    ruptures = scaled(RUPTURES, size, 20)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "night.h5"
        seconds = write(path, ruptures, np.random.default_rng(1))
        taken = []
        for _ in range(scaled(3, size)):
            began = time.process_time()
            result = analyse_measurement([path]).thermal_conductance
            taken.append(time.process_time() - began)
    if result is None or len(result.used) < 0.9 * ruptures:
        raise RuntimeError("most ruptures were not used")
    target_s = TARGET_s * ruptures / RUPTURES
    yield Row(
        f"thermal conductance from {ruptures} ruptures, {seconds / 60.0:.3g} min of holds at {RATE_Hz:g} Hz",
        f"{min(taken):.2f} s",
        f"{target_s:.3g} s (target)",
        f"{target_s / min(taken):.1f}",
    )


def write(path: Path, ruptures: int, rng: np.random.Generator) -> float:
    """Write a run with an alternating heater; return the seconds of its holds."""
    header = RunHeader(
        "thermal-conductance",
        tuple(RecordedChannel(name) for name in CHANNELS),
        RATE_Hz,
        parameters={"heater_frequency_Hz": THERMAL_Hz / 2.0},
        rig={"mains_Hz": 50.0, "heater": {"readback": "heater", "resistance_ohm": HEATER_ohm}},
        settings={"current_gain_V_per_A": CURRENT_V_per_A, "thermocouple_gain": THERMOCOUPLE_V_per_V},
        calibrations={
            RESISTANCE: Calibration(CASE.resistance_K_per_W, "K/W", 0.0),
            SEEBECK: Calibration(SEEBECK_V_per_K, "V/K", 0.0),
        },
    )
    first, held = 0, 0
    between = round(BETWEEN_s * RATE_Hz)
    with RecordingWriter(path, header, save_every_s=float("inf")) as writer:
        for hold, _ in holds(rng, CASE, ruptures):
            writer.append(Block(first, RATE_Hz, CHANNELS, rng.standard_normal((len(CHANNELS), between))))
            first += between
            begin = {"phase": "begin", "mode": "2w", "heated": hold.heated, "window_G0": list(hold.window_G0)}
            writer.add_event(Event(first, EventKind.STEP, STEP, {**begin, "hold": hold.number}))
            writer.append(Block(first, RATE_Hz, CHANNELS, volts(hold)))
            first, held = first + len(hold.bias_V), held + len(hold.bias_V)
            writer.add_event(Event(first, EventKind.STEP, STEP, {"phase": "end", "ended": hold.ended}))
            writer.add_event(Event(first, EventKind.MARK, STEP, {"hold": hold.number}))
    return held / RATE_Hz


def volts(hold: RuptureHold) -> np.ndarray:
    """Return what the inputs record of a hold, shape (channels, samples)."""
    heater_V = np.sqrt(np.maximum(hold.heater_W, 0.0) * HEATER_ohm)
    return np.stack(
        [
            hold.current_A * CURRENT_V_per_A,
            hold.thermocouple_V * THERMOCOUPLE_V_per_V,
            hold.bias_V,
            heater_V,
        ]
    )
