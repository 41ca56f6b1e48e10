"""Channels of a data acquisition card: what is wired to its terminals."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drivers.change_limits import ChangeLimits
from drivers.errors import InstrumentFault, OutOfRange
from drivers.limits import RELATIVE


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
        Range of the converter, ``-range_V`` to ``range_V``; one that the card has.
    terminal : Terminal
        Ground reference.
    scale, offset : float
        A sample is ``scale`` times the volts at the terminal plus ``offset``.
    """

    name: str
    channel: str
    range_V: float = 10.0
    terminal: InputReference = InputReference.DIFFERENTIAL
    scale: float = 1.0
    offset: float = 0.0


def require_numbers(names: Sequence[str], data: NDArray[np.float64]) -> None:
    """Raise ``InstrumentFault`` if a sample, shape (n_names, n), is no number: no comparison with it fails."""
    missing = [name for name, volts in zip(names, data, strict=True) if np.isnan(volts).any()]
    if missing:
        raise InstrumentFault(
            f"The card gave no number for {' and '.join(missing)}. Look at the card in NI MAX and at custom scales, "
            "and start the card's server again."
        )


DIFFERENTIAL_PARTNER = 8
"""A differential input uses its terminal and the one this far above it (M Series User Manual)."""


def every_terminal(wired: Sequence[AnalogInput], differential: Iterable[str]) -> tuple[AnalogInput, ...]:
    """Return the wired inputs, named by their terminals, then all free differential ones."""
    used = {one.channel for one in wired}
    free = (
        terminal
        for terminal in differential
        if terminal not in used and f"ai{int(terminal[2:]) + DIFFERENTIAL_PARTNER}" not in used
    )
    return (*(replace(one, name=one.channel) for one in wired), *(AnalogInput(name, name) for name in free))


@dataclass(frozen=True)
class AnalogOutput:
    """One output of the card and its limits, in the unit of the driven quantity (V, unless ``scale`` says otherwise).

    Parameters
    ----------
    name : str
        Driven quantity ("bias", "z").
    channel : str
        Terminal on the device ("ao0").
    min_V, max_V : float
        Limits of the piezo or the junction.
    scale, offset : float
        The quantity is ``scale`` times the volts at the terminal plus ``offset``: a divider, an adder, a transducer.
    safe : float
        Safe value, within the limits.
    most_step : float
        Largest rise by a single write; larger ones need a waveform.
    changes : ChangeLimits
        Limits of its changes, except those of an emergency.
    """

    name: str
    channel: str
    min_V: float = -10.0
    max_V: float = 10.0
    scale: float = 1.0
    offset: float = 0.0
    safe: float = 0.0
    most_step: float = float("inf")
    changes: ChangeLimits = field(default_factory=ChangeLimits)

    def __post_init__(self) -> None:
        if not self.min_V <= self.safe <= self.max_V or self.min_V == self.max_V or not self.scale:
            raise OutOfRange(
                f"limits of output {self.name!r}",
                f"{self.min_V} to {self.max_V}",
                f"two different numbers about the safe value {self.safe:g}",
            )

    def checked(self, values: ArrayLike) -> NDArray[np.float64]:
        """Return the values as an array. Raises ``OutOfRange`` if one is outside the limits."""
        checked = np.asarray(values, dtype=np.float64)
        wrong = ~((checked >= self.min_V) & (checked <= self.max_V))  # true for NaN, too
        if wrong.any():
            refused = float(checked[wrong].flat[0])
            raise OutOfRange(f"output {self.name!r} (V)", refused, f"{self.min_V:g} to {self.max_V:g}")
        return checked

    def checked_step(self, before: float, value: float) -> None:
        """Refuse a write that would raise the output by more than one step. Raises ``OutOfRange``.

        A place that is not known is refused, too, unless the write is the safe value.
        """
        rise = value - before
        if (
            value != self.safe
            and self.most_step < float("inf")
            and not rise <= self.most_step * (1 + RELATIVE)
        ):
            raise OutOfRange(
                f"rise of output {self.name!r} by a single write, from {before:g} V (V)",
                rise,
                f"at most {self.most_step:g}; a ramp goes further",
            )

    def card_V(self, values: ArrayLike) -> NDArray[np.float64]:
        """Return the volts at the card's terminal that give these values."""
        return (np.asarray(values, dtype=np.float64) - self.offset) / self.scale

    @property
    def card_limits_V(self) -> tuple[float, float]:
        """Limits at the card's terminal, in V."""
        low, high = sorted((float(self.card_V(self.min_V)), float(self.card_V(self.max_V))))
        return low, high
