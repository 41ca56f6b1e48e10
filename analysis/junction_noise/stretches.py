"""Held stretches of recordings: junctions at constant low bias with the tip at rest, as procedures check them.

A junction is checked for a fraction of a second after it was caught and after each sweep or modulation. Between two
withdrawals all stretches belong to one junction. The amplifier's noise is taken from the baselines at 0 V that are
measured with the junction open.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from analysis.conductance import LEAST_BIAS_V, CurrentCalibration
from analysis.constants import G0_S
from analysis.recording import Recording
from analysis.records import Block, Event, EventKind, FloatArray
from analysis.segmentation import calibration_for

HELD_STEPS = ("check",)
"""Names of the steps during which tip and bias stay as they are."""

NEW_JUNCTION = "withdraw"
CHANNELS = ("current", "bias")

BASELINE_s = 10.0
"""Longest part of a baseline that is used for the amplifier's noise."""

_OFFSET = "current_offset_V"
_CHANGE_NOISE = ("current_gain_V_per_A", "current_rise_time_s", "current_full_scale_V")


@dataclass(frozen=True, eq=False)
class HeldStretch:
    """Samples of a junction at constant bias.

    Parameters
    ----------
    junction : int
        The same for all stretches between two withdrawals.
    samples : tuple of int
        (start, stop); the array has shape (stop - start,).
    rate_Hz : float
    bias_V : float
        Median of the looped back bias.
    conductance_G0 : ndarray
        NaN where samples are missing or railed.
    open_A : ndarray
        Current of the open junction at 0 V and the same gain, from the longest baseline so far; empty without one.
    """

    junction: int
    samples: tuple[int, int]
    rate_Hz: float
    bias_V: float
    conductance_G0: FloatArray
    open_A: FloatArray


def junctions_in(recording: Recording) -> int:
    """Return a number above those of all junctions of a recording, from its events alone."""
    return 1 + sum(_is_new_junction(event) for event in recording.events)


def stretches_of(recording: Recording) -> Iterator[HeldStretch]:
    """Yield the held stretches of a recording in order; only their samples and those of baselines are read.

    Raises
    ------
    RecordingError
        If the recording has no gain of its current.
    """

    def read(start: int, stop: int) -> FloatArray:
        first, last = max(start, recording.first), min(stop, recording.stop)
        return np.asarray(recording.samples(first, last, CHANNELS)) if last > first else np.empty((2, 0))

    cutter = _Cutter(calibration_for(recording), read)
    for event in recording.events:
        yield from cutter.event(event, recording.rate_Hz)


class StretchSegmenter:
    """Reducer that yields a `HeldStretch` at the end of each check, as `stretches_of` does from a recording.

    Parameters
    ----------
    calibration : CurrentCalibration
        At the start of the stream.
    first_junction : int
        Number of the junction before the first withdrawal.
    """

    def __init__(self, calibration: CurrentCalibration, first_junction: int = 0) -> None:
        self._cutter = _Cutter(calibration, self._read, first_junction)
        self._parts: deque[Block] = deque()
        self._rate_Hz = float("nan")

    def feed(self, block: Block) -> Iterable[HeldStretch]:
        """Take the next samples; what no stretch and no baseline can need any more is dropped."""
        if len(block) and set(CHANNELS) <= set(block.channels):
            self._parts.append(block)
            self._rate_Hz = block.rate_Hz
            needed = self._cutter.needed(block.stop, block.rate_Hz)
            while self._parts[0].stop <= needed:
                self._parts.popleft()
        return ()

    def event(self, event: Event) -> Iterable[HeldStretch]:
        """Take an event; the end of a check completes a stretch."""
        return list(self._cutter.event(event, self._rate_Hz)) if self._parts else ()

    def close(self) -> Iterable[HeldStretch]:
        """Return nothing: a check that did not end is no stretch."""
        return ()

    def _read(self, start: int, stop: int) -> FloatArray:
        data = np.full((2, max(stop - start, 0)), np.nan)
        for block in self._parts:
            part = block.part(max(start, block.first), min(stop, block.stop))
            if len(part):
                rows = np.stack([part.channel(name) for name in CHANNELS])
                data[:, part.first - start : part.stop - start] = rows
        return data


class _Cutter:
    """Cutter of stretches by the events of a run; samples of current and bias are read as they are needed."""

    def __init__(
        self, calibration: CurrentCalibration, read: Callable[[int, int], FloatArray], junction: int = 0
    ) -> None:
        self._calibration, self._read, self._junction = calibration, read, junction
        self._start: int | None = None
        self._open_A = np.empty(0)

    def needed(self, now: int, rate_Hz: float) -> int:
        """Return the sample before which none is needed any more."""
        before = now - round(BASELINE_s * rate_Hz)
        return before if self._start is None else min(before, self._start)

    def event(self, event: Event, rate_Hz: float) -> Iterator[HeldStretch]:
        """Take an event; yield the stretch that it completes."""
        if event.kind is EventKind.SETTING:
            self._set(event, rate_Hz)
        if event.kind is not EventKind.STEP:
            return
        self._junction += _is_new_junction(event)
        if event.name not in HELD_STEPS:
            return
        start, self._start = self._start, None
        if event.payload.get("phase") == "begin":
            self._start = event.sample
        elif start is not None:
            volts, bias_V = self._read(start, event.sample)
            if volts.size:
                yield self._stretch(event.sample, rate_Hz, volts, bias_V)

    def _stretch(self, stop: int, rate_Hz: float, volts: FloatArray, bias_V: FloatArray) -> HeldStretch:
        calibration = self._calibration
        bias = float(np.median(bias_V))
        current_A = np.where(calibration.railed(volts), np.nan, calibration.current_A(volts))
        across_V = bias - current_A * calibration.series_resistance_ohm
        usable = abs(bias) >= LEAST_BIAS_V
        conductance = current_A / across_V / G0_S if usable else np.full(volts.size, np.nan)
        return HeldStretch(
            self._junction, (stop - volts.size, stop), rate_Hz, bias, conductance, self._open_A
        )

    def _set(self, event: Event, rate_Hz: float) -> None:
        self._calibration = self._calibration.after(event.name, event.payload.get("value"))
        if event.name == _OFFSET and "samples" in event.payload:
            longest = min(int(event.payload["samples"]), round(BASELINE_s * rate_Hz))
            volts = self._read(event.sample - longest, event.sample)[0]
            if volts.size >= self._open_A.size:
                self._open_A = self._calibration.current_A(volts)
        elif event.name in _CHANGE_NOISE:
            self._open_A = np.empty(0)


def _is_new_junction(event: Event) -> bool:
    begins = event.kind is EventKind.STEP and event.payload.get("phase") == "begin"
    return begins and event.name == NEW_JUNCTION
