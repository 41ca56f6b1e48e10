"""Keithley 428 current amplifier on GPIB or behind a LAN/GPIB gateway.

Connection. Commands are letters with options, in any combination, executed at ``X``. The instrument chooses the order
within one string, so settings that depend on each other go in separate strings. After every string the error word is
read. When addressed to talk with nothing pending, the 428 still answers, with its suppression current ("428I..."), so
the kind of every reply is checked by pattern.

Commands. One property or method per letter of the manual's summary (428-901-01, section 4); nothing is cached,
so front-panel presses and auto-filter never make a value stale. Values are checked before anything is sent.

``with amplifier.batch(): ...`` sends several settings in one string.

Danger. A device clear and `restore_defaults` restore the power-up gain, zero check and bias: never use them with a
junction formed. Nothing in this file calls them.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self, cast

from drivers.amplifier import Provenance, Wire, key
from drivers.errors import InstrumentFault, InstrumentLost, NotNow
from drivers.keithley428_bus import Keithley428Bus
from drivers.keithley428_words import (
    NUMBER,
    Display,
    GAINS_V_per_A,
    Keithley428Settings,
    Keithley428State,
    RISE_TIMES_s,
    bias_word,
    gain_words,
    rise_time_word,
    suppress_words,
)
from drivers.limits import RELATIVE, member_of, on_or_off
from drivers.settings import label, setting_text


def _switch(letter: str, field: str, doc: str) -> property:
    """Return the property of a switch: its letter with 0 or 1, read back from the machine status word."""

    def get(self: Keithley428Bus) -> bool:
        return cast(bool, getattr(self.status, field))

    def set_(self: Keithley428Bus, value: object) -> None:
        self._command(f"{letter}{on_or_off(f'{field} of the Keithley 428', value):d}")

    return property(get, set_, doc=doc)


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


class Keithley428(Keithley428Bus):
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

    # --- as the current amplifier of a rig ---------------------------------------------------------------

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

    # --- gain, rise time, filter -------------------------------------------------------------------------

    @property
    def gain_V_per_A(self) -> float:
        """Control the total gain, 1e3 to 1e11 V/A in decades (U3, R and W); zero check is on during a change."""
        return self._number("U3", rf"(?:428)?({NUMBER})\s*V/A", "gain", gain_words)

    @gain_V_per_A.setter
    def gain_V_per_A(self, value: float) -> None:
        self._change_gain(gain_words(value), value)

    @property
    def enlarge(self) -> bool:
        """Control the ten-fold enlargement of the gain (W); zero check is on during a change."""
        return self.status.enlarge

    @enlarge.setter
    def enlarge(self, value: bool) -> None:
        wanted = on_or_off("ten-fold enlarge of the Keithley 428", value)
        status = self.status
        factor = 10.0 ** (int(wanted) - int(status.enlarge))
        self._change_gain(f"W{wanted:d}", status.gain_V_per_A * factor)

    def _change_gain(self, words: str, gain_V_per_A: float) -> None:
        with self._zero_checked():
            self._command(words)
            status = self.status  # read again: with auto-filter on, the rise time has followed
            if abs(status.gain_V_per_A / gain_V_per_A - 1) > RELATIVE:
                raise InstrumentFault(
                    f"{self.name}: gain set to {gain_V_per_A:g} V/A, but {status.gain_V_per_A:g} V/A reads back"
                )

    @contextmanager
    def _zero_checked(self, leave_on: bool | None = None) -> Iterator[None]:
        """Switch zero check on inside the block, then restore it (or set ``leave_on``); after an error it stays on."""
        self._refuse_in_batch("a change under zero check")
        was_on = self.status.zero_check
        if not was_on:
            self._command("C1")
        try:
            yield
        except (InstrumentFault, InstrumentLost) as error:
            error.add_note("Zero check was left on.")
            raise
        if not (was_on if leave_on is None else leave_on):
            self._command("C0")

    @property
    def rise_time_s(self) -> float:
        """Control the 10-90 % rise time, 10 us to 300 ms in steps 1-3-10 (T); auto-filter may change it."""
        return self.status.rise_time_s

    @rise_time_s.setter
    def rise_time_s(self, value: float) -> None:
        self._command(rise_time_word(value))

    filter_on = _switch(
        "P", "filter_on", "Control the low-pass filter; its corner follows the rise time (P)."
    )

    auto_filter = _switch("Z", "auto_filter", "Control whether the rise time follows the gain (Z).")

    # --- zero --------------------------------------------------------------------------------------------

    zero_check = _switch(
        "C",
        "zero_check",
        "Control zero check (C): the input is disconnected, and the output shows the amplifier's own offset.",
    )

    def zero_correct(self) -> None:
        """Correct the amplifier's own offset (C2) and wait until it is done; zero check stays on afterwards.

        Raises
        ------
        InstrumentFault
            If it failed or did not finish in time.
        """
        if not self.status.zero_check:
            self._command("C1")
        self._do_and_wait("C2", "zero correct")

    # --- current suppression -----------------------------------------------------------------------------

    suppress_on = _switch(
        "N",
        "suppress_on",
        "Control whether the suppression current is subtracted from the input current (N).",
    )

    @property
    def suppress_A(self) -> float:
        """Control the suppression current, -5 to 5 mA (S, in the smallest sufficient range; read by a bare read)."""
        return self._number("", rf"428I({NUMBER})", "suppression current", suppress_words)

    @suppress_A.setter
    def suppress_A(self, value: float) -> None:
        self.set_suppress(value)

    def set_suppress(self, suppress_A: float, suppress_range: int | None = None) -> None:
        """Set the suppression current in A, in a given range: 1 to 7 for 5 nA to 5 mA."""
        self._command(suppress_words(suppress_A, suppress_range))

    def _set_suppress_autorange(self, value: bool) -> None:
        self._command("S,0" if on_or_off("suppression autorange of the Keithley 428", value) else "S,10")

    suppress_autorange = property(
        None, _set_suppress_autorange, doc="Set automatic choice of the suppression range (S,0 and S,10)."
    )

    def auto_suppress(self) -> float:
        """Suppress the present input current (N2), wait until it is done, and return that current in A.

        Raises
        ------
        NotNow
            If zero check is on, which disconnects the input current. Only a query was sent.
        InstrumentFault
            If the current is too large to suppress, or the command did not finish in time.
        """
        if self.status.zero_check:
            raise NotNow(f"{self.name}: auto-suppress needs the input current; set zero_check = False first")
        self._do_and_wait("N2", "auto-suppress")
        return self.suppress_A

    # --- bias supply -------------------------------------------------------------------------------------

    bias_supply_on = _switch(
        "B", "bias_supply_on", "Control whether the built-in supply drives the input with its bias (B)."
    )

    @property
    def bias_supply_V(self) -> float:
        """Control the supply's bias, -5 to 5 V, set on the nearest step of 2.5 mV (V; read by U2)."""
        return self._number("U2", rf"(?:428)?[A-Z]*V({NUMBER})", "bias", bias_word)

    @bias_supply_V.setter
    def bias_supply_V(self, value: float) -> None:
        self._command(bias_word(value))

    # --- all of it ---------------------------------------------------------------------------------------

    @property
    def display(self) -> Display:
        """Control the front-panel display: normal, dim or off (A)."""
        return self.status.display

    @display.setter
    def display(self, value: Display | str) -> None:
        self._command(f"A{member_of('display of the Keithley 428', value, Display):d}")

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
            for words in _strings(settings, self.status.rise_time_s):
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


