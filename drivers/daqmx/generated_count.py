"""Samples of a stopped waveform: the card's count, judged by the samples of the inputs, or else the loop-back.

NI does not document the count that a stopped output task reports. It must fit the samples of the inputs, each of which
is a tick of the clock that the waveform follows.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from drivers.daqmx.waveform import OutputWaveform
from drivers.errors import InstrumentFault, NotNow, RigError

LIKELY_S = 0.1
"""Longest output time between two calls that is plausible; beyond it the loop-back decides."""


class ClockCount(Protocol):
    """Count of the inputs' samples, each of which is a tick of the clock that waveforms follow."""

    def samples_read(self) -> int:
        """Return the samples read since the start of the acquisition, without asking the card."""
        ...

    def acquired(self) -> int:
        """Ask the card for the samples since the start of the acquisition. Raises ``RigError``."""
        ...


class GeneratedCount:
    """Number of samples that the present, or else the last, waveform has generated.

    Parameters
    ----------
    clock : ClockCount or None
    clock_Hz : float
        Rate of the inputs' sample clock.
    repeats : int
        Number of clock ticks per sample of a waveform.
    """

    def __init__(self, clock: ClockCount | None, clock_Hz: float, repeats: int) -> None:
        self.known = 0
        """Samples that are known to have been generated."""

        self._clock = clock
        self._repeats = repeats
        self._clock_Hz = clock_Hz
        self._begin: int | None = None

    def begin(self) -> None:
        """Note that a waveform begins."""
        self.known, self._begin = 0, None

    def armed_at(self, sample: int) -> None:
        """Note the sample of the inputs at or before which it has begun."""
        self._begin = sample

    def least(self, waveform: OutputWaveform, count: int) -> int:
        """Return the least number of samples that a stopped waveform has generated, from those of the inputs since.

        The card is asked only if its ``count`` is far beyond those that have been read.
        """
        if self._clock is None or self._begin is None:
            return self.known
        read = self._after_ticks(waveform, self._clock.samples_read(), self._begin)
        if read <= count <= read + self._most:
            return read
        with suppress(RigError):
            acquired = self._after_ticks(waveform, self._clock.acquired(), self._begin)
            return max(read, acquired - self._most) if count > read else read
        return read

    def likely(self, least: int, count: int) -> bool:
        """Return True if a count fits the least number of samples."""
        return least <= count <= least + self._most

    @property
    def _most(self) -> int:
        return round(LIKELY_S * self._clock_Hz / self._repeats)

    def _after_ticks(self, waveform: OutputWaveform, samples: int, begin: int) -> int:
        since = max(samples - begin, 0)
        return max(self.known, waveform.put_out(since * self._repeats))


class PossibleValues:
    """Values at which outputs may stand after a waveform whose count failed, until a loop-back shows them."""

    def __init__(self) -> None:
        self._values: dict[str, NDArray[np.float64]] = {}

    def of(self, values_V: Mapping[str, NDArray[np.float64]]) -> dict[str, float]:
        """Take the possible values of every output; return its value, NaN where there are several."""
        self._values = {name: values for name, values in values_V.items() if np.ptp(values)}
        return {
            name: np.nan if name in self._values else float(values[0]) for name, values in values_V.items()
        }

    def forget(self, name: str) -> None:
        """Forget those of an output that has been written."""
        self._values.pop(name, None)

    def clear(self) -> None:
        """Forget all: every output is known, or can't be found."""
        self._values = {}

    def nearest(self, name: str, seen_V: float, tolerance_V: float) -> float:
        """Return the possible value nearest to a reading of the loop-back, in V, which is known from now on.

        Raises
        ------
        NotNow
            If nothing is known of the output.
        InstrumentFault
            If no possible value lies within the tolerance.
        """
        if name not in self._values:
            raise NotNow(f"The value of output {name!r} can't be taken from its loop-back now")
        values = self._values[name]
        nearest = float(values[np.argmin(np.abs(values - seen_V))])
        if not abs(nearest - seen_V) <= tolerance_V:
            raise InstrumentFault(
                f"The value of output {name!r} is unknown: the card does not report how far its last waveform "
                f"came, and the loop-back reads {seen_V:.4g} V, {abs(nearest - seen_V):.2g} V from the nearest "
                "possible value"
            )
        del self._values[name]
        return nearest
