"""Rig file for the playback of a recording: the recorded rig at its present addresses."""

import json
import math
import tomllib
from collections.abc import Mapping
from typing import Any

import tomli_w

from analysis.recording import RecordingError, RunHeader
from app.config.amplifiers import ROLES
from app.config.rig import Rig
from app.config.toml import FileError, validate
from app.config.unusual import nested, unusual

NM = 1e-9
WIRING = {"current": "ai0", "thermocouple": "ai1", "bias": "ai2", "z": "ai3"}
"""Terminals of the simulated card; those of the recording may differ."""

OUTPUTS = {"bias": "ao0", "z": "ao1"}
LONGEST_BUFFER_S = 600.0
BUFFER_S = 10.0

NO_CALIBRATIONS = "playback-calibrations"
"""Folder without calibrations: later calibrations must not change an earlier recording."""


def playback_rig(
    header: RunHeader, usual: str, device: str, addresses: Mapping[str, str], speed: float
) -> Rig:
    """Return the rig of a recording.

    Parameters
    ----------
    header : RunHeader
    usual : str
        Rig file of a simulated rig, for values that the recording lacks.
    device : str
        NI-DAQmx name of the card that plays the recording.
    addresses : mapping
        Addresses of the instruments: "daq", and the amplifiers that have a wire.
    speed : float
        Playback speed relative to real time; the buffer is enlarged in proportion.

    Raises
    ------
    RecordingError
        If this program does not understand the recording's rig file.
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
    _play_quantities(daq)
    for role in ROLES:
        if role in addresses:
            content[role]["address"] = addresses[role]
        if "line_address" in content[role]:
            content[role]["line_address"] = 0
    for role in ROLES:
        content[role].setdefault("inverting", False)  # recorded before a rig file could state it
    content["coarse"] = None  # the housing of a recording can't be moved
    content["heater"] = None  # nor can its tip be heated
    content["calibrations"] = NO_CALIBRATIONS
    content["safe"] = {**content.get("safe", {}), "z_V": daq["outputs"]["z"]["min_V"]}
    content["unusual"] = nested(
        unusual(Rig.for_content(content), content)
    )  # recorded values need no second confirmation
    content["name"] = f"playback: {header.title or header.procedure} ({header.started or 'date unknown'})"
    try:
        return validate(content, Rig, "the recording's rig file")
    except FileError as error:
        raise RecordingError(f"its rig can't be served: {error}") from None


def _play_quantities(daq: dict[str, Any]) -> None:
    """Make the rig read the recorded numbers as they are: they are volts of the junction, not of the card, already.

    Channels beyond the roles are not played.
    """
    daq["inputs"] = {name: daq["inputs"][name] for name in WIRING}
    daq["outputs"] = {name: daq["outputs"][name] for name in OUTPUTS}
    daq["outputs"]["bias"] |= {"divider": 1.0, "adder_V": 0.0, "looped_back_at": "card", "inverting": False}
    daq["outputs"]["z"] |= {"inverting": False}


def _told(content: dict[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the usual simulated rig with the settings of an imported recording, without a probe."""
    del content["probe"]
    gain = settings.get("current_gain_V_per_A")
    if gain:
        content["current_amplifier"] |= {
            "gain_V_per_A": 10.0 ** min(max(round(math.log10(gain)), 3), 10),
            "measured_gain_V_per_A": gain,
            "offset_V": settings.get("current_offset_V") or 0.0,
        }
    content["current_amplifier"]["calibrated"] = "unknown"
    content["current_amplifier"]["input_resistance_ohm"] = 0.0  # a part of the recording's series resistance
    content["junction"]["series_resistance_ohm"] = settings.get("series_resistance_ohm") or 0.0
    content["daq"]["inputs"]["current"]["range_V"] = settings.get("current_full_scale_V") or 10.0
    if extension := settings.get("extension_m_per_V"):
        content["piezo"] |= {"extension_nm_per_V": extension / NM, "calibrated": "unknown"}
    return content


def rig_toml(rig: Rig, comment: str) -> str:
    """Return a rig as TOML, in the order of its keys; unknown values are left out."""
    return comment + tomli_w.dumps(rig.model_dump(exclude_none=True))


def table_toml(name: str, table: Mapping[str, Any]) -> str:
    """Return a table as TOML, with the tables in it."""
    return tomli_w.dumps({name: table})
