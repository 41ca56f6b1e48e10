"""Which holds are still missing, and what those before have taught."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction

from procedures.expected_current import ExpectedCurrent


@dataclass(frozen=True)
class Condition:
    """What holds have in common that are evaluated together; ``expected_A`` is None where nobody knows."""

    amplitude_V: float
    frequency_Hz: Fraction
    expected_A: float | None = None


class Tally:
    """Holds so far at each condition, and what they have taught about the current to expect."""

    def __init__(self, missing: Mapping[Condition, int]) -> None:
        self.holds = 0
        self.currents = {one: ExpectedCurrent(one.amplitude_V, one.expected_A) for one in missing}
        self._missing = dict(missing)

    @property
    def done(self) -> bool:
        """Whether every condition has its holds."""
        return not any(self._missing.values())

    def next(self, held: Collection[Condition]) -> Condition | None:
        """The condition with most holds missing but for those ``held`` already: round and round, if all goes well."""
        open_ones = [one for one, missing in self._missing.items() if missing and one not in held]
        return max(open_ones, key=self._missing.__getitem__, default=None)

    def take(self, condition: Condition, counts: bool) -> None:
        """Count a hold: one more was made, and one fewer is missing if it counts."""
        self.holds += 1
        if counts:
            self._missing[condition] = max(self._missing[condition] - 1, 0)
