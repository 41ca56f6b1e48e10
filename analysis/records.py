"""The records of hotjunction: blocks of samples, events beside them, and the traces cut from both.

Time is counted in samples since the acquisition began. A gap is visible because ``Block.first`` jumps.
Every derived record keeps the range of samples that it came from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Block:
    """A gap-free run of samples of all channels.

    Parameters
    ----------
    first : int
        Index of the first sample, counted from the start of the acquisition.
    rate_Hz : float
        Samples per second and channel.
    channels : tuple of str
        Channel names, one a row of ``data``.
    data : ndarray, shape (n_channels, n)
        Raw samples (volts from a rig; the header of an imported recording gives its units). Read-only.
    """

    first: int
    rate_Hz: float
    channels: tuple[str, ...]
    data: FloatArray

    def __post_init__(self) -> None:
        if self.data.ndim != 2 or self.data.shape[0] != len(self.channels):
            raise ValueError(f"data has shape {self.data.shape}, expected ({len(self.channels)}, n)")
        self.data.setflags(write=False)

    def __len__(self) -> int:
        return int(self.data.shape[1])

    @property
    def stop(self) -> int:
        """Index of the sample after the last one."""
        return self.first + len(self)

    @property
    def time_s(self) -> float:
        """Time of the first sample, in seconds since the acquisition began."""
        return self.first / self.rate_Hz

    def channel(self, name: str) -> FloatArray:
        """Return the samples of one channel, shape (n,). Raises ``KeyError`` for an unknown name."""
        try:
            return self.data[self.channels.index(name)]
        except ValueError:
            raise KeyError(f"no channel {name!r}; this block has {', '.join(self.channels)}") from None

    def part(self, start: int, stop: int) -> "Block":
        """Return the samples ``start <= index < stop`` (absolute indices, clipped to this block)."""
        lo = min(max(start - self.first, 0), len(self))
        hi = min(max(stop - self.first, lo), len(self))
        return Block(self.first + lo, self.rate_Hz, self.channels, self.data[:, lo:hi])


class EventKind(StrEnum):
    """Kind of an event."""

    STEP = "step"
    SETTING = "setting"
    FAULT = "fault"
    MARK = "mark"


TIE = "tie"
"""Name of the mark that ties a sample to the time of day; the payload has "utc", ISO 8601.

The card's clock may be off by 50 ppm, 4.3 s a day, so times of day come from these marks.
"""

SWEEP = "I-V"
"""Flag of a trace in which the bias was swept, not the distance."""

SKIPPED = "skipped"
"""End of a step that a user has skipped; its data are left out of every evaluation."""

NOTE = "note"
"""Name of the mark that holds a user's note; the payload has the "text"."""


@dataclass(frozen=True)
class Event:
    """Something that happened at a sample.

    ``sample`` is the index of the first sample *after* it. A step of a procedure writes two events of kind
    STEP with the step's name: payload ``{"phase": "begin", ...}``, then ``{"phase": "end", "ended": reason, ...}``.
    A SETTING event has the name of the setting that changed (``"current_gain"``) and carries its value in SI.
    The payload can be written as JSON.
    """

    sample: int
    kind: EventKind
    name: str
    payload: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, eq=False)
class Trace:
    """One opening of a junction.

    Parameters
    ----------
    number : int
        Running number in its recording, from 0.
    samples : tuple of int
        (start, stop): the range of samples it came from.
    displacement_m : ndarray, shape (n,)
        Tip displacement, increasing as the junction opens; NaN throughout if the source does not record it.
    conductance_G0 : ndarray, shape (n,)
        Conductance in units of G0. Negative measured values are kept.
    bias_V : float
        Applied bias; NaN where unknown.
    ended : str
        Reason of the end ("open", "distance", "not broken", "skipped", "aborted", "unknown").
    flags : tuple of str
        Defects that an analysis must take into account ("railed", "gap").
    averaged : int
        Number of samples over which each conductance is a running mean; 1 without a mean.
    """

    number: int
    samples: tuple[int, int]
    displacement_m: FloatArray
    conductance_G0: FloatArray
    bias_V: float
    ended: str
    flags: tuple[str, ...] = ()
    averaged: int = 1
