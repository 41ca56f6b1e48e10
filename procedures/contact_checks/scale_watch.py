"""Watch, opening by opening, that contacts end where those before them did.

A gain or a divider that becomes wrong by ten in mid-run moves the conductance at which every contact ends by ten, and
an amplifier that can't be asked says nothing of it.
"""

import math
import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray

LOW_DECADE, HIGH_DECADE, DECADE = -3, 3, 50
"""Range, in decades of the conductance in G0, and places per decade."""

AT, BELOW = (0.7, 1.3), (0.2, 0.6)
"""Ranges around and below a place: an opening may end there if the first has many samples and the second few."""

LEAST_SAMPLES, LEAST_RATIO = 10, 3.0

LEAST_BEFORE = 10
"""Openings that must precede those which are judged."""

USUAL = 0.6
"""Least share of the openings that end at a place by which a change is seen."""

LEAST_SHARE = 0.1
"""Least share of openings, and least one of exceptions, that is assumed: no few openings decide."""

SURE = math.log(4e9)
"""Logarithm of the odds, of a changed scale against the same one, that are a change: six openings or more."""


CONTACT_OF_GOLD_G0 = 2.0
"""Least conductance of contacts at which the last atom differs from a molecule."""


@dataclass(frozen=True)
class ScaleChange:
    """Change of the scale.

    Parameters
    ----------
    before_G0 : float
        Conductance at which contacts ended before.
    factor : float
        10 or 0.1.
    before, since : int
        Number of openings before the change and since.
    """

    before_G0: float
    factor: float
    before: int
    since: int

    def __str__(self) -> str:
        """Return what happened, and where to look."""
        return (
            f"The last {self.since} openings end at about {self.factor * self.before_G0:.2g} G0; the {self.before} "
            f"before them ended at about {self.before_G0:.2g} G0. The bias or the current has become wrong by ten "
            "during the run: compare the gain of the current amplifier, and a divider of the bias, with the rig file. "
            "If both are right, tip or surface are no longer what they were. Do not use the conductances of these "
            "openings."
        )


UNLIKE_GOLD = (
    "The first {openings} openings end at about {end_G0:g} G0, not at 1 G0 as those of gold, silver and copper do. If "
    "this is one of them, the bias or the current is wrong by ten: compare the gain of the current amplifier, and a "
    "divider of the bias, with the rig file."
)


