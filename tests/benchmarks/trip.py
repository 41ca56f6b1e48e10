"""Time from a metal contact that forms under a large bias to 0 V, on the wall clock, as the recording shows it."""

import multiprocessing
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from analysis.conductance import CurrentCalibration
from analysis.heating.programme import programme
from analysis.recording import Recording
from analysis.records import Event, EventKind, FloatArray
from analysis.trip import trips
from app.acquisition.bench import Bench, Observer
from app.acquisition.open_rig import open_rig
from app.acquisition.simulated_rig import SimulationSettings, rig_file_text
from app.config.rig import load_rig
from app.config.rig_context import current_calibration
from procedures.context import ProcedureContext
from procedures.procedure import Plan, RigProcedure
from procedures.steps import MakeSafe, Modulate, Outcome, Ramp, SetBias, WriteNote
from tests.benchmarks.table import Row, scaled

AIM_S = 0.005
AMPLITUDE_V = 0.8
MOLECULE_A = 0.4e-6
NM = 1e-9
TRIPS = {"contact", "current", "overload"}
OPENED_NM, CLOSED_NM, SPEED_NM_PER_S = 15, 20, 500
MOST_S = 40.0
"""Time after which no further trip begins: on a machine that is busy there are fewer."""

AFTER_SAMPLES = (80, 162)
"""Samples from the begin of a modulation to the contact: within one level, which lasts 82, so at any phase of it."""


class Trips(RigProcedure):
    """Modulates a gap until a contact forms in it, pulls it open, and again."""

    name, repeats, cycle = "trips", "trips", "trip"

    def __init__(self, n: int) -> None:
        super().__init__()
        self._n = n
        self.outcomes: list[Outcome] = []

    def check(self, context: ProcedureContext) -> None:
        """Nothing to refuse."""

    def plan(self, context: ProcedureContext) -> Plan:
        """Two levels and no zero between them, so that 0 V is nothing but the trip."""
        levels = programme([(AMPLITUDE_V, 1), (-AMPLITUDE_V, 1)])
        end_s = time.monotonic() + MOST_S
        for number in range(self._n):
            if time.monotonic() > end_s:
                break
            yield Ramp("approach", CLOSED_NM * NM, SPEED_NM_PER_S * NM)
            yield SetBias(0.1)
            detectors = trips(AMPLITUDE_V, MOLECULE_A, 0.0055)
            yield Modulate("modulate", levels, 20.0, detectors, payload={"hold": number})
            yield Ramp("withdraw", OPENED_NM * NM, SPEED_NM_PER_S * NM)
            yield WriteNote("trip")
        yield MakeSafe()


def _serve(seed: int, pipe: Connection) -> None:
    """Serve a rig on life's clock; a sample's index from the pipe is when the next contact forms."""
    from simulators.parameters import load_parameters
    from simulators.rig.faults import FormContact
    from simulators.simulated_rig import SimulatedRig

    parameters = load_parameters(overrides={"sample.species": "Au"})
    with SimulatedRig(parameters, seed, "wall") as rig:
        pipe.send(rig_file_text(SimulationSettings("wall", seed), parameters, rig.addresses))
        while (sample := pipe.recv()) is not None:
            rig.faults.add(FormContact(sample))


Server = multiprocessing.get_context("spawn").Process
"""Serves the rig in a process of its own."""


@contextmanager
def _served(seed: int) -> Iterator[tuple[str, Connection]]:
    ours, theirs = multiprocessing.Pipe()
    server = Server(target=_serve, args=(seed, theirs), daemon=True)
    server.start()
    try:
        yield ours.recv(), ours
    finally:
        ours.send(None)
        server.join(10)


def _latencies_s(n: int, rng: np.random.Generator, text: str, pipe: Connection) -> FloatArray:
    """Seconds from the first sample that stood beyond 0.5 G0 to the first that showed 0 V, for ``n`` contacts."""
    with tempfile.TemporaryDirectory() as folder:
        rig_file, out = Path(folder) / "rig.toml", Path(folder) / "run.h5"
        rig_file.write_text(text, encoding="utf-8")

        def provoke(event: Event) -> None:
            if event.name == "modulate" and event.payload["phase"] == "begin":
                pipe.send(event.sample + int(rng.integers(*AFTER_SAMPLES)))

        bench = Bench(rig_file, threading.Event())
        summary = bench.run(Trips(n), out, observer=Observer(on_event=provoke))
        with Recording(out) as recording:
            times_s = _from_recording(recording, current_calibration(bench.rig))
        assert times_s.size, summary.end.reason  # a busy machine may end the run early; what it has counts
        return times_s


def _from_recording(recording: Recording, amplifier: CurrentCalibration) -> FloatArray:
    begin, found = 0, []
    for event in recording.events:
        if event.kind is not EventKind.STEP or event.name != "modulate":
            continue
        if event.payload["phase"] == "begin":
            begin = event.sample
            continue
        if event.payload["ended"] not in TRIPS:
            continue
        current, bias = recording.samples(begin, event.sample, ("current", "bias"))
        crossed = int(np.argmax(np.abs(amplifier.current_A(current)) > 3 * MOLECULE_A))
        driven = np.flatnonzero(np.abs(bias) > AMPLITUDE_V / 2)
        found.append((driven[-1] + 1 - crossed) / recording.rate_Hz)
    return np.array(found)


def _calls_s(n: int, text: str) -> tuple[FloatArray, FloatArray]:
    """Seconds that a drop of the bias and a whole way to the safe state take from a modulation, ``n`` of each."""
    levels_V = programme([(AMPLITUDE_V, 1), (-AMPLITUDE_V, 1)]).bias_V(2000.0)
    with tempfile.TemporaryDirectory() as folder:
        rig_file = Path(folder) / "rig.toml"
        rig_file.write_text(text, encoding="utf-8")
        with open_rig(load_rig(rig_file)) as opened:
            daq = opened.context.daq
            daq.to_safe({"z": 0.0})
            daq.start_acquisition(buffer_s=60.0)
            ways = (lambda: daq.drop("bias"), lambda: daq.to_safe({"z": 0.0}))
            times = np.empty((2, n))
            for i in range(n):
                for k, way in enumerate(ways):
                    daq.start_modulation({"bias": levels_V})
                    begin = time.perf_counter()
                    way()
                    times[k, i] = time.perf_counter() - begin
    return times[0], times[1]


def rows(size: float = 1.0) -> Iterator[Row]:
    """Yield median and worst of up to 200 trips times ``size`` beside the aim; the driver's beside `to_safe`."""
    with _served(1) as (text, pipe):
        times = _latencies_s(scaled(200, size), np.random.default_rng(1), text, pipe)
        yield Row(
            f"contact at 0.8 V to 0 V, median of {times.size}",
            f"{1e3 * np.median(times):.1f} ms",
            f"{1e3 * AIM_S:.0f} ms (aim)",
            f"{AIM_S / np.median(times):.1f}",
        )
        yield Row(f"contact at 0.8 V to 0 V, worst of {times.size}", f"{1e3 * times.max():.1f} ms")
        drop_s, safe_s = (float(np.median(one)) for one in _calls_s(scaled(50, size), text))
    yield Row(
        "modulation to 0 V, tip stays",
        f"{1e3 * drop_s:.2f} ms",
        f"{1e3 * safe_s:.2f} ms (to_safe)",
        f"{safe_s / drop_s:.1f}",
    )
