"""Cached reading of a recording's samples, in blocks without gaps."""

from bisect import bisect_right

from analysis.recording import Recording
from analysis.records import Block

PIECE = 16_384
"""Samples read from the file at a time; the file stores and compresses them as one chunk."""


class Pieces:
    """Samples of a recording as blocks; the last chunk is cached.

    Parameters
    ----------
    recording : Recording
        Recording, which must stay open.
    """

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        edges = [recording.first, *(edge for gap in recording.gaps for edge in gap), recording.stop]
        self._firsts, self._stops = edges[::2], edges[1::2]
        self._piece: Block | None = None

    def block(self, start: int, stop: int) -> Block | None:
        """Return samples from ``start`` (or the end of the gap around it) up to ``stop`` at most.

        Returns None if there are none before ``stop``. Raises ``RecordingError`` if they cannot be read.
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
