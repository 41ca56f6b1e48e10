"""Acts of a hand while a step measures: pull a cable, switch an amplifier off, and undo it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Act:
    """Act of a hand while a step measures: a name, and the statements to confirm before and after it."""

    name: str
    do: str
    undo: str


class Operator(Protocol):
    """Hands that do acts."""

    def prepare(self, act: Act) -> bool:
        """Ask for the act before the bias is on; False if it can't be done."""

    def now(self, act: Act) -> None:
        """Do the act: the bias is on."""

    def undo(self, act: Act) -> bool:
        """Undo the act; False if that is not confirmed."""


@dataclass(frozen=True)
class AskedOperator:
    """Operator whom the session asks: the act follows the answer within some seconds."""

    ask: Callable[[str], bool]

    def prepare(self, act: Act) -> bool:
        """Ask for the act."""
        return self.ask(act.do)

    def now(self, act: Act) -> None:
        """Leave it to the hand."""

    def undo(self, act: Act) -> bool:
        """Ask whether it was undone."""
        return self.ask(act.undo)
