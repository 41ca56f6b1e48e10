"""Ring buffers of the computer between NI-DAQmx and the card."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class RingBuffer:
    """Last ``size`` samples of some channels, counted from the first one stored.

    Parameters
    ----------
    n_channels, size : int
        Shape of the memory.
    """

    def __init__(self, n_channels: int, size: int) -> None:
        self._memory = np.zeros((n_channels, size))
        self.size = size
        self.end = 0

    def append(self, block: FloatArray) -> None:
        """Store samples, shape (n_channels, n), in place of the oldest."""
        n = block.shape[1]
        kept = block[:, -self.size :]
        start = (self.end + n - kept.shape[1]) % self.size
        first = min(kept.shape[1], self.size - start)
        self._memory[:, start : start + first] = kept[:, :first]
        self._memory[:, : kept.shape[1] - first] = kept[:, first:]
        self.end += n

    def samples(self, start: int, stop: int) -> FloatArray:
        """Return a copy of the samples ``start <= index < stop``, which must still be stored."""
        first = start % self.size
        if first + stop - start <= self.size:  # nearly always
            return self._memory[:, first : first + stop - start].copy()
        return self._memory.take(np.arange(start, stop), axis=1, mode="wrap")

    def repeated(self, start: int, stop: int) -> FloatArray:
        """Return the samples ``start <= index < stop`` of the stored ones, repeated indefinitely."""
        stored = min(max(self.end, 1), self.size)
        first = start % stored
        if first + stop - start <= stored:
            return self._memory[:, first : first + stop - start].copy()
        return self._memory.take(np.arange(start, stop) % stored, axis=1)
