"""Streams of a run made by hand: traces, holds and sweeps as volts and events, with the truth behind them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from analysis.constants import G0_S
from analysis.heating.programme import three_level
from analysis.recording import Calibration, RecordedChannel, RecordingWriter, RunHeader
from analysis.records import Block, Event, EventKind
from analysis.transport.landauer import currents
from analysis.transport.transmission import BreitWignerLevel, LevelTransmission
from tests.support.physics.iv_junctions import opening_traces
from tests.support.physics.made_holds import made_hold

RATE_Hz = 2000.0
CHANNELS = ("current", "thermocouple", "bias", "z")
GAIN_V_per_A = 1e5
THERMOCOUPLE_GAIN = 1e4
EXTENSION_m_per_V = 10e-9
SEEBECK_V_per_K = 16.3e-6
RESISTANCE_K_per_W = 1e5
LEVEL = LevelTransmission([BreitWignerLevel(0.9, 0.04, 0.04)])


def header(procedure, **fields):
    """A header that says all that a session wants to know."""
    calibrations = {
        "thermal_resistance": Calibration(RESISTANCE_K_per_W, "K/W", 5e3),
        "thermocouple_seebeck": Calibration(SEEBECK_V_per_K, "V/K", 2e-7),
        "current_gain": Calibration(GAIN_V_per_A, "V/A", 1e3),
    }
    settings = {
        "current_gain_V_per_A": GAIN_V_per_A,
        "extension_m_per_V": EXTENSION_m_per_V,
        "thermocouple_gain": THERMOCOUPLE_GAIN,
        "series_resistance_ohm": 100.0,
    }
    return RunHeader(
        procedure,
        tuple(RecordedChannel(name) for name in CHANNELS),
        RATE_Hz,
        settings=settings,
        calibrations=calibrations,
        **fields,
    )


@dataclass
class Made:
    """A run as samples (4, n) and events; it grows at its end."""

    header: RunHeader
    rng: np.random.Generator
    parts: list[np.ndarray] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    stop: int = 0

    @property
    def data(self) -> np.ndarray:
        return np.concatenate(self.parts, axis=1) if self.parts else np.empty((4, 0))

    def samples(self, current_A, thermocouple_V, bias_V, extension_m):
        """Append samples; scalars are broadcast."""
        rows = np.broadcast_arrays(
            np.asarray(current_A) * GAIN_V_per_A,
            np.asarray(thermocouple_V) * THERMOCOUPLE_GAIN,
            bias_V,
            np.asarray(extension_m) / EXTENSION_m_per_V,
        )
        self.parts.append(np.stack(rows).astype(float))
        self.stop += self.parts[-1].shape[1]

    def event(self, event_kind, name, **payload):
        """An event before the next sample."""
        self.events.append(Event(self.stop, event_kind, name, payload))

    def idle(self, n, bias_V=0.1):
        """An open junction for n samples."""
        noise = 1e-10 * self.rng.standard_normal(n)
        self.samples(noise, 3e-7 * self.rng.standard_normal(n), bias_V, 3e-8)

    def trace(self, trace, number, ended="open"):
        """One withdrawal, and what stands around it."""
        n = trace.conductance_G0.size
        series = 1.0 / (1.0 + trace.conductance_G0 * G0_S * 100.0)
        current_A = trace.conductance_G0 * G0_S * series * trace.bias_V
        self.event(EventKind.STEP, "withdraw", phase="begin")
        self.samples(current_A, 3e-7 * self.rng.standard_normal(n), trace.bias_V, 5e-8 - trace.displacement_m)
        self.event(EventKind.STEP, "withdraw", phase="end", ended=ended)
        self.idle(50)
        self.event(EventKind.MARK, "trace", number=number, ended=ended)

    def hold(self, number, amplitude_V, n=2400, kind="whole", **fields):
        """One modulated junction."""
        hold = made_hold(
            n=n,
            programme=three_level(amplitude_V),
            rise_K={"+": 6e-3 * amplitude_V, "-": 16e-3 * amplitude_V},
            current_A=4e-7 * amplitude_V * (1.0 + 0.1 * self.rng.standard_normal()),
            rng=self.rng,
            noise_V=3e-7,
            current_noise_A=1e-9,
            **fields,
        )
        self.event(
            EventKind.STEP,
            "modulate",
            phase="begin",
            programme=hold.programme.to_json(),
            start=self.stop,
            hold=number,
            amplitude_V=amplitude_V,
            order="+0-",
        )
        mains = 1e-6 * np.sin(2 * np.pi * 50.0 * (self.stop + np.arange(n)) / RATE_Hz)
        self.samples(hold.current_A, hold.thermocouple_V + mains, hold.bias_V, 4e-8)
        self.event(EventKind.STEP, "modulate", phase="end", ended="finished")
        self.idle(40)
        self.event(
            EventKind.MARK, "hold", number=number, kind=kind, before_G0=0.002, after_G0=0.002, counts=True
        )

    def sweep(self, number, junction, peak_V=1.2, n=400):
        """One I-V curve of a junction whose level is a little off the others'."""
        level = LevelTransmission([BreitWignerLevel(0.9 + 0.02 * self.rng.standard_normal(), 0.04, 0.04)])
        bias_V = np.interp(np.arange(n), np.array([0, 0.25, 0.75, 1.0]) * n, [0.0, peak_V, -peak_V, 0.0])
        current_A = currents(level, bias_V).current_A + 1e-10 * self.rng.standard_normal(n)
        self.event(EventKind.STEP, "sweep", phase="begin", peak_V=peak_V, curve=number, junction=junction)
        self.samples(current_A, 0.0, bias_V, 4e-8)
        self.event(EventKind.STEP, "sweep", phase="end", ended="finished")
        self.idle(40)
        self.event(EventKind.MARK, "curve", number=number, kind="whole", junction=junction, counts=True)

    def cut(self, sizes) -> Iterator[Block | Event]:
        """The stream with blocks of these sizes, again and again; every event just before its samples' block."""
        data, events, first = self.data, list(self.events), 0
        sizes = list(sizes)
        for i in range(10**9):
            if first >= self.stop:
                break
            stop = min(first + sizes[i % len(sizes)], self.stop)
            while events and events[0].sample < stop:
                yield events.pop(0)
            yield Block(first, RATE_Hz, CHANNELS, data[:, first:stop])
            first = stop
        yield from events

    def write(self, path):
        """The same as a recording."""
        with RecordingWriter(path, self.header) as writer:
            writer.append(Block(0, RATE_Hz, CHANNELS, self.data))
            for event in self.events:
                writer.add_event(event)
        return path


