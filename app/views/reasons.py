"""Why views of a recording stay empty, and what can be done about it, in words."""

import math
from collections.abc import Mapping, Sequence

from analysis.importers.imported import SWEEP
from analysis.recording import RunHeader, TraceEntry

EVERYWHERE = ""
"""Name of the reason that holds for every view without one of its own."""

AS_PLAYED = "as the recording is played: press Space."


def why_empty(header: RunHeader, traces: Sequence[TraceEntry], file: str) -> Mapping[str, str]:
    """What is said in a view that has nothing to show, by the title of its tab.

    Parameters
    ----------
    header : RunHeader
    traces : sequence of TraceEntry
    file : str
        Name of the recording.
    """
    if header.provenance != "imported":
        return {
            "Strip charts": f"The last seconds of all signals appear here {AS_PLAYED}",
            "Live": f"Each opening appears here {AS_PLAYED}",
        }
    found = {}
    missing = what_is_missing(header, traces)
    if missing:
        found[EVERYWHERE] = missing
    elif traces and all(SWEEP in entry.flags for entry in traces):
        found[EVERYWHERE] = (
            "Imported I-V curves are not evaluated here, nor by hotjunction analyze: "
            f"hotjunction fit {file} --model MODEL.toml averages and fits them."
        )
    if not math.isfinite(header.rate_Hz):
        found["Noise"] = (
            "The sampling rate is not known, so there is no spectrum: import again with --rate-Hz, if it is even."
        )
    if "extension" not in header.channel_names and not header.settings.get("opening_speed_m_per_s"):
        found["displacement"] = (
            "The displacement is not known: import again with --speed-nm-per-s and --rate-Hz."
        )
    return found


def what_is_missing(header: RunHeader, traces: Sequence[TraceEntry]) -> str:
    """What an import must be told so that anything can be evaluated; "" where enough is known."""
    units = {channel.name: channel.unit for channel in header.channels}
    if "conductance" in units:
        return ""
    sweeps = bool(traces) and all(SWEEP in entry.flags for entry in traces)
    wanted = {"bias": "V", "current": "A"} if sweeps else {"current": "nA"}
    unknown = [name for name in wanted if name in units and not units[name]]
    if unknown:
        options = " ".join(f"--unit {name}={wanted[name]}" for name in unknown)
        return (
            f"The {'unit' if len(unknown) == 1 else 'units'} of {' and '.join(unknown)} "
            f"{'is' if len(unknown) == 1 else 'are'} not known: import again with {options}, or what else it is in."
        )
    if units.get("current") == "V" and "current_gain_V_per_A" not in header.settings:
        return "The gain of the current amplifier is not known: import again with --gain-V-per-A."
    if "current" not in units:
        return "What the values are, and their unit, is not known: import again with --unit conductance=G0."
    if not sweeps and "bias" not in units:
        return "The bias is not recorded, so that a current gives no conductance: import a column of the bias, too."
    return ""
