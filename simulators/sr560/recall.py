"""Lines that restore the settings of a recording."""

from collections.abc import Mapping
from typing import Any

from simulators.signal.nearest import nearest
from simulators.sr560.tables import GAINS, CORNERS_Hz

LINE_END = "\r\n"


def sr560_commands(settings: Mapping[str, Any], line_address: int) -> str:
    """Return the lines for the SR560: listen, then each setting that the recording has."""
    recorded = settings.get("voltage_preamplifier") or {}
    lines = [f"LISN {line_address}"]
    gain = recorded.get("gain") or settings.get("thermocouple_gain")
    if gain:
        lines.append(f"GAIN {nearest(abs(gain), GAINS)}")
    for name, corners in (("lowpass_Hz", "LFRQ"), ("highpass_Hz", "HFRQ")):
        if recorded.get(name):
            lines.append(f"{corners} {nearest(recorded[name], CORNERS_Hz)}")
    options = {"coupling": "CPLG", "source": "SRCE", "reserve": "DYNR", "filter_mode": "FLTM"}
    options |= {"inverted": "INVT", "vernier_on": "UCAL", "vernier_percent": "UCGN", "blanked": "BLINK"}
    lines += [
        f"{command} {int(recorded[name])}"
        for name, command in options.items()
        if recorded.get(name) is not None
    ]
    return "".join(line + LINE_END for line in [*lines, "UNLS"])
