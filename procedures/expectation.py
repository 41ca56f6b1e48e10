"""Expected error of a run's result, known before the run, and the cycles and hours that 10 % takes."""

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.numbers import of_many
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting
from procedures.procedure import RigProcedure
from procedures.pymeasure_types import BooleanParameter

RELATIVE = 0.1
"""Relative error for which cycles and hours are given."""

SHORT_h = 0.2
"""Time in hours below which minutes are shown."""
WEAK, HOPELESS = 2.0, 100.0
"""Factors by which a run may be too short for it: a warning beyond the first, a refusal beyond the second."""


LEE_NOISE = "noise of the thermometer as of Lee et al. 2013, for want of a calibration"
"""Assumption for a tip whose noise was not calibrated."""


@dataclass(frozen=True)
class Expectation:
    """Error that the result of a run will have, as far as it is known before.

    Parameters
    ----------
    quantity : str
        Result, for a sentence: "thermopower".
    sigma, value : float
        Standard error at the end of the run, and size of the result; the size is NaN where nothing is expected to be
        there, as in a control experiment.
    unit : str
        Unit of both, SI or with a prefix that ``scale`` gives.
    scale : float
        Shown number for 1 in SI units: 1e6 with "uV/K".
    cycles : int
        Cycles in the run; the error falls with their root.
    repeats : str
        Plural name of a cycle: "junctions".
    assumed : str
        Assumptions, for a sentence; "" if there are none.
    """

    quantity: str
    sigma: float
    value: float
    unit: str
    scale: float
    cycles: int
    repeats: str
    assumed: str = ""

    @property
    def factor(self) -> float:
        """Length of a run with a relative error of 10 % over that of this one; NaN if nothing is expected."""
        if not math.isfinite(self.value) or not self.value:
            return math.nan
        return (self.sigma / (RELATIVE * self.value)) ** 2

    @property
    def weak(self) -> bool:
        """True if 10 % takes more than twice as long."""
        return self.factor > WEAK

    @property
    def hopeless(self) -> bool:
        """True if 10 % takes more than a hundred times as long."""
        return self.factor > HOPELESS

    def sentence(self, duration_s: float) -> str:
        """Tell the error, and what 10 % takes, for a run of this duration (NaN if unknown)."""
        text = f"Expected error of the {self.quantity}: {_rounded(self.scale * self.sigma, 2)} {self.unit}"
        if math.isfinite(self.factor):
            share = self.sigma / abs(self.value)
            of = f"{_rounded(100.0 * share, 2)} % of" if share < 1.0 else f"{_rounded(share, 3)} times"
            text += f", {of} the {_rounded(self.scale * self.value, 3)} {self.unit} looked for; "
            text += f"10 % takes {self._takes(duration_s)}"
        return f"{text}." + (f" Assumed: {self.assumed}." if self.assumed else "")

    def _takes(self, duration_s: float) -> str:
        needed = max(1, math.ceil(self.factor * self.cycles))
        hours = self.factor * duration_s / 3600.0
        about = f"{hours:.0f} h" if hours >= 10.0 else f"{hours:.2g} h"
        if hours < SHORT_h:
            about = f"{max(math.ceil(60.0 * hours), 1)} min"
        return of_many(needed, self.repeats) + (f", about {about}" if math.isfinite(hours) else "")


def _rounded(value: float, digits: int) -> str:
    """Format a number with some significant digits, and without a power of ten up to a million."""
    return f"{float(f'{value:.{digits}g}'):g}"


class Foreseen(RigProcedure):
    """Base of procedures that tell the error of their result before a run."""

    typical: Mapping[str, Any] = {}
    """Settings, beside the defaults, for which a check of the rig tells the expected error; empty: it tells none."""

    anyway = BooleanParameter(
        "Run anyway", default=False,
        description="Run even if the result can't be seen: where an error of 10 % takes over 100 times as long.",
    )  # fmt: skip

    @abstractmethod
    def expectation(self, context: ProcedureContext) -> Expectation | None:
        """Return the expected error, for parameters that `check` accepts; None if too little is known."""


def expectation_of(procedure: RigProcedure, context: ProcedureContext) -> Expectation | None:
    """Return the expectation of a procedure that tells one; else None."""
    return procedure.expectation(context) if isinstance(procedure, Foreseen) else None


def refuse_hopeless(procedure: RigProcedure, context: ProcedureContext) -> None:
    """Refuse a run whose result can't be seen, unless its parameter ``anyway`` allows it.

    Raises
    ------
    ImpossibleSetting
        With the cycles and hours that it takes.
    """
    expected = expectation_of(procedure, context)
    if expected is None or not expected.hopeless or getattr(procedure, "anyway", False):
        return
    raise ImpossibleSetting(
        f"{expected.sentence(procedure.duration_s(context))} That is {expected.factor:.0f} times this run. Take more "
        "or better junctions, or set anyway to run it all the same.",
        "anyway",
    )
