"""Scatter of the holds at dT = 0 against their own errors, which shows what these do not contain.

Without heat all junctions have the same voltage. A pump, or a line of the mains, beside a multiple of the modulation is
the same in all periods of a hold, so that their scatter does not show it, and has another phase in the next hold.
"""

import math
from dataclasses import dataclass

import numpy as np
import scipy

from analysis.records import FloatArray

LEAST_HOLDS = 3
FALSE_ALARM = 0.002
"""Chance of a larger chi2, by Fisher's F, that is taken for none."""

USUAL_CHI2 = 2.0
"""Chi2 of errors that are 1.4 times too small, as in campaigns whose contacts change while the offset is measured."""

FREEDOM = 4
"""Degrees of freedom of the error of one hold, which comes from the scatter of its periods."""


@dataclass(frozen=True)
class ZeroScatter:
    """Holds at dT = 0: their number, chi2 about their mean per degree of freedom, and the widths that it compares.

    Parameters
    ----------
    holds : int
    reduced_chi2 : float
    median_pull : float
        Median size of a deviation over its own error: a few holds of wrong errors do not raise it.
    sd_V : float
        Standard deviation of the holds.
    noise_V : float
        Root mean square of their own errors.
    """

    holds: int
    reduced_chi2: float
    median_pull: float
    sd_V: float
    noise_V: float

    @property
    def errors_too_small(self) -> bool:
        """True if chance alone does not make such a scatter."""
        return self._beyond(1.0)

    @property
    def worth_a_warning(self) -> bool:
        """True if chance does not make such a scatter of errors that are 1.4 times too small."""
        return self._beyond(USUAL_CHI2)

    @property
    def error_scale(self) -> float:
        """Factor by which the errors of single holds are too small; 1 unless that is sure."""
        return math.sqrt(self.reduced_chi2) if self.errors_too_small else 1.0

    def _beyond(self, chi2: float) -> bool:
        free = self.holds - 1
        by_chance = scipy.special.fdtrc(free, FREEDOM * self.holds, self.reduced_chi2 / chi2)
        return bool(by_chance < FALSE_ALARM) and self.median_pull > 1.0


def zero_scatter(volts: FloatArray, sigma_V: FloatArray) -> ZeroScatter | None:
    """Return the scatter of holds without heat; None with fewer than `LEAST_HOLDS`, or with an error that is not known.

    Parameters
    ----------
    volts, sigma_V : ndarray, shape (n,)
        Voltage and error of each hold.
    """
    n = len(volts)
    if n < LEAST_HOLDS or not (sigma_V > 0.0).all():
        return None
    weight = sigma_V**-2.0
    pulls = (volts - weight @ volts / weight.sum()) / sigma_V
    return ZeroScatter(
        holds=n,
        reduced_chi2=float(pulls @ pulls) / (n - 1.0),
        median_pull=float(np.median(np.abs(pulls))),
        sd_V=float(volts.std(ddof=1)),
        noise_V=float(np.sqrt(np.mean(sigma_V**2))),
    )
