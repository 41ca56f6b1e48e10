"""Samples of an acquisition that are computed before their time, and taken back if anything happens before it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.rig.memento import Memento, is_ours
from simulators.rig.sample_clock import Scan

FloatArray = NDArray[np.float64]

SHORT_READ = 256
"""Steps beyond which a call costs mostly the steps themselves, so that more of them gain nothing."""


def knows_its_state(chain: object) -> bool:
    """Return True if a signal chain can be set back: world and amplifiers are ours."""
    names = "world", "current_amplifier", "voltage_preamplifier"
    return all(is_ours(type(part)) for part in (chain, *(getattr(chain, name, None) for name in names)))


@dataclass
class Ahead:
    """Samples computed ahead.

    Parameters
    ----------
    back : Memento
        State before the first of them.
    scan : Scan
    dt : float
        Step in s.
    times_s : ndarray, shape (n,)
        Times of the ticks.
    readings : ndarray, shape (n_channels, n)
    """

    back: Memento
    scan: Scan
    dt: float
    times_s: FloatArray
    readings: FloatArray
    given: int = 0

    @property
    def left(self) -> int:
        """Number of samples not handed over."""
        return len(self.times_s) - self.given

    def hand_over(self, steps: int) -> FloatArray:
        """Return the next readings, at most ``steps``."""
        first, self.given = self.given, min(self.given + steps, len(self.times_s))
        return self.readings[:, first : self.given]

    def take_back(self, acquire: Callable[[Scan, float, FloatArray], FloatArray]) -> None:
        """Restore the state after the last sample that was handed over; ``acquire`` computes up to there.

        Raises
        ------
        RuntimeError
            If the samples are others than those handed over: some state was not restored.
        """
        if not self.left:
            return
        self.back.restore()
        if self.given:
            again = acquire(self.scan, self.dt, self.times_s[: self.given])
            if not np.array_equal(again, self.readings[:, : self.given]):
                raise RuntimeError("the simulated rig gives other samples after it was set back")
