"""Commands of a window to the instruments of its rig: set one, make all safe, let them go on."""

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PyQt6.QtWidgets import QWidget

from app.gui.dialogs.questions import asked_text
from app.gui.windows.rig_status import BY_HAND
from app.gui.windows.run_commands import Ask
from app.server.errors import Refused
from app.server.messages import BenchState

if TYPE_CHECKING:
    from app.gui.bench_connection import BenchConnection

CLEAR_TRIP = (
    "Have you looked at the tip and the last recording? The rig is made safe and read back; then runs may start.\n"
    "Your name, for the log:"
)


class RigCommands:
    """Sets instruments, retracts the tip, and clears a trip of the watchdog.

    Parameters
    ----------
    window : QWidget
        Parent of the question.
    ask : callable
        Sends a command to the bench.
    say : callable
        Shows a sentence of a level of `logging`.
    """

    def __init__(self, window: QWidget, ask: Ask, say: Callable[[str, int], None]) -> None:
        self._window, self._ask, self._say = window, ask, say

    def set_instrument(self, name: str, setting: str, value: Any) -> None:
        """Set a setting of an instrument."""
        self._ask("set_instrument", instrument=name, setting=setting, value=value)

    def retract(self, source: "BenchConnection | None") -> None:
        """Make the rig of a bench safe, immediately."""
        if source is None:
            self._say("Cannot retract: no bench is connected.", logging.WARNING)
            return
        self._say("Retracting …", logging.WARNING)
        began_s = time.monotonic()

        def done(message: str) -> None:
            self._say(f"Retracted after {time.monotonic() - began_s:.1f} s: {message}", logging.WARNING)

        def failed(error: Any) -> None:
            if not isinstance(error, Refused):  # the bench logs its own refusals
                self._say(f"NOT SAFE: {error} {BY_HAND}", logging.CRITICAL)

        source.retract(done, failed)

    def clear_trip(self, state: BenchState | None) -> None:
        """Ask for a name, and clear the trip that holds the rig."""
        if state is None or not state.get("tripped"):
            self._say("No trip of the watchdog holds the rig.", logging.INFO)
            return
        by = asked_text(self._window, "Clear trip of the watchdog", CLEAR_TRIP, "&Clear trip")
        if by:
            self._ask("clear_trip", by=by)
