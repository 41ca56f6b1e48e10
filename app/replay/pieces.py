"""Samples of a recording read ahead, in blocks that no gap is in."""

from bisect import bisect_right

from analysis.recording import Recording
from analysis.records import Block

PIECE = 16_384
"""Samples read from the file at one go: what it stores, and compresses, as one."""


class Pieces:
    """The samples of a recording as blocks; remembers the piece that it read last.

    Parameters
    ----------
    recording : Recording
        Stays open while this is in use.
    """

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        edges = [recording.first, *(edge for gap in recording.gaps for edge in gap), recording.stop]
        self._firsts, self._stops = edges[::2], edges[1::2]
        self._piece: Block | None = None

    def block(self, start: int, stop: int) -> Block | None:
        """Samples from ``start`` on, or from the end of the gap that it is in, to ``stop`` at most.

        Returns None where there are none before ``stop``. Raises ``RecordingError`` where they can't be read.
        """
        segment = bisect_right(self._stops, start)
        if segment == len(self._stops):
            return None
        start = max(start, self._firsts[segment])
        if start >= stop:
            return None
        if self._piece is None or not self._piece.first <= start < self._piece.stop:
            end = min(start - start % PIECE + PIECE, self._stops[segment])
            recording = self._recording
            data = recording.samples(start, end)
            self._piece = Block(start, recording.rate_Hz, recording.channels, data)
        return self._piece.part(start, stop)
