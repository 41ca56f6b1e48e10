"""Errors of the rig. The tree, so that a caller can choose what to catch:

RigError
 ├─ OutOfRange            a value that the instrument, the piezo or the junction must never get; nothing was sent
 ├─ NotNow                right command, wrong moment (a second ramp while one runs)
 ├─ InstrumentLost        it did not answer, or the wire broke; its state is unknown
 │   └─ NotFound          it never answered at this address
 └─ InstrumentFault       it answered with an error
     ├─ ReadTimeout       fewer samples came than requested; carries those that did
     └─ SamplesLost       the acquisition overran; carries the samples read before
"""

from analysis.records import Block


class RigError(Exception):
    """Base of every error that the rig's drivers raise."""


class OutOfRange(RigError, ValueError):
    """A value outside what is allowed. Nothing was sent.

    Parameters
    ----------
    quantity : str
        Name with unit, in a user's terms ("bias of the Keithley 428 (V)").
    value : object
        The refused value.
    allowed : str
        The range or the choices, as text ("-5 to 5 in steps of 0.0025").
    """

    def __init__(self, quantity: str, value: object, allowed: str) -> None:
        super().__init__(f"{quantity}: {value} is out of range; allowed: {allowed}")
        self.quantity = quantity
        self.value = value
        self.allowed = allowed


class NotNow(RigError):
    """A valid command that the present state does not allow."""


class InstrumentLost(RigError, ConnectionError):
    """The instrument stopped answering; its state is unknown."""


class NotFound(InstrumentLost):
    """Nothing answered at the address."""


class InstrumentFault(RigError):
    """The instrument answered with an error.

    ``code`` is the vendor's error code, where there is one.
    """

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class ReadTimeout(InstrumentFault):
    """Fewer samples came than requested. ``partial`` holds those that did (it may be empty)."""

    def __init__(self, message: str, partial: Block, code: int | None = None) -> None:
        super().__init__(message, code)
        self.partial = partial


class SamplesLost(InstrumentFault):
    """The acquisition's buffer overran. ``partial`` holds the samples read before (it may be empty)."""

    def __init__(self, message: str, partial: Block, code: int | None = None) -> None:
        super().__init__(message, code)
        self.partial = partial
