"""Protocol of a card as its tasks use it: resources to reserve, triggers to wait for, and the bench it is wired to."""

from typing import Protocol

from simulators.rig.bench import SimulatedBench


class Holder(Protocol):
    """Holder of resources that can wait for a trigger: a task."""

    name: str

    def begin(self, at_s: float) -> None:
        """Begin at a time of the bench, in s."""


class Resources(Protocol):
    """Resources of one card."""

    bench: SimulatedBench

    def reserve(self, task: Holder, resources: set[str]) -> None:
        """Give resources to a task. Raises `DaqError` -50103, and gives none, if another task holds one."""

    def release(self, task: Holder) -> None:
        """Take all resources from a task."""

    def arm(self, task: Holder, trigger: str) -> None:
        """Let a started task wait for a trigger ("ai/starttrigger")."""

    def disarm(self, task: Holder) -> None:
        """Let a task wait no longer."""

    def fire(self, trigger: str, at_s: float) -> None:
        """Begin all tasks that wait for a trigger."""

    def require_device(self) -> None:
        """Raise `DaqError` -201003 if the card is gone."""
