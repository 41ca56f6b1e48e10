"""Watch, during a run that needs it, that the thermometer's preamplifier is still heard.

A battery that runs empty, a switch or a cable ends a measurement of heat without another sign: zero looks like no heat.
"""

import math

import numpy as np

from analysis.constants import BOLTZMANN_J_per_K
from analysis.preflight.measured import Facts
from analysis.preflight.thermometer import ROOM_K, QUIET_V_per_rtHz
from analysis.records import FloatArray
from procedures.errors import ThermometerFault

WINDOW_S = 1.0
SILENT_WINDOWS = 3
"""Successive windows without the noise of a preamplifier that end a run."""

LEAST_SHARE = 1 / 3
"""Share of the smallest possible noise below which nothing is heard: the thermocouple may be cold."""

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
        self.least_V = LEAST_SHARE * least_noise_V(facts)
        """Standard deviation below which nothing is heard, in V at the card."""
        self._blocks: list[FloatArray] = []
        self._waiting = self._silent = 0
        self._heard = False

    def feed(self, volts: FloatArray) -> None:
        """Take samples of the thermocouple. Raises ``ThermometerFault`` once it is silent."""
        self._blocks.append(volts)
        self._waiting += len(volts)
        if self._waiting < self._samples:
            return
        window = np.concatenate(self._blocks)
        self._blocks, self._waiting = [], 0
        sd_V = float(window.std())
        self._heard = self._heard or sd_V > self.least_V
        self._silent = self._silent + 1 if self._heard and sd_V < self.least_V else 0
        if self._silent >= SILENT_WINDOWS:
            raise ThermometerFault(self._sentence(float(window.mean()), sd_V))

    def _sentence(self, mean_V: float, sd_V: float) -> str:
        facts = self._facts
        own, preamplifier = facts.wiring.input("thermocouple"), facts.preamplifier
        seen = f"{mean_V:+.3g} V with a scatter of {sd_V * 1e3:.2g} mV, and was livelier before"
        if abs(mean_V) > AT_RAIL * facts.thermometer_full_scale_V:
            return (
                f"The {own} has stayed for {SILENT_WINDOWS} s at {seen}: the {preamplifier} is overloaded. Look for an "
                "open lead of the thermocouple or an offset."
            )
        return (
            f"The {own} has shown for {SILENT_WINDOWS} s {seen}; thermocouple and {preamplifier} alone give more than "
            f"{self.least_V * 1e3:.2g} mV. The {preamplifier} is off, its battery is empty, or a cable is off. Leave "
            "out what was measured since then."
        )


def least_noise_V(facts: Facts) -> float:
    """Return the smallest noise of a working thermometer at the card, in V rms.

    That of the thermocouple's resistance at room temperature, if the rig file has it, and of the quietest preamplifier.
    """
    thermal = 4 * BOLTZMANN_J_per_K * ROOM_K * (facts.thermocouple_ohm or 0.0)
    bandwidth_Hz = min(facts.thermometer_lowpass_Hz, WIDEST_Hz)
    return facts.thermometer_gain * math.sqrt((QUIET_V_per_rtHz**2 + thermal) * bandwidth_Hz)
