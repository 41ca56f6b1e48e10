"""Ghosting: share of the step from the input scanned before that an input keeps."""

from dataclasses import dataclass
from math import hypot

from analysis.records import FloatArray

REFUSED, DOUBTFUL = 1e-4, 2e-5
SIGMAS = 5.0


@dataclass(frozen=True)
class Ghost:
    """Ghost on an input: share of the neighbour's step, with its standard error."""

    terminal: str
    rate_Hz: float
    share: float
    error: float

    def exceeds(self, limit: float) -> bool:
        """Return True if the ghost is beyond a limit and beyond its noise."""
        return abs(self.share) > limit + SIGMAS * self.error


def ghost(
    terminal: str,
    rate_Hz: float,
    behind_V: tuple[FloatArray, FloatArray],
    alone_V: tuple[FloatArray, FloatArray],
    step_V: float,
) -> Ghost:
    """Return the ghost from readings at the high and the low level of a neighbour.

    Parameters
    ----------
    terminal : str
    rate_Hz : float
        Rate of the scan, per input.
    behind_V, alone_V : tuple of ndarray
        High and low level: of the input scanned behind its neighbour, and of the input scanned alone, which shows
        what reaches it by its own wires.
    step_V : float
        High minus low level of the neighbour.
    """
    change = [float(high.mean() - low.mean()) / step_V for high, low in (behind_V, alone_V)]
    error = [float(volts.std()) / volts.size**0.5 for volts in (*behind_V, *alone_V)]
    return Ghost(terminal, rate_Hz, change[0] - change[1], hypot(*error) / abs(step_V))
