"""Ranges of the amplifiers that a resistor, or the noise of a source, can prove."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from analysis.constants import BOLTZMANN_J_per_K
from analysis.records import FloatArray

INPUT_OFFSET_V = 1e-3
"""Offset voltage of an input, which drives a current through the resistor that must not fill the scale."""

LEAST_BIAS_V = 0.01
"""Smallest level that a bias is known well enough at; below it the amplifier's own test current is used."""

SHARE_OF_SCALE = 0.5
GAIN_TOLERANCE = 0.02
TEST_TOLERANCE = 0.05
"""Tolerance of a gain from the amplifier's own test current."""

NOISE_FACTOR = 3.0
ROOM_K = 295.0
SEEN = 3.0
"""Least noise of an amplifier over the card's own from which a gain is read."""

STEP_TOLERANCE = 0.1
"""Tolerance of a gain from noise."""


@dataclass(frozen=True)
class RangeTest:
    """Test of one gain: level of the bias, V; 0 if the amplifier's own test current is used."""

    gain_V_per_A: float
    bias_V: float


def range_tests(
    gains: tuple[float, ...], total_ohm: float, full_scale_V: float, most_V: float, test_current: bool
) -> list[RangeTest]:
    """Return the tests that are possible with a resistor.

    Parameters
    ----------
    gains : tuple of float
    total_ohm : float
        Resistor and everything in series.
    full_scale_V, most_V : float
        Of the amplifier's output, and of the bias.
    test_current : bool
        True if the amplifier can feed a current to its own input.
    """
    found = []
    for gain in gains:
        if gain * INPUT_OFFSET_V / total_ohm > full_scale_V:
            continue
        level_V = min(SHARE_OF_SCALE * full_scale_V * total_ohm / gain, most_V)
        if level_V >= LEAST_BIAS_V:
            found.append(RangeTest(gain, level_V))
        elif test_current:
            found.append(RangeTest(gain, 0.0))
    return found


def noise_floor_V(gain_V_per_A: float, total_ohm: float, card_V: float) -> float:
    """Return the least white noise of a current input, V/rtHz: the card's, and Johnson noise of both resistors."""
    johnson = gain_V_per_A * sqrt(4 * BOLTZMANN_J_per_K * ROOM_K * (1 / total_ohm + 1 / gain_V_per_A))
    return float(np.hypot(card_V, johnson))


def gain_ratio(noise_V: float, usual_V: float, card_V: float) -> float:
    """Return a gain over the usual one from white noise behind both, without the card's; NaN if it is not seen."""
    if noise_V < SEEN * card_V or usual_V < SEEN * card_V:
        return float("nan")
    return sqrt((noise_V**2 - card_V**2) / (usual_V**2 - card_V**2))


def slope(high: FloatArray, low: FloatArray) -> float:
    """Return the change of the second channel per change of the first, between two levels, each (2, n)."""
    change = high.mean(axis=1) - low.mean(axis=1)
    return float(change[1] / change[0])
