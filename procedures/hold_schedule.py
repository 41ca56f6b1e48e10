"""Schedule of holds: the number still missing at each condition, and the currents learned so far."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction

from procedures.expected_current import ExpectedCurrent


@dataclass(frozen=True)
class Condition:
    """Condition of holds that are evaluated together; ``expected_A`` is None if unknown."""

    amplitude_V: float
    frequency_Hz: Fraction
    expected_A: float | None = None


class HoldSchedule:
    """Holds made so far at each condition, and the currents learned from them."""

    def __init__(self, missing: Mapping[Condition, int]) -> None:
        self.holds = 0
        self.currents = {
            condition: ExpectedCurrent(condition.amplitude_V, condition.expected_A) for condition in missing
        }
        self._missing = dict(missing)

    @property
    def done(self) -> bool:
        """True if every condition has its holds."""
        return not any(self._missing.values())

    def next(self, held: Collection[Condition]) -> Condition | None:
        """Return the condition with most holds missing, except those ``held`` already, or None; they alternate."""
        candidates = [
            condition for condition, missing in self._missing.items() if missing and condition not in held
        ]
        return max(candidates, key=self._missing.__getitem__, default=None)

    def take(self, condition: Condition, counts: bool) -> None:
        """Count a hold that was made; one fewer is missing if it counts."""
        self.holds += 1
        if counts:
            self._missing[condition] = max(self._missing[condition] - 1, 0)
