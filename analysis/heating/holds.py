"""Holds: junctions kept still while a level programme was on the bias, cut from a run or from its recording."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest

import numpy as np
from numpy.typing import NDArray

from analysis.conductance import CurrentCalibration
from analysis.heating.cutting import CHANNELS, Cut, Cutter
from analysis.heating.programme import LevelProgramme
from analysis.recorded_traces import calibration_of
from analysis.recording import Recording, RecordingError
from analysis.records import Block, Event, EventKind, FloatArray
from analysis.reduce import reduce

STEP, MARK = "modulate", "hold"
"""Names of the events that a hold is cut by."""


@dataclass(frozen=True, eq=False)
class Hold:
    """One modulated junction.

    Parameters
    ----------
    number : int
        Running number in its recording.
    samples : tuple of int
        (start, stop): the range of samples; the arrays have shape (stop - start,).
    rate_Hz : float
    programme : LevelProgramme
        What the bias was told to do.
    amplitude_V : float
        Largest modulus of the levels, as the procedure calls this hold.
    start : int
        Sample that shows the programme's first value, as known when the output was started: true within a few
        samples (see `analysis.heating.lag.align`).
    bias_V, current_A, thermocouple_V : ndarray, shape (n,)
        Looped back bias, current, and thermocouple voltage at the preamplifier's input; NaN where missing.
    railed : ndarray of bool, shape (n,)
        Where the current is only a bound.
    before_G0, after_G0 : float
        Low-bias conductance before and after; NaN where it was not seen.
    window_G0 : tuple of float
        Low-bias conductance that was asked for; NaN where none was.
    kind : str
        "whole", "ruptured", "jumped" or "tripped", as the procedure saw it; "unknown" without its note.
    control : str or None
        Name of the control experiment that this is.
    ended : str
        "finished", the detector that took the bias away, or "aborted".
    expected_A : float
        Modulus of the current to be expected at the largest level; NaN where nobody knew.
    order : str
        Order of the levels as the procedure names it ("+0-").
    flags : tuple of str
        "aborted", "gap", "railed".
    """

    number: int
    samples: tuple[int, int]
    rate_Hz: float
    programme: LevelProgramme
    amplitude_V: float
    start: int
    bias_V: FloatArray
    current_A: FloatArray
    thermocouple_V: FloatArray
    railed: NDArray[np.bool_]
    before_G0: float = float("nan")
    after_G0: float = float("nan")
    window_G0: tuple[float, float] = (float("nan"), float("nan"))
    kind: str = "unknown"
    control: str | None = None
    ended: str = "finished"
    expected_A: float = float("nan")
    order: str = "+0-"
    flags: tuple[str, ...] = ()

    def __len__(self) -> int:
        return self.samples[1] - self.samples[0]


class HoldSegmenter:
    """Reducer that yields a `Hold` once its mark "hold" has come, or the next hold, or the end.

    Parameters
    ----------
    calibration : CurrentCalibration
        As the run began.
    thermocouple_gain : float
        Of the preamplifier with its sign, V/V; NaN where unknown: the thermocouple's volts are then NaN.
    """

    def __init__(self, calibration: CurrentCalibration, thermocouple_gain: float = float("nan")) -> None:
        self._cutter = Cutter(STEP, MARK, calibration, thermocouple_gain)
        self._rate_Hz = float("nan")
        self._next_number = 0

    def feed(self, block: Block) -> Iterable[Hold]:
        """Take the next samples."""
        self._rate_Hz = block.rate_Hz
        return self._holds(self._cutter.feed(block))

    def event(self, event: Event) -> Iterable[Hold]:
        """Take an event; marks complete holds."""
        return self._holds(self._cutter.event(event))

    def close(self) -> Iterable[Hold]:
        """Return a hold that was still open."""
        return self._holds(self._cutter.close())

    def _holds(self, cuts: Iterable[Cut]) -> list[Hold]:
        return [self._hold(cut) for cut in cuts]

    def _hold(self, cut: Cut) -> Hold:
        begin, mark = cut.begin, cut.mark
        programme = LevelProgramme.from_json(begin["programme"])
        number = int(begin.get("hold", mark.get("number", self._next_number)))
        self._next_number = number + 1
        low, high = mark.get("window_G0") or (None, None)
        return Hold(
            number=number,
            samples=cut.samples,
            rate_Hz=self._rate_Hz,
            programme=programme,
            amplitude_V=float(begin.get("amplitude_V", programme.largest_bias_V)),
            start=int(begin.get("start", cut.samples[0])),
            bias_V=cut.bias_V,
            current_A=cut.current_A,
            thermocouple_V=cut.thermocouple_V,
            railed=cut.railed,
            before_G0=number_or_nan(mark.get("before_G0")),
            after_G0=number_or_nan(mark.get("after_G0")),
            window_G0=(number_or_nan(low), number_or_nan(high)),
            kind=str(mark.get("kind", "unknown")),
            control=mark.get("control", begin.get("control")),
            ended=cut.ended,
            expected_A=number_or_nan(begin.get("expected_A")),
            order=str(begin.get("order", "+0-")),
            flags=cut.flags,
        )


def number_or_nan(value: float | None) -> float:
    """The number, NaN for None: JSON has no NaN."""
    return float("nan") if value is None else float(value)


def holds_of(recording: Recording) -> Iterator[Hold]:
    """All holds of a recording, in order; only the samples of holds are read.

    Raises
    ------
    RecordingError
        If the recording does not say what its volts mean: no gain of the current or of the thermocouple's
        preamplifier, or a channel is missing.
    """
    gain = recording.header.settings.get("thermocouple_gain")
    if gain is None:
        raise RecordingError(
            f"{recording.path}: does not say the gain of the thermocouple's preamplifier (thermocouple_gain)"
        )
    segmenter = HoldSegmenter(calibration_for(recording), float(gain))
    yield from reduce(chain(recording.events, step_blocks(recording, STEP, CHANNELS)), [segmenter])


def step_blocks(recording: Recording, step: str, channels: tuple[str, ...]) -> Iterator[Block]:
    """One block for each step of that name, with NaN where samples are missing; the rest is not read.

    Raises ``RecordingError`` where a channel is missing.
    """
    missing = set(channels) - set(recording.channels)
    if missing:
        raise RecordingError(f"{recording.path}: has no channel {', '.join(sorted(missing))}")
    steps = [e for e in recording.events if e.kind is EventKind.STEP and e.name == step]
    for event, following in zip_longest(steps, steps[1:]):
        if event.payload.get("phase") == "begin":
            stop = recording.stop if following is None else following.sample
            start = min(max(event.sample, recording.first), recording.stop)
            stop = min(max(stop, start), recording.stop)
            yield Block(start, recording.rate_Hz, channels, recording.samples(start, stop, channels))


def calibration_for(recording: Recording) -> CurrentCalibration:
    """How the current channel becomes amperes. Raises ``RecordingError`` where the recording has none."""
    calibration = calibration_of(recording.header)
    if calibration is None:
        raise RecordingError(f"{recording.path}: holds conductance only; a hold needs current and bias")
    return calibration