def _strings(settings: Keithley428Settings, present_rise_time_s: float) -> Iterator[str]:
    """Yield one string per group of settings whose order does not matter; later groups depend on earlier ones."""
    if settings.auto_filter is not None:
        yield f"Z{settings.auto_filter:d}"
    gain = rise_time = ""
    if settings.gain_V_per_A is not None:
        gain = gain_words(settings.gain_V_per_A, settings.enlarge)
    elif settings.enlarge is not None:
        gain = f"W{settings.enlarge:d}"
    if settings.rise_time_s is not None and not settings.auto_filter:
        rise_time = rise_time_word(settings.rise_time_s)
    # Set a longer rise time before the gain, a shorter one after it, so that it is never too short for the gain.
    longer = settings.rise_time_s is not None and settings.rise_time_s > present_rise_time_s
    yield from (words for words in ((rise_time, gain) if longer else (gain, rise_time)) if words)
    filter_ = "" if settings.filter_on is None else f"P{settings.filter_on:d}"
    display = "" if settings.display is None else f"A{settings.display:d}"
    if filter_ or display:
        yield filter_ + display
    if settings.suppress_A is not None:
        yield suppress_words(settings.suppress_A, settings.suppress_range)
    if settings.suppress_on is not None:
        yield f"N{settings.suppress_on:d}"
    if settings.bias_supply_on is False:
        yield "B0"  # off before, on after its bias changes
    if settings.bias_supply_V is not None:
        yield bias_word(settings.bias_supply_V)
    if settings.bias_supply_on:
        yield "B1"
