"""Means of the thermometer over all samples of a level, as they stand: for comparison, never the primary result.

A linear drift fakes an asymmetry of two thirds of a period times its slope, because the levels are not at the
same time; see `analysis.heating.regression` for what does not.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.heating.placed import PlacedHold


def pooled_means_K(
    placed: PlacedHold, seebeck_V_per_K: float, kept: NDArray[np.bool_] | None = None
) -> tuple[float, float]:
    """(dT+, dT-) from the pooled mean at each level less that at the zero level.

    Parameters
    ----------
    placed : PlacedHold
        With the mask that is wanted; of 0 samples, all count.
    seebeck_V_per_K : float
    kept : ndarray of bool, shape (periods,), optional
        Periods that count; if not given all samples do, those of broken periods included.
    """
    known = np.isfinite(placed.thermocouple_V)
    used = placed.settled & known if kept is None else placed.settled & known & kept[placed.plan.period]
    role, volts = placed.plan.role[used], placed.thermocouple_V[used]
    mean_V = np.bincount(role, volts - volts.mean(), len(placed.roles.bias_V)) / np.bincount(role)
    rise_K = -(mean_V - mean_V[placed.roles.zero]) / seebeck_V_per_K
    return float(rise_K[placed.roles.positive]), float(rise_K[placed.roles.negative])
