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


def in_replay(header: RunHeader) -> Mapping[str, str]:
    """Return what an empty plot of a recording says before there is something to see, by the title of the plot."""
    has, model = header.channel_names, "is opened: File, Transmission model."
    heats = header.procedure == "heating" or header.procedure.startswith("control")
    no_heat = "No junction was held and modulated in this recording: it tells nothing of heat."
    curves = "No I-V curves of held junctions are in this recording."
    spectrum = (
        "The spectrum of the {} appears here once seconds out of contact, or held and modulated, were played."
    )
    found = {
        "strip of conductance": f"The last seconds of all signals appear here {AS_PLAYED}",
        "traces": f"Each opening of a junction appears here {AS_PLAYED}",
        "conductance histogram": f"The conductance histogram grows here, trace by trace, {AS_PLAYED}",
        "current-voltage curve": curves,
        "convergence": no_heat,
        "heat in the tip": no_heat,
        "transmission": f"The transmission appears here once one {model}",
        "noise of the current": spectrum.format("current"),
        "noise of the thermometer": spectrum.format("thermometer"),
    }
    if heats:
        found["convergence"] = f"The temperature rise of the tip appears here, hold by hold, {AS_PLAYED}"
        found["heat in the tip"] = (
            "Heat in the tip against power in the junction, one point an amplitude and polarity."
        )
    if header.procedure == "iv":
        found["current-voltage curve"] = f"The mean of the I-V curves appears here {AS_PLAYED}"
        found["transmission"] = (
            f"The transmission appears here once one was fitted to the I-V curves, or {model}"
        )
    if "current" not in has:
        found["noise of the current"] = "The current is not in this recording: there is no spectrum of it."
    if "thermocouple" not in has:
        found["noise of the thermometer"] = (
            "The thermocouple is not in this recording: there is no spectrum of it."
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
