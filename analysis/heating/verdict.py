"""Verdicts on numbers that should have a known value, with limits shared by several tests.

With ten tests at two standard errors each, four in ten sound rigs fail one. The limit of each test is therefore
wider, so that all together fail by chance as rarely as a single one at two (Sidak). A test whose error is larger
than the effect that it must exclude would always pass: it counts as not precise enough, neither passed nor failed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.distributions import normal_above, normal_exceeded, student_exceeded
from analysis.heating.significance import equivalent_sigmas

ALONE_SIGMA = 2.0
"""Limit of a test that stands alone, in standard errors."""

_UNITS = {"K": ("mK", 1e3), "K/W": ("K/W", 1.0), "": ("", 1.0)}


@dataclass(frozen=True)
class Check:
    """One number that should have a known value.

    Parameters
    ----------
    what : str
        Name of the number ("dT(-) - dT(+)").
    value, expected, sigma : float
        ``sigma`` includes every source of a difference, scale errors too.
    needed : float
        Largest deviation that may go undetected; NaN if none is required.
    degrees_of_freedom : float
        Degrees of freedom of ``sigma``.
    unit : "K", "K/W" or ""
    """

    what: str
    value: float
    expected: float
    sigma: float
    needed: float = math.nan
    degrees_of_freedom: float = math.inf
    unit: str = "K"

    @property
    def distance(self) -> float:
        """Deviation in standard errors of a normal distribution, corrected for the long tails of few junctions."""
        ratio = abs(self.value - self.expected) / self.sigma if self.sigma > 0.0 else math.nan
        return equivalent_sigmas(ratio, self.degrees_of_freedom)

    def limit(self, sigmas: float) -> float:
        """Return the largest deviation at this many standard errors of a normal distribution, in the unit of
        the value.
        """
        return student_exceeded(normal_above(sigmas), self.degrees_of_freedom) * self.sigma

    def words(self) -> str:
        """Return the number with its error, and the expected value."""
        unit, scale = _UNITS[self.unit]
        value, sigma, expected = (x * scale for x in (self.value, self.sigma, self.expected))
        digits = max(0, 1 - math.floor(math.log10(sigma))) if math.isfinite(sigma) and sigma > 0.0 else 3
        return (
            f"{self.what} = {value:.{digits}f} +- {sigma:.{digits}f} {unit} (expected {expected:g})".replace(
                "  ", " "
            )
        )


@dataclass(frozen=True)
class Verdict:
    """Outcome of one control.

    Parameters
    ----------
    name : str
    passed : bool or None
        None: not done, or not precise enough.
    sentence : str
        Result and criterion in a sentence.
    done : bool
    date : str
        Day of the last hold, ISO; "" if not done or unknown.
    value, uncertainty, limit : float
        The number farthest from its expectation, in ``unit``: it passes within ``expected`` +- ``limit``.
    expected : float
    unit : str
    distance : float
        Its deviation in standard errors.
    what : str
        Its name.
    """

    name: str
    passed: bool | None
    sentence: str
    done: bool = False
    date: str = ""
    value: float = math.nan
    uncertainty: float = math.nan
    limit: float = math.nan
    expected: float = math.nan
    unit: str = ""
    distance: float = math.nan
    what: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return content for JSON."""
        return {
            "name": self.name,
            "done": self.done,
            "date": self.date,
            "passed": self.passed,
            "value": self.value,
            "uncertainty": self.uncertainty,
            "expected": self.expected,
            "limit": self.limit,
            "unit": self.unit,
            "distance_sigma": self.distance,
            "sentence": self.sentence,
        }


def shared_limit(tests: int, alone: float = ALONE_SIGMA) -> float:
    """Return the limit of each of several tests in standard errors, for all to pass as often as one alone would."""
    chance_alone = 2.0 * normal_above(alone)
    return normal_exceeded(-math.expm1(math.log1p(-chance_alone) / max(tests, 1)) / 2.0)


def verdicts(
    controls: Mapping[str, Sequence[Check]], dates: Mapping[str, str], why: Mapping[str, str]
) -> tuple[Verdict, ...]:
    """Return one verdict for each control, with limits shared by the checks of all.

    Parameters
    ----------
    controls : mapping of str to sequence of Check
        Empty where a control was not done.
    dates : mapping of str to str
    why : mapping of str to str
        Purpose of each control, stated if it was not done.
    """
    tests = sum(len(checks) for checks in controls.values())
    sigmas = shared_limit(tests)
    shared = f"{ALONE_SIGMA:g} sigma shared by {tests} tests" if tests > 1 else "a single test"
    criterion = f"limit {sigmas:.2g} sigma ({shared})"
    return tuple(
        _verdict(name, checks, sigmas, criterion, dates.get(name, ""))
        if checks
        else Verdict(name, None, f"Not done. {why[name]}")
        for name, checks in controls.items()
    )


def _verdict(name: str, checks: Sequence[Check], sigmas: float, criterion: str, date: str) -> Verdict:
    worst = max(checks, key=lambda check: -1.0 if math.isnan(check.distance) else check.distance)
    limits = [check.limit(sigmas) for check in checks]
    numbers = "; ".join(check.words() for check in checks)
    passed: bool | None
    if worst.distance > sigmas:
        passed, result = False, f"Failed: {worst.what} is {worst.distance:.1f} sigma off"
    elif any(math.isnan(limit) for limit in limits):
        passed, result = None, "Undecided: an error is unknown"
    elif any(limit > check.needed for limit, check in zip(limits, checks, strict=True)):
        passed, result = None, "Not precise enough to decide"
    else:
        passed, result = True, "Passed"
    return Verdict(
        name=name,
        passed=passed,
        sentence=f"{result}; {criterion}. {numbers}.",
        done=True,
        date=date,
        value=worst.value,
        uncertainty=worst.sigma,
        limit=limits[checks.index(worst)],
        expected=worst.expected,
        unit=worst.unit,
        distance=worst.distance,
        what=worst.what,
    )
