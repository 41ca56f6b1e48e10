"""Result of one part of a criterion, and the verdict on all parts: what the table of acceptance shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from analysis.numbers import ASCII, with_error

WITHIN = 2.0
SHARE = 0.9
"""Least share of results within two errors."""


@dataclass(frozen=True)
class Found:
    """Result of one campaign, or of a set of tests.

    Parameters
    ----------
    criterion, part : str
        "A1", and what was measured.
    seed : int
    size : float
        Share of the junctions that the criterion asks for.
    value, true, sigma : float
        Result, what the world was told, and the quoted error, in SI units.
    chi2 : float
        Per degree of freedom; NaN without one.
    cpu_s : float
        Processor time.
    more : mapping of str to float
        Further numbers, by names that `tests.acceptance.verdicts` knows.
    said : str
        Reason for which there is no result; "" if there is one.
    """

    criterion: str
    part: str
    seed: int
    size: float
    value: float = float("nan")
    true: float = float("nan")
    sigma: float = float("nan")
    chi2: float = float("nan")
    cpu_s: float = 0.0
    more: dict[str, float] = field(default_factory=dict)
    said: str = ""

    @property
    def pull(self) -> float:
        """Deviation from the truth in errors."""
        return (self.value - self.true) / self.sigma


@dataclass(frozen=True)
class Verdict:
    """Line of the table."""

    criterion: str
    what: str
    wanted: str
    found: str
    holds: bool
    pulls: tuple[float, ...] = ()
    chi2: float = float("nan")
    cpu_s: float = 0.0

    @property
    def row(self) -> tuple[str, ...]:
        """Cells."""
        pulls = np.asarray(self.pulls, dtype=float)
        pull = (
            f"{pulls[0]:+.1f}"
            if pulls.size == 1
            else f"{np.sqrt(np.mean(pulls**2)):.2f}"
            if pulls.size
            else ""
        )
        chi2 = "" if np.isnan(self.chi2) else f"{self.chi2:.2f}"
        cpu = f"{self.cpu_s:.0f}" if self.cpu_s else ""
        holds = "yes" if self.holds else "NO"
        return self.criterion, self.what, self.wanted, self.found, pull, chi2, cpu, holds


def covered(
    criterion: str,
    what: str,
    found: Sequence[Found],
    unit: str,
    scale: float,
    wanted: str = "",
    also: Callable[[Sequence[Found]], tuple[str, bool]] | None = None,
) -> Verdict:
    """Return the verdict that at least 90 % of the results lie within two errors of the truth.

    Parameters
    ----------
    criterion, what : str
    found : sequence of Found
    unit, scale : str, float
        The last result is shown as ``scale`` times its value.
    wanted : str
        What is wanted besides.
    also : callable, optional
        Function of the results that returns what was found besides, and whether it holds.
    """
    failed = [one for one in found if one.said]
    good = [one for one in found if not one.said]
    cpu_s = sum(one.cpu_s for one in found)
    asks = "within 2 errors in 90 %" + (f"; {wanted}" if wanted else "")
    if not good:
        return Verdict(criterion, what, asks, failed[0].said if failed else "", False, cpu_s=cpu_s)
    pulls = tuple(one.pull for one in good)
    within = int(np.sum(np.abs(pulls) < WITHIN))
    shown = with_error(scale * good[-1].value, scale * good[-1].sigma, ASCII)
    text = f"{within} of {len(found)}; last {shown} {unit}, told {scale * good[-1].true:.4g}"
    text += f"; {len(failed)} without a result: {failed[0].said}" if failed else ""
    more, holds = also(good) if also else ("", True)
    chi2 = [one.chi2 for one in good if np.isfinite(one.chi2)]
    return Verdict(
        criterion, what, asks, f"{text}; {more}" if more else text, holds and within >= SHARE * len(found), pulls,
        float(np.mean(chi2)) if chi2 else float("nan"), cpu_s,
    )  # fmt: skip


def derived(found: Sequence[Found], name: str, true: float = 0.0) -> list[Found]:
    """Return results that a number beside the main one gives: ``name`` and ``sigma_name`` of `Found.more`."""
    return [
        Found(one.criterion, name, one.seed, one.size, one.more[name], true, one.more[f"sigma_{name}"])
        for one in found
        if not one.said and np.isfinite(one.more.get(name, float("nan")))
    ]


def quantity(found: Sequence[Found], name: str) -> Mapping[int, float]:
    """Return a number beside the main one, by seed."""
    return {one.seed: one.more[name] for one in found if name in one.more}
