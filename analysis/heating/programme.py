"""Level programmes: the biases applied to a modulated junction, each for a share of the period.

A period need not be a whole number of samples. The levels are calculated in whole numbers, so that nothing
drifts: 12.25 Hz = 49/4 Hz at 2 kHz repeats exactly after 49 periods = 8000 samples = 4 s, which is also
200 cycles of 50 Hz and 240 of 60 Hz.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import accumulate
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray

PAPER_FREQUENCY_Hz = Fraction(49, 4)
"""Modulation of Lee et al., Nature 498, 209 (2013): T_P of about 0.08 s."""

LONGEST_REPEAT = 1_000_000
"""Largest number of samples before a programme repeats; more does not fit a card."""

APART = 0.5
"""Cycles by which a line must come out of step with a multiple of a programme to be distinguished from its levels."""

Order = Literal["+0-", "-0+", "alternating"]


@dataclass(frozen=True)
class ProgrammeLevel:
    """A bias and the share of the period during which it is applied."""

    bias_V: float
    share: Fraction


@dataclass(frozen=True)
class LevelProgramme:
    """Levels applied one after the other, repeatedly.

    Parameters
    ----------
    levels : tuple of Level
        Their shares add up to 1.
    frequency_Hz : Fraction
        Periods per second, exact.

    Raises
    ------
    ValueError
        For shares that are not positive or don't add up to 1, or a frequency that is not positive.
    """

    levels: tuple[ProgrammeLevel, ...]
    frequency_Hz: Fraction = PAPER_FREQUENCY_Hz

    def __post_init__(self) -> None:
        if not self.levels or any(level.share <= 0 for level in self.levels):
            raise ValueError("a level programme needs one level or more, each with a positive share")
        total = sum(level.share for level in self.levels)
        if total != 1:
            raise ValueError(f"the shares of the levels add up to {total}, not to 1")
        if self.frequency_Hz <= 0:
            raise ValueError(f"frequency {self.frequency_Hz} Hz must be positive")

    @property
    def largest_bias_V(self) -> float:
        """Largest modulus of the levels."""
        return max(abs(level.bias_V) for level in self.levels)

    @cached_property
    def edges(self) -> tuple[Fraction, ...]:
        """Beginning of each level as a fraction of the period; the first is 0."""
        return (Fraction(0), *accumulate(level.share for level in self.levels[:-1]))

    def samples_per_period(self, rate_Hz: float) -> Fraction:
        """Return the samples per period, exact and in general not whole."""
        return Fraction(rate_Hz).limit_denominator(1_000_000) / self.frequency_Hz

    def repeat_samples(self, rate_Hz: float) -> int:
        """Return the number of samples after which the programme repeats exactly: 8000 at 12.25 Hz and 2 kHz.

        Raises
        ------
        ValueError
            If it does not repeat within a million samples.
        """
        repeat = self.samples_per_period(rate_Hz).numerator
        if repeat > LONGEST_REPEAT:
            raise ValueError(
                f"{float(self.frequency_Hz):g} Hz at {rate_Hz:g} samples/s repeats only after {repeat} samples "
                f"(at most {LONGEST_REPEAT}); "
                "choose a frequency that is a simple fraction of the rate"
            )
        return repeat

    def is_beside(self, frequency_Hz: float, length_s: float) -> bool:
        """Return True if a record of this length can't distinguish a line from a multiple of the frequency."""
        own_Hz = float(self.frequency_Hz)
        multiple = max(round(frequency_Hz / own_Hz), 1)
        return abs(frequency_Hz - multiple * own_Hz) * length_s < APART

    def hides(self, frequency_Hz: float, length_s: float) -> bool:
        """Return True if a record of this length can't distinguish a line from what the levels do.

        Equal levels have nothing at multiples of their number times the frequency: the 3rd, 6th ... of +, 0, -.
        """
        multiple = max(round(frequency_Hz / float(self.frequency_Hz)), 1)
        equal = len({level.share for level in self.levels}) == 1
        silent = equal and multiple % len(self.levels) == 0
        return not silent and self.is_beside(frequency_Hz, length_s)

    def period_index(self, sample: NDArray[np.int64], rate_Hz: float) -> NDArray[np.int64]:
        """Return the number of the period of each sample; sample 0 is the first of period 0."""
        length = self.samples_per_period(rate_Hz)
        return np.asarray(sample) * length.denominator // length.numerator

    def level_index(self, sample: NDArray[np.int64], rate_Hz: float) -> NDArray[np.int64]:
        """Return the index into ``levels`` at each sample, from whole numbers only; sample 0 is the first of a
        period.
        """
        length = self.samples_per_period(rate_Hz)
        phase = (np.asarray(sample) * length.denominator) % length.numerator  # of length.numerator a period
        starts = [-(-edge.numerator * length.numerator // edge.denominator) for edge in self.edges]
        return np.searchsorted(np.array(starts), phase, side="right") - 1

    def bias_V(self, rate_Hz: float) -> FloatArray:
        """Return one exact repeat for a regenerating output, shape (repeat_samples,)."""
        index = self.level_index(np.arange(self.repeat_samples(rate_Hz)), rate_Hz)
        return np.array([level.bias_V for level in self.levels])[index]

    def to_json(self) -> dict[str, Any]:
        """Return content for JSON; fractions are text ("1/3")."""
        return {
            "frequency_Hz": str(self.frequency_Hz),
            "levels": [[level.bias_V, str(level.share)] for level in self.levels],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "LevelProgramme":
        """Build a programme from the content of `to_json`."""
        levels = tuple(ProgrammeLevel(float(bias), Fraction(share)) for bias, share in content["levels"])
        return cls(levels, Fraction(content["frequency_Hz"]))


def programme(
    levels: Sequence[tuple[float, Fraction | int]], frequency_Hz: Fraction = PAPER_FREQUENCY_Hz
) -> LevelProgramme:
    """Build a programme from levels (bias in V, relative duration); the durations are scaled to add up to 1."""
    total = sum((Fraction(duration) for _, duration in levels), Fraction(0))
    if total <= 0:
        raise ValueError("a level programme needs durations that add up to more than 0")
    return LevelProgramme(
        tuple(ProgrammeLevel(float(bias), Fraction(duration) / total) for bias, duration in levels),
        frequency_Hz,
    )


def ordered(
    levels: Sequence[tuple[float, Fraction | int]],
    order: Order = "+0-",
    frequency_Hz: Fraction = PAPER_FREQUENCY_Hz,
) -> LevelProgramme:
    """Build a programme from levels as in `programme`, in the given order ("+0-"), reversed, or alternating.

    "alternating" applies one order after the other in a period of twice the length: the mean times of all levels
    coincide, so that a linear drift cancels.
    """
    match order:
        case "+0-":
            return programme(levels, frequency_Hz)
        case "-0+":
            return programme(levels[::-1], frequency_Hz)
        case "alternating":
            return programme([*levels, *levels[::-1]], frequency_Hz / 2)
    raise ValueError(f"order {order!r} is not one of +0-, -0+, alternating")


def three_level(
    amplitude_V: float, order: Order = "+0-", frequency_Hz: Fraction = PAPER_FREQUENCY_Hz
) -> LevelProgramme:
    """Build a programme of equal thirds at +V, 0 and -V; "+0-" is the paper's order. See `ordered`."""
    return ordered([(amplitude_V, 1), (0.0, 1), (-amplitude_V, 1)], order, frequency_Hz)
