"""Current that a junction should carry at an amplitude, learned from earlier junctions."""

from statistics import median

from analysis.constants import G0_S
from analysis.heating.programme import LevelProgramme

NON_LINEARITY = 3.0
"""Molecules at the biases of Lee et al., Nature 498, 209 (2013), carry up to twice the current that their low-bias
conductance implies; the first ones, still unknown, are allowed three times."""

ENOUGH = 3
"""Least number of junctions to learn from."""


class ExpectedCurrent:
    """Largest modulus of the current at one amplitude.

    It is the user's measured value, else the median of I / (G V) over the earlier intact junctions times G V of this
    junction. With fewer than three of them it is unknown, and ``bound_A`` is generous.

    Parameters
    ----------
    amplitude_V : float
    measured_A : float or None
        Value measured by the user.
    """

    def __init__(self, amplitude_V: float, measured_A: float | None = None) -> None:
        self.amplitude_V = amplitude_V
        self._measured_A = measured_A
        self._ratios: list[float] = []

    def learn(self, programme: LevelProgramme, low_bias_G0: float, mean_modulus_A: float) -> None:
        """Add the mean modulus of the current of a junction that stayed intact to the end."""
        mean_modulus_V = float(sum(abs(level.bias_V) * float(level.share) for level in programme.levels))
        if mean_modulus_V and low_bias_G0 > 0 and mean_modulus_A > 0:
            self._ratios.append(mean_modulus_A / (G0_S * low_bias_G0 * mean_modulus_V))

    def known_A(self, low_bias_G0: float) -> float | None:
        """Return the current expected of a junction of this conductance, in A, or None if unknown."""
        if self._measured_A:
            return self._measured_A
        if len(self._ratios) < ENOUGH:
            return None
        return median(self._ratios) * G0_S * low_bias_G0 * self.amplitude_V

    def bound_A(self, low_bias_G0: float, ohmic: bool) -> float:
        """Return the expected current or, if unknown, an upper bound, in A."""
        known_A = self.known_A(low_bias_G0)
        if known_A is not None:
            return known_A
        return (1.0 if ohmic else NON_LINEARITY) * G0_S * low_bias_G0 * self.amplitude_V
