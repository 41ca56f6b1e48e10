"""Hands at a simulated rig: faults take the place of cables that are pulled."""

from collections.abc import Callable

from app.commission.hands import Act
from app.commission.link import AMPLIFIER, CARD
from simulators.rig.faults import DeviceLost, Fault, Faults, InstrumentSilent

FAULT_OF: dict[str, Callable[[], Fault]] = {
    CARD: DeviceLost,
    AMPLIFIER: lambda: InstrumentSilent(instrument="current_amplifier"),
}
"""Fault of each act."""


class SimulatedHands:
    """Hands that add faults to a simulated rig, and remove them.

    Parameters
    ----------
    faults : Faults
        Of the rig.
    ask : callable
        Confirms each statement, as the user would.
    """

    def __init__(self, faults: Faults, ask: Callable[[str], bool] = lambda question: True) -> None:
        self._faults, self._ask = faults, ask
        self._added: list[Fault] = []

    def prepare(self, act: Act) -> bool:
        """Agree."""
        return self._ask(act.do)

    def now(self, act: Act) -> None:
        """Break the link."""
        self._added.append(FAULT_OF[act.name]())
        self._faults.add(self._added[-1])

    def undo(self, act: Act) -> bool:
        """Restore the link."""
        for fault in self._added:
            self._faults.remove(fault)
        self._added.clear()
        return self._ask(act.undo)
