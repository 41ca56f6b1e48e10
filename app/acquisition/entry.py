"""Entry to a rig: one owner, and no trip of the watchdog that still holds it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.acquisition.ownership import Ownership, owned
from app.acquisition.watchdog.latch import require_untripped
from app.config.rig import Rig
from drivers.pxi import Connect


@contextmanager
def entered(rig_file: Path, rig: Rig, connect: Connect | None = None) -> Iterator[Ownership]:
    """Own a rig inside the block, for a program that will move it.

    Raises
    ------
    RigOwned
        If another program owns it.
    RigTripped
        If a trip holds it.
    """
    with owned(rig_file, rig, connect=connect) as ownership:
        require_untripped(rig_file, rig)
        yield ownership
