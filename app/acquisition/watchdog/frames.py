"""Messages between bench and watchdog: frames of 16 bytes on two pipes, so short that a pipe takes each as a whole.

A frame has a kind (4 bytes), a sequence number (u32) and a number (u64, little-endian) whose meaning the kind gives.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

_FRAME = struct.Struct("<4sIQ")
SIZE = _FRAME.size


class Kind(Enum):
    """Kinds of frames. The bench sends the first five, the watchdog the others."""

    ARM = b"arm "
    """The rig will move; number: longest silence allowed, ms."""

    BEAT = b"beat"
    """Samples came; number: samples so far."""

    PACE = b"pace"
    """Change of the silence that is allowed from now on; number: ms."""

    SAFE = b"safe"
    """The rig was seen to be safe; or, after a trip, the run has ended."""

    HELP = b"help"
    """The bench could not make the rig safe: the watchdog must."""

    READY = b"redy"
    """The card is open; number: time it took, ms."""

    ECHO = b"echo"
    """Answer to any frame of the bench, with its sequence number."""

    REFUSED = b"held"
    """Answer to ARM on a rig that is held by an earlier trip."""

    TRIPPED = b"trip"
    """The watchdog is making the rig safe."""

    MADE_SAFE = b"made"
    """It was seen to be safe."""


@dataclass(frozen=True)
class Frame:
    """One message."""

    kind: Kind
    seq: int = 0
    number: int = 0

    def to_bytes(self) -> bytes:
        """Return its 16 bytes."""
        return _FRAME.pack(self.kind.value, self.seq & 0xFFFFFFFF, self.number)


def read_frame(read: Callable[[int], bytes]) -> Frame | None:
    """Read the next frame from a blocking stream; return None at its end.

    Bytes that are no frame count as its end: whoever sends them is not the other side.
    """
    data = read(SIZE)
    while data and len(data) < SIZE:
        more = read(SIZE - len(data))
        if not more:
            return None
        data += more
    if not data:
        return None
    kind, seq, number = _FRAME.unpack(data)
    try:
        return Frame(Kind(kind), seq, number)
    except ValueError:
        return None
