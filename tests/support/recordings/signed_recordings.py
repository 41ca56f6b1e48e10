"""Recordings by hand in which every sign and unit differs from the next, written from the definitions alone.

The current amplifier inverts and has an offset, the thermocouple's preamplifier inverts, the bias is negative where a
rig would have it positive, and every effect is larger at one polarity: what flips a sign on the way to a result shows.
"""

from pathlib import Path

import numpy as np

from analysis.heating.programme import three_level
from analysis.recording import Calibration, RecordedChannel, RecordingWriter, RunHeader
from analysis.records import Block, Event, EventKind

RATE_Hz = 2000.0
CHANNELS = ("current", "thermocouple", "bias", "z")
QUANTUM_S = 7.748091729e-5  # 2 e^2/h, CODATA
GAIN_V_per_A, OFFSET_V, SERIES_ohm = 1e5, 0.03, 1000.0
THERMOCOUPLE_GAIN, SEEBECK_TC_V_per_K = -1e4, 16.3e-6
EXTENSION_m_per_V = 10e-9
TIP_K_per_W = 1e5

PLATEAU_G0 = 0.9
BIAS_OF_TRACES_V = -0.05
RISE_K = {1: 21e-3, -1: 6e-3}
"""Temperature rise of the tip at positive and at negative bias."""
S_V_per_K, DIFFERENCE_K = -12e-6, 20.0


def current_A(bias_V):
    """Return a current that is larger at positive bias, with the sign of the bias, A."""
    return 1e-7 * bias_V + 4e-8 * bias_V**2


class SignedRun:
    """Samples and events of a run, as physical quantities; written as volts."""

    def __init__(self, procedure: str, seed: int) -> None:
        self.header = RunHeader(
            procedure,
            tuple(RecordedChannel(name) for name in CHANNELS),
            RATE_Hz,
            sample="signed",
            settings={
                "current_gain_V_per_A": GAIN_V_per_A,
                "current_offset_V": OFFSET_V,
                "current_inverting": True,
                "current_full_scale_V": 50.0,
                "series_resistance_ohm": SERIES_ohm,
                "extension_m_per_V": EXTENSION_m_per_V,
                "thermocouple_gain": THERMOCOUPLE_GAIN,
                "current_amplifier": {"rise_time_s": 1e-4},
            },
            calibrations={
                "thermal_resistance": Calibration(TIP_K_per_W, "K/W", 1e3),
                "thermocouple_seebeck": Calibration(SEEBECK_TC_V_per_K, "V/K", 2e-7),
                "current_gain": Calibration(GAIN_V_per_A, "V/A", 100.0),
            },
        )
        self.rng = np.random.default_rng(seed)
        self._parts: list[np.ndarray] = []
        self._events: list[Event] = []
        self.stop = 0

    def samples(self, current_A, rise_K, bias_V, retracted_m, noise_A=1e-10):
        """Append samples; scalars are broadcast. A warmer tip makes the thermocouple's voltage fall."""
        columns = np.broadcast_arrays(current_A, rise_K, bias_V, retracted_m)
        amperes, kelvin, volts, metres = (np.asarray(column, dtype=float) for column in columns)
        amperes = amperes + noise_A * self.rng.standard_normal(amperes.size)
        kelvin = kelvin + 1e-3 * self.rng.standard_normal(kelvin.size)
        part = np.stack(
            [
                OFFSET_V - GAIN_V_per_A * amperes,
                -SEEBECK_TC_V_per_K * kelvin * THERMOCOUPLE_GAIN,
                volts,
                (50e-9 - metres) / EXTENSION_m_per_V,
            ]
        )
        self._parts.append(part)
        self.stop += part.shape[1]

    def step(self, name, phase, **payload):
        """Begin or end a step at the next sample."""
        self._events.append(Event(self.stop, EventKind.STEP, name, {"phase": phase, **payload}))

    def mark(self, name, **payload):
        """Add a mark at the next sample."""
        self._events.append(Event(self.stop, EventKind.MARK, name, payload))

    def write(self, path: Path) -> Path:
        """Write the recording."""
        with RecordingWriter(path, self.header) as writer:
            writer.append(Block(0, RATE_Hz, CHANNELS, np.concatenate(self._parts, axis=1)))
            for event in self._events:
                writer.add_event(event)
        return path


