"""Watch, during a run that needs it, that the thermometer's preamplifier is still heard.

A battery that runs empty, a switch or a cable ends a measurement of heat without another sign: zero looks like no heat.
"""

import math
from collections.abc import Sequence

import numpy as np

from analysis.constants import BOLTZMANN_J_per_K
from analysis.preflight.measured import Facts
from analysis.preflight.thermometer import ROOM_K, QUIET_V_per_rtHz
from analysis.records import FloatArray
from procedures.errors import ThermometerFault

WINDOW_S = 1.0
SILENT_WINDOWS = 3
"""Successive windows without the noise of a preamplifier that end a run."""

SILENT_SHARE, HEARD_SHARE = 1 / 3, 2 / 3
"""Shares of the smallest noise below which nothing is heard, and above which something was: between them, as with a
cold thermocouple, nothing is claimed."""

WHITE = math.sqrt(6.0)
"""Standard deviation of second differences of white noise, over its own."""

NORMAL = 1.4826
"""Standard deviation of a normal distribution over its median modulus."""

WIDEST_Hz = 2e4
AT_RAIL = 0.95


class ThermometerWatch:
    """Detector of a thermometer that was heard in this run, and is silent.

    Parameters
    ----------
    facts : Facts
    rate_Hz : float
        Samples per second.
    """

    def __init__(self, facts: Facts, rate_Hz: float) -> None:
        self._facts = facts
        self._samples = max(2, round(WINDOW_S * rate_Hz))
        self.least_V = least_noise_V(facts)
        """Noise of a working thermometer, at least, in V rms at the card."""
        alike = math.exp(-2 * math.pi * min(facts.thermometer_lowpass_Hz, rate_Hz) / rate_Hz)
        self._second_difference = math.sqrt(6 - 8 * alike + 2 * alike**2)
        self._blocks: list[FloatArray] = []
        self._loop_backs: list[list[FloatArray]] = []
        self._waiting = self._silent = 0
        self._heard = self._compared = False

    def feed(self, volts: FloatArray, loop_backs: Sequence[FloatArray] = ()) -> str:
        """Take samples of the thermocouple, and at first of the loop-backs, which show the card's own noise.

        Return, once, a remark if a silent thermometer could not be distinguished from a working one; else "". Raises
        ``ThermometerFault`` once it is silent.
        """
        self._blocks.append(volts)
        if not self._compared:
            self._loop_backs.append(list(loop_backs))
        self._waiting += len(volts)
        if self._waiting < self._samples:
            return ""
        remark = self._blind()
        window = np.concatenate(self._blocks)
        self._blocks, self._waiting = [], 0
        noise_V = self._noise_V(window)
        self._heard = self._heard or noise_V > HEARD_SHARE * self.least_V
        self._silent = self._silent + 1 if self._heard and noise_V < SILENT_SHARE * self.least_V else 0
        if self._silent >= SILENT_WINDOWS:
            raise ThermometerFault(self._sentence(float(window.mean()), noise_V))
        return remark

    def _blind(self) -> str:
        """Compare the card's own noise with that of a working thermometer, once; return a remark or ""."""
        inputs = [np.concatenate(blocks) for blocks in zip(*self._loop_backs, strict=True)]
        self._loop_backs, self._compared = [], True
        own_V = max(
            (NORMAL * float(np.median(np.abs(np.diff(volts, 2)))) / WHITE for volts in inputs), default=0.0
        )
        if own_V < SILENT_SHARE * self.least_V:
            return ""
        facts = self._facts
        return (
            f"A {facts.preamplifier} that dies in this run would not be noticed: at its gain of "
            f"{facts.thermometer_gain:g} a thermometer may give only {self.least_V * 1e3:.2g} mV of noise, and the "
            f"card itself has {own_V * 1e3:.2g} mV. Raise voltage_preamplifier.gain of the rig file to "
            f"{facts.thermometer_gain * own_V / (SILENT_SHARE * self.least_V):.2g} or more if the signal allows, or "
            "look at its front panel after the run."
        )

    def _noise_V(self, volts: FloatArray) -> float:
        """Return the rms of the noise, without drift, mains and steps: by the median of second differences."""
        return NORMAL * float(np.median(np.abs(np.diff(volts, 2)))) / self._second_difference

    def _sentence(self, mean_V: float, noise_V: float) -> str:
        facts = self._facts
        own, preamplifier = facts.wiring.input("thermocouple"), facts.preamplifier
        seen = f"{mean_V:+.3g} V with a noise of {noise_V * 1e3:.2g} mV, and was livelier before"
        if abs(mean_V) > AT_RAIL * facts.thermometer_full_scale_V:
            return (
                f"The {own} has stayed for {SILENT_WINDOWS} s at {seen}: the {preamplifier} is overloaded. Look for an "
                "open lead of the thermocouple or an offset."
            )
        return (
            f"The {own} has shown for {SILENT_WINDOWS} s {seen}; thermocouple and {preamplifier} give "
            f"{self.least_V * 1e3:.2g} mV or more. The {preamplifier} is off, its battery is empty, or a cable is "
            "off. Leave out what was measured since then."
        )


def least_noise_V(facts: Facts) -> float:
    """Return the smallest noise of a working thermometer at the card, in V rms.

    That of the thermocouple's resistance at room temperature, if the rig file has it, and of the quietest preamplifier.
    """
    thermal = 4 * BOLTZMANN_J_per_K * ROOM_K * (facts.thermocouple_ohm or 0.0)
    bandwidth_Hz = min(facts.thermometer_lowpass_Hz, WIDEST_Hz)
    return facts.thermometer_gain * math.sqrt((QUIET_V_per_rtHz**2 + thermal) * bandwidth_Hz)
