"""Checks of a run before anything moves: procedure, limits, duration, file name."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.config.rig import Rig
from app.config.rig_context import planned_context
from app.config.sample_rate import at_rate_of
from procedures.errors import ImpossibleSetting
from procedures.expectation import Expectation, Foreseen, expectation_of, refuse_hopeless
from procedures.limits import dry_run
from procedures.procedure import RigProcedure
from procedures.registry import PROCEDURES, procedure_of


def check(procedure: RigProcedure, rig: Rig) -> None:
    """Refuse settings that can't work on a rig, without opening it. Raises ``ImpossibleSetting``."""
    context = planned_context(at_rate_of(rig, procedure))
    procedure.check(context)
    dry_run(procedure, context)
    refuse_hopeless(procedure, context)


def why_not(name: str, values: Mapping[str, Any], rig: Rig) -> str:
    """Return why a procedure with these settings can't run on a rig; "" if it can."""
    try:
        check(procedure_of(name, values), rig)
    except ImpossibleSetting as error:
        return str(error)
    return ""


def duration_s(procedure: RigProcedure, rig: Rig) -> float:
    """Return the approximate duration of a run in s; NaN if unknown."""
    return procedure.duration_s(planned_context(at_rate_of(rig, procedure)))


def expectation(procedure: RigProcedure, rig: Rig) -> Expectation | None:
    """Return the expected error of a run's result, for settings that `check` accepts; None if unknown."""
    return expectation_of(procedure, planned_context(at_rate_of(rig, procedure)))


def remarks(procedure: RigProcedure, rig: Rig) -> list[str]:
    """Return what a user should know before a run of settings that `check` accepts."""
    return procedure.remarks(planned_context(rig))


def resolved(rig: Rig) -> Iterator[tuple[str, Expectation, float]]:
    """Yield procedures that this rig can run with typical settings: label, expected error, duration in s."""
    for name in PROCEDURES:
        made = PROCEDURES[name]
        if not issubclass(made, Foreseen) or not made.typical or getattr(made, "control", None):
            continue
        procedure = made.from_values(made.typical)
        with suppress(ImpossibleSetting):
            procedure.check(planned_context(at_rate_of(rig, procedure)))
            if (expected := expectation(procedure, rig)) is not None:
                yield made.label, expected, duration_s(procedure, rig)


def free_name(folder: Path, procedure: str, taken: set[Path]) -> Path:
    """Return an unused name for a recording: day, procedure, number."""
    day = datetime.now(UTC).astimezone().strftime("%Y-%m-%d")
    for number in range(1, 10_000):
        out = folder / f"{day}-{procedure}-{number:03d}.h5"
        if not out.exists() and out not in taken:
            return out
    raise ImpossibleSetting(f"{folder} is full of recordings of this day; choose another folder.")
