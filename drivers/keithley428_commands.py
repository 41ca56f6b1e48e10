"""Commands of the Keithley 428: one property or method per letter of the manual's summary (428-901-01, section 4).

Nothing is cached, so front-panel presses and auto-filter never make a value stale. Values are checked before anything
is sent. ``with amplifier.batch(): ...`` sends several settings in one string.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from drivers.errors import InstrumentFault, InstrumentLost, NotNow
from drivers.keithley428_bus import Keithley428Bus
from drivers.keithley428_words import (
    NUMBER,
    Display,
    Keithley428Settings,
    bias_word,
    gain_words,
    rise_time_word,
    suppress_words,
)
from drivers.limits import RELATIVE, member_of, on_or_off


def _switch(letter: str, field: str, doc: str) -> property:
    """Return the property of a switch: its letter with 0 or 1, read back from the machine status word."""

    def get(self: Keithley428Bus) -> bool:
        return cast(bool, getattr(self.status, field))

    def set_(self: Keithley428Bus, value: object) -> None:
        self._command(f"{letter}{on_or_off(f'{field} of the Keithley 428', value):d}")

    return property(get, set_, doc=doc)


class Keithley428Commands(Keithley428Bus):
    """A 428 by its letters; arguments as of `Keithley428`."""

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

    # --- display -----------------------------------------------------------------------------------------

    @property
    def display(self) -> Display:
        """Control the front-panel display: normal, dim or off (A)."""
        return self.status.display

    @display.setter
    def display(self, value: Display | str) -> None:
        self._command(f"A{member_of('display of the Keithley 428', value, Display):d}")


def setting_words(settings: Keithley428Settings, present_rise_time_s: float) -> Iterator[str]:
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
