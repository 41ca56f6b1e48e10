"""Errors of one card: gain, offset and linearity of its inputs and outputs, their drift, and its timebase.

The tables of NI's specifications were not at hand; `simulators/parameters.toml` marks the numbers as such. The
linearity error is the cubic that vanishes at zero and at full scale.
"""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from simulators.rig.ni6281 import NI6281Parameters

FloatArray = NDArray[np.float64]

INPUTS, OUTPUTS = 16, 2

_CUBIC = 1.5 * math.sqrt(3.0)
"""Factor with which ``x - x^3`` has the extremes -1 and 1 between zero and full scale."""

_PPM = 1e-6


class ScanErrors:
    """Errors of the positions of a scan; see `CardErrors.of_inputs`."""

    def __init__(self, gain: FloatArray, offset_V: FloatArray, cubic_per_V2: FloatArray) -> None:
        self._gain, self._offset_V, self._cubic_per_V2 = gain, offset_V, cubic_per_V2

    def seen(self, volts: FloatArray, gain_drift: float, offset_drift_V: FloatArray) -> FloatArray:
        """Return the voltages that the converter sees; shape (n_channels, n)."""
        seen = np.square(volts)
        seen *= -self._cubic_per_V2
        seen += self._gain + gain_drift
        seen *= volts
        seen += self._offset_V + offset_drift_V
        return seen


class CardErrors:
    """Errors of one card, drawn once.

    Parameters
    ----------
    card : NI6281Parameters
        Standard deviations and drifts.
    rng : Generator
        Source of the errors.

    Attributes
    ----------
    timebase : float
        True rate of every sample clock over its nominal rate.
    """

    def __init__(self, card: NI6281Parameters, rng: np.random.Generator) -> None:
        self._card = card
        shape = INPUTS, len(card.input_ranges_V)
        self._input_gain = np.array(card.input_gain_error_ppm) * _PPM * rng.standard_normal(shape)
        self._input_gain += card.input_gain_off
        self._input_offset_V = np.array(card.input_offset_error_V) * rng.standard_normal(shape)
        self._input_current_A = card.input_current_A * rng.uniform(-1.0, 1.0, INPUTS)
        self._output_gain = card.output_gain_error_ppm * _PPM * rng.standard_normal(OUTPUTS)
        self._output_offset_V = card.output_offset_error_V * rng.standard_normal(OUTPUTS)
        self._output_cubic = card.inl_ppm * _PPM * _CUBIC
        self._room_phase = rng.uniform(0.0, 2.0 * np.pi)
        self.timebase = 1.0 + card.timebase_ppm * _PPM * rng.standard_normal() / 3.0 + card.timebase_off

    def input_current_A(self, terminal: str) -> float:
        """Return the bias current of an input."""
        return float(self._input_current_A[_number(terminal)])

    def of_inputs(self, scan: Sequence[tuple[str, float]]) -> ScanErrors:
        """Return the errors of scanned terminals with their ranges in V."""
        at = [_number(terminal) for terminal, _ in scan]
        column = [self._card.input_ranges_V.index(range_V) for _, range_V in scan]
        range_V = np.array([[range_V] for _, range_V in scan])
        linearity = self._card.inl_ppm * _PPM * _CUBIC
        gain = 1.0 + self._input_gain[at, column][:, np.newaxis] + linearity
        return ScanErrors(gain, self._input_offset_V[at, column][:, np.newaxis], linearity / range_V**2)

    def room_K(self, time_s: float) -> float:
        """Return the deviation of the card's temperature from its mean at a time of the bench."""
        swing_K, period_s = self._card.room_swing_K, self._card.room_period_s
        return swing_K * math.sin(2.0 * math.pi * time_s / period_s + self._room_phase)

    def at_terminal(self, terminal: str, volts: FloatArray, range_V: float) -> FloatArray:
        """Return the true voltages of an output for its nominal ones, shape (n,)."""
        number = _number(terminal)
        if number >= OUTPUTS:  # those of a heater are read back
            return volts
        linearity = self._output_cubic
        gain = 1.0 + float(self._output_gain[number]) + linearity
        true_V: FloatArray = volts * (gain - (linearity / range_V**2) * np.square(volts))
        return true_V + float(self._output_offset_V[number])


@cache
def _number(terminal: str) -> int:
    """Return 3 for "ai3", 1 for the internal channel "_ao1_vs_aognd"."""
    return int("".join(filter(str.isdigit, terminal)) or 0)
