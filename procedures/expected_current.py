"""The current that a junction should carry at an amplitude, learned from the junctions before it."""

from statistics import median

from analysis.constants import G0_S
from analysis.heating.programme import LevelProgramme

NON_LINEARITY = 3.0
"""Molecules at the biases of Lee et al., Nature 498, 209 (2013), carry up to twice what their low-bias conductance
says; the first of them, of which nothing is known, are given three times."""

ENOUGH = 3
"""Junctions to learn from."""


class ExpectedCurrent:
    """Largest modulus of the current at one amplitude.

    What the user has measured, else the median over the whole junctions before of I / (G V), times G V of this
    junction; with fewer than three of them nothing is known, and ``bound_A`` is generous.

    Parameters
    ----------
    amplitude_V : float
    measured_A : float or None
        What the user says.
    """

    def __init__(self, amplitude_V: float, measured_A: float | None = None) -> None:
        self.amplitude_V = amplitude_V
        self._measured_A = measured_A
        self._ratios: list[float] = []

    def learn(self, programme: LevelProgramme, low_bias_G0: float, mean_modulus_A: float) -> None:
        """Take the mean modulus of the current of a junction that was whole to the end."""
        mean_modulus_V = float(sum(abs(level.bias_V) * float(level.share) for level in programme.levels))
        if mean_modulus_V and low_bias_G0 > 0 and mean_modulus_A > 0:
            self._ratios.append(mean_modulus_A / (G0_S * low_bias_G0 * mean_modulus_V))

    def known_A(self, low_bias_G0: float) -> float | None:
        """The current to be expected of a junction of this conductance, or None where nobody knows."""
        if self._measured_A:
            return self._measured_A
        if len(self._ratios) < ENOUGH:
            return None
        return median(self._ratios) * G0_S * low_bias_G0 * self.amplitude_V

    def bound_A(self, low_bias_G0: float, ohmic: bool) -> float:
        """The current to be expected or, where nobody knows, at most to be expected."""
        known_A = self.known_A(low_bias_G0)
        if known_A is not None:
            return known_A
        return (1.0 if ohmic else NON_LINEARITY) * G0_S * low_bias_G0 * self.amplitude_V
