"""Limits of the changes of an analogue output: of a step, of a speed, of a jump away from the safe value."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.errors import OutOfRange

_ROUNDING = 1 + 1e-6


@dataclass(frozen=True)
class ChangeLimits:
    """Largest changes of one output, in its unit. A change to the safe value is always allowed.

    Parameters
    ----------
    step : float
        Between a value and the next.
    per_s : float
        Speed of a waveform.
    jump : float
        Farthest from the safe value that a single write may go.
    """

    step: float = math.inf
    per_s: float = math.inf
    jump: float = math.inf

    def check_write(self, name: str, held: float, value: float, safe: float) -> None:
        """Refuse a single write that changes too much from ``held``, NaN if unknown. Raises ``OutOfRange``."""
        if value == safe:
            return
        if not (math.isinf(self.step) or abs(value - held) <= self.step * _ROUNDING):
            raise OutOfRange(f"step of output {name!r}", f"{held:g} to {value:g}", self._steps)
        if abs(value - safe) > self.jump * _ROUNDING:
            raise OutOfRange(
                f"output {name!r} without a ramp", f"{value:g}", f"up to {self.jump:g} from {safe:g}"
            )

    def check_waveform(
        self, name: str, held: float, values: NDArray[np.float64], rate_Hz: float, safe: float
    ) -> None:
        """Refuse a waveform that changes too much from one value to the next. Raises ``OutOfRange``.

        Give the first value once more at the end of one that repeats.
        """
        if math.isinf(self.step) and math.isinf(self.per_s):
            return
        steps = np.abs(np.diff(values, prepend=held))
        steps[(values == safe) | (values == np.concatenate([[held], values[:-1]]))] = 0.0
        largest = float(steps.max())  # NaN from an unknown value
        if not largest <= self.step * _ROUNDING:
            raise OutOfRange(f"step of output {name!r}", f"{largest:g}", self._steps)
        if not largest * rate_Hz <= self.per_s * _ROUNDING:
            raise OutOfRange(
                f"speed of output {name!r} (per second)", f"{largest * rate_Hz:g}", f"up to {self.per_s:g}"
            )

    @property
    def _steps(self) -> str:
        return f"up to {self.step:g} at once, from a known value"
