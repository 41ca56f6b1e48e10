"""Several tests at once."""

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values corrected for their number by Holm's method (1979); NaN counts as not tested."""
    p = np.array(p_values, dtype=float)
    tested = np.flatnonzero(np.isfinite(p))
    order = tested[np.argsort(p[tested])]
    factors = np.arange(order.size, 0, -1)
    corrected = np.full(p.size, np.nan)
    corrected[order] = np.minimum(np.maximum.accumulate(factors * p[order]), 1.0)
    return tuple(float(x) for x in corrected)
