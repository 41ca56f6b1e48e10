"""Base of the VISA instruments: opening, translated errors, and protection against misspelt attributes."""

import difflib
import errno
import inspect
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

from pymeasure.adapters import Adapter, VISAAdapter
from pymeasure.instruments import Instrument
from pyvisa import errors as visa_errors
from pyvisa.constants import StatusCode
from pyvisa_py.protocols.rpc import RPCError
from pyvisa_py.sessions import Session

from drivers.errors import InstrumentFault, InstrumentLost, NotFound
from drivers.visa_wire import PYTHON, library_for, library_text, prologix

WIRE_ERRORS = (visa_errors.Error, RPCError, OSError, EOFError)
"""Exceptions of a broken wire: those of pyvisa, ONC-RPC, sockets and serial ports."""

OPEN_TIMEOUT_ms = 2000


class VisaInstrument(Instrument):
    """PyMeasure instrument whose failures are ``drivers.errors`` and whose attributes must exist.

    PyMeasure silently accepts ``amplifier.gian = 1e6``; here it is an AttributeError. Only one thread at a time may
    use an instrument, because a command and its answer are two exchanges.

    Parameters
    ----------
    adapter : str, int or pymeasure Adapter
        VISA resource string, GPIB address, or an open adapter.
    name : str
        Name in messages.
    visa_library : str
        pyvisa's back end: "@py", "@ivi" or the path of a library; "" chooses it by the address.
    timeout_s : float
        Longest wait for one exchange.
    prologix_address : int, optional
        GPIB address of the instrument behind a Prologix or AR488 controller, whose own address is ``adapter``.
    **connection
        Passed to pyvisa ("write_termination", or a dictionary for one kind of wire: ``asrl={...}``).

    Raises
    ------
    NotFound
        If the address cannot be opened.
    """

    def __init__(
        self,
        adapter: Adapter | str | int,
        name: str,
        visa_library: str = "",
        timeout_s: float = 1.0,
        prologix_address: int | None = None,
        **connection: Any,
    ) -> None:
        self.address = f"GPIB0::{adapter}::INSTR" if isinstance(adapter, int) else str(adapter)
        self.via = ""
        """Back end of VISA, and the controller, through which it is reached; "" for an adapter that was given."""
        self._follows = isinstance(adapter, str | int) and prologix_address is None
        if isinstance(adapter, str | int):
            library = library_for(self.address, visa_library)
            self.via = library_text(library)
            if prologix_address is not None:
                self.via = f"Prologix controller, GPIB address {prologix_address}, {self.via}"
            adapter = self._open(name, library, timeout_s, prologix_address, connection)
        self.timeout_s = timeout_s
        super().__init__(adapter, name, includeSCPI=False)
        # PyMeasure adds one more silent handler to its log with every adapter; over days they would be thousands
        del self.adapter.log.handlers[1:]

    def _open(
        self,
        name: str,
        library: str,
        timeout_s: float,
        prologix_address: int | None,
        connection: dict[str, Any],
    ) -> VISAAdapter:
        try:
            if prologix_address is not None:
                return prologix(self.address, prologix_address, library, timeout_s)
            return VISAAdapter(
                self.address,
                library,
                open_timeout=OPEN_TIMEOUT_ms,
                timeout=round(1000 * timeout_s),
                **connection,
            )
        except Exception as error:  # pyvisa-py raises bare Exceptions for a refused link
            _close_abandoned(error)
            raise NotFound(
                f"{name}: can't open {self.address!r} ({_reason(error)}). Check that the instrument is on, its cable "
                f"or gateway, and its address in the rig file{_vendor_hint(self.address, library)}."
            ) from error

    def _replies_end_with(self, characters: str) -> None:
        """Note the end of the instrument's replies; an adapter that was given keeps its own."""
        if self._follows:
            self.adapter.connection.read_termination = characters

    def _seal(self) -> None:
        """Forbid new attributes from here on. Each driver's constructor ends with this call."""
        self._sealed = True

    def __setattr__(self, name: str, value: object) -> None:
        if self.__dict__.get("_sealed") and name not in self.__dict__:
            settable = self._settable()
            if name not in settable:
                close = difflib.get_close_matches(name, settable, n=1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                raise AttributeError(f"{self.name} has no setting {name!r}{hint}")
        super().__setattr__(name, value)

    @classmethod
    @cache
    def _settable(cls) -> frozenset[str]:
        """Return the names of the class's properties; finding them takes a millisecond."""
        members = inspect.getmembers_static(cls, lambda member: isinstance(member, property))
        return frozenset(name for name, _ in members)

    def write(self, command: str, **kwargs: Any) -> None:
        """Send ``command`` unchanged. Raises InstrumentLost if the wire breaks."""
        with self._wire(f"sending {command!r}"):
            super().write(command, **kwargs)

    def read(self, **kwargs: Any) -> str:
        """Read one reply, without its terminator. Raises InstrumentLost if none comes in time."""
        with self._wire("reading a reply"):
            reply: str = super().read(**kwargs)
        return reply

    @contextmanager
    def _wire(self, doing: str) -> Iterator[None]:
        try:
            yield
        except WIRE_ERRORS as error:
            if self._held_by_another(error):
                raise InstrumentLost(
                    f"{self.name} at {self.address!r} is held by another program, which has locked it; {doing} failed. "
                    "End that program, then start again."
                ) from error
            raise InstrumentLost(
                f"{self.name} at {self.address!r} was lost while {doing} ({_reason(error)}). Its state is "
                "unknown: check its power, cable and gateway, then connect again."
            ) from error
        except UnicodeDecodeError as error:
            raise InstrumentFault(
                f"{self.name} at {self.address!r} answered with bytes that are not text"
            ) from error

    def _held_by_another(self, error: Exception) -> bool:
        """Return True if a lock explains an error: pyvisa-py takes a locked device of a gateway for an I/O error."""
        if getattr(error, "error_code", None) != StatusCode.error_io:
            return False
        try:
            self.adapter.connection.lock_excl(timeout=0)
            self.adapter.connection.unlock()
        except visa_errors.VisaIOError as refused:
            return refused.error_code == StatusCode.error_resource_locked
        except (AttributeError, *WIRE_ERRORS):
            return False
        return False

    def to_safe(self) -> str:
        """Bring the instrument to its safe state, from any state; return a sentence on the actions taken."""
        raise NotImplementedError

    def shutdown(self) -> None:
        """Bring the instrument to its safe state and close the connection, once. Called at the end of ``with``."""
        if self.isShutdown:
            return
        try:
            self.to_safe()
        finally:
            self.close()
            super().shutdown()

    def close(self) -> None:
        """Close the connection and leave the instrument as it is."""
        with suppress(*WIRE_ERRORS):
            self.adapter.close()


def _vendor_hint(address: str, library: str) -> str:
    if library != PYTHON or not address.upper().startswith("GPIB"):
        return ""
    return (
        '. A GPIB card or stick needs its vendor\'s VISA library: install it, or write visa = "PATH" of it beside the '
        "address"
    )


def _close_abandoned(error: Exception) -> None:
    """Close the socket of a refused link; pyvisa-py 0.8 leaves it open."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        session = frame.f_locals.get("self")
        interface = getattr(session, "interface", None) if isinstance(session, Session) else None
        if interface is not None:
            interface.close()


_REASONS: dict[int, str] = {
    StatusCode.error_timeout: "no answer in time",
    StatusCode.error_no_listeners: "nothing listens at this GPIB address",
    StatusCode.error_resource_locked: "another program has it; end that first",
    StatusCode.error_resource_busy: "another program has it; end that first",
    StatusCode.error_not_cic: "another program or computer controls the GPIB bus",
}
"""Errors of VISA in plain words."""


NO_INSTRUMENT = "the gateway has no instrument at this GPIB address"


def _unanswered(error: Exception) -> bool:
    """Return True if a gateway did not answer the request for a link: pyvisa-py reports it as "not accessible"."""
    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(frame.f_locals.get("link", 0) is None for frame in frames)


def _reason(error: Exception) -> str:
    if isinstance(error, visa_errors.VisaIOError) and error.error_code in _REASONS:
        return _REASONS[error.error_code]
    if isinstance(error, TimeoutError):
        return _REASONS[StatusCode.error_timeout]
    if getattr(error, "errno", None) == errno.EACCES or "PermissionError(13" in str(error):
        return "another program has this port open; or, on Linux, you are not in its group (dialout)"
    if str(error) == "error creating link: 3":
        return _REASONS[StatusCode.error_timeout] if _unanswered(error) else NO_INSTRUMENT
    return str(error).split("\n")[0].strip(" .") or type(error).__name__
