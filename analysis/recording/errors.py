"""What can go wrong with a recording. Each message is for the user, and says what to do where that is known."""

import re


class RecordingError(Exception):
    """Base of every error of this package, and the one raised for a broken or foreign file."""


class WriteFailed(RecordingError):
    """The operating system refused a write. ``saved`` samples are in the file; nothing after them is."""

    def __init__(self, message: str, saved: int) -> None:
        super().__init__(message)
        self.saved = saved


class DiskAlmostFull(RecordingError):
    """Free space fell below the reserve. Everything appended so far (``saved`` samples) is in the file."""

    def __init__(self, message: str, saved: int) -> None:
        super().__init__(message)
        self.saved = saved


def reason(error: BaseException) -> str:
    """What HDF5 or the system says, in one line: HDF5 wraps the system's words in several of its own."""
    text = str(error)
    told = re.search(r"error message = '([^']*)'", text)
    return told[1] if told else " ".join(text.split())
