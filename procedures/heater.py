"""The heater as procedures use it: power from a temperature, volts from a power, and the trip on its read-back."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from analysis.detect import FirstRun
from analysis.records import Block, FloatArray
from procedures.errors import HeaterFault, ImpossibleSetting, LimitReached

TRIP_MARGIN = 1.05
"""Factor on the largest power at which the read-back ends a run: noise and the card's error are below it."""

TRIP_SAMPLES = 5
"""Consecutive samples beyond it that end a run."""

RELATIVE, LEAST_V = 0.03, 0.02
"""Largest difference of the read-back from the command."""


@dataclass(frozen=True)
class Heater:
    """A heater of the rig.

    Parameters
    ----------
    where : str
        "tip", "base" or "substrate".
    output, readback : str
        Names of the output that drives it and of the input that reads it back, in V across the heater.
    resistance_ohm, kelvin_per_W : float
    most_W, most_K : float
        Largest power, and largest rise of what is heated.
    settle_s : float
        Time for which a changed power is given before it counts.
    ambient_K : float
        Temperature of everything without a heater.
    substrate, base : str
        Names of the inputs of thermometers, in K above ambient; "" without one.
    time_constant_s : float
        Time with which what is heated follows the power; 0 if unknown.
    """

    where: str
    output: str
    readback: str
    resistance_ohm: float
    kelvin_per_W: float
    most_W: float
    most_K: float
    settle_s: float = 0.2
    ambient_K: float = 300.0
    substrate: str = ""
    base: str = ""
    time_constant_s: float = 0.0

    @property
    def limit_W(self) -> float:
        """Largest power that both limits allow."""
        return min(self.most_W, self.most_K / self.kelvin_per_W)

    def power_W(self, difference_K: float) -> float:
        """Return the power for a temperature difference T_tip - T_substrate, which only one sign of has.

        Raises
        ------
        ImpossibleSetting
            For the other sign, or beyond the limits.
        """
        heated_K = -difference_K if self.where == "substrate" else difference_K
        if heated_K < 0.0:
            raise ImpossibleSetting(
                f"dT = {difference_K:g} K: the heater of this rig is at the {self.where}, so that the difference, tip "
                f"less substrate, can only be {'negative' if self.where == 'substrate' else 'positive'}.",
                "dT",
            )
        power_W = heated_K / self.kelvin_per_W
        if power_W > self.limit_W * (1 + 1e-9):
            raise ImpossibleSetting(
                f"dT = {difference_K:g} K takes {power_W:.3g} W; the rig file allows {self.limit_W:.3g} W "
                f"(heater.most_W = {self.most_W:g} W, heater.most_K = {self.most_K:g} K).",
                "dT",
            )
        return power_W

    def volts(self, power_W: float, polarity: int = 1) -> float:
        """Return the voltage across the heater that gives a power."""
        return polarity * math.sqrt(power_W * self.resistance_ohm)

    def peak_V(self, sine: "HeaterSine") -> float:
        """Return the largest voltage of an alternating heater."""
        return math.sqrt(2.0) * self.volts(sine.power_W)

    def sine_V(self, sine: "HeaterSine", rate_Hz: float, n: int) -> FloatArray:
        """Return ``n`` samples of the alternating voltage across the heater, which starts at 0 V."""
        turns = 2.0 * np.pi * float(sine.frequency_Hz) / rate_Hz
        return self.peak_V(sine) * np.sin(turns * np.arange(n))

    def check_readback(self, commanded_V: float, shown_V: float) -> None:
        """Raise ``HeaterFault`` if the read-back does not show the command."""
        if abs(shown_V - commanded_V) > LEAST_V + RELATIVE * abs(commanded_V):
            raise HeaterFault(
                f"The heater is commanded to {commanded_V:+.3g} V, but its read-back ({self.readback}) shows "
                f"{shown_V:+.3g} V: the read-back is unplugged, the heater's supply is off or stuck, or another scale "
                "belongs into the rig file. The heater is set to 0 V; check it by hand."
            )


@dataclass(frozen=True)
class HeaterSine:
    """Alternating voltage across the heater: its power is ``power_W`` (1 - cos(2 pi 2f t)), with this mean.

    Parameters
    ----------
    frequency_Hz : Fraction
        Of the voltage, exact; the power has twice that.
    power_W : float
        Mean power; the largest is twice that.
    """

    frequency_Hz: Fraction
    power_W: float

    def repeat_samples(self, rate_Hz: float) -> int:
        """Return the number of samples after which the voltage repeats exactly."""
        return (Fraction(rate_Hz).limit_denominator(1_000_000) / self.frequency_Hz).numerator


class HeaterTrip:
    """Detector of a read-back power beyond the heater's limit."""

    def __init__(self, heater: Heater) -> None:
        self._heater = heater
        self._run = FirstRun(TRIP_SAMPLES)
        self._peak_V = 0.0

    def taken_peak_V(self) -> float:
        """Return the largest modulus of the read-back since the last call."""
        peak_V, self._peak_V = self._peak_V, 0.0
        return peak_V

    def feed(self, block: Block) -> None:
        """Take the next samples. Raises ``LimitReached``."""
        heater = self._heater
        volts = block.channel(heater.readback)
        self._peak_V = max(self._peak_V, float(np.abs(volts).max(initial=0.0)))
        power_W = np.square(volts) / heater.resistance_ohm
        if self._run.feed(power_W > TRIP_MARGIN * heater.limit_W) is not None:
            raise LimitReached(
                f"The heater's read-back shows {float(power_W.max()):.3g} W; the rig file allows "
                f"{heater.limit_W:.3g} W (heater.most_W, heater.most_K). The heater was switched off."
            )
