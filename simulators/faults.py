"""What goes wrong, on purpose: value objects that say what and from when on, and the list of those that do.

``rig.faults.add(Stall(from_sample=4000))`` is a card that delivers 4000 samples of the acquisition and then no
more; without ``from_sample`` a fault begins now. A fault lasts until it is removed, or, where it says so, for
a number of samples or reads. A `Mishap` happens to the junction once, and is then no longer among the faults.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar


@dataclass(frozen=True)
class Fault:
    """Base of all faults.

    Parameters
    ----------
    from_sample : int, optional
        First sample, counted from the start of the acquisition, at which it is there; None means now.
    """

    from_sample: int | None = None

    def holds(self, sample: int) -> bool:
        """Whether the fault is there when ``sample`` samples have been acquired."""
        return self.from_sample is None or sample >= self.from_sample


@dataclass(frozen=True)
class Stall(Fault):
    """The card's sample clock stands still: reads time out, outputs on that clock hold."""


@dataclass(frozen=True)
class DroppedReads(Fault):
    """The next ``count`` reads time out with nothing, although the samples come; later reads find them."""

    count: int = 1


@dataclass(frozen=True)
class Overrun(Fault):
    """The acquisition's buffer overruns (-200279)."""


@dataclass(frozen=True)
class OutputUnderflow(Fault):
    """A waveform that may not be repeated runs dry on the card (-200621)."""


@dataclass(frozen=True)
class DeviceLost(Fault):
    """The card is gone: -201003 to all that needs it; the outputs hold."""


@dataclass(frozen=True)
class ConnectionLost(Fault):
    """The device server does not answer: every call ends with UNAVAILABLE."""


@dataclass(frozen=True)
class Overload(Fault):
    """A current that saturates the current amplifier, added to the junction's.

    Parameters
    ----------
    current_A : float
        The added current.
    samples : int, optional
        For how many samples, with ``from_sample`` given; None means until the fault is removed.
    """

    current_A: float = 0.1
    samples: int | None = None

    def holds(self, sample: int) -> bool:
        """Whether the current flows when ``sample`` samples have been acquired."""
        over = None not in (self.samples, self.from_sample) and sample >= self.end
        return super().holds(sample) and not over

    @property
    def end(self) -> int:
        """Get the first sample without the current; only where ``samples`` and ``from_sample`` are given."""
        return (self.from_sample or 0) + (self.samples or 0)


@dataclass(frozen=True)
class InstrumentSilent(Fault):
    """An amplifier does not answer on its wire, as if switched off at the plug of its interface."""

    instrument: Literal["current_amplifier", "voltage_preamplifier"] = "current_amplifier"


@dataclass(frozen=True)
class LoopBack(Fault):
    """Factor on the volts of a loop-back: 0 is a cable that is off, 0.1 a divider, -1 are reversed leads.

    Parameters
    ----------
    signal : "bias" or "z"
    factor : float
    """

    signal: Literal["bias", "z"] = "bias"
    factor: float = 0.0


@dataclass(frozen=True)
class OutputStuck(Fault):
    """An output's driver goes on putting out what it put out as the fault began; the card does not know.

    Parameters
    ----------
    signal : "bias" or "z"
    """

    signal: Literal["bias", "z"] = "z"


class Victim(Protocol):
    """The world, as far as mishaps go."""

    def form_contact(self, conductance_G0: float) -> None:
        """A metallic contact closes where the tip is."""

    def rupture(self) -> None:
        """What bridges or touches breaks."""


@dataclass(frozen=True)
class Mishap(Fault):
    """Base of what happens to the junction once, between two samples."""

    def strike(self, world: Victim) -> None:
        """Let it happen."""
        raise NotImplementedError


@dataclass(frozen=True)
class FormContact(Mishap):
    """The gap closes: metal touches metal where the tip is, whatever was there before, and stays until pulled.

    Parameters
    ----------
    conductance_G0 : float
        Of the new contact; 1 G0 carries 98 uA at 1.27 V.
    """

    conductance_G0: float = 1.0

    def strike(self, world: Victim) -> None:
        """Close the gap."""
        world.form_contact(self.conductance_G0)


@dataclass(frozen=True)
class Rupture(Mishap):
    """The molecule lets go, or the contact breaks; nothing happens where there is neither."""

    def strike(self, world: Victim) -> None:
        """Break the junction."""
        world.rupture()


AnyFault = TypeVar("AnyFault", bound=Fault)


class Faults:
    """The faults that a simulated rig has, now or from some sample on. Safe to use from any thread.

    Parameters
    ----------
    changed : threading.Condition
        The bench's; whoever waits for samples is told of a new fault.
    """

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed
        self._faults: list[Fault] = []

    def __iter__(self) -> Iterator[Fault]:
        with self._changed:
            return iter(tuple(self._faults))

    def add(self, fault: Fault) -> None:
        """Let something go wrong."""
        with self._changed:
            self._faults.append(fault)
            self._changed.notify_all()

    def remove(self, fault: Fault) -> None:
        """Mend one fault. Raises ``ValueError`` if it isn't there."""
        with self._changed:
            self._faults.remove(fault)
            self._changed.notify_all()

    def clear(self) -> None:
        """Mend everything."""
        with self._changed:
            self._faults.clear()
            self._changed.notify_all()

    def all_active(self, kind: type[AnyFault], sample: int) -> list[AnyFault]:
        """Get the faults of a kind that are there at a sample."""
        if not self._faults:
            return []
        with self._changed:
            return [fault for fault in self._faults if isinstance(fault, kind) and fault.holds(sample)]

    def active(self, kind: type[AnyFault], sample: int) -> AnyFault | None:
        """Get the first fault of a kind that is there at a sample."""
        if not self._faults:  # asked at every step, and there hardly ever is one
            return None
        with self._changed:
            for fault in self._faults:
                if isinstance(fault, kind) and fault.holds(sample):
                    return fault
            return None

    def silent(self, instrument: str, sample: int) -> bool:
        """Whether an amplifier does not answer."""
        if not self._faults:
            return False
        with self._changed:
            silences = (fault for fault in self._faults if isinstance(fault, InstrumentSilent))
            return any(fault.instrument == instrument and fault.holds(sample) for fault in silences)

    def added_current_A(self, sample: int) -> float:
        """Get the current that overloads add at a sample."""
        if not self._faults:
            return 0.0
        with self._changed:
            overloads = (fault for fault in self._faults if isinstance(fault, Overload))
            return sum((fault.current_A for fault in overloads if fault.holds(sample)), 0.0)

    def take_mishaps(self, sample: int) -> list[Mishap]:
        """Take away, and return, what happens to the junction at a sample or should have before."""
        if not self._faults:
            return []
        with self._changed:
            due = [fault for fault in self._faults if isinstance(fault, Mishap) and fault.holds(sample)]
            for fault in due:
                self._faults.remove(fault)
            return due

    def take_read(self, sample: int) -> bool:
        """Whether the read that begins now is dropped; counts it."""
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

    def next_change(self, sample: int) -> int | None:
        """Get the next sample after ``sample`` at which a fault begins or ends."""
        if not self._faults:
            return None
        with self._changed:
            times = [fault.from_sample for fault in self._faults if fault.from_sample is not None]
            times += [fault.end for fault in self._faults if isinstance(fault, Overload) and fault.samples]
            return min((time for time in times if time > sample), default=None)
