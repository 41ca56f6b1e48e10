"""What a junction is doing, in words, from the steps of the procedure and from what its conductance does."""

from collections import deque
from enum import StrEnum

import numpy as np

from analysis.records import Event, EventKind


class State(StrEnum):
    """States of a junction, as they are shown."""

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
"""A contact of the metal conducts more."""

CELL_S = 0.01
"""Conductance is looked at as the mean of so long."""

PLATEAU_CELLS = 8
"""So many cells of nearly the same conductance are a plateau."""

PLATEAU_DECADES = 0.15
"""Within which log10 G must stay."""

AGREEING = 3
"""Cells in a row that must say the same: a word that flickers can't be read."""

LONGEST_DISAGREEING = 10
"""After so many cells none of which suits the word, the newest decides."""

DARK_CELLS = 100
"""After so many cells without a bias nothing is known of the conductance any more."""

_HELD = ("modulate", "sweep", "check")
_BACK = ("recentre",)
_TOWARD = ("approach",)


class JunctionState:
    """Follows a junction. ``state`` holds since sample ``since``.

    ``conductance_G0`` is the mean of the newest cell that suits the word, so that word and number never contradict each
    other; NaN where there is none.

    Parameters
    ----------
    open_G0 : float
        Below it a junction is open.
    break_G0 : float
        From it on a junction is a metal contact.
    """

    def __init__(self, open_G0: float, break_G0: float = BREAK_G0) -> None:
        self.state, self.since, self.conductance_G0 = State.UNKNOWN, 0, float("nan")
        self._open_G0, self._break_G0 = open_G0, break_G0
        self._step = ""
        self._fixed = False
        self._recent: deque[float] = deque(maxlen=PLATEAU_CELLS)
        self._seen: deque[State] = deque(maxlen=AGREEING)
        self._disagreeing = self._dark = 0

    def restart(self, sample: int = 0) -> None:
        """Know nothing from this sample on."""
        self.state, self.since, self._step, self._fixed = State.UNKNOWN, sample, "", False
        self.conductance_G0, self._disagreeing, self._dark = float("nan"), 0, 0
        self._recent.clear()
        self._seen.clear()

    def event(self, event: Event) -> None:
        """Take an event: steps, safe ends, faults and what became of a hold."""
        sample = event.sample
        match event.kind:
            case EventKind.FAULT:
                self._become(State.FAULT, sample, fixed=True)
            case EventKind.MARK if event.name == "safe":
                ended = State.FAULT if self.state is State.FAULT else State.RETRACTED
                safe = event.payload.get("safe", True)
                self._become(ended if safe else State.NOT_SAFE, sample, fixed=True)
                if safe:  # what the samples before it show is over
                    self.conductance_G0 = float("nan")
            case EventKind.MARK if event.name == "paused":
                self._become(State.RETRACTED, sample, fixed=True)
            case EventKind.MARK if event.payload.get("kind") == "ruptured":
                self._become(State.RUPTURED, sample, fixed=True)
            case EventKind.STEP if event.payload.get("phase") == "begin":
                self._begin(event.name, sample)
            case EventKind.STEP:
                self._end(event)

    def _begin(self, step: str, sample: int) -> None:
        self._step = step
        self._recent.clear()
        self._seen.clear()
        if step == "check" and self.state is State.RUPTURED:
            return
        if step in _HELD:
            self._become(State.HELD, sample, fixed=True)
        elif step in _BACK:
            self._become(State.RETRACTED, sample, fixed=True)
        elif step in _TOWARD:
            self._become(State.APPROACHING, sample, fixed=False)
        elif self.state is State.RUPTURED:
            self._become(State.OUT_OF_CONTACT, sample, fixed=False)
        else:
            self._fixed = False

    def _end(self, event: Event) -> None:
        if event.name in ("modulate", "sweep") and event.payload.get("ended") != "finished":
            self._become(State.RUPTURED, event.sample, fixed=True)
        elif event.name == "approach" and event.payload.get("ended") == "contact":
            self._become(State.CONTACT, event.sample, fixed=False)
        self._step = ""

    def cell(self, conductance_G0: float, end: int) -> None:
        """Take the mean conductance of a cell that ends before sample ``end``; NaN without bias."""
        if np.isnan(conductance_G0):
            self._dark += 1
            if self._dark >= DARK_CELLS and self.state is not State.HELD:
                self.conductance_G0 = float("nan")
            return
        self._dark = 0
        if self._fixed:  # the word says what the procedure does
            self.conductance_G0 = conductance_G0
            return
        self._recent.append(float(np.log10(max(conductance_G0, 1e-12))))
        self._seen.append(self._looks_like(conductance_G0))
        newest = self._seen[-1]
        self._disagreeing = 0 if newest is self.state else self._disagreeing + 1
        agreed = len(self._seen) == AGREEING and all(seen is newest for seen in self._seen)
        if agreed or self._disagreeing >= LONGEST_DISAGREEING:
            self._become(newest, end, fixed=False)
        if self._suits(self.state, conductance_G0):
            self.conductance_G0 = conductance_G0

    def _looks_like(self, conductance_G0: float) -> State:
        if conductance_G0 >= self._break_G0:
            return State.CONTACT
        if conductance_G0 <= -self._break_G0:
            return State.UNKNOWN  # a current of the wrong sign is neither a contact nor the lack of one
        if conductance_G0 < self._open_G0:
            return State.APPROACHING if self._step in _TOWARD else State.OUT_OF_CONTACT
        steady = len(self._recent) == PLATEAU_CELLS and np.ptp(self._recent) <= PLATEAU_DECADES
        return State.PLATEAU if steady and self._step not in _TOWARD else State.TUNNELLING

    def _become(self, state: State, sample: int, *, fixed: bool) -> None:
        if state is not self.state:
            self.state, self.since, self._disagreeing = state, sample, 0
            if state not in (State.HELD, State.FAULT, State.NOT_SAFE) and not self._suits(
                state, self.conductance_G0
            ):
                self.conductance_G0 = float("nan")  # until a cell that suits the word
        self._fixed = fixed
        if fixed:
            self._seen.clear()

    def _suits(self, state: State, conductance_G0: float) -> bool:
        """Return whether this word can stand beside this number."""
        match state:
            case State.CONTACT:
                return conductance_G0 >= self._break_G0
            case State.TUNNELLING | State.PLATEAU:
                return self._open_G0 <= conductance_G0 < self._break_G0
            case State.APPROACHING | State.OUT_OF_CONTACT:
                return -self._break_G0 < conductance_G0 < self._open_G0
            case State.UNKNOWN:
                return conductance_G0 <= -self._break_G0
        return False
