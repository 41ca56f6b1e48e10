"""Second, finer input of the current amplifier's output: contacts need the coarse one, zero-bias noise the fine one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray

INPUT, FULL_SCALE_V = "second_current_input", "second_current_full_scale_V"
"""Settings of a recording."""

LARGEST_SHARE, LEAST_SHARE = 0.9, 0.05
"""Part of the fine input's range in which both inputs are compared."""

STEADY = 0.05
"""Largest relative change from sample to sample: a card reads its inputs one after the other within a sample."""

TOLERANCE = 0.1
"""Largest relative difference of the inputs."""

LEAST_SAMPLES = 50


@dataclass(frozen=True)
class SecondCurrent:
    """Second input of the current amplifier's output.

    Parameters
    ----------
    name : str
        Its channel.
    full_scale_V : float
        Volts at which it is at its limit, smaller than that of the first.
    """

    name: str
    full_scale_V: float

    @classmethod
    def of_settings(cls, settings: Mapping[str, Any]) -> "SecondCurrent | None":
        """Return the second input of a recording; None without one."""
        name = settings.get(INPUT)
        return cls(str(name), float(settings[FULL_SCALE_V])) if name else None

    def to_settings(self) -> dict[str, Any]:
        """Return the settings for the header of a recording."""
        return {INPUT: self.name, FULL_SCALE_V: self.full_scale_V}

    def railed(self, volts: FloatArray) -> NDArray[np.bool_]:
        """Return True for each sample at the limit of the input; a missing one is not."""
        return np.abs(volts) >= 0.995 * self.full_scale_V


class Comparison:
    """Comparison of both inputs where both are in range and the current is steady, by the sum over many samples.

    Parameters
    ----------
    second : SecondCurrent
    """

    def __init__(self, second: SecondCurrent) -> None:
        self._second = second
        self._reset()

    def _reset(self) -> None:
        self._samples, self._cross, self._square = 0, 0.0, 0.0

    def feed(self, first_V: FloatArray, second_V: FloatArray) -> float | None:
        """Take volts of both inputs, shape (n,); return volts of the second per volt of the first, None until known."""
        size, full_V = np.abs(first_V), self._second.full_scale_V
        used = (size > LEAST_SHARE * full_V) & (size < LARGEST_SHARE * full_V) & np.isfinite(second_V)
        steady = np.abs(np.diff(first_V)) < STEADY * size[1:]
        used[1:] &= steady
        used[:-1] &= steady
        if not used.any():
            return None
        one, other = first_V[used], second_V[used]
        self._samples += int(used.sum())
        self._cross, self._square = self._cross + float(one @ other), self._square + float(one @ one)
        if self._samples < LEAST_SAMPLES:
            return None
        ratio = self._cross / self._square
        self._reset()
        return ratio
