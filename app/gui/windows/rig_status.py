"""Content of a rig's status line and alarm, from the run in progress or else from the instruments."""

from dataclasses import replace
from math import inf, nan
from typing import TYPE_CHECKING, Any

from analysis.conductance import LEAST_BIAS_V, CurrentCalibration, full_scale_conductance_G0
from analysis.conductance import conductance_G0 as measured_G0
from app.gui.widgets.alarm import Notice
from app.server.job_text import reason_of, title_of
from app.server.messages import BenchState, InstrumentsState, JobState, instruments_of
from app.server.stream import Behind
from app.viewmodels.junction_state import BREAK_G0, ShownState
from app.viewmodels.status_view import OPEN_G0, StatusSnapshot

if TYPE_CHECKING:
    from app.config.rig import Rig
    from app.viewmodels.session import Session

ENDED_UNSAFE = "The run has ended, but the rig could not be made safe."
NO_ANSWER = "The bench does not answer. Its queue may still be running."
BY_HAND = "Switch off the bias and retract the tip by hand."
STALE_S = 1.5
"""Silence of a run after which the status line shows its age."""
CATCHING_UP_S = 60.0
"""Delay behind the run beyond which the status line shows the progress of catching up."""
NEAR_SAFE_V = 0.05

UNREAD: dict[str, Any] = {
    "in_state_s": nan,
    "conductance_G0": nan,
    "bias_V": nan,
    "modulated": False,
    "tip_nm": nan,
    "left_s": nan,
}
"""Numbers that nothing reports any more: the watchdog may have changed all of them."""

BLANK = StatusSnapshot(
    state=ShownState.UNKNOWN, in_state_s=nan, conductance_G0=nan, bias_V=nan, modulated=False, tip_nm=nan,
    tip_range_nm=(nan, nan), recorded_samples=0, recorded_bytes=0, time_s=0.0, cycles=0, total_cycles=None,
    cycle_name="trace", cycles_per_minute=nan, left_s=nan, step="", ended="idle", message="",
)  # fmt: skip


def idle_status(
    instruments: InstrumentsState | None,
    before: StatusSnapshot | None,
    lost: str = "",
    unsafe: str = "",
    alone: str = "",
) -> StatusSnapshot:
    """Return the status without a run.

    Parameters
    ----------
    instruments : InstrumentsState or None
        Report of the bench on its instruments; None before the first.
    before : StatusSnapshot or None
        Status at the end of the last run.
    lost : str
        Why the bench does not answer; "" if it does.
    unsafe : str
        Why the rig may not be safe.
    alone : str
        Why drift can reach the tip, and what to do.
    """
    shown = replace(before, left_s=nan) if before is not None else BLANK
    if lost:
        shown = replace(shown, **UNREAD)
    if unsafe:
        return replace(shown, state=ShownState.NOT_SAFE, message="see above", in_state_s=nan)
    if lost:
        return replace(shown, state=ShownState.FAULT, message="the bench does not answer")
    if instruments is None or instruments["busy"] or "z_V" not in instruments["daq"]["settings"]:
        return shown
    daq = instruments["daq"]
    volts = daq["settings"]
    if daq["answers"] is False:
        return replace(shown, state=ShownState.FAULT, message="the card does not answer", **UNREAD)
    per_V = daq["extension_nm_per_V"]
    low, high = daq["z_range_V"]
    conductance = conductance_G0(instruments)
    back = abs(volts["z_V"] - daq["safe_z_V"]) <= NEAR_SAFE_V
    return replace(
        shown,
        state=ShownState.RETRACTED if back else _state_at(conductance),
        in_state_s=nan,
        conductance_G0=conductance,
        full_scale_G0=full_scale_G0(instruments),
        bias_V=volts["bias_V"] if abs(volts["bias_V"]) >= LEAST_BIAS_V else 0.0,
        modulated=False,
        tip_nm=volts["z_V"] * per_V,
        tip_range_nm=(low * per_V, high * per_V),
        message="",
        alone=alone,
    )


def _state_at(conductance: float) -> ShownState:
    """Return the state of a tip that is not retracted, from the conductance."""
    if abs(conductance) >= BREAK_G0:
        return ShownState.CONTACT if conductance > 0 else ShownState.UNKNOWN
    return ShownState.TUNNELLING if conductance >= OPEN_G0 else ShownState.OUT_OF_CONTACT


