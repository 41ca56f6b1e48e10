"""One-pole current amplifier with a rail: the analogue part of the simpler simulated amplifiers."""

from dataclasses import dataclass

import numpy as np

from analysis.records import FloatArray
from simulators.signal.filters import one_pole

RISE_PER_TAU = float(np.log(9.0))
"""10-90 % rise time of one pole over its time constant."""


@dataclass
class CurrentStage:
    """Amplifier of one pole.

    Parameters
    ----------
    rng : numpy Generator
        Source of the noise.
    gain_V_per_A : float
        With its sign.
    rise_time_s : float
        10 to 90 %.
    rail_V, offset_V : float
        Largest output of either sign; output at no current.
    noise_A_per_rtHz : float
        White noise of its own, referred to the input.

    Attributes
    ----------
    overloaded : bool
        True if the last sample was beyond the rail.
    """

    rng: np.random.Generator
    gain_V_per_A: float
    rise_time_s: float
    rail_V: float
    offset_V: float = 0.0
    noise_A_per_rtHz: float = 0.0
    overloaded: bool = False
    _filtered_A: float = 0.0

    def amplify(self, current_A: FloatArray, dt: float, noise_A2_per_Hz: FloatArray | float) -> FloatArray:
        """Return the output in V (n,) at the end of each step of ``dt`` s, for a current (n,) held during the step.

        The white noise of the source and its own pass the pole.
        """
        tau_s = self.rise_time_s / RISE_PER_TAU
        pole = np.exp(-dt / tau_s)
        density = noise_A2_per_Hz + self.noise_A_per_rtHz**2
        noise_A = np.sqrt(density * ((1 - pole**2) / (4 * tau_s)))
        entering_A = (1 - pole) * current_A + noise_A * self.rng.standard_normal(len(current_A))
        filtered_A = one_pole(entering_A, pole, self._filtered_A)
        self._filtered_A = float(filtered_A[-1])
        volts = self.gain_V_per_A * filtered_A + self.offset_V
        self.overloaded = bool(abs(volts[-1]) > self.rail_V)
        return np.clip(volts, -self.rail_V, self.rail_V)
