"""Reasons for which a bench would refuse a command in its present state; "" for one that it would carry out."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QPushButton

from app.gui.windows.rig_status import NO_ANSWER
from app.server.messages import BenchState, InstrumentsState, instruments_of

if TYPE_CHECKING:
    from app.config.rig import Rig

NO_BENCH = "No bench is connected."
TRIPPED = (
    "A trip of the watchdog holds the rig. Look at the tip and the last recording, then Run > Clear trip of the "
    "watchdog."
)
NO_TRIP = "No trip of the watchdog holds the rig."
RUNS = "Runs go on or wait: end or remove them first."
RUN_GOES_ON = "A run is in progress: do this after it."


def why_held(state: BenchState | None) -> str:
    """Return that a trip of the watchdog holds the rig, if one does: runs can be queued but not started."""
    return TRIPPED if state is not None and state.get("tripped") else ""


def why_not_run(lost: str, instruments: InstrumentsState | None) -> str:
    """Return why no run can be started or queued.

    Parameters
    ----------
    lost : str
        Why the bench does not answer; "" if it does.
    instruments : InstrumentsState or None
    """
    if lost:
        return NO_ANSWER
    if instruments is None:
        return ""
    silent = [row["name"] for row in instruments_of(instruments).values() if row["answers"] is False]
    return f"No answer from {', '.join(silent)}. Check power and cable; see the panel Rig." if silent else ""


def why_not_park(
    rig: "Rig | None", lost: str, state: BenchState | None, instruments: InstrumentsState | None
) -> str:
    """Return why the coarse positioner can't take the tip far back."""
    if rig is None:
        return NO_BENCH
    if rig.coarse is None:
        return "This rig has no coarse positioner: take the tip's housing back by hand."
    return why_not_run(lost, instruments) or why_held(state)


def why_not_commission(lost: str, state: BenchState | None, *, runs: bool) -> str:
    """Return why no commissioning can be started; ``runs`` is True if a run goes on or waits."""
    if state is None:
        return NO_BENCH
    return (NO_ANSWER if lost else "") or (RUNS if runs else why_held(state))


def why_not_clear_trip(lost: str, state: BenchState | None, *, runs: bool) -> str:
    """Return why no trip can be cleared; ``runs`` is True if a run goes on."""
    if state is None:
        return NO_BENCH
    if lost:
        return NO_ANSWER
    if runs:
        return RUN_GOES_ON
    return "" if state.get("tripped") else NO_TRIP


def why_not_set(lost: str, instruments: InstrumentsState | None) -> str:
    """Return why no amplifier can be set."""
    if instruments is None:
        return NO_BENCH
    return (NO_ANSWER if lost else "") or (RUN_GOES_ON if instruments["busy"] else "")


def why_disabled(button: QPushButton) -> Callable[[], str]:
    """Return a function that returns why a button is disabled, for a menu entry that does the same."""
    return lambda: "" if button.isEnabled() else button.toolTip()
