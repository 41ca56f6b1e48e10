"""Tails and quantiles of the normal, Student's t and gamma distributions, from the functions of ``scipy.special``.

``scipy.stats`` calls the same functions, but takes the greater part of a second to import, which every window, bench
and child process would wait for. ``scipy`` imports its parts when they are first used.
"""

import math
from typing import Any

import numpy as np
import scipy

from analysis.records import FloatArray

ONE_SIGMA = math.erfc(math.sqrt(0.5)) / 2.0
"""Probability of a value more than one standard deviation above the mean."""


def normal_above(x: float) -> float:
    """Return the probability of a value above ``x``."""
    return 0.5 * math.erfc(x / math.sqrt(2.0))


def normal_exceeded(chance: float) -> float:
    """Return the value that is exceeded with a probability."""
    return float(-scipy.special.ndtri(chance))


def student_above(x: float, degrees_of_freedom: float) -> float:
    """Return the probability of a value of Student's t above ``x``."""
    return float(scipy.special.stdtr(degrees_of_freedom, -x))


def student_exceeded(chance: float, degrees_of_freedom: float) -> float:
    """Return the value of Student's t that is exceeded with a probability."""
    return float(-scipy.special.stdtrit(degrees_of_freedom, chance))


def gamma_exceeded(chance: Any, shape: float) -> Any:
    """Return the value or values that a gamma variable of unit scale exceeds with a probability."""
    return scipy.special.gammainccinv(shape, chance)


def gamma_median(shape: float) -> float:
    """Return the median of a gamma variable of unit scale."""
    return float(scipy.special.gammaincinv(shape, 0.5))


def skewness(values: FloatArray) -> float:
    """Return the third central moment over the second to the power of 3/2, of a sample that varies."""
    off = values - values.mean()
    return float(np.mean(off**3) / np.mean(off**2) ** 1.5)
