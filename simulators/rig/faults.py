"""Injected faults: value objects with a kind and a start, and the list of the active ones.

``rig.faults.add(Stall(from_sample=4000))`` makes the card deliver 4000 samples of the acquisition and then no more;
without ``from_sample`` a fault begins at once. A fault lasts until it is removed or, for some kinds, for a number of
samples or reads. A `Mishap` happens to the junction once and is then removed, and so does a `PanelPress`.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar, runtime_checkable


@dataclass(frozen=True)
class Fault:
    """Base of all faults.

    Parameters
    ----------
    from_sample : int, optional
        First affected sample, counted from the start of the acquisition; None means now.
    """

    from_sample: int | None = None

    def holds(self, sample: int) -> bool:
        """Return True if the fault is active after ``sample`` acquired samples."""
        return self.from_sample is None or sample >= self.from_sample


@dataclass(frozen=True)
class Stall(Fault):
    """The card's sample clock stops: reads time out, outputs on that clock hold."""


@dataclass(frozen=True)
class DroppedReads(Fault):
    """The next ``count`` reads time out without samples, although they are acquired; later reads return them."""

    count: int = 1


@dataclass(frozen=True)
class Overrun(Fault):
    """The acquisition's buffer overruns (-200279)."""


@dataclass(frozen=True)
class FifoOverflow(Fault):
    """The card's own memory overflows although the computer's buffer has room, which ends the acquisition.

    Parameters
    ----------
    in_transfer : bool
        True if NI-DAQmx notices it in the transfer to the computer (-200714) and not on the card (-200361).
    """

    in_transfer: bool = False


@dataclass(frozen=True)
class ReadsPause(Fault):
    """The computer is away for ``seconds`` at its next read, while the acquisition goes on."""

    seconds: float = 1.0


@dataclass(frozen=True)
class OutputUnderflow(Fault):
    """A finite waveform underruns on the card (-200621)."""


@dataclass(frozen=True)
class DeviceLost(Fault):
    """The card is gone: every call that needs it fails with -201003; the outputs hold."""


@dataclass(frozen=True)
class ConnectionLost(Fault):
    """The device server does not answer: every call ends with UNAVAILABLE."""


@dataclass(frozen=True)
class Overload(Fault):
    """A current, added to the junction's, that saturates the current amplifier.

    Parameters
    ----------
    current_A : float
        Added current.
    samples : int, optional
        Duration in samples, together with ``from_sample``; None means until the fault is removed.
    """

    current_A: float = 0.1
    samples: int | None = None

    def holds(self, sample: int) -> bool:
        """Return True if the current flows after ``sample`` acquired samples."""
        over = None not in (self.samples, self.from_sample) and sample >= self.end
        return super().holds(sample) and not over

    @property
    def end(self) -> int:
        """First sample without the current; requires ``samples`` and ``from_sample``."""
        return (self.from_sample or 0) + (self.samples or 0)


@dataclass(frozen=True)
class InstrumentSilent(Fault):
    """An amplifier does not answer on its wire, as if its interface were unplugged."""

    instrument: Literal["current_amplifier", "voltage_preamplifier"] = "current_amplifier"


@dataclass(frozen=True)
class LoopBack(Fault):
    """Factor on the voltage of a loop-back: 0 for a disconnected cable, 0.1 for a divider, -1 for reversed leads.

    Parameters
    ----------
    signal : "bias" or "z"
    factor : float
    """

    signal: Literal["bias", "z"] = "bias"
    factor: float = 0.0


@dataclass(frozen=True)
class OutputStuck(Fault):
    """An output stays at its voltage at the start of the fault, unnoticed by the card.

    Parameters
    ----------
    signal : "bias", "z" or "heater"
    """

    signal: Literal["bias", "z", "heater"] = "z"


@dataclass(frozen=True)
class AmplifierOutput(Fault):
    """Factor on an amplifier's output, within its rail: -1 for reversed leads, 10 for a wrong range, 0 if dead.

    Parameters
    ----------
    signal : "current" or "thermocouple"
    factor : float
    """

    signal: Literal["current", "thermocouple"] = "current"
    factor: float = 0.0


class Victim(Protocol):
    """Interface of the world to mishaps."""

    def form_contact(self, conductance_G0: float) -> None:
        """Close a metallic contact at the tip's position."""

    def rupture(self) -> None:
        """Break a molecular bridge or a contact."""


@dataclass(frozen=True)
class Mishap(Fault):
    """Base of single events of the junction, between two samples."""

    def strike(self, world: Victim) -> None:
        """Apply the event to the world."""
        raise NotImplementedError


@runtime_checkable
class Panel(Protocol):
    """Interface of an amplifier to the hand at its front panel."""

    def receive(self, data: bytes) -> None:
        """Execute commands, as the buttons do."""