class ScaleWatch:
    """Observer of the conductance of opening contacts; as a detector it never fires.

    Each opening votes for the places at which it may have ended. New votes are judged by the shares of earlier ones,
    at the same places and a decade from there: a cumulative sum of the logarithm of their likelihood ratio. Contacts
    that end anywhere have no usual place, and no change of theirs is seen.

    Parameters
    ----------
    contact_G0 : float
        Conductance to which contacts are made: above half of it openings begin.
    rail_G0 : float
        Conductance at which the current amplifier rails.
    """

    soonest = sys.maxsize // 2
    """Least number of further samples with which it can fire."""

    def __init__(self, contact_G0: float, rail_G0: float = math.inf) -> None:
        size = (HIGH_DECADE - LOW_DECADE) * DECADE
        self._places_G0 = 10.0 ** (LOW_DECADE + np.arange(size) / DECADE)
        self._railed_there = AT[1] * self._places_G0 >= rail_G0
        self._counts, self._railed = np.zeros(size, dtype=np.int64), 0
        self._contact_G0 = contact_G0
        candidates = np.flatnonzero(self._places_G0 <= contact_G0 / 2)
        self._candidates = candidates[(candidates >= DECADE) & (candidates < size - DECADE)]
        self._openings, self._votes = 0, np.zeros(size, dtype=np.int64)
        self._suspicions = [_Suspicion(10.0, DECADE), _Suspicion(0.1, -DECADE)]

    def feed(self, conductance_G0: FloatArray) -> int | None:
        """Take conductances of the present opening in G0, shape (n,); always return None."""
        with np.errstate(divide="ignore", invalid="ignore"):
            level = (np.log10(conductance_G0) - LOW_DECADE) * DECADE
        inside = (level >= 0) & (level < self._counts.size)
        self._counts += np.bincount(level[inside].astype(np.intp), minlength=self._counts.size)
        self._railed += int(np.count_nonzero(np.isposinf(conductance_G0)))
        return None

    def opened(self) -> ScaleChange | None:
        """End the present opening; return a change of the scale once it is sure."""
        vote = self._vote()
        self._counts[:], self._railed = 0, 0
        change = None
        for suspicion in self._suspicions:
            before = self._openings - suspicion.since
            if before < LEAST_BEFORE:
                continue
            if not suspicion.since:
                suspicion.choose(self._votes, before, self._candidates)
            if suspicion.judge(vote):
                place_G0 = float(self._places_G0[suspicion.place])
                change = ScaleChange(place_G0, suspicion.factor, before, suspicion.since)
        self._openings += 1
        self._votes += vote
        return change

    @property
    def unlike_gold(self) -> str:
        """Remark after `LEAST_BEFORE` openings that end a decade from 1 G0; "" at any other time."""
        if self._openings != LEAST_BEFORE or self._contact_G0 < CONTACT_OF_GOLD_G0:
            return ""
        share = self._votes / self._openings
        low, one, high = share[-LOW_DECADE * DECADE + np.array([-DECADE, 0, DECADE])]
        if one > LEAST_SHARE or max(low, high) < USUAL:
            return ""
        return UNLIKE_GOLD.format(openings=LEAST_BEFORE, end_G0=10.0 if high > low else 0.1)

    def _vote(self) -> NDArray[np.bool_]:
        """Return for each place whether the present opening may have ended there."""
        at = self._between(*AT) + np.where(self._railed_there, self._railed, 0)
        return (at >= LEAST_SAMPLES) & (at > LEAST_RATIO * self._between(*BELOW))

    def _between(self, low: float, high: float) -> NDArray[np.int64]:
        """Return the number of samples between two multiples of each place."""
        sums, place = np.concatenate([[0], np.cumsum(self._counts)]), np.arange(self._counts.size)
        first, stop = (
            np.clip(place + round(DECADE * math.log10(edge)), 0, place.size) for edge in (low, high)
        )
        counts: NDArray[np.int64] = sums[stop] - sums[first]
        return counts


class _Suspicion:
    """Cumulative evidence that the scale has changed by a factor, which moves a place by ``shift``."""

    def __init__(self, factor: float, shift: int) -> None:
        self.factor, self._shift = factor, shift
        self.place = self.since = 0
        self._sum = 0.0
        self._shares: FloatArray = np.zeros(3)

    def judge(self, vote: NDArray[np.bool_]) -> bool:
        """Add the evidence of an opening, compared with those before; return True if a change is sure."""
        here, there, behind = self._shares
        if here < USUAL:
            return False
        moved = vote[self.place + self._shift], vote[self.place]
        evidence = _odds(moved[0], here, there) + _odds(moved[1], behind, here)
        self._sum = max(self._sum + evidence, 0.0)
        self.since = self.since + 1 if self._sum else 0
        return self._sum > SURE

    def choose(self, votes: NDArray[np.int64], openings: int, candidates: NDArray[np.intp]) -> None:
        """Choose the place that shows a change best, with the shares of openings there and a decade away."""
        share = np.clip((votes + 1) / (openings + 2), LEAST_SHARE, 1 - LEAST_SHARE)
        here, there, behind = (share[candidates + shift] for shift in (0, self._shift, -self._shift))
        gain = np.where(here >= USUAL, _expected(here, there) + _expected(behind, here), -math.inf)
        best = int(np.argmax(gain))
        self.place, self._shares = int(candidates[best]), np.array([here[best], there[best], behind[best]])


def _odds(seen: bool, if_changed: float, if_same: float) -> float:
    """Return the logarithm of the likelihood ratio of one vote."""
    return math.log(if_changed / if_same) if seen else math.log((1 - if_changed) / (1 - if_same))


def _expected(share: FloatArray, other: FloatArray) -> FloatArray:
    """Return the mean of `_odds` if ``share`` is true."""
    mean: FloatArray = share * np.log(share / other) + (1 - share) * np.log((1 - share) / (1 - other))
    return mean
