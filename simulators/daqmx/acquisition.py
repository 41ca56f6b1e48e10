"""One acquisition of an input task: its samples, its buffer, and what ends it."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from simulators.daqmx.buffers import RingBuffer
from simulators.daqmx.errors import Code
from simulators.rig.ni6281 import CALIBRATION_REFERENCE, NI6281Parameters, on_wire
from simulators.rig.signal_chain import Converts

FloatArray = NDArray[np.float64]

_ENDLESS = 2**62


class Acquisition:
    """One run of an input task, from start to stop; the bench's `Scan`.

    Parameters
    ----------
    rate_Hz : float
        Rate of the sample clock.
    signals : list of str
        Signal of each scanned channel.
    times_s : list of float
        Time from the tick of the clock to the conversion of each channel.
    card : NI6281Parameters
        Dynamics of the outputs, which wires show.
    converter : Converts
        Converter of these channels.
    buffer_size : int
        Samples per channel.
    limit : int, optional
        Samples of a finite acquisition.
    overwrites : bool
        True if new samples replace unread ones instead of ending the acquisition.
    spoilt : callable
        Returns the error with which a fault ends the acquisition now, else None.
    """

    def __init__(
        self,
        rate_Hz: float,
        signals: list[str],
        times_s: list[float],
        card: NI6281Parameters,
        converter: Converts,
        buffer_size: int,
        limit: int | None,
        overwrites: bool,
        spoilt: Callable[[], Code | None],
    ) -> None:
        self.rate_Hz = rate_Hz
        self.buffer = RingBuffer(len(signals), buffer_size)
        self.limit = limit
        self.position = 0
        self.failure: Code | None = None
        self.stopped = False
        self.at_s: Mapping[str, float] = dict(zip(reversed(signals), reversed(times_s), strict=True))
        self._positions = list(zip(signals, times_s, strict=True))
        self._card = card
        self.converter = converter
        self._overwrites = overwrites
        self._spoilt = spoilt

    @property
    def acquired(self) -> int:
        """Number of samples acquired so far."""
        return self.buffer.end

    @property
    def available(self) -> int:
        """Number of unread samples."""
        return max(self.acquired - self.position, 0)

    @property
    def complete(self) -> bool:
        """True if a finite acquisition has all its samples."""
        return self.limit is not None and self.acquired >= self.limit

    def room(self) -> int:
        """Return the number of samples until its end; it takes one more than fit, which is the overrun."""
        self.failure = self.failure or self._spoilt()
        if self.failure is not None or self.complete:
            return 0
        left = _ENDLESS if self.limit is None else self.limit - self.acquired
        return left if self._overwrites else min(left, self.buffer.size - self.available + 1)

    def convert(self, signals: Mapping[str, FloatArray], before: Mapping[str, FloatArray]) -> FloatArray:
        """Convert the voltages at the terminals; see `simulators.rig.sample_clock.Scan.convert`."""
        inside_V = {CALIBRATION_REFERENCE: self._card.calibration_reference_V}
        volts = np.empty((len(self._positions), len(signals["bias"])))
        for row, (name, at_s) in zip(volts, self._positions, strict=True):
            if name in before and name in signals:  # an output that is wired to nothing shows nowhere
                row[:] = on_wire(self._card, before[name], signals[name], at_s)
            else:
                row[:] = signals.get(name, inside_V.get(name, 0.0))
        return self.converter.convert(volts)

    def store(self, readings: FloatArray) -> None:
        """Store the next readings; one too many ends the acquisition."""
        if not self._overwrites and self.available + readings.shape[1] > self.buffer.size:
            self.failure = Code.SAMPLES_NO_LONGER_AVAILABLE
            readings = readings[:, :-1]
        self.buffer.append(readings)
