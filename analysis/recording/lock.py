"""Lock that tells a recording in progress from one whose writer died; the system releases it with the process."""

import os
from contextlib import suppress
from pathlib import Path

BEHIND_EVERYTHING = 2**62
"""Offset of the locked byte on Windows, where locks are mandatory: no data are there."""

try:
    import fcntl

    def hold(descriptor: int) -> bool:
        """Lock an open file until it is closed. Return False if another process, or this one, holds it."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

except ImportError:  # Windows
    import msvcrt

    def hold(descriptor: int) -> bool:
        """Lock an open file until it is closed. Return False if another process, or this one, holds it."""
        at = os.lseek(descriptor, 0, os.SEEK_CUR)
        try:
            os.lseek(descriptor, BEHIND_EVERYTHING, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
        except OSError:
            return False
        finally:
            os.lseek(descriptor, at, os.SEEK_SET)
        return True


def is_held(path: Path) -> bool:
    """Return True if a living process holds the lock of a file."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        try:
            return not hold(descriptor)
        finally:
            os.close(descriptor)
    return False
