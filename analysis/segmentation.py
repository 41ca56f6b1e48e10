"""Segments of a run that hold a modulation or a sweep, each with the mark that describes its outcome."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from heapq import merge
from itertools import chain, zip_longest
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from analysis.conductance import CurrentCalibration
from analysis.recording import Recording, RecordingError
from analysis.recording.header import RunHeader
from analysis.records import Block, Event, EventKind, FloatArray
from analysis.reduce import Reducer, reduce
from analysis.spectra.demodulated import PEAK
from analysis.traces.read import calibration_of

Record = TypeVar("Record")

CHANNELS = ("current", "bias", "thermocouple")
"""Channels that are read from a recording; a missing thermocouple or bias reads NaN."""


@dataclass(frozen=True, eq=False)
class Segment:
    """The samples of one step of a procedure, calibrated, with the records made before and after it.

    Parameters
    ----------
    samples : tuple of int
        (start, stop); the arrays have shape (stop - start,).
    bias_V, current_A, thermocouple_V : ndarray
        NaN where samples are missing. The thermocouple's volts are those at the preamplifier's input, and NaN where
        its output was at its limit.
    railed : ndarray of bool
        True where the current amplifier or its converter was at its limit.
    thermometer_railed : bool
        True if the thermocouple's preamplifier was at its limit at any sample.
    begin, end, mark : mapping
        Payloads of the step's events and of the mark that followed; empty if there was none.
    beside : mapping of str to ndarray
        Further inputs, as recorded, by their names.
    """

    samples: tuple[int, int]
    bias_V: FloatArray
    current_A: FloatArray
    thermocouple_V: FloatArray
    railed: NDArray[np.bool_]
    thermometer_railed: bool
    begin: Mapping[str, Any]
    end: Mapping[str, Any]
    mark: Mapping[str, Any]
    beside: Mapping[str, FloatArray] = field(default_factory=dict)

    @property
    def ended(self) -> str:
        """Reason of the step's end; "aborted" if the recording does not contain its end."""
        return str(self.end.get("ended", "aborted"))

    @property
    def flags(self) -> tuple[str, ...]:
        """Defects that an analysis must take into account: "aborted", "gap" (samples missing), "railed", and
        "thermometer railed".
        """
        flags = {
            "aborted": self.ended == "aborted",
            "gap": np.isnan(self.current_A).any(),
            "railed": self.railed.any(),
            THERMOMETER_RAILED: self.thermometer_railed,
        }
        return tuple(name for name, raised in flags.items() if raised)


RAIL_SHARE = 0.995
"""Share of its full scale from which an input shows no more than a bound."""

THERMOMETER_RAILED = "thermometer railed"
"""Flag of a segment in which the thermocouple's preamplifier was at its limit."""


