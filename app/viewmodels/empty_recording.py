"""Texts of empty views of a recording: why they are empty, and what to do about it."""

import math
from collections.abc import Mapping, Sequence

from analysis.importers.imported import SWEEP
from analysis.recording import RunHeader, TraceEntry
from app.viewmodels.registry import NOISE, STRIPS, TRACE, VIEWS
from app.viewmodels.view import AS_PLAYED
from procedures.registry import views_filled_by

EVERYWHERE = ""
"""Key of the reason for every view without its own."""


def why_empty(header: RunHeader, traces: Sequence[TraceEntry], file: str) -> Mapping[str, str]:
    """Return the texts of empty views by the title of their tab.

    Parameters
    ----------
    header : RunHeader
    traces : sequence of TraceEntry
    file : str
        Name of the recording.
    """
    if header.provenance != "imported":
        return {
            STRIPS: f"The last seconds of all signals appear here {AS_PLAYED}",
            TRACE: f"Each opening appears here {AS_PLAYED}",
        }
    reasons: dict[str, str] = {}
    missing = what_is_missing(header, traces)
    if missing:
        reasons[EVERYWHERE] = missing
    elif traces and all(SWEEP in entry.flags for entry in traces):
        reasons[EVERYWHERE] = (
            "Imported I-V curves are not evaluated here. Average and fit them with: "
            f"hotjunction fit {file} --model MODEL.toml"
        )
    if not math.isfinite(header.rate_Hz):
        reasons[NOISE] = (
            "No spectrum: the sampling rate is unknown. Import again with --rate-Hz if the samples are evenly spaced."
        )
    if "extension" not in header.channel_names and not header.settings.get("opening_speed_m_per_s"):
        reasons["displacement"] = (
            "The displacement is unknown. Import again with --speed-nm-per-s and --rate-Hz."
        )
    return reasons


def in_replay(header: RunHeader) -> Mapping[str, str]:
    """Return the texts of empty plots of a recording by the title of the plot."""
    filled = views_filled_by(header.procedure)
    return {plot: text for title in VIEWS for plot, text in VIEWS[title].replay_texts(header, filled).items()}


def what_is_missing(header: RunHeader, traces: Sequence[TraceEntry]) -> str:
    """Return what must be specified at import before anything can be evaluated; "" if nothing is missing."""
    units = {channel.name: channel.unit for channel in header.channels}
    if "conductance" in units:
        return ""
    sweeps = bool(traces) and all(SWEEP in entry.flags for entry in traces)
    wanted = {"bias": "V", "current": "A"} if sweeps else {"current": "nA"}
    unknown = [name for name in wanted if name in units and not units[name]]
    if unknown:
        options = " ".join(f"--unit {name}={wanted[name]}" for name in unknown)
        several = len(unknown) > 1
        return (
            f"The {'units' if several else 'unit'} of {' and '.join(unknown)} {'are' if several else 'is'} unknown. "
            f"Import again with the right {'units' if several else 'unit'}, for example {options}"
        )
    if units.get("current") == "V" and "current_gain_V_per_A" not in header.settings:
        return "The gain of the current amplifier is unknown. Import again with --gain-V-per-A."
    if "current" not in units:
        return "Quantity and unit of the values are unknown. Import again, for example with --unit conductance=G0"
    if not sweeps and "bias" not in units:
        return "The bias is not recorded, so the current gives no conductance. Import a column with the bias, too."
    return ""
