"""Plain means of the thermometer over all samples of a level, for comparison, never as the primary result.

A linear drift mimics an asymmetry of two thirds of a period times its slope, because the levels are not at the
same time; `analysis.heating.regression` avoids this.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.heating.aligned_hold import AlignedHold


def pooled_means_K(
    placed: AlignedHold, seebeck_V_per_K: float, kept: NDArray[np.bool_] | None = None
) -> tuple[float, float]:
    """Return (dT+, dT-) from the pooled mean at each level less that at the zero level.

    Parameters
    ----------
    placed : PlacedHold
        Hold with its mask; a mask of 0 samples keeps all.
    seebeck_V_per_K : float
    kept : ndarray of bool, shape (periods,), optional
        Periods to use; by default all samples, including those of incomplete periods.
    """
    used = placed.settled & np.isfinite(placed.thermocouple_V)
    if kept is not None:
        used &= kept[placed.plan.period]
    role, volts = placed.plan.role[used], placed.thermocouple_V[used]
    mean_V = np.bincount(role, volts - volts.mean(), len(placed.roles.bias_V)) / np.bincount(role)
    rise_K = -(mean_V - mean_V[placed.roles.zero]) / seebeck_V_per_K
    return float(rise_K[placed.roles.positive]), float(rise_K[placed.roles.negative])
