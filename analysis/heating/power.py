"""Current, bias and power at each level of a hold.

The power at a level is <I (V - I R_s)> with I relative to its mean at the zero level, so that an offset of the
amplifier does not make one polarity appear stronger, and V the looped back bias relative to its mean at the zero
level, so that the offsets of converter and output cancel.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.heating.aligned_hold import AlignedHold
from analysis.records import FloatArray


def electrical(
    placed: AlignedHold, kept: NDArray[np.bool_], series_resistance_ohm: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return mean current (A), applied bias (V) and power in the junction (W) of each role, over the kept periods.

    Current and bias are relative to their means at the zero level. Without a loop-back the commanded bias is used.
    """
    used = placed.settled & kept[placed.plan.period]
    role = placed.plan.role[used]
    count = np.bincount(role, minlength=len(placed.roles.bias_V))
    bias_V = placed.bias_V if placed.alignment.seen else placed.plan.bias_V

    def mean(values: FloatArray) -> FloatArray:
        return np.bincount(role, values, len(count)) / count

    zero = placed.roles.zero
    means_A, means_V = mean(placed.current_A[used]), mean(bias_V[used])
    current_A = placed.current_A[used] - means_A[zero]
    applied_V = means_V - means_V[zero]
    power_W = applied_V * mean(current_A) - series_resistance_ohm * mean(current_A**2)
    return means_A - means_A[zero], applied_V, power_W
