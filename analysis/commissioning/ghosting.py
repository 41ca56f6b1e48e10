"""Ghosting: share of the step of the input scanned before that an input keeps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np

from analysis.commissioning.judgement import Matrix
from analysis.records import FloatArray

REFUSED, DOUBTFUL = 1e-4, 2e-5
SIGMAS = 5.0
PERIOD_S = 0.02
"""Period of 50 Hz: means over it do not show the mains, and are independent beyond all filters."""


@dataclass(frozen=True)
class Ghost:
    """Ghost of the input ``source`` on the one scanned behind it: share of the source's step, and standard error."""

    source: str
    terminal: str
    rate_Hz: float
    share: float
    error: float

    @property
    def certain(self) -> float:
        """Share that is beyond its noise; negative for a ghost that is not seen."""
        return abs(self.share) - SIGMAS * self.error

    def exceeds(self, limit: float) -> bool:
        """Return True if the ghost is beyond a limit and beyond its noise."""
        return self.certain > limit


@dataclass(frozen=True)
class Levels:
    """Samples of an input while its neighbour is high, low, low and high again: a drift cancels.

    ``resolution_V`` is the converter's smallest step, below which an input without noise can't be read.
    """

    parts_V: tuple[FloatArray, ...]
    rate_Hz: float
    resolution_V: float = 0.0

    @property
    def change_V(self) -> float:
        """High minus low, V."""
        first, second, third, last = (float(part.mean()) for part in self.parts_V)
        return (first + last - second - third) / 2

    @property
    def error_V(self) -> float:
        """Standard error of the change, from the scatter of means over periods of the mains about a drift."""
        n = max(round(PERIOD_S * self.rate_Hz), 1)
        periods = [part[: part.size // n * n].reshape(-1, n).mean(axis=1) for part in self.parts_V]
        centred = np.stack([one - one.mean() for one in periods])
        time = np.arange(centred.shape[1]) - (centred.shape[1] - 1) / 2
        drift = (centred @ time).sum() / max(len(periods) * float(time @ time), 1.0)
        free = centred.size - len(periods) - 1
        variance = float(((centred - drift * time) ** 2).sum()) / free if free > 0 else float("inf")
        mean_variance = variance / centred.shape[1]
        noisy = min(float(part.std()) for part in self.parts_V) > self.resolution_V / 2
        return sqrt(mean_variance) if noisy else hypot(sqrt(mean_variance), self.resolution_V / sqrt(12))


def ghost(source: str, terminal: str, behind: Levels, alone: Levels, step_V: float) -> Ghost:
    """Return the ghost from the change of an input at a step of its neighbour.

    Parameters
    ----------
    source, terminal : str
    behind, alone : Levels
        Of the input scanned behind its neighbour, and scanned alone, which shows what reaches it by its own wires.
    step_V : float
        High minus low level of the neighbour.
    """
    share = (behind.change_V - alone.change_V) / step_V
    return Ghost(source, terminal, behind.rate_Hz, share, hypot(behind.error_V, alone.error_V) / abs(step_V))


def ghost_matrix(ghosts: Iterable[Ghost], inputs: Sequence[str], rate_Hz: float) -> Matrix:
    """Return the ghosts at one rate, rows by the input scanned before; None where a step can't be made."""
    shares = {(one.source, one.terminal): one.share for one in ghosts if one.rate_Hz == rate_Hz}
    values = tuple(tuple(shares.get((row, column)) for column in inputs) for row in inputs)
    return Matrix(f"ghost at {rate_Hz / 1e3:g} kS/s per input", tuple(inputs), tuple(inputs), values)
