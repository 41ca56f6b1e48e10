"""Errors that a client of a bench can meet."""

RECALLED = "RETRACT came before this began: send it again if it is still wanted"


class BenchError(Exception):
    """Base of the errors between a bench and its clients."""


class NoAnswer(BenchError):
    """No answer in time: the bench is gone or hangs."""


class Refused(BenchError):
    """Refusal by the bench; the message gives the reason.

    ``kind`` is the bench's own error: "NotNow", "OutOfRange", "ImpossibleSetting", "InstrumentLost", "NotFound",
    "InstrumentFault", "FileExistsError", "FileError", "ProtocolError" ...
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
