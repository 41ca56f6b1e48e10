"""Errors of recordings. Each message is for the user, with the remedy where there is one."""

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
"""Exceptions that h5py, JSON and their readers raise for a damaged or foreign file."""


class RecordingError(Exception):
    """Base of every error of this package, and the one raised for a broken or foreign file."""


class OutsideRecording(RecordingError, IndexError):
    """A request for samples that a recording does not have."""


class NoSuchChannel(RecordingError, KeyError):
    """A request for a channel that a recording does not have."""

    def __str__(self) -> str:
        return str(self.args[0])


class WriteFailed(RecordingError):
    """The operating system refused a write. The first ``saved`` samples are in the file, and nothing after them."""

    def __init__(self, message: str, saved: int) -> None:
        super().__init__(message)
        self.saved = saved


class FileGone(RecordingError):
    """The file under the writer was deleted, replaced or cut. ``rescued`` is a copy of its content, or None."""

    def __init__(self, message: str, rescued: Path | None) -> None:
        super().__init__(message)
        self.rescued = rescued


class DiskAlmostFull(RecordingError):
    """Free space fell below the reserve. Everything appended so far (``saved`` samples) is in the file."""

    def __init__(self, message: str, saved: int) -> None:
        super().__init__(message)
        self.saved = saved


def reason(error: BaseException) -> str:
    """Return the message of the system or of HDF5 in one line; HDF5 wraps that of the system in several of its own."""
    text = str(error) or type(error).__name__
    system = re.search(r"error message = '([^']*)'", text)
    if system:
        return system[1]
    return getattr(error, "strerror", None) or " ".join(text.split())


@contextmanager
def damage_told(path: Path, what: str, remedy: str = "") -> Iterator[None]:
    """Convert exceptions that a damaged file raises inside the block into a ``RecordingError``.

    Parameters
    ----------
    path : Path
        The recording.
    what : str
        Part that is being read, for the message ("its list of events").
    remedy : str
        Remedy, as a sentence.
    """
    try:
        yield
    except RecordingError:
        raise
    except BROKEN as error:
        message = f"{path}: {what} cannot be read; the file is damaged ({reason(error)})."
        raise RecordingError(f"{message} {remedy}".strip()) from error