class Cutter:
    """Collector of the samples of each step ``step`` and of the mark ``mark`` that belongs to it.

    It is fed like a reducer (see `analysis.reduce`); each method returns the cuts that are complete: those whose
    mark has come, or that were overtaken by the next step or by the end of the stream.

    SETTING events with payload ``{"value": number in SI}`` act from their sample on: ``current_gain_V_per_A``,
    ``current_offset_V``, ``current_full_scale_V``, ``series_resistance_ohm``, ``thermocouple_gain``.

    Parameters
    ----------
    step, mark : str
        Names of the events.
    calibration : CurrentCalibration
        At the start of the run.
    thermocouple_gain : float
        Gain of the preamplifier with its sign, V/V; NaN if unknown, and then the thermocouple reads NaN.
    beside : tuple of str
        Further inputs to keep; a missing one reads NaN.
    thermocouple_full_scale_V : float
        Output of the preamplifier at which it, or its converter, saturates.
    """

    def __init__(
        self,
        step: str,
        mark: str,
        calibration: CurrentCalibration,
        thermocouple_gain: float = float("nan"),
        beside: tuple[str, ...] = (),
        thermocouple_full_scale_V: float = float("inf"),
    ) -> None:
        self._beside = beside
        self._thermometer_rail_V = RAIL_SHARE * thermocouple_full_scale_V
        self._step, self._mark = step, mark
        self._calibration = calibration
        self._thermocouple_gain = thermocouple_gain
        self._position = 0
        self._open: _OpenCut | None = None
        self._waiting: Segment | None = None

    def feed(self, block: Block) -> Iterable[Segment]:
        """Take the next samples; only events complete cuts."""
        self._position = block.stop
        if self._open is not None and len(block):
            self._open.take(block, self._calibration, self._thermocouple_gain, self._thermometer_rail_V)
        return ()

    def event(self, event: Event) -> Iterable[Segment]:
        """Begin or end a cut, complete it by its mark, or change a calibration."""
        self._position = max(self._position, event.sample)
        if event.kind is EventKind.SETTING:
            self._set(event.name, event.payload.get("value"))
        elif event.kind is EventKind.STEP and event.name == self._step:
            if event.payload.get("phase") == "begin":
                overtaken = [*self._finish(event.sample, {}), *self._release({})]
                self._open = _OpenCut(event.sample, event.payload, self._beside)
                return overtaken
            self._waiting = next(iter(self._finish(event.sample, event.payload)), self._waiting)
        elif event.kind is EventKind.MARK and event.name == self._mark:
            return self._release(event.payload)
        return ()

    def close(self) -> Iterable[Segment]:
        """Return the cuts that were still open or waiting."""
        return [*self._release({}), *self._finish(self._position, {})]

    def _finish(self, stop: int, end: Mapping[str, Any]) -> list[Segment]:
        cut, self._open = self._open, None
        return [] if cut is None else [cut.record(stop, end)]

    def _release(self, mark: Mapping[str, Any]) -> list[Segment]:
        cut, self._waiting = self._waiting, None
        return [] if cut is None else [replace(cut, mark=mark)]

    def _set(self, name: str, value: Any) -> None:
        self._calibration = self._calibration.after(name, value)
        if name == "thermocouple_gain":
            self._thermocouple_gain = float(value)


class RecordSegmenter(ABC, Generic[Record]):
    """Reducer that yields the record of each segment, as soon as its mark has come."""

    def __init__(self, cutter: Cutter) -> None:
        self._cutter = cutter
        self._next_number = 0

    def feed(self, block: Block) -> Iterable[Record]:
        """Take the next samples."""
        return self._records(self._cutter.feed(block))

    def event(self, event: Event) -> Iterable[Record]:
        """Take an event; marks complete records."""
        return self._records(self._cutter.event(event))

    def close(self) -> Iterable[Record]:
        """Return a record that was still open."""
        return self._records(self._cutter.close())

    def _records(self, segments: Iterable[Segment]) -> list[Record]:
        return [self._record(segment) for segment in segments]

    @abstractmethod
    def _record(self, segment: Segment) -> Record:
        """Return the record of a segment."""


