"""What can go wrong with a recording. Each message is for the user, and says what to do where that is known."""

import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BROKEN = (
    OSError,
    RuntimeError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    MemoryError,
    zlib.error,
)
"""What h5py, JSON and their readers raise for a damaged or foreign file."""


class RecordingError(Exception):
    """Base of every error of this package, and the one raised for a broken or foreign file."""


class OutsideRecording(RecordingError, IndexError):
    """Samples were asked for that a recording does not have."""


class NoSuchChannel(RecordingError, KeyError):
    """A channel was asked for that a recording does not have."""

    def __str__(self) -> str:
        return str(self.args[0])


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
    """Return what HDF5 or the system says, in one line: HDF5 wraps the system's words in several of its own."""
    text = str(error) or type(error).__name__
    told = re.search(r"error message = '([^']*)'", text)
    return told[1] if told else " ".join(text.split())


@contextmanager
def damage_told(path: Path, what: str, remedy: str = "") -> Iterator[None]:
    """Turn what a damaged file raises inside the block into a ``RecordingError``.

    Parameters
    ----------
    path : Path
        The recording.
    what : str
        What is being read, for the message ("its list of events").
    remedy : str
        What to do, as a sentence.
    """
    try:
        yield
    except RecordingError:
        raise
    except BROKEN as error:
        told = f"{path}: {what} cannot be read; the file is damaged ({reason(error)})."
        raise RecordingError(f"{told} {remedy}".strip()) from error
