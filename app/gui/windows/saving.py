"""Saving of the views' results next to the recording."""

from pathlib import Path
from typing import TYPE_CHECKING

from app.offline.summary_line import peaks_line
from app.replay.saved_analysis import SavedAnalysis, save
from app.viewmodels.session_result import result_of

if TYPE_CHECKING:
    from app.viewmodels.session import Session


def save_analysis(session: "Session", recording: Path) -> Path:
    """Bring all views up to date and save their results; return the file.

    Raises
    ------
    AnalysisFileError, RecordingError
        If the file cannot be written or the recording does not exist.
    """
    results = result_of(session)
    options = results.pop("options", {})
    return save(recording, SavedAnalysis(options=options, results=results, summary=summary_of(session)))


def summary_of(session: "Session") -> str:
    """Return the result in one line, for lists of recordings."""
    heating, analysis = session.heating.result, session.histogram.analysis()
    if heating is not None:
        largest = max(heating.points, key=lambda point: point.amplitude_V, default=None)
        if largest is None:
            return "no temperature rise"
        rises = f"{1e3 * largest.dT_pos_K:.2f} mK, {1e3 * largest.dT_neg_K:.2f} mK"
        return f"{rises} at ±{largest.amplitude_V:g} V, {len(heating.points)} amplitudes"
    if session.iv.iv is not None:
        return f"I-V of {session.iv.iv.junctions} junctions"
    return peaks_line(analysis) if analysis is not None and session.histogram.fair else ""
