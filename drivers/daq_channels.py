"""What is wired to the terminals of a data acquisition card: names of the trade for its channels."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drivers.errors import OutOfRange

INPUT_RANGES_V = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Ranges of the NI 6281's inputs: plus and minus each of these (PXI/PCI-6281 Specifications)."""

OUTPUT_SPAN_V = 10.0
"""The NI 6281's outputs reach from minus to plus this (PXI/PCI-6281 Specifications)."""


class Terminal(StrEnum):
    """How an input is referred to ground."""

    DIFFERENTIAL = "differential"
    RSE = "rse"
    NRSE = "nrse"


@dataclass(frozen=True)
class AnalogInput:
    """One input of the card.

    Parameters
    ----------
    name : str
        What it measures ("current"); the channel's name in every ``Block``.
    channel : str
        Terminal on the device ("ai0").
    range_V : float
        It digitises from ``-range_V`` to ``range_V``; one of `INPUT_RANGES_V`.
    terminal : Terminal
        How it is referred to ground.
    """

    name: str
    channel: str
    range_V: float = 10.0
    terminal: Terminal = Terminal.DIFFERENTIAL

    def __post_init__(self) -> None:
        if self.range_V not in INPUT_RANGES_V:
            choices = ", ".join(map(str, INPUT_RANGES_V))
            raise OutOfRange(f"range of input {self.name!r} (V)", self.range_V, f"one of {choices}")


@dataclass(frozen=True)
class AnalogOutput:
    """One output of the card and what it may ever put out.

    Parameters
    ----------
    name : str
        What it drives ("bias", "z").
    channel : str
        Terminal on the device ("ao0").
    min_V, max_V : float
        What the piezo or the junction may see. 0 V must lie between them: it is the safe value of an
        output that is given no other.
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
                f"within -{OUTPUT_SPAN_V:g} to {OUTPUT_SPAN_V:g}, with 0 between them",
            )

    def checked(self, values_V: ArrayLike) -> NDArray[np.float64]:
        """Get the values as an array, or raise ``OutOfRange`` if one of them may not be put out."""
        values = np.asarray(values_V, dtype=np.float64)
        wrong = ~((values >= self.min_V) & (values <= self.max_V))  # NaN is wrong, too
        if wrong.any():
            refused = float(values[wrong].flat[0])
            raise OutOfRange(f"output {self.name!r} (V)", refused, f"{self.min_V:g} to {self.max_V:g}")
        return values
