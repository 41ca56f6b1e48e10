"""Response matrix of a rig: what each stimulus does to every input terminal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

LIMIT = 0.01
"""Response, in V per V, below which a terminal does not follow."""


SIGMAS = 5.0
"""Response of a noisy input, in standard errors, that is more than chance."""


class Part(StrEnum):
    """Part of the rig that a mismatch concerns."""

    LOOP_BACK = "loop-back"
    CURRENT = "current input"
    THERMOMETER = "thermometer"


@dataclass(frozen=True)
class Mismatch:
    """A difference from a right rig: the part, and a sentence that names cable, instrument and remedy."""

    part: Part
    text: str


@dataclass(frozen=True)
class Responses:
    """Responses of every terminal to each stimulus.

    Parameters
    ----------
    order : tuple of str
        Terminals in the order of the scan.
    slopes : mapping
        By stimulus ("bias", "z", "test current") and terminal: V per V of the command; of the test current, V per V
        that gain and current imply. Stimuli that the rig does not have are missing; so may terminals that do not
        follow.
    errors : mapping
        Standard errors of the slopes, where they are known.
    """

    order: tuple[str, ...]
    slopes: Mapping[str, Mapping[str, float]]
    errors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def slope(self, stimulus: str, terminal: str) -> float:
        """Return a response; 0 if there is none."""
        return self.slopes.get(stimulus, {}).get(terminal, 0.0)

    def exceeds(self, stimulus: str, terminal: str, limit: float = LIMIT) -> bool:
        """Return True if a response is beyond a limit and beyond its own noise."""
        error = self.errors.get(stimulus, {}).get(terminal, 0.0)
        return abs(self.slope(stimulus, terminal)) > max(limit, SIGMAS * error)

    def followers(self, stimulus: str, limit: float = LIMIT) -> dict[str, float]:
        """Return the terminals that follow a stimulus on their own, with their slopes, in the order of the scan."""
        return {
            terminal: self.slope(stimulus, terminal)
            for terminal in self.order
            if abs(self.slope(stimulus, terminal)) > limit and not self.echoes(terminal)
        }

    def echoes(self, terminal: str) -> bool:
        """Return True if a terminal only repeats the one scanned before it, as an input with nothing connected does."""
        before = self.order[self.order.index(terminal) - 1]
        pairs = [(self.slope(name, before), self.slope(name, terminal)) for name in self.slopes]
        shown = [(source, echo) for source, echo in pairs if abs(source) > LIMIT]
        silent = all(abs(echo) <= LIMIT for source, echo in pairs if abs(source) <= LIMIT)
        return bool(shown) and silent and all(0.5 < echo / source < 1.1 for source, echo in shown)
