"""Commands that restore the amplifiers' settings of a recording.

Sources: the command tables of the simulated instruments (`simulators.keithley428.commands`,
`simulators.sr560.instrument`).
"""

from collections.abc import Mapping
from math import isclose, log10
from typing import Any

from simulators.keithley428.commands import AUTO_RANGE
from simulators.keithley428.settings import RISE_TIMES_S
from simulators.sr560.instrument import GAINS, CORNERS_Hz

GAIN_DECADES = range(3, 11)
LINE_END = "\r\n"


def keithley428_commands(settings: Mapping[str, Any]) -> str:
    """Return one string for the Keithley 428; settings that the recording lacks keep their power-up values.

    Zero check is off, as for all valid samples.
    """
    recorded = settings.get("current_amplifier") or {}
    words = ["C0"]
    gain_V_per_A = recorded.get("gain_V_per_A") or settings.get("current_gain_V_per_A")
    if gain_V_per_A:
        enlarge = bool(recorded.get("enlarge"))
        decade = round(log10(gain_V_per_A)) - enlarge
        words += [f"R{min(max(decade, GAIN_DECADES[0]), GAIN_DECADES[-1])}", f"W{enlarge:d}"]
    if (rise_time_s := recorded.get("rise_time_s")) is not None:
        words.append(f"T{_nearest(rise_time_s, RISE_TIMES_S)}")
    if (suppress_A := recorded.get("suppress_A")) is not None:
        words.append(f"S{suppress_A:.4E},{recorded.get('suppress_range') or AUTO_RANGE}")
    if (bias_supply_V := recorded.get("bias_supply_V")) is not None:
        words.append(f"V{bias_supply_V:.4E}")
    for name, letter in (
        ("filter_on", "P"),
        ("auto_filter", "Z"),
        ("suppress_on", "N"),
        ("bias_supply_on", "B"),
        ("display", "A"),
    ):
        if recorded.get(name) is not None:
            words.append(f"{letter}{int(recorded[name])}")
    return "".join(words) + "X"


def sr560_commands(settings: Mapping[str, Any], line_address: int) -> str:
    """Return the lines for the SR560: listen, then each setting that the recording has."""
    recorded = settings.get("voltage_preamplifier") or {}
    lines = [f"LISN {line_address}"]
    gain = recorded.get("gain") or settings.get("thermocouple_gain")
    if gain:
        lines.append(f"GAIN {_nearest(abs(gain), GAINS)}")
    for name, corners in (("lowpass_Hz", "LFRQ"), ("highpass_Hz", "HFRQ")):
        if recorded.get(name):
            lines.append(f"{corners} {_nearest(recorded[name], CORNERS_Hz)}")
    options = {"coupling": "CPLG", "source": "SRCE", "reserve": "DYNR", "filter_mode": "FLTM"}
    options |= {"inverted": "INVT", "vernier_on": "UCAL", "vernier_percent": "UCGN", "blanked": "BLINK"}
    lines += [
        f"{command} {int(recorded[name])}"
        for name, command in options.items()
        if recorded.get(name) is not None
    ]
    return "".join(line + LINE_END for line in [*lines, "UNLS"])


def _nearest(value: float, steps: tuple[float, ...]) -> int:
    """Return the index of the step nearest to the value, by ratio."""
    exact = (i for i, step in enumerate(steps) if isclose(step, value, rel_tol=1e-6))
    return next(exact, min(range(len(steps)), key=lambda i: abs(log10(steps[i] / value))))
