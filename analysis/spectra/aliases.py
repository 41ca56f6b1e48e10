"""White noise that sampling folds down from above half the rate."""

import math


def folded_share(corner_Hz: float, rate_Hz: float) -> float:
    """Return the density of sampled white noise behind one pole over its own, at low frequencies.

    The sum over all aliases, x coth(x) with x = pi corner/rate: 1.713 at 1 kHz and 2 kS/s.
    """
    x = math.pi * corner_Hz / rate_Hz
    return x / math.tanh(x)
