"""Bus layer of the Keithley 428: exchanges and their errors, identity and status, terminator, service."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pymeasure.adapters import Adapter

from drivers.errors import InstrumentFault, InstrumentLost, NotFound, NotNow, OutOfRange
from drivers.keithley428_words import (
    ErrorFlag,
    Handshake,
    MachineStatus,
    StatusByte,
    Terminator,
    quoted,
    unexpected,
)
from drivers.limits import member_of, whole_between
from drivers.visa import VisaInstrument
from drivers.visa_wire import device_clear, serial_poll

HIGHEST_BUTTON = 31
HIGHEST_SRQ_MASK = 63
LONGEST_TEXT = 10


class Keithley428Bus(VisaInstrument):
    """Base of ``drivers.keithley428.Keithley428``: its exchanges with the instrument."""

    def __init__(
        self,
        adapter: Adapter | str | int,
        name: str = "Keithley 428",
        *,
        visa_library: str = "",
        timeout_s: float = 1.0,
        prologix_address: int | None = None,
        ready_polls: int = 100,
        poll_interval_s: float = 0.1,
        pause: Callable[[float], None] = time.sleep,
        suppression_adds: bool = False,
        **connection: Any,
    ) -> None:
        wire = {"write_termination": "", **connection}
        super().__init__(adapter, name, visa_library, timeout_s, prologix_address, **wire)
        self.ready_polls = ready_polls
        self.poll_interval_s = poll_interval_s
        self.suppression_adds = suppression_adds
        self._pause = pause
        self._raised = ErrorFlag(0)
        self._batch: list[str] | None = None
        try:
            self._end_replies_with(Terminator.LF)
            self._read_errors()
        except (InstrumentLost, InstrumentFault) as error:
            self.close()
            raise NotFound(f"{name}: no Keithley 428 answers at {self.address!r}. {error}") from error
        self._seal()

    # --- exchanges ---------------------------------------------------------------------------------------

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Collect the settings made inside, send them as one string with one X, and read the error word once.

        The instrument executes a string in its own order, so batch only settings that do not depend on each other.
        An exception inside sends nothing.

        Raises
        ------
        NotNow
            Inside, for a command that needs its own string: a change of gain, zero correct, auto-suppress, text.
        """
        self._refuse_in_batch("a batch")
        self._batch = []
        try:
            yield
            words = "".join(self._batch)
        finally:
            self._batch = None
        if words:
            self._command(words)

    def _refuse_in_batch(self, what: str) -> None:
        if self._batch is not None:
            raise NotNow(f"{self.name}: {what} needs its own command strings; move it out of the batch")

    def read(self, **kwargs: Any) -> str:
        """Read one reply without its terminator, whichever it is; the rest of an earlier one's is passed over."""
        reply = super().read(**kwargs)
        if reply and not reply.strip("\r\n"):
            reply = super().read(**kwargs)
        return reply.strip("\r\n")

    def _command(self, words: str) -> None:
        if self._batch is not None:
            self._batch.append(words)
            return
        self.write(words + "X")
        self._check(words)

    def _check(self, words: str) -> None:
        """Raise InstrumentFault for an error word with faults; an overload is a state of the input, not a fault."""
        faults = self._read_errors() & ~ErrorFlag.OVERLOAD
        if faults:
            names = ", ".join(str(flag.name).lower().replace("_", " ") for flag in faults)
            raise InstrumentFault(f"{self.name} reports {names} after {words + 'X'!r}. {faults.advice()}")

    def _read_errors(self) -> ErrorFlag:
        self.write("U1X")
        flags = ErrorFlag.from_word(self.read())
        self._raised |= flags
        return flags

    def _ask(self, words: str, pattern: str, kind: str) -> re.Match[str]:
        """Send a query (or nothing, for the reply that is always available) and match the reply to a pattern."""
        if words:
            self.write(words + "X")
        reply = self.read().strip()
        match = re.fullmatch(pattern, reply)
        if match is None:
            raise InstrumentFault(unexpected(reply, f"its {kind}"))
        return match

    def _number(self, words: str, pattern: str, kind: str, possible: Callable[[float], str]) -> float:
        """Query a number; a value that ``possible`` can't convert to a command word raises InstrumentFault."""
        match = self._ask(words, pattern, kind)
        try:
            possible(number := float(match[1]))
        except OutOfRange:
            raise InstrumentFault(
                f"{self.name}: the query of its {kind} returned {quoted(match[0])}, an impossible value; query it again"
            ) from None
        return number

    def _do_and_wait(self, words: str, doing: str) -> None:
        """Send a slow command, poll until Ready, then read the error word. Raises InstrumentFault."""
        self._refuse_in_batch(doing)
        self.write(words + "X")
        for _ in range(self.ready_polls):
            self._pause(self.poll_interval_s)
            if StatusByte.READY in self.status_byte:
                self._check(words)
                return
        seconds = self.ready_polls * self.poll_interval_s
        raise InstrumentFault(f"{self.name} was not ready {seconds:g} s after {doing}; check its front panel")

    def _end_replies_with(self, terminator: Terminator) -> None:
        self.write(f"Y{terminator:d}X")
        self._replies_end_with(terminator.characters)

    # --- identity and status -----------------------------------------------------------------------------

    @property
    def firmware(self) -> str:
        """Get the firmware revision as reported by the instrument (U4)."""
        return self._ask("U4", r"(?!428A\d|428[01]{11}$|428I)(?:428)?(.+)", "firmware")[1].strip()

    @property
    def id(self) -> str:
        """Get model and firmware; there is no *IDN? (the "428" in its replies identifies the model)."""
        return f"Keithley 428, firmware {self.firmware}"

    @property
    def status(self) -> MachineStatus:
        """Get the machine status word (U0), read by letter."""
        self.write("U0X")
        return MachineStatus.from_word(self.read())

    @property
    def status_byte(self) -> StatusByte:
        """Get the serial-poll byte: READY, ERROR, SERVICE_REQUESTED."""
        with self._wire("reading its status byte"):
            return StatusByte(serial_poll(self.adapter))

    @property
    def errors(self) -> ErrorFlag:
        """Get and clear every flag of the error word (U1) raised since the last call."""
        self._read_errors()
        raised, self._raised = self._raised, ErrorFlag(0)
        return raised

    @property
    def overloaded(self) -> bool:
        """Get True if the input has overloaded since the error word was last read (U1, character 12)."""
        return ErrorFlag.OVERLOAD in self._read_errors()

    def check_errors(self) -> list[ErrorFlag]:
        """Read and clear all errors; return them as a list, as PyMeasure requires."""
        return list(self.errors)

    # --- bus and panel -----------------------------------------------------------------------------------

    @property
    def terminator(self) -> Terminator:
        """Control the terminator of each reply (Y); the connection is set to match."""
        return Terminator(int(self._ask("U0", r"428A\d.*Y([0-3]).*", "terminator")[1]))

    @terminator.setter
    def terminator(self, value: Terminator | str) -> None:
        wanted = member_of("terminator of the Keithley 428", value, Terminator)
        self._end_replies_with(wanted)
        self._check(f"Y{wanted:d}")

    def _set_handshake(self, value: Handshake | str) -> None:
        self._command(f"K{member_of('bus handshake of the Keithley 428', value, Handshake):d}")

    handshake = property(None, _set_handshake, doc="Set end-or-identify and bus hold-off (K).")

    def _set_srq_mask(self, value: int) -> None:
        self._command(f"M{whole_between('SRQ mask of the Keithley 428', value, 0, HIGHEST_SRQ_MASK)}")

    srq_mask = property(
        None, _set_srq_mask, doc="Set which bits of the status byte request service (M): 0 to 63."
    )

    def show_text(self, text: str) -> None:
        """Show up to ten characters on the display (D); an empty text restores the display.

        An X is refused, because it would execute the string early.
        """
        if len(text) > LONGEST_TEXT or not text.isascii() or not text.isprintable() or "X" in text.upper():
            allowed = f"up to {LONGEST_TEXT} printable ASCII characters other than X"
            raise OutOfRange("display text of the Keithley 428", text, allowed)
        self._refuse_in_batch("text")
        self._command(f"D{text}")

    def hit_button(self, button: int) -> None:
        """Press a front-panel button by its number (H). The other settings may change without notice."""
        self._command(f"H{whole_between('button of the Keithley 428', button, 0, HIGHEST_BUTTON)}")

    # --- service: only on explicit call ------------------------------------------------------------------

    def self_test(self) -> None:
        """Run the self-test (J0) and wait for its end. Never with a junction formed. Raises InstrumentFault."""
        self._do_and_wait("J0", "the self-test")

    def save_as_power_up_settings(self) -> None:
        """Store the present settings for power-up and device clear (L1)."""
        self._command("L1")

    def restore_defaults(self) -> None:
        """Restore the factory settings (L0). Never with a junction formed: gain, zero check and bias change."""
        self.write("L0X")
        self._end_replies_with(Terminator.LF)  # at once: the defaults may have another terminator
        self._check("L0")

    def device_clear(self) -> None:
        """Send a selected device clear. Never with a junction formed.

        Danger: it restores the power-up gain, zero check and bias. Use it only for an instrument that no longer
        responds to commands; no other code calls it.
        """
        with self._wire("clearing it"):
            device_clear(self.adapter)
        self._end_replies_with(Terminator.LF)
        self._check("")
