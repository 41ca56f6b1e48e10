"""Making a rig safe until it is seen to be: over a warm connection, then over new ones, as long as it takes."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from app.config.card_channels import daq_inputs, daq_outputs, loop_back_tolerance
from app.config.rig import Rig
from drivers.errors import NotNow, RigError
from drivers.guard import LoopBacks, StandbyCard
from drivers.guard import make_safe as reset_and_retract
from drivers.pxi import PXIController

PAUSES_S = 0.05, 1.0
"""Pause between two tries, first and longest."""

MOST_PATIENCE_S = 10.0
"""Longest time limit of one try."""

OPEN_S = 5.0
"""Time limit for opening the card before a run: a busy computer may need it, and nothing waits for it but the start."""

log = logging.getLogger("watchdog")


class Card(Protocol):
    """Part of a card that a rescue uses: a `drivers.guard.StandbyCard`."""

    def attend(self) -> None:
        """Find the other program's waveform task in advance."""

    def make_safe(self, within_s: float) -> str:
        """Set the outputs to their safe values."""

    def fence(self) -> None:
        """Reserve the outputs."""

    def unseen(self) -> str:
        """Return which loop-back does not show them."""

    def clear(self) -> None:
        """Delete the tasks that the other program left."""

    def close(self) -> None:
        """Free the card."""


def make_safe(rig: Rig, within_s: float) -> str:
    """Set the bias to 0 V and retract the tip over a new connection. Raises ``RigError`` if that fails."""
    looped = LoopBacks(daq_inputs(rig), loop_back_tolerance(rig))
    return reset_and_retract(
        rig.daq.controller, rig.daq.device, daq_outputs(rig), {"z": rig.safe.z_V}, within_s, looped
    )


def standby_card(rig: Rig, answer_s: float = OPEN_S) -> StandbyCard:
    """Open a second connection to the card of a rig. Raises ``RigError`` if it does not answer."""
    controller = PXIController(rig.daq.controller, max(answer_s, rig.daq.answer_s))
    try:
        controller.device(rig.daq.device)  # proves that it can be reached
        return StandbyCard(
            controller,
            rig.daq.device,
            daq_outputs(rig),
            {"z": rig.safe.z_V},
            LoopBacks(daq_inputs(rig), loop_back_tolerance(rig)),
        )
    except BaseException:
        controller.close()
        raise


class Rescue:
    """Repeated tries to make a rig safe.

    Parameters
    ----------
    card : Card or None
        Warm connection; None if there is none any more.
    reopen : callable
        Opens a new one within a number of seconds.
    within_s : float
        Time limit of the first try; later ones have more.
    tell : callable
        Gets each new reason for which the rig is not seen to be safe.
    clock, pause : callable
        Time in s, and waiting.
    """

    def __init__(
        self,
        card: Card | None,
        reopen: Callable[[float], Card],
        within_s: float,
        tell: Callable[[str], None] = lambda why: None,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self.card = card
        self._reopen = reopen
        self._within_s = within_s
        self._tell = tell
        self._clock = clock
        self._pause = pause

    def insist(self, for_s: float = float("inf")) -> str:
        """Repeat until the loop-backs show a safe rig; leave the outputs reserved, so that no other program moves them.

        Return a description. Raises the last error once ``for_s`` seconds are over.
        """
        until_s, within_s = self._clock() + for_s, self._within_s
        pause_s, longest_s = PAUSES_S
        told = ""
        while True:
            try:
                return self._try(within_s)
            except Exception as error:  # any error: no other process can make the rig safe
                if self._clock() >= until_s:
                    raise
                if told != str(error):
                    told = str(error)
                    log.warning("Not safe yet: %s", told)
                    self._tell(told)
                if not isinstance(error, Unseen):
                    self._drop()
            self._pause(pause_s)
            pause_s = min(2 * pause_s, longest_s)
            within_s = max(within_s, min(2 * within_s, MOST_PATIENCE_S))

    def _try(self, within_s: float) -> str:
        if self.card is None:
            self.card = self._reopen(within_s)
        done = self.card.make_safe(within_s)
        with suppress(NotNow):  # the other program wrote once more; what it wrote is seen below
            self.card.fence()
        unseen = self.card.unseen()
        if unseen:
            raise Unseen(f"{done} (commanded, but {unseen})")
        return f"{done} (seen on the loop-backs)"

    def _drop(self) -> None:
        card, self.card = self.card, None
        if card is not None:
            with suppress(Exception):
                card.close()


class Unseen(RigError):
    """The outputs were set, but the loop-backs do not show it: the connection is good, and is kept."""