def conductance_G0(instruments: InstrumentsState) -> float:
    """Return the conductance in G0; NaN without a bias, infinite where the amplifier is railed."""
    volts, calibration = instruments["daq"]["settings"], _calibration(instruments)
    bias_V, current_V = volts.get("bias_V", 0.0), volts.get("current_V")
    if calibration is None or current_V is None:
        return nan
    return float(measured_G0(current_V, bias_V, calibration))


def full_scale_G0(instruments: InstrumentsState) -> float:
    """Return the largest conductance within the amplifier's range, in G0; NaN without a bias."""
    bias_V, calibration = instruments["daq"]["settings"].get("bias_V", 0.0), _calibration(instruments)
    if calibration is None or not abs(bias_V) >= LEAST_BIAS_V:
        return nan
    return full_scale_conductance_G0(calibration, bias_V)


def _calibration(instruments: InstrumentsState) -> CurrentCalibration | None:
    """Return the calibration of the current as far as it is known without a run; None without a gain."""
    gain = instruments["current_amplifier"]["settings"].get("gain_V_per_A")
    full_scale_V = instruments["daq"].get("current_full_scale_V", inf)
    inverting = instruments["daq"].get("current_inverting", False)
    return CurrentCalibration(gain, full_scale_V=full_scale_V, inverting=inverting) if gain else None


def running_status(
    shown: StatusSnapshot, job: JobState | None, behind: Behind | None, rate_Hz: float, silent_s: float
) -> StatusSnapshot:
    """Add to the status of a run its remaining time, a pause, and the delay of the window behind it.

    Parameters
    ----------
    shown : StatusSnapshot
    job : JobState or None
        Report of the bench on the job.
    behind : Behind or None
    rate_Hz : float
        Sample rate of the run.
    silent_s : float
        Time since the last data.
    """
    status, left_s = ("", None) if job is None else (job["status"], job["left_s"])
    remark = "paused" if status == "paused" else ""
    if behind is not None and behind.stop - behind.shown > CATCHING_UP_S * rate_Hz:
        remark = f"catching up: {100 * behind.shown // behind.stop} %"
    stale = status in ("running", "paused") and silent_s > STALE_S
    return replace(
        shown, left_s=nan if left_s is None else left_s, remark=remark, stale_s=silent_s if stale else 0.0
    )


def unsafe_of(state: BenchState | None, session: "Session | None") -> str:
    """Return why the rig may not be safe; "" if it is.

    Parameters
    ----------
    state : BenchState or None
    session : Session or None
        Session of a run in progress, which reports its end before its recording is saved.
    """
    unsafe = state["unsafe"] if state is not None else ""
    if unsafe or session is None:
        return unsafe
    return ENDED_UNSAFE if session.status.snapshot().state is ShownState.NOT_SAFE else ""


def alarm_of(unsafe: str, lost: str, state: BenchState | None) -> Notice | None:
    """Return the most urgent alarm; None if all is well.

    Parameters
    ----------
    unsafe : str
        Why the rig may not be safe.
    lost : str
        Why the bench does not answer.
    state : BenchState or None
        State of the bench.
    """
    if unsafe:
        return Notice(f"NOT SAFE. {unsafe} {BY_HAND}")
    if lost:
        return Notice(NO_ANSWER)
    if state is not None and (tripped := state.get("tripped")):
        return Notice(f"{tripped}, or Run > Clear trip of the watchdog.")
    if state is None or state["job"] is not None:
        return None
    failed = next((job for job in state["queue"] if job["id"] == state["failed"]), None)
    return _failure(failed) if failed is not None else None


def _failure(job: JobState) -> Notice:
    """Return the alarm of a failed run; amber if a setting prevented its start."""
    reason = reason_of(job).rstrip(".")
    if job["refused"]:
        return Notice(f"{title_of(job)} was not started. {reason}.", danger=False, job=job["id"])
    safe = " The rig was made safe." if job["safe"] else ""
    return Notice(f"{title_of(job)} ended with a fault. {reason}.{safe}", job=job["id"])


def next_settings(content: InstrumentsState | None) -> dict[str, dict[str, Any]]:
    """Return the settings of the next run, by instrument."""
    if content is None:
        return {}
    return {
        name: {key: entry["next_run"] for key, entry in row["editable"].items() if "next_run" in entry}
        for name, row in instruments_of(content).items()
        if name != "daq"
    }


def rig_as_set(rig: "Rig", content: InstrumentsState) -> "Rig":
    """Return a rig with the settings that its amplifiers have in the next run."""
    for section, settings in next_settings(content).items():
        rig = rig.model_copy(update={section: getattr(rig, section).model_copy(update=settings)})
    return rig
