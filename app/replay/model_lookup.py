"""The transmission that a recording is compared with where its own samples tell none: that of an I-V taken before.

A window that shows a run and one that replays its recording ask here alike, and so show the same.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from analysis.heating.junction_model import JunctionModel
from analysis.heating.model_json import from_plain
from analysis.recording import RecordingError, RunHeader
from analysis.transport.kinds import TRANSMISSIONS, kind_of
from app.offline.analyse import analyse_measurement
from app.offline.recordings import RecordingKind, recording_kind
from app.replay.library import Library, LibraryRow
from app.replay.saved_analysis import AnalysisFileError, files_of, load

COMPLETE = ("finished", "aborted", "recovered")
"""Final states of a run whose curves can be used; one under way may still grow."""


@dataclass(frozen=True)
class FoundModel:
    """A model, and where it comes from.

    Parameters
    ----------
    model : JunctionModel or None
        None where the I-V has no curve that a model could be fitted to.
    message : str
        A sentence for the log.
    """

    model: JunctionModel | None
    message: str


def model_for(recording: Path, header: RunHeader) -> FoundModel | None:
    """Return the model of the recording's saved analysis, else that of the newest I-V of the same sample in its folder.

    The I-V is one taken before the recording ended. Its saved analysis is preferred; else its level is fitted.

    Parameters
    ----------
    recording : Path
        Finished, or being written.
    header : RunHeader

    Returns
    -------
    FoundModel or None
        None where the recording has curves of its own, is none of a rig, or there is no such I-V.

    Raises
    ------
    OSError
        If the folder can't be read.
    """
    kind = recording_kind(header.procedure, ())
    if header.provenance != "rig" or kind in (RecordingKind.IV, RecordingKind.CALIBRATION):
        return None
    kept = _kept(recording)
    if kept is not None:
        return FoundModel(kept, f"Model of the saved analysis: {kept.source}.")
    iv = _newest_iv(recording, header)
    if iv is None:
        return None
    model = _kept(iv)
    saved = " (its saved analysis)" if model is not None else ""
    try:
        model = model or analyse_measurement([iv]).transmission
    except (RecordingError, ValueError) as error:
        return FoundModel(None, f"No model could be fitted to the I-V of {iv.name}: {error}")
    if model is None:
        return FoundModel(None, f"No model could be fitted to the I-V of {iv.name}: it has no whole curve.")
    label = TRANSMISSIONS.sentence(kind_of(model.transmission))
    source = f"{label} fitted to {iv.name}" if model.fitted_level or model.parameters else model.source
    return FoundModel(replace(model, source=source), f"{source}{saved}.")


def _kept(recording: Path) -> JunctionModel | None:
    """Return the model of the newest saved analysis that has one and matches the recording."""
    for file in files_of(recording):
        try:
            saved = load(file)
            if saved.of_other_samples(recording) or "model" not in saved.results:
                continue
            found = from_plain(saved.results["model"])
        except (AnalysisFileError, RecordingError, ValueError):
            continue
        if found is not None:
            return found
    return None


def _newest_iv(recording: Path, header: RunHeader) -> Path | None:
    rows = Library(recording.parent).refresh()
    own = next((row for row in rows if row.file == recording.name), None)
    end = _end(own) if own is not None and own.status in COMPLETE else None
    for row in rows:
        began = _began(row)
        has_curves = recording_kind(row.procedure, ()) is RecordingKind.IV and row.sweeps > 0
        usable = has_curves and row.status in COMPLETE and row is not own
        if (
            usable
            and row.sample == header.sample
            and began is not None
            and not (end is not None and began > end)
        ):
            return recording.parent / row.file
    return None


def _began(row: LibraryRow) -> datetime | None:
    try:
        began = datetime.fromisoformat(row.started)
    except ValueError:
        return None
    return began if began.tzinfo is not None else None


def _end(row: LibraryRow) -> datetime | None:
    began = _began(row)
    return None if began is None or row.duration_s is None else began + timedelta(seconds=row.duration_s)