@dataclass(frozen=True)
class PanelPress(Fault):
    """A hand at the front panel of the current amplifier changes a setting, once.

    Parameters
    ----------
    words : str
        Commands of the same effect ("P0X").
    """

    words: str = ""

    def strike(self, panel: Panel) -> None:
        """Press the buttons."""
        panel.receive(self.words.encode("ascii"))


@dataclass(frozen=True)
class FormContact(Mishap):
    """The gap closes: metal touches metal at the tip's position, in any prior state, until pulled apart.

    Parameters
    ----------
    conductance_G0 : float
        Conductance of the new contact; 1 G0 carries 98 uA at 1.27 V.
    """

    conductance_G0: float = 1.0

    def strike(self, world: Victim) -> None:
        """Close the gap."""
        world.form_contact(self.conductance_G0)


@dataclass(frozen=True)
class Rupture(Mishap):
    """The molecule or the contact breaks; without either nothing happens."""

    def strike(self, world: Victim) -> None:
        """Break the junction."""
        world.rupture()


AnyFault = TypeVar("AnyFault", bound=Fault)


class Faults:
    """Present and scheduled faults of a simulated rig. Safe to use from any thread.

    Parameters
    ----------
    changed : threading.Condition
        Condition of the bench; a new fault notifies threads that wait for samples.
    before : callable
        Called before a fault is added: it must not change what was before it.
    """

    def __init__(self, changed: threading.Condition, before: Callable[[], None] = lambda: None) -> None:
        self._changed = changed
        self._before = before
        self._faults: list[Fault] = []

    def __bool__(self) -> bool:
        return bool(self._faults)

    def __iter__(self) -> Iterator[Fault]:
        with self._changed:
            return iter(tuple(self._faults))

    def add(self, fault: Fault) -> None:
        """Add a fault."""
        with self._changed:
            self._before()
            self._faults.append(fault)
            self._changed.notify_all()

    def remove(self, fault: Fault) -> None:
        """Remove a fault. Raises ``ValueError`` if it isn't in the list."""
        with self._changed:
            self._faults.remove(fault)
            self._changed.notify_all()

    def clear(self) -> None:
        """Remove all faults."""
        with self._changed:
            self._faults.clear()
            self._changed.notify_all()

    def all_active(self, kind: type[AnyFault], sample: int) -> list[AnyFault]:
        """Return the faults of a kind that are active at a sample."""
        if not self._faults:
            return []
        with self._changed:
            return [fault for fault in self._faults if isinstance(fault, kind) and fault.holds(sample)]

    def active(self, kind: type[AnyFault], sample: int) -> AnyFault | None:
        """Return the first fault of a kind that is active at a sample, or None."""
        if not self._faults:  # called at every step, and nearly always empty
            return None
        with self._changed:
            for fault in self._faults:
                if isinstance(fault, kind) and fault.holds(sample):
                    return fault
            return None

    def silent(self, instrument: str, sample: int) -> bool:
        """Return True if an amplifier does not answer."""
        if not self._faults:
            return False
        with self._changed:
            silences = (fault for fault in self._faults if isinstance(fault, InstrumentSilent))
            return any(fault.instrument == instrument and fault.holds(sample) for fault in silences)

    def added_current_A(self, sample: int) -> float:
        """Return the current that overloads add at a sample, in A."""
        if not self._faults:
            return 0.0
        with self._changed:
            overloads = (fault for fault in self._faults if isinstance(fault, Overload))
            return sum((fault.current_A for fault in overloads if fault.holds(sample)), 0.0)

    def take_events(self, sample: int) -> list[Mishap | PanelPress]:
        """Remove and return the single events that are due at a sample."""
        if not self._faults:
            return []
        with self._changed:
            due = [
                fault
                for fault in self._faults
                if isinstance(fault, Mishap | PanelPress) and fault.holds(sample)
            ]
            for fault in due:
                self._faults.remove(fault)
            return due

    def take_read(self, sample: int) -> bool:
        """Count a read; return True if it is dropped."""
        if not self._faults:
            return False
        with self._changed:
            dropped = self.active(DroppedReads, sample)
            if dropped is None:
                return False
            self._faults.remove(dropped)
            if dropped.count > 1:
                self._faults.append(DroppedReads(dropped.from_sample, dropped.count - 1))
            return True

    def take_pause_s(self, sample: int) -> float:
        """Remove the pause of a read that is due at a sample; return its seconds, 0 without one."""
        if not self._faults:
            return 0.0
        with self._changed:
            pause = self.active(ReadsPause, sample)
            if pause is None:
                return 0.0
            self._faults.remove(pause)
            return pause.seconds

    def next_change(self, sample: int) -> int | None:
        """Return the next sample after ``sample`` at which a fault begins or ends, or None."""
        if not self._faults:
            return None
        with self._changed:
            times = [fault.from_sample for fault in self._faults if fault.from_sample is not None]
            times += [fault.end for fault in self._faults if isinstance(fault, Overload) and fault.samples]
            return min((time for time in times if time > sample), default=None)
