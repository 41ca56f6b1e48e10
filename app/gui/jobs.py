"""A run of the queue in words: its title, why it ended, what it was asked to do."""

from collections.abc import Mapping
from typing import Any

from app.gui.panels.field import as_text, parameter_unit
from app.gui.panels.procedures import LABELS
from app.gui.wording import UNITS, in_words, labels_of, parameters_of

TELLING = ("amplitudes", "peak", "distance")
"""Parameters that tell one run of a procedure from another."""


def title_of(job: Mapping[str, Any]) -> str:
    """Return the procedure, and what tells this run of it from the others."""
    label = LABELS.get(job["procedure"], job["procedure"])
    for name in TELLING:
        value = job["values"].get(name)
        if value is not None:
            return f"{label}  {_shortly(value)} {_unit(job, name)}".rstrip()
    return label


def reason_of(job: Mapping[str, Any]) -> str:
    """Return why it did not come to its own end, in labels and units."""
    return in_words(str(job["reason"]), labels_of(job["procedure"]))


def told_of(job: Mapping[str, Any]) -> str:
    """Return all that is known of it, line by line; of the parameters those that differ from their defaults."""
    parameters = parameters_of(job["procedure"])
    given = [
        f"{parameters[name].name if name in parameters else name}: {as_text(value)} {_unit(job, name)}".rstrip()
        for name, value in job["values"].items()
        if name not in parameters or as_text(value) != as_text(parameters[name].default)
    ]
    lines = [
        f"{title_of(job)}: {job['status']}", reason_of(job), job["sample"], job["notes"], *given, job["out"],
    ]  # fmt: skip
    return "\n".join(line for line in lines if line)


def _unit(job: Mapping[str, Any], name: str) -> str:
    parameter = parameters_of(job["procedure"]).get(name)
    unit = parameter_unit(parameter) if parameter is not None else ""
    return UNITS.get(unit, unit)


def _shortly(value: Any) -> str:
    """Several numbers as their range."""
    if isinstance(value, list | tuple) and len(value) > 2:
        return f"{min(value):g}–{max(value):g}"
    return as_text(value)
