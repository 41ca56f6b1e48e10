"""Keithley 428 current amplifier on GPIB or behind a LAN/GPIB gateway.

Connection. Commands are letters with options, in any combination, executed at ``X``. The instrument chooses the order
within one string, so settings that depend on each other go in separate strings. After every string the error word is
read. When addressed to talk with nothing pending, the 428 still answers, with its suppression current ("428I..."), so
the kind of every reply is checked by pattern.

Danger. A device clear and `restore_defaults` restore the power-up gain, zero check and bias: never use them with a
junction formed. Nothing in this file calls them.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

from drivers.amplifier import Provenance, Wire, key
from drivers.errors import InstrumentFault, InstrumentLost
from drivers.keithley428_commands import Keithley428Commands, setting_words
from drivers.keithley428_words import (
    GAINS_V_per_A,
    Keithley428Settings,
    Keithley428State,
    RISE_TIMES_s,
    bias_word,
)
from drivers.settings import label, setting_text


@dataclass(frozen=True)
class Keithley428Keys:
    """Keys of the rig file."""

    address: str = key()
    visa: str = key("")
    adapter: Literal["", "prologix"] = key("")
    gpib_address: int = key(22)
    gain_V_per_A: float = key(
        1e5,
        choices=GAINS_V_per_A,
        label="Gain",
        tip="Gain of the Keithley 428, for the next runs",
        settable=True,
    )
    rise_time_s: float = key(
        3e-4,
        choices=RISE_TIMES_s,
        label="Rise time",
        tip="Rise time (10 to 90 %) of the Keithley 428's low-pass filter",
        settable=True,
    )
    test_current: bool = key(True)
    suppression_adds: bool = key(False)


class Keithley428(Keithley428Commands):
    """Amplifier that converts the junction's current to a voltage.

    Connecting sets only the reply terminator and reads the error word; flags latched before are kept in ``errors``.

    Parameters
    ----------
    adapter : str, int or pymeasure Adapter
        VISA resource string ("TCPIP0::HOST,PORT::gpib0,22::INSTR", "GPIB0::22::INSTR"), GPIB address, or adapter.
    visa_library, timeout_s, prologix_address
        As for VisaInstrument.
    ready_polls, poll_interval_s : int, float
        Number and interval of the polls for Ready after zero correct, auto-suppress and self-test.
    suppression_adds : bool
        True if a positive suppression current raises the output of this unit.
    pause : callable
        Waits for a given number of seconds between those polls.

    Raises
    ------
    NotFound
        If nothing answers at the address, or the instrument is not a 428.
    """

    product: ClassVar[str] = "Keithley 428"
    provenance: ClassVar[Provenance] = Provenance.READ
    full_scale_V: ClassVar[float] = 10.0
    inverting: ClassVar[bool] = (
        False  # no source states it; `calibrate amplifier` and the first contact show it
    )
    input_follows_gain: ClassVar[bool] = True  # its burden is specified for full scale
    Keys: ClassVar[type[Keithley428Keys]] = Keithley428Keys
    shown: ClassVar[tuple[tuple[str, str], ...]] = (
        ("overloaded", "overload"),
        ("filter_on", "filter"),
        ("zero_check", "zero check"),
        ("suppress_on", "suppression"),
        ("bias_supply_on", "internal bias"),
    )

    @classmethod
    def at(cls, keys: Keithley428Keys, wire: Wire = str) -> Self:
        """Open the amplifier of a rig file."""
        behind = keys.gpib_address if keys.adapter else None
        return cls(
            wire(keys.address),
            visa_library=keys.visa,
            prologix_address=behind,
            suppression_adds=keys.suppression_adds,
        )

    @staticmethod
    def place(keys: Keithley428Keys) -> str:
        """Return its address."""
        return f"{keys.address}, GPIB address {keys.gpib_address}" if keys.adapter else keys.address

    def apply(self, keys: Keithley428Keys) -> Keithley428Settings:
        """Set it for a run: filter on, and nothing of its own at the input. Return all settings, read back."""
        return self.configure(
            Keithley428Settings(
                gain_V_per_A=keys.gain_V_per_A,
                rise_time_s=keys.rise_time_s,
                filter_on=True,
                auto_filter=False,
                zero_check=False,
                suppress_on=False,
                bias_supply_on=False,
                bias_supply_V=0.0,
            )
        )

    @contextmanager
    def inject(self, current_A: float) -> Iterator[None]:
        """Add a current to the input by suppressing its opposite; the suppression's value is restored.

        No public source states the sign of the suppression. It is taken as in its sister instruments, where a
        suppression is subtracted, unless the rig file says ``suppression_adds``.
        """
        before_A = self.suppress_A
        self.suppress_A = current_A if self.suppression_adds else -current_A
        try:
            self.suppress_on = True
            yield
        finally:
            self.suppress_on = False
            self.suppress_A = before_A

    def zero_checked(self) -> AbstractContextManager[None]:
        """Return a context with zero check on; it is restored afterwards."""
        return self._zero_checked()

    @contextmanager
    def unfiltered(self) -> Iterator[None]:
        """Switch the filter off while the context is open."""
        self.filter_on = False
        try:
            yield
        finally:
            self.filter_on = True

    def report(self) -> tuple[str, str]:
        """Return its settings and latched errors, and what to do about them. Only questions are asked."""
        settings, errors = self.settings, self.errors
        said = [
            f"{label(name)} {setting_text(name, value)}"
            for name, value in vars(settings).items()
            if value is not None
        ]
        if errors:
            said.append("reported: " + ", ".join(str(flag.name).lower().replace("_", " ") for flag in errors))
        advice = [errors.advice()] if errors else []
        if settings.bias_supply_on:
            advice.append("Its own bias supply adds to the DAQ's bias; a run switches it off.")
        return ", ".join(said), " ".join(advice)

    @property
    def settings(self) -> Keithley428Settings:
        """Get all settings as read from the instrument, for the recording."""
        return Keithley428Settings.read_back(
            self.status,
            gain_V_per_A=self.gain_V_per_A,
            suppress_A=self.suppress_A,
            bias_supply_V=self.bias_supply_V,
            firmware=self.firmware,
        )

    @property
    def state(self) -> Keithley428State:
        """Get the settings that the front panel can change, by two queries (U0, U2); faster than `settings`."""
        return Keithley428State(**vars(self.status), bias_supply_V=self.bias_supply_V)

    def configure(self, settings: Keithley428Settings) -> Keithley428Settings:
        """Apply ``settings`` with zero check on; return all settings read back.

        Raises
        ------
        InstrumentFault
            If it refuses a command, or reads back different settings. Zero check is then left on.
        """
        with self._zero_checked(leave_on=settings.zero_check):
            for words in setting_words(settings, self.status.rise_time_s):
                self._command(words)
            unlike = settings.differences(replace(self.settings, zero_check=settings.zero_check))
            if unlike:
                raise InstrumentFault(f"{self.name} does not read back as set. " + "; ".join(unlike))
        return self.settings

    def to_safe(self) -> str:
        """Switch the bias supply off, set it to 0 V, and confirm that it is off. Repeatable, from any state.

        Gain, filter and zero check stay: the current must remain measurable until the tip is retracted, and a change
        of gain or zero check causes a transient on the junction.

        Raises
        ------
        InstrumentLost, InstrumentFault
            If it could not be confirmed; switch the supply off by hand.
        """
        try:
            self.write("B0X")
            self.write(bias_word(0.0) + "X")
            self._read_errors()  # old errors must not prevent the safe state
            status = self.status
        except (InstrumentLost, InstrumentFault) as error:
            error.add_note(f"{self.name}: bias supply off (B0) not confirmed; switch it off by hand.")
            raise
        if status.bias_supply_on:
            raise InstrumentFault(f"{self.name}: its bias supply stays on; switch it off by hand")
        zero_check = "on" if status.zero_check else "off"
        kept = f"gain {status.gain_V_per_A:g} V/A and zero check {zero_check} kept"
        return f"{self.name}: bias supply off, at 0 V; {kept}"
