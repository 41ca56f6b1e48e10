"""Inputs without random numbers: fractional parts of multiples of a root, and normal deviates made of them."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri


def frac(values: ArrayLike) -> np.ndarray:
    """Return fractional parts, which are evenly spread from 0 to 1 for multiples of an irrational number."""
    return np.mod(np.asarray(values, dtype=float), 1.0)


def normal(values: ArrayLike) -> np.ndarray:
    """Return normal deviates: the inverse normal distribution of the fractional parts."""
    return ndtri(frac(values))
