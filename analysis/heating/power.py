"""Current, bias and power at each level of a hold.

The power at a level is <I (V - I R_s)> with I relative to its mean at the zero level, so that an offset of the
amplifier does not make one polarity appear stronger, and V the looped back bias relative to its mean at the zero
level, so that the offsets of converter and output cancel. In a programme without a zero level, I and V are as measured.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.heating.aligned_hold import AlignedHold
from analysis.records import FloatArray


@dataclass(frozen=True, eq=False)
class Electrical:
    """Means of each role over the kept periods; arrays of shape (roles,).

    Parameters
    ----------
    current_A, bias_V : ndarray
        Relative to their means at the zero level.
    power_W : ndarray
        Power in the junction.
    measured_A : ndarray
        Current as measured: it contains what an offset of the bias drives.
    """

    current_A: FloatArray
    bias_V: FloatArray
    power_W: FloatArray
    measured_A: FloatArray


def electrical(placed: AlignedHold, kept: NDArray[np.bool_], series_resistance_ohm: float) -> Electrical:
    """Return mean current, applied bias and power of each role; without a loop-back of the commanded bias."""
    used = placed.settled & kept[placed.plan.period]
    role = placed.plan.role[used]
    count = np.bincount(role, minlength=len(placed.roles.bias_V))
    bias_V = placed.bias_V if placed.alignment.seen else placed.plan.bias_V

    def mean(values: FloatArray) -> FloatArray:
        return np.bincount(role, values, len(count)) / count

    zero = placed.roles.zero
    means_A, means_V = mean(placed.current_A[used]), mean(bias_V[used])
    zero_A, zero_V = (means_A[zero], means_V[zero]) if placed.roles.has_zero else (0.0, 0.0)
    current_A = placed.current_A[used] - zero_A
    applied_V = means_V - zero_V
    power_W = applied_V * mean(current_A) - series_resistance_ohm * mean(current_A**2)
    return Electrical(means_A - zero_A, applied_V, power_W, means_A)
