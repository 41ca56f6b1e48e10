"""The status line while no run is on: what the instruments say."""

from collections.abc import Mapping
from dataclasses import replace
from math import nan
from typing import Any

from analysis.constants import G0_S
from app.views.junction_state import State
from app.views.status_view import StatusSnapshot

LEAST_BIAS_V = 1e-3
NEAR_SAFE_V = 0.05

BLANK = StatusSnapshot(
    state=State.UNKNOWN, in_state_s=nan, conductance_G0=nan, bias_V=nan, modulated=False, tip_nm=nan,
    tip_range_nm=(nan, nan), recorded_samples=0, recorded_bytes=0, time_s=0.0, cycles=0, total_cycles=None,
    cycle_name="trace", cycles_per_minute=nan, left_s=nan, step="", ended="idle", message="",
)  # fmt: skip


def idle_status(
    instruments: Mapping[str, Any], before: StatusSnapshot | None, lost: str = "", unsafe: str = ""
) -> StatusSnapshot:
    """What is known without a run.

    Parameters
    ----------
    instruments : mapping
        As the bench tells of them; empty before it has.
    before : StatusSnapshot or None
        How the last run ended.
    lost : str
        Why the bench does not answer; "" if it does.
    unsafe : str
        Why the rig may not be safe.
    """
    shown = before or BLANK
    if unsafe:
        return replace(shown, state=State.NOT_SAFE, message="see below", in_state_s=nan)
    if lost:
        return replace(shown, state=State.FAULT, message="the bench does not answer", in_state_s=nan)
    daq = instruments.get("daq", {})
    volts = daq.get("settings", {})
    if "z_V" not in volts or instruments.get("busy"):
        return shown
    if daq.get("answers") is False:
        return replace(shown, state=State.FAULT, message="the card does not answer", in_state_s=nan)
    per_V = daq["extension_nm_per_V"]
    low, high = daq["z_range_V"]
    back = abs(volts["z_V"] - daq["safe_z_V"]) <= NEAR_SAFE_V
    return replace(
        shown,
        state=State.RETRACTED if back else State.OUT_OF_CONTACT,
        in_state_s=nan,
        conductance_G0=conductance_G0(instruments),
        bias_V=volts["bias_V"] if abs(volts["bias_V"]) >= LEAST_BIAS_V else 0.0,
        modulated=False,
        tip_nm=volts["z_V"] * per_V,
        tip_range_nm=(low * per_V, high * per_V),
        message="",
    )


def conductance_G0(instruments: Mapping[str, Any]) -> float:
    """Of what is between tip and sample; NaN without a bias that would show it."""
    volts = instruments["daq"]["settings"]
    gain = instruments.get("current_amplifier", {}).get("settings", {}).get("gain_V_per_A")
    bias_V, current_V = volts.get("bias_V", 0.0), volts.get("current_V")
    if not gain or current_V is None or abs(bias_V) < LEAST_BIAS_V:
        return nan
    return float(current_V / gain / bias_V / G0_S)