def made_traces(n=30, seed=1):
    """A break-junction run of n openings, some with a molecule; the last but one does not break."""
    rng = np.random.default_rng(seed)
    made = Made(header("break-junction", parameters={"traces": n, "open_threshold_G0": 1e-4}), rng)
    made.idle(500)
    traces = opening_traces(
        rng, n, molecule_G0=2e-3, probability=0.6, noise_G0=1e-5, tail_m=0.4e-9, step_m=1e-12
    )
    for number, trace in enumerate(traces):
        made.trace(trace, number, "not broken" if number == n - 2 else "open")
    made.event(EventKind.MARK, "safe", safe=True, status="finished")
    return made


def made_holds(n=12, seed=2, samples=2400):
    """A heating run at two amplitudes, with one hold in which the junction broke at once."""
    rng = np.random.default_rng(seed)
    made = Made(header("heating", parameters={"holds": n // 2, "amplitudes_V": [0.8, 1.2]}), rng)
    made.idle(500)
    for number in range(n):
        made.hold(number, (0.8, 1.2)[number % 2], n=300 if number == 5 else samples)
    return made


def made_sweeps(n=6, seed=3):
    """An I-V run."""
    rng = np.random.default_rng(seed)
    made = Made(header("iv", parameters={"curves": n}), rng)
    made.idle(500)
    for number in range(n):
        made.sweep(number, 7 * number)
    return made


@cache
def _recorded(make, n):
    with TemporaryDirectory() as folder:
        return make(n).write(Path(folder) / "run.h5").read_bytes()


def recording_of(make, n, path):
    """Write the recording of a run that ``make`` makes: once, for all tests that ask for it in their own folders."""
    path.write_bytes(_recorded(make, n))
    return path
