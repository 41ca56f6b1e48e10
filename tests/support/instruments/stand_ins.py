"""Stand-ins for parts of the rig while others are tested."""

import threading
from collections.abc import Mapping, Sequence
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray

from simulators.parameters import Parameters, load_parameters
from simulators.rig.accuracy import CardErrors
from simulators.rig.bench import SimulatedBench
from simulators.rig.clock import Clock
from simulators.rig.converter import Conversion, Converter
from simulators.rig.faults import Mishap, PanelPress
from simulators.rig.ni6281 import NI6281Parameters
from tests.support.patience import PATIENCE_S

FloatArray = NDArray[np.float64]

GAIN = 1e5  # V/A of the stand-in's current amplifier
RESISTANCE_ohm = 1e6
MILLIVOLT = 1e-3


class Resistor:
    """A chain without a junction: a resistor; the thermocouple counts the steps, in millivolts.

    ``steps`` is the number of steps it has lived through, ``lived_s`` their time.
    """

    def __init__(self) -> None:
        self.steps = 0
        self.lived_s = 0.0
        self.calls: list[tuple[int, float]] = []
        self.mishaps: list[tuple[int, Mishap | PanelPress]] = []
        self.world = SimpleNamespace(truth=None)

    def advance(
        self,
        bias_V: FloatArray,
        z_V: FloatArray,
        dt: float,
        added_current_A: float,
        at_s: Mapping[str, float],
    ) -> Mapping[str, FloatArray]:
        n = len(bias_V)
        counted = self.steps + np.arange(n)
        self.steps += n
        self.lived_s += n * dt
        self.calls.append((n, dt))
        return {
            "current": (bias_V / RESISTANCE_ohm + added_current_A) * GAIN,
            "thermocouple": counted * MILLIVOLT,
            "bias": bias_V,
            "z": z_V,
        }

    def apply(self, event: Mishap | PanelPress) -> None:
        self.mishaps.append((self.steps, event))


class HandClock:
    """A wall clock that a test moves by hand."""

    runs_by_itself = True

    def __init__(self) -> None:
        self._now = 0.0
        self._moved = threading.Condition()
        self._waiting: list[threading.Condition] = []
        self.waits = 0

    def now(self) -> float:
        return self._now

    def wait(self, changed: threading.Condition, until_s: float) -> None:
        if until_s <= self._now:
            return
        with self._moved:
            self._waiting.append(changed)
            self.waits += 1
            self._moved.notify_all()
        changed.wait()
        with self._moved:
            self._waiting.remove(changed)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        with self._moved:
            self._now += seconds
            waiting = list(self._waiting)
        for changed in waiting:
            with changed:
                changed.notify_all()

    def wait_for_waiters(self, number: int) -> None:
        """Wait until so many waits have begun since the clock was made."""
        with self._moved:
            assert self._moved.wait_for(lambda: self.waits >= number, timeout=PATIENCE_S)


FAULTLESS_CARD = {
    "ni6281.input_noise_V": [0.0] * 7,
    "ni6281.input_noise_filtered_V": [0.0] * 7,
    "ni6281.input_gain_error_ppm": [0.0] * 7,
    "ni6281.input_offset_error_V": [0.0] * 7,
    "ni6281.input_gain_drift_ppm_per_K": 0.0,
    "ni6281.input_offset_drift_ppm_per_K": 0.0,
    "ni6281.inl_ppm": 0.0,
    "ni6281.output_gain_error_ppm": 0.0,
    "ni6281.output_offset_error_V": 0.0,
    "ni6281.output_glitch_Vs": 0.0,
    "ni6281.timebase_ppm": 0.0,
}
"""A card without noise and errors, on an exact timebase."""


def quiet_parameters() -> Parameters:
    """Parameters of a card without noise and errors."""
    return load_parameters(
        overrides={
            **FAULTLESS_CARD,
        }
    )


def scanning(
    parameters: Parameters, ranges_V: Sequence[float], rate_Hz: float, rng: np.random.Generator
) -> Converter:
    """The converter of a card that scans ai0, ai1, ... at these ranges, 12 us apart."""
    card = parameters.section("ni6281", NI6281Parameters)
    scan = [
        Conversion(f"ai{k}", range_V, 150e-9 + 12e-6 * k, source_ohm=50.0)
        for k, range_V in enumerate(ranges_V)
    ]
    return Converter(card, CardErrors(card, rng), scan, 1.0 / rate_Hz, rng)


def quiet_bench(clock: Clock, seed: int = 1) -> SimulatedBench:
    """A bench with a resistor for a junction, on a card without noise."""
    return SimulatedBench(quiet_parameters(), seed, clock, Resistor())
