"""What a client of a bench can meet."""


class BenchError(Exception):
    """Base of what a bench's client can meet."""


class NoAnswer(BenchError):
    """The bench did not answer in time: it is gone, or it hangs."""


class Refused(BenchError):
    """The bench answered, and won't or can't: the message says why.

    ``kind`` is the bench's own error: "NotNow", "OutOfRange", "ImpossibleSetting", "InstrumentLost", "NotFound",
    "InstrumentFault", "FileExistsError", "FileError", "ProtocolError" ...
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
