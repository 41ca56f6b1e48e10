"""Judgement of one step of a commissioning: verdict, numbers, and what to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """Outcome of a step."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    NOT_DONE = "not done"


@dataclass(frozen=True)
class Number:
    """A measured number.

    Parameters
    ----------
    name : str
    value : float
    unit : str
    wanted : str
        Limit or expected value, for the user.
    """

    name: str
    value: float
    unit: str = ""
    wanted: str = ""


@dataclass(frozen=True)
class Judgement:
    """Verdict with its numbers, and sentences that say what is wrong and what to do.

    Parameters
    ----------
    verdict : Verdict
    numbers : tuple of Number
    remarks : tuple of str
    """

    verdict: Verdict
    numbers: tuple[Number, ...] = ()
    remarks: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the judgement for a report."""
        return {
            "verdict": str(self.verdict),
            "numbers": [vars(number) for number in self.numbers],
            "remarks": list(self.remarks),
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Judgement":
        """Return the judgement of a report."""
        numbers = tuple(Number(**number) for number in content["numbers"])
        return cls(Verdict(content["verdict"]), numbers, tuple(content["remarks"]))


def judged(
    numbers: Iterable[Number],
    wrong: Iterable[str] = (),
    doubtful: Iterable[str] = (),
    remarks: Iterable[str] = (),
) -> Judgement:
    """Return the judgement of a step: a failure if anything is wrong, a warning if anything is doubtful."""
    wrong, doubtful = tuple(wrong), tuple(doubtful)
    verdict = Verdict.FAIL if wrong else Verdict.WARN if doubtful else Verdict.PASS
    return Judgement(verdict, tuple(numbers), (*wrong, *doubtful, *remarks))
