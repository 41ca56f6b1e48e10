"""Induced failures: a given share of the junctions ruptures or closes while the bias is modulated."""

from typing import Literal

import numpy as np
from numpy.random import Generator
from pydantic import Field, model_validator

from analysis.records import FloatArray
from simulators.parameters import ParameterSection

Kind = Literal["none", "rupture", "contact"]


class FateParameters(ParameterSection):
    """Shares of failing junctions, and the time range. TOML: [fates]."""

    rupture_share: float = Field(ge=0, le=1)
    contact_share: float = Field(ge=0, le=1)
    within_s: float = Field(gt=0)

    @model_validator(mode="after")
    def _no_more_than_all(self) -> "FateParameters":
        if self.rupture_share + self.contact_share > 1:
            raise ValueError("rupture_share and contact_share add up to more than 1")
        return self


class InducedFailure:
    """Failure of one junction, due ``after_s`` after its bias has first had both signs."""

    def __init__(self, kind: Kind, after_s: float) -> None:
        self.kind = kind
        self._after_s = after_s
        self._due_s = np.inf
        self._was_positive = self._was_negative = False

    def lasts(self, time_s: FloatArray, bias_V: FloatArray) -> int:
        """Return the number of samples before the failure; all if it does not occur. Shapes (n,)."""
        n = len(time_s)
        if self.kind == "none" or not n:
            return n
        if np.isinf(self._due_s):
            k = max(
                0 if self._was_positive else _first(bias_V > 0),
                0 if self._was_negative else _first(bias_V < 0),
            )
            self._was_positive |= bool(np.any(bias_V > 0))
            self._was_negative |= bool(np.any(bias_V < 0))
            if k == n:
                return n
            self._due_s = float(time_s[k]) + self._after_s
        return int(np.searchsorted(time_s, self._due_s))

    def struck(self, time_s: float) -> Kind:
        """Return the failure that has occurred by ``time_s``, or "none"."""
        return self.kind if time_s >= self._due_s else "none"


class Fates:
    """Source of induced failures, drawn for each junction."""

    def __init__(self, parameters: FateParameters, rng: Generator) -> None:
        self._p = parameters
        self._rng = rng

    def draw(self) -> InducedFailure:
        """Draw the failure of a junction that forms now."""
        share, after_s = self._rng.random(), self._rng.uniform(0.0, self._p.within_s)
        if share < self._p.rupture_share:
            return InducedFailure("rupture", after_s)
        if share < self._p.rupture_share + self._p.contact_share:
            return InducedFailure("contact", after_s)
        return InducedFailure("none", after_s)


def _first(condition: np.ndarray) -> int:
    k = int(condition.argmax())
    return k if condition[k] else len(condition)
