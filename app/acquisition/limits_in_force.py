"""List of the limits of a rig, for the user."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.config.rig import Rig
from app.config.rig_context import current_calibration


@dataclass(frozen=True)
class Limit:
    """One limit in force: its quantity, its value with unit, its key in the rig file, and what is done about it."""

    quantity: str
    value: str
    key: str
    done: str


REFUSED = "refused before it is sent"
ENDED = "the run ends, or a bias set by hand is removed"


def limits_in_force(rig: Rig) -> Iterator[Limit]:
    """Return the limits of a rig, those of the outputs included."""
    limits, calibration = rig.limits, current_calibration(rig)
    full_scale_A = calibration.full_scale_V / calibration.gain_V_per_A
    (low_V, high_V), (near_V, far_V) = rig.bias_range_V, rig.z_range_V
    travel_nm = (far_V - near_V) * rig.piezo.extension_nm_per_V
    step = "none" if limits.bias_step_V is None else f"{limits.bias_step_V:g} V; a step to 0 V always may"
    high = f"{limits.high_bias_s:g} s beyond {limits.high_bias_V:g} V"
    jump = f"{rig.safe.step_nm:g} nm from the safe place"
    yield Limit("bias", f"{low_V:g} to {high_V:g} V", "limits.bias_V, daq.outputs.bias", REFUSED)
    yield Limit("bias step", step, "limits.bias_step_V", REFUSED)
    blind = f"; not seen beyond the amplifier's {1e6 * full_scale_A:.3g} uA" * (
        limits.current_A > full_scale_A
    )
    yield Limit("current", f"{1e6 * limits.current_A:.4g} uA{blind}", "limits.current_A", ENDED)
    yield Limit("time at high bias", high, "limits.high_bias_V, .high_bias_s", ENDED)
    yield Limit("tip travel", f"{travel_nm:.4g} nm", "limits.tip_travel_nm, daq.outputs.z", REFUSED)
    yield Limit("tip speed", f"{limits.tip_speed_nm_per_s:g} nm/s", "limits.tip_speed_nm_per_s", REFUSED)
    yield Limit("tip jump without a ramp", jump, "safe.step_nm", REFUSED)
    if rig.coarse is not None:
        coarse = f"{limits.coarse_travel_nm:g} nm in a run, either way"
        yield Limit("coarse travel", coarse, "limits.coarse_travel_nm", REFUSED)