def openings(path: Path, n: int = 40) -> Path:
    """Write openings at negative bias: 4 G0, a plateau of 2 nm at 0.9 G0, then open."""
    run = SignedRun("break-junction", 1)
    for number in range(n):
        level = PLATEAU_G0 + 0.03 * run.rng.standard_normal()
        conductance_G0 = np.concatenate([np.full(50, 4.0), np.full(200, level), np.zeros(150)])
        conductance_G0 += 0.01 * run.rng.standard_normal(400)
        through_S = 1.0 / (1.0 / (QUANTUM_S * np.where(conductance_G0, conductance_G0, 1e-9)) + SERIES_ohm)
        run.step("withdraw", "begin")
        run.samples(through_S * BIAS_OF_TRACES_V, 0.0, BIAS_OF_TRACES_V, 10e-12 * np.arange(400))
        run.step("withdraw", "end", ended="open")
        run.samples(np.zeros(50), 0.0, BIAS_OF_TRACES_V, 20e-9)
        run.mark("trace", number=number, ended="open")
    return run.write(path)


def sweeps(path: Path, n: int = 10) -> Path:
    """Write I-V curves of a junction that conducts better at positive bias."""
    run = SignedRun("iv", 2)
    bias_V = np.interp(np.arange(401) / 400, [0, 0.25, 0.75, 1], [0, 1.2, -1.2, 0])
    for number in range(n):
        run.step("sweep", "begin", peak_V=1.2, curve=number, junction=number)
        run.samples((1 + 0.1 * run.rng.standard_normal()) * current_A(bias_V), 0.0, bias_V, 0.0)
        run.step("sweep", "end", ended="finished")
        run.mark("curve", number=number, before_G0=0.0013, after_G0=0.0013, kind="whole", junction=number)
    return run.write(path)


def heated(path: Path, n: int = 20, amplitude_V: float = 1.0) -> Path:
    """Write modulated junctions whose tip is hotter at positive bias."""
    run = SignedRun("heating", 3)
    programme = three_level(amplitude_V)
    levels_V = np.array([level.bias_V for level in programme.levels])
    for number in range(n):
        bias_V = levels_V[programme.level_index(np.arange(4000), RATE_Hz)]
        rise_K = np.select([bias_V > 0, bias_V < 0], [RISE_K[1], RISE_K[-1]], 0.0)
        run.step(
            "modulate", "begin", programme=programme.to_json(), start=run.stop, amplitude_V=amplitude_V,
            hold=number, order="+0-", control=None,
        )  # fmt: skip
        run.samples((1 + 0.1 * run.rng.standard_normal()) * current_A(bias_V), rise_K, bias_V, 0.0, 1e-9)
        run.step("modulate", "end", ended="finished")
        run.mark(
            "hold", number=number, before_G0=0.0013, after_G0=0.0013, window_G0=[0.001, 0.002], kind="whole",
            control=None,
        )  # fmt: skip
    return run.write(path)


def thermoelectric(path: Path, junctions: int = 12) -> Path:
    """Write holds with a tip that is warmer than the substrate; electrons carry the heat, S is negative."""
    run = SignedRun("thermopower", 4)
    conducts_S = 0.005 * QUANTUM_S
    bias_V = np.tile(np.repeat([0.01, 0.0, -0.01], 50), 12)
    number = 0
    for _ in range(junctions):
        for wanted_K in (0.0, 10.0, DIFFERENCE_K):
            theta_K = ((300.0 + wanted_K) ** 2 - 300.0**2) / 600.0
            through_A = conducts_S * (bias_V - S_V_per_K * theta_K)
            run.step(
                "thermopower", "begin", hold=number, dT_K=wanted_K, heater_V=wanted_K / 10, ambient_K=300.0
            )
            run.samples(through_A, wanted_K, bias_V, 0.0, 1e-11)
            run.step("thermopower", "end", ended="finished")
            run.mark(
                "thermopower", hold=number, dT_K=wanted_K, before_G0=0.005, after_G0=0.005,
                window_G0=[0.0045, 0.0055], kind="whole",
            )  # fmt: skip
            number += 1
    return run.write(path)
