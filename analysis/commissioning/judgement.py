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
class Matrix:
    """Numbers of pairs, such as the ghost of each input on each other one; None where there is none."""

    name: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]

    @property
    def numbers(self) -> dict[str, float]:
        """Its numbers by name: "ghost at 2 kS/s: bias, z"."""
        return {
            f"{self.name}: {row}, {column}": value
            for row, line in zip(self.rows, self.values, strict=True)
            for column, value in zip(self.columns, line, strict=True)
            if value is not None
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Matrix":
        """Return the matrix of a report."""
        lines = tuple(tuple(line) for line in content["values"])
        return cls(content["name"], tuple(content["rows"]), tuple(content["columns"]), lines)


@dataclass(frozen=True)
class Judgement:
    """Verdict with its numbers, and sentences that say what is wrong and what to do.

    Parameters
    ----------
    verdict : Verdict
    numbers : tuple of Number
    remarks : tuple of str
    matrices : tuple of Matrix
    """

    verdict: Verdict
    numbers: tuple[Number, ...] = ()
    remarks: tuple[str, ...] = ()
    matrices: tuple[Matrix, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the judgement for a report."""
        return {
            "verdict": str(self.verdict),
            "numbers": [vars(number) for number in self.numbers],
            "remarks": list(self.remarks),
            "matrices": [vars(matrix) for matrix in self.matrices],
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Judgement":
        """Return the judgement of a report."""
        numbers = tuple(Number(**number) for number in content["numbers"])
        matrices = tuple(map(Matrix.from_json, content.get("matrices", ())))
        return cls(Verdict(content["verdict"]), numbers, tuple(content["remarks"]), matrices)


def judged(
    numbers: Iterable[Number],
    wrong: Iterable[str] = (),
    doubtful: Iterable[str] = (),
    remarks: Iterable[str] = (),
    matrices: Iterable[Matrix] = (),
) -> Judgement:
    """Return the judgement of a step: a failure if anything is wrong, a warning if anything is doubtful."""
    wrong, doubtful = tuple(wrong), tuple(doubtful)
    verdict = Verdict.FAIL if wrong else Verdict.WARN if doubtful else Verdict.PASS
    return Judgement(verdict, tuple(numbers), (*wrong, *doubtful, *remarks), tuple(matrices))
