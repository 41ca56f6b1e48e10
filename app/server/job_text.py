"""Text for a job of the queue: title, reason for its end, settings."""

from datetime import datetime
from typing import Any

from app.server.job import OTHER_JOBS
from app.server.messages import JobState
from app.viewmodels.wording import (
    UNITS,
    as_read,
    as_text,
    labelled_sentence,
    labels_of,
    parameter_unit,
    parameters_of,
    with_units,
)
from procedures.registry import PROCEDURES


def title_of(job: JobState) -> str:
    """Return the procedure and the parameter that distinguishes this run from others, e.g. "Heating  1.08 V"."""
    if job["procedure"] not in PROCEDURES:
        return OTHER_JOBS.get(job["procedure"], job["procedure"])
    procedure = PROCEDURES[job["procedure"]]
    label = procedure.label
    for name in procedure.distinguished_by:
        value = job["values"].get(name)
        if value is not None:
            return with_units(f"{label}  {_shortly(value)} {_unit(job, name)}".rstrip())
    return label


def reason_of(job: JobState) -> str:
    """Return why the run ended early, with the labels and units of the window."""
    return labelled_sentence(job["reason"], labels_of(job["procedure"]))


def waits_of(job: JobState) -> str:
    """Return what a queued run waits for, what was seen of it, and since when; "" if it waits for nothing."""
    until = job.get("until", "")
    if not until:
        return ""
    since_s = job.get("awaits_since_s")
    if since_s is None:
        return f"Holds here for: {until}"
    since = datetime.fromtimestamp(since_s).strftime("%H:%M")
    return f"{job.get('awaits', '')} (since {since}; for: {until})"


def job_details(job: JobState) -> str:
    """Return title, status, sample, notes, non-default parameters and file of a job, one a line."""
    parameters = parameters_of(job["procedure"])
    given = [
        with_units(
            f"{parameters[name].name if name in parameters else name}: {as_read(value)} {_unit(job, name)}".rstrip()
        )
        for name, value in job["values"].items()
        if name not in parameters or as_text(value) != as_text(parameters[name].default)
    ]
    lines = [
        f"{title_of(job)}: {job['status']}", reason_of(job), waits_of(job), job["sample"], job["notes"], *given,
        job["out"],
    ]  # fmt: skip
    return "\n".join(line for line in lines if line)


def _unit(job: JobState, name: str) -> str:
    parameter = parameters_of(job["procedure"]).get(name)
    unit = parameter_unit(parameter) if parameter is not None else ""
    return UNITS.get(unit, unit)


def _shortly(value: Any) -> str:
    """Return more than two numbers as a range."""
    if isinstance(value, list | tuple) and len(value) > 2:
        return f"{min(value):g}–{max(value):g}"
    return as_text(value)
