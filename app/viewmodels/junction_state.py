"""State of the junction, from the steps of the procedure and from the conductance."""

from collections import deque
from enum import StrEnum
from math import isnan, log10

from analysis.records import Event, EventKind


class ShownState(StrEnum):
    """State of a junction; the value is its name in the status line."""

    UNKNOWN = "unknown"
    RETRACTED = "retracted"
    OUT_OF_CONTACT = "out of contact"
    APPROACHING = "approaching"
    TUNNELLING = "tunnelling"
    CONTACT = "contact"
    PLATEAU = "plateau"
    HELD = "held"
    RUPTURED = "ruptured"
    FAULT = "fault"
    NOT_SAFE = "NOT SAFE"


BREAK_G0 = 0.5
"""Lower bound of the conductance of a metal contact."""

CELL_S = 0.01
"""Length of a cell, over which the conductance is averaged."""

PLATEAU_CELLS = 8
"""Number of consecutive cells of nearly constant conductance that make a plateau."""

PLATEAU_DECADES = 0.15
"""Range within which log10 G must stay on a plateau."""

AGREEING = 3
"""Number of consecutive cells that must agree on a new state, so that the word does not flicker."""

LONGEST_DISAGREEING = 10
"""Number of cells that contradict the state after which the newest cell decides."""

DARK_CELLS = 100
"""Number of cells without a bias after which the conductance is unknown."""

_HELD = ("modulate", "sweep", "check")
_BACK = ("recentre",)
_TOWARD = ("approach",)


class JunctionState:
    """Tracks the state of a junction, ``state``, since sample ``since``.

    ``conductance_G0`` is the mean of the newest cell that is consistent with the state, so that the two never
    contradict each other; NaN without such a cell.

    Parameters
    ----------
    open_G0 : float
        Conductance below which a junction is open.
    break_G0 : float
        Conductance from which a junction is a metal contact.
    """

    def __init__(self, open_G0: float, break_G0: float = BREAK_G0) -> None:
        self.state, self.since, self.conductance_G0 = ShownState.UNKNOWN, 0, float("nan")
        self._open_G0, self._break_G0 = open_G0, break_G0
        self._step = ""
        self._fixed = False
        self._recent: deque[float] = deque(maxlen=PLATEAU_CELLS)
        self._seen: deque[ShownState] = deque(maxlen=AGREEING)
        self._disagreeing = self._dark = 0

    def restart(self, sample: int = 0) -> None:
        """Reset to an unknown state at a sample."""
        self.state, self.since, self._step, self._fixed = ShownState.UNKNOWN, sample, "", False
        self.conductance_G0, self._disagreeing, self._dark = float("nan"), 0, 0
        self._recent.clear()
        self._seen.clear()

    def event(self, event: Event) -> None:
        """Process an event: steps, safe ends, faults and outcomes of holds."""
        sample = event.sample
        match event.kind:
            case EventKind.FAULT:
                self._become(ShownState.FAULT, sample, fixed=True)
            case EventKind.MARK if event.name == "safe":
                ended = ShownState.FAULT if self.state is ShownState.FAULT else ShownState.RETRACTED
                safe = event.payload.get("safe", True)
                self._become(ended if safe else ShownState.NOT_SAFE, sample, fixed=True)
                if safe:  # earlier samples no longer describe the junction
                    self.conductance_G0 = float("nan")
            case EventKind.MARK if event.name == "paused":
                self._become(ShownState.RETRACTED, sample, fixed=True)
            case EventKind.MARK if event.payload.get("kind") == "ruptured":
                self._become(ShownState.RUPTURED, sample, fixed=True)
            case EventKind.STEP if event.payload.get("phase") == "begin":
                self._begin(event.name, sample)
            case EventKind.STEP:
                self._end(event)

    def _begin(self, step: str, sample: int) -> None:
        self._step = step
        self._recent.clear()
        self._seen.clear()
        if step == "check" and self.state is ShownState.RUPTURED:
            return
        if step in _HELD:
            self._become(ShownState.HELD, sample, fixed=True)
        elif step in _BACK:
            self._become(ShownState.RETRACTED, sample, fixed=True)
        elif step in _TOWARD:
            self._become(ShownState.APPROACHING, sample, fixed=False)
        elif self.state is ShownState.RUPTURED:
            self._become(ShownState.OUT_OF_CONTACT, sample, fixed=False)
        else:
            self._fixed = False

    def _end(self, event: Event) -> None:
        if event.name in ("modulate", "sweep") and event.payload.get("ended") != "finished":
            self._become(ShownState.RUPTURED, event.sample, fixed=True)
        elif event.name == "approach" and event.payload.get("ended") == "contact":
            self._become(ShownState.CONTACT, event.sample, fixed=False)
        self._step = ""

    def cell(self, conductance_G0: float, end: int) -> None:
        """Process the mean conductance of a cell that ends before sample ``end``; NaN without bias."""
        if isnan(conductance_G0):
            self._dark += 1
            if self._dark >= DARK_CELLS and self.state is not ShownState.HELD:
                self.conductance_G0 = float("nan")
            return
        self._dark = 0
        if self._fixed:  # the procedure determines the state
            self.conductance_G0 = conductance_G0
            return
        self._recent.append(log10(max(conductance_G0, 1e-12)))
        self._seen.append(self._looks_like(conductance_G0))
        newest = self._seen[-1]
        self._disagreeing = 0 if newest is self.state else self._disagreeing + 1
        agreed = self._seen.count(newest) == AGREEING
        if agreed or self._disagreeing >= LONGEST_DISAGREEING:
            self._become(newest, end, fixed=False)
        if self._suits(self.state, conductance_G0):
            self.conductance_G0 = conductance_G0

    def _looks_like(self, conductance_G0: float) -> ShownState:
        if conductance_G0 >= self._break_G0:
            return ShownState.CONTACT
        if conductance_G0 <= -self._break_G0:
            return (
                ShownState.UNKNOWN
            )  # a current of the wrong sign shows neither a contact nor an open junction
        if conductance_G0 < self._open_G0:
            return ShownState.APPROACHING if self._step in _TOWARD else ShownState.OUT_OF_CONTACT
        steady = (
            len(self._recent) == PLATEAU_CELLS and max(self._recent) - min(self._recent) <= PLATEAU_DECADES
        )
        return ShownState.PLATEAU if steady and self._step not in _TOWARD else ShownState.TUNNELLING

    def _become(self, state: ShownState, sample: int, *, fixed: bool) -> None:
        if state is not self.state:
            self.state, self.since, self._disagreeing = state, sample, 0
            if state not in (ShownState.HELD, ShownState.FAULT, ShownState.NOT_SAFE) and not self._suits(
                state, self.conductance_G0
            ):
                self.conductance_G0 = float("nan")  # until a cell is consistent with the state
        self._fixed = fixed
        if fixed:
            self._seen.clear()

    def _suits(self, state: ShownState, conductance_G0: float) -> bool:
        """Return True if a conductance is consistent with a state."""
        match state:
            case ShownState.CONTACT:
                return conductance_G0 >= self._break_G0
            case ShownState.TUNNELLING | ShownState.PLATEAU:
                return self._open_G0 <= conductance_G0 < self._break_G0
            case ShownState.APPROACHING | ShownState.OUT_OF_CONTACT:
                return -self._break_G0 < conductance_G0 < self._open_G0
            case ShownState.UNKNOWN:
                return conductance_G0 <= -self._break_G0
        return False
