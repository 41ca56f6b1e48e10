"""The rig file of a recording that is played back: its own rig, at the addresses where it is served now."""

import json
import math
import tomllib
from collections.abc import Mapping
from typing import Any

from analysis.recording import RecordingError, RunHeader
from app.config.rig import Rig
from app.config.toml import FileError, validate
from app.config.unusual import nested, unusual

NM = 1e-9
WIRING = {"current": "ai0", "thermocouple": "ai1", "bias": "ai2", "z": "ai3"}
"""Of the simulated card; a recording's own terminals may be others."""

OUTPUTS = {"bias": "ao0", "z": "ao1"}
LONGEST_BUFFER_S = 600.0
BUFFER_S = 10.0

NO_CALIBRATIONS = "playback-calibrations"
"""A folder that nobody saves to: what has been calibrated since must not change what was recorded before."""


def playback_rig(
    header: RunHeader, usual: str, device: str, addresses: Mapping[str, str], speed: float
) -> Rig:
    """The rig of a recording.

    Parameters
    ----------
    header : RunHeader
    usual : str
        Rig file of a simulated rig, for what the recording does not say.
    device : str
        NI-DAQmx name of the card that plays it.
    addresses : mapping
        Where the instruments are: "daq", "current_amplifier", "voltage_preamplifier".
    speed : float
        Seconds of the recording in one of life's: the buffer must hold as many more.

    Raises
    ------
    RecordingError
        If the recording's own rig file is none that this program understands.
    """
    if header.rig:
        content: dict[str, Any] = json.loads(json.dumps(header.to_json()["rig"]))
    else:
        content = _told(tomllib.loads(usual), header.settings)
    daq = content["daq"]
    daq |= {"controller": f"grpc://{addresses['daq']}", "device": device, "rate_Hz": header.rate_Hz}
    daq["buffer_s"] = min(LONGEST_BUFFER_S, max(float(daq.get("buffer_s", BUFFER_S)), BUFFER_S * speed))
    for name, channel in WIRING.items():
        daq["inputs"][name] = {**daq["inputs"].get(name, {}), "channel": channel}
    for name, channel in OUTPUTS.items():
        daq["outputs"][name] = {**daq["outputs"][name], "channel": channel}
    for name in ("current_amplifier", "voltage_preamplifier"):
        content[name]["address"] = addresses[name]
    content["voltage_preamplifier"]["line_address"] = 0
    content["coarse"] = None  # the housing of a recording can't be moved
    content["calibrations"] = NO_CALIBRATIONS
    content["safe"] = {**content.get("safe", {}), "z_V": daq["outputs"]["z"]["min_V"]}
    content["unusual"] = nested(unusual(Rig, content))  # it was so
    content["name"] = f"playback: {header.title or header.procedure} ({header.started or 'date unknown'})"
    try:
        return validate(content, Rig, "the recording's rig file")
    except FileError as error:
        raise RecordingError(f"its rig can't be served: {error}") from None


def _told(content: dict[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """The usual simulated rig with what an imported recording says; its probe is not known."""
    del content["probe"]
    gain = settings.get("current_gain_V_per_A")
    if gain:
        content["current_amplifier"] |= {
            "gain_V_per_A": 10.0 ** min(max(round(math.log10(gain)), 3), 10),
            "measured_gain_V_per_A": gain,
            "offset_V": settings.get("current_offset_V") or 0.0,
        }
    content["current_amplifier"]["calibrated"] = "unknown"
    content["junction"]["series_resistance_ohm"] = settings.get("series_resistance_ohm") or 0.0
    content["daq"]["inputs"]["current"]["range_V"] = settings.get("current_full_scale_V") or 10.0
    if extension := settings.get("extension_m_per_V"):
        content["piezo"] |= {"extension_nm_per_V": extension / NM, "calibrated": "unknown"}
    return content


def rig_toml(rig: Rig, comment: str) -> str:
    """A rig as TOML, in the order of its keys; what nobody knows is left out."""
    return comment + "\n".join(_lines((), rig.model_dump(exclude_none=True))) + "\n"


def table_toml(name: str, table: Mapping[str, Any]) -> str:
    """A table as TOML, with the tables in it."""
    return "\n".join(_lines((name,), table)) + "\n"


def _lines(path: tuple[str, ...], table: Mapping[str, Any]) -> list[str]:
    plain = [f"{key} = {_value(value)}" for key, value in table.items() if not isinstance(value, Mapping)]
    head = [f"\n[{'.'.join(path)}]"] if path and plain else []
    deeper = (_lines((*path, key), value) for key, value in table.items() if isinstance(value, Mapping))
    return [*head, *plain, *(line for lines in deeper for line in lines)]


def _value(value: str | float | bool) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace(
            "\x7f", "\\u007f"
        )  # a TOML string is a JSON string, but for DEL
    return json.dumps(value) if isinstance(value, bool) else repr(value)
