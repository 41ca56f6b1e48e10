"""Channels of a data acquisition card: what is wired to its terminals."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drivers.errors import OutOfRange

INPUT_RANGES_V = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Ranges of the NI 6281's inputs: plus and minus each of these (PXI/PCI-6281 Specifications)."""

OUTPUT_SPAN_V = 10.0
"""Largest output voltage of the NI 6281, of either sign (PXI/PCI-6281 Specifications)."""


class InputReference(StrEnum):
    """Ground reference of an input."""

    DIFFERENTIAL = "differential"
    RSE = "rse"
    NRSE = "nrse"


@dataclass(frozen=True)
class AnalogInput:
    """One input of the card.

    Parameters
    ----------
    name : str
        Measured quantity ("current"); the channel's name in every ``Block``.
    channel : str
        Terminal on the device ("ai0").
    range_V : float
        Range of the converter, ``-range_V`` to ``range_V``; one of `INPUT_RANGES_V`.
    terminal : Terminal
        Ground reference.
    """

    name: str
    channel: str
    range_V: float = 10.0
    terminal: InputReference = InputReference.DIFFERENTIAL

    def __post_init__(self) -> None:
        if self.range_V not in INPUT_RANGES_V:
            choices = ", ".join(map(str, INPUT_RANGES_V))
            raise OutOfRange(f"range of input {self.name!r} (V)", self.range_V, f"one of {choices}")


@dataclass(frozen=True)
class AnalogOutput:
    """One output of the card and its limits.

    Parameters
    ----------
    name : str
        Driven quantity ("bias", "z").
    channel : str
        Terminal on the device ("ao0").
    min_V, max_V : float
        Limits of the piezo or the junction. They must include 0 V, the default safe value of an output.
    """

    name: str
    channel: str
    min_V: float = -OUTPUT_SPAN_V
    max_V: float = OUTPUT_SPAN_V

    def __post_init__(self) -> None:
        if not -OUTPUT_SPAN_V <= self.min_V <= 0 <= self.max_V <= OUTPUT_SPAN_V or self.min_V == self.max_V:
            raise OutOfRange(
                f"limits of output {self.name!r} (V)",
                f"{self.min_V} to {self.max_V}",
                f"within -{OUTPUT_SPAN_V:g} to {OUTPUT_SPAN_V:g}, including 0",
            )

    def checked(self, values_V: ArrayLike) -> NDArray[np.float64]:
        """Return the values as an array. Raises ``OutOfRange`` if one is outside the limits."""
        values = np.asarray(values_V, dtype=np.float64)
        wrong = ~((values >= self.min_V) & (values <= self.max_V))  # true for NaN, too
        if wrong.any():
            refused = float(values[wrong].flat[0])
            raise OutOfRange(f"output {self.name!r} (V)", refused, f"{self.min_V:g} to {self.max_V:g}")
        return values
