"""Interfaces of the two amplifiers of a rig, and the keys that a model has in the rig file.

A driver whose class fulfils `CurrentAmplifier` or `VoltagePreamplifier` can be used in a rig after one line in the
registry (`app.config.amplifiers`). Bench, recording, window and ``hotjunction check`` use nothing else of it.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import MISSING, Field, dataclass, field, fields
from enum import StrEnum
from typing import Any, ClassVar, Protocol, Self

Wire = Callable[[str], Any]
"""Function of an address that returns what a driver opens; ``str`` for the address itself."""


class Provenance(StrEnum):
    """Source of an amplifier's settings, as the recording states it."""

    READ = "read back"
    SENT = "sent, not read back"
    DECLARED = "declared, not read back"


@dataclass(frozen=True)
class RigKey:
    """Properties of a key of the rig file.

    Parameters
    ----------
    choices : tuple
        Values that the instrument has; empty if any is possible (numbers must then be positive).
    label, tip : str
        Name in the window, and its tool tip. A key without a label is not shown.
    settable : bool
        True if the window can change it; the driver then has a property of the same name.
    """

    choices: tuple[float, ...] = ()
    label: str = ""
    tip: str = ""
    settable: bool = False


def key(
    default: Any = MISSING,
    *,
    choices: Sequence[float] = (),
    label: str = "",
    tip: str = "",
    settable: bool = False,
) -> Any:
    """Declare a key of the rig file: a field of a driver's dataclass ``Keys``. Required without a default.

    The name contains quantity and unit ("rise_time_s"). See `RigKey` for the rest.
    """
    return field(default=default, metadata={"key": RigKey(tuple(choices), label, tip, settable)})


def rig_key(one: "Field[Any]") -> RigKey:
    """Return the properties of a field of ``Keys``."""
    found: RigKey = one.metadata.get("key", RigKey())
    return found


class Amplifier(Protocol):
    """Either amplifier of a rig. A driver that derives from it inherits what an instrument without a bus needs.

    Attributes
    ----------
    via : str
        Way to the instrument, for the recording and for ``hotjunction check``; "" if there is nothing to say.
    product : str
        Name in messages and in the window.
    provenance : Provenance
    full_scale_V : float
        Largest output, V; a key ``rail_V`` of the rig file wins.
    inverting : bool
        True if a positive input gives a negative output; the key ``inverting`` of the rig file wins.
    input_follows_gain : bool
        True if the input resistance of a current amplifier grows in proportion to its gain, as with one amplifier and
        a feedback resistor for each gain.
    Keys : dataclass
        Keys of the rig file, each made by `key`.
    shown : tuple of (str, str)
        Fields of ``state`` that the window lists in one line, with their labels.
    on_lines : bool
        True if digital lines of the card set it: what ``at`` opens is then a `drivers.daqmx.lines.DigitalLines`, by
        the name of the card.
    if_silent : str
        Sentence on what to look at if it does not obey.
    """

    via: str = ""
    product: ClassVar[str]
    provenance: ClassVar[Provenance]
    full_scale_V: ClassVar[float]
    inverting: ClassVar[bool] = False
    input_follows_gain: ClassVar[bool] = False
    Keys: ClassVar[Any]
    shown: ClassVar[tuple[tuple[str, str], ...]] = ()
    on_lines: ClassVar[bool] = False
    if_silent: ClassVar[str] = "Compare its switches with the rig file."

    @classmethod
    def at(cls, keys: Any, wire: Wire = str) -> Self:
        """Open the instrument that ``Keys`` describe, without changing its settings.

        Raises
        ------
        RigError
            If it does not answer.
        """
        raise NotImplementedError

    @staticmethod
    def completed(table: Mapping[str, Any]) -> dict[str, Any]:
        """Return its table of the rig file with the keys that follow from others.

        Raises ``ValueError`` for keys that contradict each other.
        """
        return dict(table)

    @staticmethod
    def place(keys: Any) -> str:
        """Return where the instrument is, for the user."""
        return "set by hand"

    def apply(self, keys: Any) -> Any:
        """Set the instrument for a run; return a dataclass of its settings for the recording.

        Fields that have the name of a key are compared with it by the bench. ``gain_V_per_A`` and ``rise_time_s`` of a
        current amplifier, ``lowpass_Hz`` and ``poles`` of a preamplifier are used by the analysis of heat.
        """
        raise NotImplementedError

    @property
    def state(self) -> Any:
        """Return the present settings as a dataclass; fields with ``repr=False`` are not shown.

        Those that ``apply`` returned too are compared with it during a run, except fields with "idle" in their
        metadata, on which no sample depends.
        """
        raise NotImplementedError

    @property
    def overloaded(self) -> bool | None:
        """Return True if it reports an overload; None if it can't."""
        return None

    def report(self) -> tuple[str, str]:
        """Return what the instrument says of itself and what the user should do, for ``hotjunction check``."""
        return "set by hand", f"Compare the switches of the {self.product} with the rig file."

    def to_safe(self) -> str:
        """Remove any voltage that it applies to the junction; return what was done, as a clause."""
        return f"{self.product}: applies no voltage"

    def close(self) -> None:
        """Close its connection."""


class CurrentAmplifier(Amplifier, Protocol):
    """Converts the junction's current to a voltage. Its ``Keys`` have ``gain_V_per_A`` and ``rise_time_s``.

    One that can feed a known current to its own input also has a key ``test_current``, false where the user does not
    want that, and `inject`. A state with a field ``bias_supply_on`` tells of a voltage of its own at the junction.
    """

    def inject(self, current_A: float) -> AbstractContextManager[float | None]:
        """Add a current to its input while the context is open; the output must show it as it shows the junction's.

        The sign counts: a positive one moves the output as a positive current of the junction does. The context gives
        the current in A where it is another one that the amplifier has; else None.
        """
        raise NotImplementedError

    def zero_checked(self) -> AbstractContextManager[None] | None:
        """Return a context in which its output shows its own offset; None if the program can't do that."""
        return None

    def unfiltered(self) -> AbstractContextManager[None] | None:
        """Return a context in which its filter is off; None if the program can't do that."""
        return None


class VoltagePreamplifier(Amplifier, Protocol):
    """Amplifies the voltage of the thermocouple. Its ``Keys`` have ``gain`` and ``lowpass_Hz``."""

    def grounded(self) -> AbstractContextManager[None] | None:
        """Return a context in which its input is grounded; None if the program can't do that."""
        return None

    def gain_lowered(self) -> AbstractContextManager[float] | None:
        """Return a context with a lower gain, whose value is that gain over the usual one; None if it has none."""
        return None


def keys_from(driver: type[Amplifier], values: Any) -> Any:
    """Return a driver's ``Keys`` with the attributes of ``values`` that have their names."""
    return driver.Keys(**{one.name: getattr(values, one.name) for one in fields(driver.Keys)})
