"""Lock of a file between processes of one computer, which the system releases when its holder dies.

The file is never deleted: with a name that leads to another file two holders would be possible.
Sources: flock(2); Microsoft, "_locking" (locked bytes can't be read by others, so the byte is beyond any content).
"""

import os
import sys
from pathlib import Path
from typing import Any

BEYOND = 2**30
"""Place of the byte that is locked on Windows."""


class HostLock:
    """Lock that this process holds.

    Parameters
    ----------
    path : Path
    system : module, optional
        ``fcntl``, or ``msvcrt`` on Windows.
    """

    def __init__(self, path: Path, system: Any = None) -> None:
        self.path = path
        self._system = system or _system()
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock; return False if another holds it. Raises ``OSError`` if the file can't be opened."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            descriptor = _opened(self.path)
            if not self._taken(descriptor):
                os.close(descriptor)
                return False
            if _is(descriptor, self.path):
                self._descriptor = descriptor
                return True
            os.close(descriptor)  # somebody has put another file in its place

    def _taken(self, descriptor: int) -> bool:
        try:
            if hasattr(self._system, "flock"):
                self._system.flock(descriptor, self._system.LOCK_EX | self._system.LOCK_NB)
            else:
                os.lseek(descriptor, BEYOND, os.SEEK_SET)
                self._system.locking(descriptor, self._system.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def release(self) -> None:
        """Release the lock, if held."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        if not hasattr(self._system, "flock"):  # Windows releases a closed file's lock only some time later
            os.lseek(descriptor, BEYOND, os.SEEK_SET)
            self._system.locking(descriptor, self._system.LK_UNLCK, 1)
        os.close(descriptor)


def _system() -> Any:
    if sys.platform != "win32":
        import fcntl

        return fcntl
    import msvcrt

    return msvcrt


def _opened(path: Path) -> int:
    """Open the file, which another user may have made: Linux refuses to create one that exists in a shared folder."""
    try:
        return os.open(path, os.O_RDWR)
    except PermissionError:
        return os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)


def _is(descriptor: int, path: Path) -> bool:
    """Tell whether a path still leads to an open file."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
