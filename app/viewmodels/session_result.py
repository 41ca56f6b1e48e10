"""Results of a session, for a saved analysis."""

from pathlib import Path
from typing import Any

from analysis.heating.model_json import to_plain
from app.offline.measurement import Measurement
from app.offline.traces import Analysed
from app.viewmodels.session import Session


def measurement_of(session: Session) -> Measurement:
    """Return the results of the views, as `app.offline.measurement` makes them of a file."""
    analysis = session.histogram.analysis() if session.histogram.fair else None
    heating = session.heating.snapshot()
    problems = (session.iv.problem, heating.problem, *heating.warnings)
    status = session.status.snapshot()
    recording = Path(session.name), session.header, status.ended or "unfinished", status.recorded_samples, 0
    return Measurement(
        parts=(),
        histogram=None if analysis is None else Analysed(*recording, analysis),
        iv=session.iv.iv,
        heating=session.heating.result,
        transmission=session.model,
        warnings=tuple(problem for problem in problems if problem),
        thermopower=session.thermopower.result,
        thermal_conductance=session.thermal_conductance.result,
        peltier=session.peltier.result,
        noise=session.noise_thermometer.result,
    )


def result_of(session: Session) -> dict[str, Any]:
    """Return the analysis to save: `measurement_of` as JSON, identity of the recording, and options."""
    session.settle()
    header, status = session.header, session.status.snapshot()
    recording = {
        "file": session.name,
        "status": status.ended or "unfinished",
        "procedure": header.procedure,
        "sample": header.sample,
        "started": header.started,
        "samples": status.recorded_samples,
        "unknown": list(header.unknowns),
    }
    content = measurement_of(session).to_json()
    of_plugins = {title: view.to_json() for title, view in session.plugged.items()}
    if kept := {title: result for title, result in of_plugins.items() if result is not None}:
        content["views"] = kept
    if session.model is not None:
        content["model"] = to_plain(session.model)
    return {
        **content,
        "recording": recording,
        "recordings": [recording],
        "options": session.options.to_json(),
    }
