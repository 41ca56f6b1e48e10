"""Runs before they are queued: cycles, duration, and why one of them can't run."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.numbers import counted
from app.console.durations import amount, roughly
from procedures.errors import ImpossibleSetting
from procedures.expectation import Expectation
from procedures.registry import procedure_of

if TYPE_CHECKING:
    from app.config.rig import Rig
    from procedures.procedure import RigProcedure


@dataclass(frozen=True)
class PlannedRun:
    """One run: its values, cycles and expected duration in s (NaN: unknown); ``error`` says why it is impossible.

    ``expected`` is the expected error of its result (None: unknown); ``remark`` is what a user should know of it.
    """

    values: Mapping[str, Any]
    cycles: int
    seconds: float
    error: ImpossibleSetting | None = None
    expected: Expectation | None = None
    remark: str = ""

    @property
    def factor(self) -> float:
        """Factor by which the run is too short for an error of 10 %; 0 if that is unknown."""
        known = self.expected is not None and math.isfinite(self.expected.factor)
        return self.expected.factor if known and self.expected is not None else 0.0

    @property
    def resolution(self) -> str:
        """Sentences on the expected error and what else to know; "" if there is nothing."""
        sentence = self.expected.sentence(self.seconds) if self.expected is not None else ""
        return f"{sentence} {self.remark}".strip()

    @property
    def weak(self) -> bool:
        """True if the result is hardly resolved, or there is a remark."""
        return bool(self.remark) or (self.expected is not None and self.expected.weak)


def preview_lines(
    procedure: "type[RigProcedure]", names: Sequence[str], planned: Sequence[PlannedRun]
) -> list[str]:
    """Return the runs of a sweep as lines: swept values, cycles, duration, and the whole time at the end."""
    lines, total_s = [], 0.0
    parameters = procedure().parameter_objects()
    for number, run in enumerate(planned, 1):
        values = ", ".join(f"{name} = {_with_unit(run.values[name], parameters[name])}" for name in names)
        total_s += run.seconds if math.isfinite(run.seconds) else 0.0
        what = (
            amount(run.cycles, procedure.repeats, run.seconds)
            if run.error is None
            else f"impossible: {run.error}"
        )
        lines.append(f"{number:3d}  {values}: {what}" if values else f"{number:3d}  {what}")
    return [*lines, f"{counted(len(planned), 'run')}, about {roughly(total_s)} in all"]


def _with_unit(value: Any, parameter: Any) -> str:
    """Format a value of a parameter: "50 mV"."""
    each = value if isinstance(value, list | tuple) else [value]
    text = " ".join(f"{one:g}" if isinstance(one, float) else str(one) for one in each)
    return f"{text} {getattr(parameter, 'units', None) or ''}".rstrip()


def planned_runs(name: str, runs: Iterable[Mapping[str, Any]], rig: "Rig | None") -> list[PlannedRun]:
    """Check runs of one procedure against a rig; without a rig only their values are checked."""
    return [_planned(name, values, rig) for values in runs]


def _planned(name: str, values: Mapping[str, Any], rig: "Rig | None") -> PlannedRun:
    try:
        procedure = procedure_of(name, values)
        if rig is None:
            return PlannedRun(values, procedure.total_cycles, math.nan)
        from app.acquisition.run_checks import check, duration_s, expectation, remarks  # loads all drivers

        check(procedure, rig)
    except ImpossibleSetting as error:
        return PlannedRun(values, 0, math.nan, error)
    seconds, remark = duration_s(procedure, rig), " ".join(remarks(procedure, rig))
    return PlannedRun(values, procedure.total_cycles, seconds, None, expectation(procedure, rig), remark)
