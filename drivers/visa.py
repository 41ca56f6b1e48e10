"""Base of the VISA instruments: opening, translated errors, and protection against misspelt attributes."""

import difflib
import inspect
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from pymeasure.adapters import Adapter, VISAAdapter
from pymeasure.instruments import Instrument
from pyvisa import errors as visa_errors
from pyvisa.constants import StatusCode
from pyvisa_py.protocols.rpc import RPCError
from pyvisa_py.sessions import Session

from drivers.errors import InstrumentFault, InstrumentLost, NotFound

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
        pyvisa's back end, "@py" or "@ivi".
    timeout_s : float
        Longest wait for one exchange.
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
        visa_library: str = "@py",
        timeout_s: float = 1.0,
        **connection: Any,
    ) -> None:
        self.address = f"GPIB0::{adapter}::INSTR" if isinstance(adapter, int) else str(adapter)
        if isinstance(adapter, str | int):
            adapter = self._open(name, visa_library, timeout=round(1000 * timeout_s), **connection)
        self.timeout_s = timeout_s
        super().__init__(adapter, name, includeSCPI=False)

    def _open(self, name: str, visa_library: str, **connection: Any) -> VISAAdapter:
        try:
            return VISAAdapter(self.address, visa_library, open_timeout=OPEN_TIMEOUT_ms, **connection)
        except Exception as error:  # pyvisa-py raises bare Exceptions for a refused link
            _close_abandoned(error)
            raise NotFound(
                f"{name}: can't open {self.address!r} ({_reason(error)}). Check that the instrument is on, its cable "
                "or gateway, and its address in the rig file."
            ) from error

    def _seal(self) -> None:
        """Forbid new attributes from here on. Each driver's constructor ends with this call."""
        self._sealed = True

    def __setattr__(self, name: str, value: object) -> None:
        if self.__dict__.get("_sealed") and name not in self.__dict__:
            settable = {
                n for n, _ in inspect.getmembers_static(type(self), lambda m: isinstance(m, property))
            }
            if name not in settable:
                close = difflib.get_close_matches(name, settable, n=1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                raise AttributeError(f"{self.name} has no setting {name!r}{hint}")
        super().__setattr__(name, value)

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
            raise InstrumentLost(
                f"{self.name} at {self.address!r} was lost while {doing} ({_reason(error)}). Its state is "
                "unknown: check its power, cable and gateway, then connect again."
            ) from error
        except UnicodeDecodeError as error:
            raise InstrumentFault(
                f"{self.name} at {self.address!r} answered with bytes that are not text"
            ) from error

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


def _close_abandoned(error: Exception) -> None:
    """Close the socket of a refused link; pyvisa-py 0.8 leaves it open."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        session = frame.f_locals.get("self")
        interface = getattr(session, "interface", None) if isinstance(session, Session) else None
        if interface is not None:
            interface.close()


def _reason(error: Exception) -> str:
    if isinstance(error, visa_errors.VisaIOError) and error.error_code == StatusCode.error_timeout:
        return "no answer in time"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if str(error) == "error creating link: 3":
        return "the gateway has no instrument at this GPIB address"
    return str(error).split("\n")[0].strip(" .") or type(error).__name__
