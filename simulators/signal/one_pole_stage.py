"""Amplifier of one pole with a rail: the analogue part of the simpler simulated amplifiers."""

from dataclasses import dataclass

import numpy as np

from analysis.records import FloatArray
from simulators.signal.filters import delayed, one_pole

RISE_PER_TAU = float(np.log(9.0))
"""10-90 % rise time of one pole over its time constant."""


@dataclass
class OnePoleStage:
    """Amplifier of one pole; its input is a current (A) or a voltage (V).

    Parameters
    ----------
    rng : numpy Generator
        Source of the noise.
    gain : float
        Output in V per A or V of the input, with its sign.
    tau_s : float
        Time constant.
    rail_V, offset_V : float
        Largest output of either sign; output without an input.
    noise_per_rtHz : float
        White noise of its own, referred to the input.

    Attributes
    ----------
    overloaded : bool
        True if the last sample was beyond the rail.
    """

    rng: np.random.Generator
    gain: float
    tau_s: float
    rail_V: float
    offset_V: float = 0.0
    noise_per_rtHz: float = 0.0
    overloaded: bool = False
    _filtered: float = 0.0
    _last: float = 0.0

    def amplify(
        self, values: FloatArray, dt: float, density: FloatArray | float, at_s: float | None = None
    ) -> FloatArray:
        """Return the output in V (n,) for an input (n,) held during each step of ``dt`` s.

        The output is that ``at_s`` after the beginning of each step, by default at its end. White noise of the source,
        of the given one-sided density, and its own pass the pole.
        """
        pole = np.exp(-dt / self.tau_s)
        begun = pole if at_s is None else np.exp(-at_s / self.tau_s)
        before = delayed(values, self._last)
        noise = np.sqrt((density + self.noise_per_rtHz**2) * ((1 - pole**2) / (4 * self.tau_s)))
        drive = (begun - pole) * before + (1 - begun) * values + noise * self.rng.standard_normal(len(values))
        filtered = one_pole(drive, pole, self._filtered)
        self._filtered, self._last = float(filtered[-1]), float(values[-1])
        volts = self.gain * filtered + self.offset_V
        self.overloaded = bool(abs(volts[-1]) > self.rail_V)
        return np.clip(volts, -self.rail_V, self.rail_V)
