"""Random noise of the world, drawn ahead in long blocks so that short calls stay cheap."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from pydantic import Field

from analysis.records import FloatArray
from simulators.parameters import ParameterSection
from simulators.signal.filters import PinkNoise

STRETCH = 2048


class NoiseParameters(ParameterSection):
    """Strengths of the noise. TOML: [noise]."""

    strength: float = Field(ge=0)
    lowest_Hz: float = Field(gt=0)
    vibration_pm: float = Field(ge=0)


class Reservoir:
    """Samples of a sequence, independent of how many are taken at a time.

    Parameters
    ----------
    draw : callable
        Returns the next n samples of the sequence, shape (n,).
    """

    def __init__(self, draw: Callable[[int], FloatArray]) -> None:
        self._draw = draw
        self._ahead = draw(STRETCH)
        self._used = 0

    def take(self, n: int) -> FloatArray:
        """Return the next n samples, shape (n,)."""
        left = len(self._ahead) - self._used
        if n > left:
            more = [self._draw(STRETCH) for _ in range(-(-(n - left) // STRETCH))]
            self._ahead = np.concatenate((self._ahead[self._used :], *more))
            self._used = 0
        self._used += n
        return self._ahead[self._used - n : self._used]


def white(rng: Generator) -> Reservoir:
    """Return a source of normal numbers of unit variance."""
    return Reservoir(lambda n: rng.standard_normal(n))


def pink(p: NoiseParameters, dt: float, rng: Generator) -> Reservoir:
    """Return a source of noise of one-sided density 1/f times the square of the strength."""
    return Reservoir(PinkNoise(p.strength**2, dt, rng, p.lowest_Hz).draw)
