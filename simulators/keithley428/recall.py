"""Command string that restores the settings of a recording."""

from collections.abc import Mapping
from math import log10
from typing import Any

from simulators.keithley428.commands import AUTO_RANGE
from simulators.keithley428.settings import RISE_TIMES_S
from simulators.signal.nearest import nearest

GAIN_DECADES = range(3, 11)


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
        words.append(f"T{nearest(rise_time_s, RISE_TIMES_S)}")
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