class _OpenCut:
    """Samples of a step, as collected so far."""

    def __init__(self, start: int, begin: Mapping[str, Any], beside: tuple[str, ...]) -> None:
        self._start = start
        self._beside = beside
        self._begin = begin
        self._parts: list[tuple[int, FloatArray]] = []
        self._thermometer_railed = False

    def take(
        self,
        block: Block,
        calibration: CurrentCalibration,
        thermocouple_gain: float,
        thermometer_rail_V: float,
    ) -> None:
        volts = {
            name: block.channel(name) if name in block.channels else np.full(len(block), np.nan)
            for name in (*CHANNELS, *self._beside)
        }
        railed = np.abs(volts["thermocouple"]) >= thermometer_rail_V
        self._thermometer_railed |= bool(railed.any())
        rows = (
            volts["bias"],
            calibration.current_A(volts["current"]),
            np.where(railed, np.nan, volts["thermocouple"]) / thermocouple_gain,
            calibration.railed(block.channel(PEAK) if PEAK in block.channels else volts["current"]),
            *(volts[name] for name in self._beside),
        )
        self._parts.append((block.first - self._start, np.stack(rows)))

    def record(self, stop: int, end: Mapping[str, Any]) -> Segment:
        n = stop - self._start
        if len(self._parts) == 1 and self._parts[0][0] == 0 and self._parts[0][1].shape[1] == n:
            data = self._parts[0][1]  # as of a recording, where a copy would take a tenth of the analysis
        else:
            data = np.full((4 + len(self._beside), n), np.nan)
            for at, rows in self._parts:
                data[:, at : at + rows.shape[1]] = rows
        data.setflags(write=False)
        bias_V, current_A, thermocouple_V, railed, *others = data
        beside = dict(zip(self._beside, others, strict=True))
        return Segment(
            (self._start, stop),
            bias_V,
            current_A,
            thermocouple_V,
            railed == 1.0,
            self._thermometer_railed,
            self._begin,
            end,
            {},
            beside,
        )


def number_or_nan(value: float | None) -> float:
    """Return the number, NaN for None (JSON has no NaN)."""
    return float("nan") if value is None else float(value)


Payloads = Callable[[Mapping[str, Any], Mapping[str, Any]], bool]
"""Tells by the payloads of a step's begin and end if its samples are read."""


def step_blocks(
    recording: Recording, step: str, channels: tuple[str, ...], needed: Payloads = lambda begin, end: True
) -> Iterator[Block]:
    """Yield one block for each step of that name, NaN where samples are missing; the rest is not read.

    Raises ``RecordingError`` if a channel is missing.
    """
    missing = set(channels) - set(recording.channels)
    if missing:
        raise RecordingError(f"{recording.path}: has no channel {', '.join(sorted(missing))}")
    steps = [e for e in recording.events if e.kind is EventKind.STEP and e.name == step]
    for event, following in zip_longest(steps, steps[1:]):
        end = {} if following is None else following.payload
        if event.payload.get("phase") == "begin" and needed(event.payload, end):
            stop = recording.stop if following is None else following.sample
            start = min(max(event.sample, recording.first), recording.stop)
            stop = min(max(stop, start), recording.stop)
            yield Block(start, recording.rate_Hz, channels, recording.samples(start, stop, channels))


def calibration_for(recording: Recording) -> CurrentCalibration:
    """Return the calibration of the current channel. Raises ``RecordingError`` if the recording has none."""
    calibration = calibration_of(recording.header)
    if calibration is None:
        raise RecordingError(f"{recording.path}: holds conductance only; a hold needs current and bias")
    return calibration


def thermocouple_gain(recording: Recording) -> float:
    """Return the gain of the thermocouple's preamplifier, V/V. Raises ``RecordingError`` without it."""
    gain = recording.header.settings.get("thermocouple_gain")
    if gain is None:
        raise RecordingError(
            f"{recording.path}: the gain of the thermocouple's preamplifier (thermocouple_gain) is missing"
        )
    return float(gain)


def thermocouple_full_scale_V(header: RunHeader) -> float:
    """Return the output at which the thermocouple's preamplifier saturates; infinite if a recording lacks it."""
    return float(header.settings.get("thermocouple_full_scale_V") or float("inf"))


def records_of(
    recording: Recording,
    segmenter: Reducer,
    steps: tuple[str, ...],
    channels: tuple[str, ...] = CHANNELS,
    needed: Payloads = lambda begin, end: True,
) -> Iterator[Any]:
    """Yield what a reducer makes of a recording, in order; only the samples of the steps are read.

    Raises ``RecordingError`` if a channel is missing.
    """
    parts = [step_blocks(recording, step, channels, needed) for step in steps]
    blocks = (block for block in merge(*parts, key=lambda block: block.first) if len(block))
    yield from reduce(chain(recording.events, blocks), [segmenter])
