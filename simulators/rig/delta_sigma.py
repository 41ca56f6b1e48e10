"""Converters with a digital filter at each input, as of a PXI-4461: simultaneous, without a multiplexer, and late."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simulators.rig.ni6281 import NI6281Parameters

FloatArray = NDArray[np.float64]


class DeltaSigmaConverters:
    """One converter an input: its samples come a fixed number of samples late.

    Parameters
    ----------
    card : NI6281Parameters
        Noise, codes, delay.
    ranges_V : sequence of float
        Input range of each scanned channel.
    rng : Generator
        Source of the noise.
    """

    def __init__(self, card: NI6281Parameters, ranges_V: Sequence[float], rng: np.random.Generator) -> None:
        self._rng = rng
        self._codes = 2 ** (card.input_bits - 1)
        self._lsb_V = np.array(ranges_V)[:, np.newaxis] / self._codes
        self._noise_V = np.array([[card.noise_V(range_V)] for range_V in ranges_V])
        self._late = card.input_delay_samples
        self._held: FloatArray | None = None

    def convert(self, volts: FloatArray) -> FloatArray:
        """Digitise the voltages at the terminals, shape (n_channels, n); the filter begins settled."""
        if self._held is None:
            self._held = np.repeat(volts[:, :1], self._late, axis=1)
        line = np.concatenate((self._held, volts), axis=1)
        self._held = line[:, line.shape[1] - self._late :]
        seen = line[:, : volts.shape[1]]
        noise = self._rng.standard_normal(seen.T.shape).T * self._noise_V
        codes = np.rint((seen + noise) / self._lsb_V)
        return np.clip(codes, -self._codes, self._codes - 1) * self._lsb_V
