"""Holds: junctions kept still while the bias followed a level programme, cut from a run or from its recording."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.conductance import CurrentCalibration
from analysis.heating.programme import LevelProgramme
from analysis.recording import Recording
from analysis.records import Block, FloatArray
from analysis.segmentation import (
    Cutter,
    RecordSegmenter,
    Segment,
    calibration_for,
    number_or_nan,
    records_of,
    thermocouple_full_scale_V,
    thermocouple_gain,
)

STEP, MARK = "modulate", "hold"
"""Names of the events that delimit and describe a hold."""


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
        Commanded bias.
    amplitude_V : float
        Nominal amplitude of the procedure: the largest modulus of the levels.
    start : int
        Sample that shows the programme's first value, as estimated when the output was started: correct within a few
        samples (see `analysis.heating.lag.align`).
    bias_V, current_A, thermocouple_V : ndarray, shape (n,)
        Looped back bias, current, and thermocouple voltage at the preamplifier's input; NaN where missing.
    railed : ndarray of bool, shape (n,)
        True where the current is only a bound.
    before_G0, after_G0 : float
        Low-bias conductance before and after; NaN if not measured.
    window_G0 : tuple of float
        Requested range of low-bias conductance; NaN if there was none.
    kind : str
        "whole", "ruptured", "jumped" or "tripped", as judged by the procedure; "unknown" without its mark.
    control : str or None
        Name of the control experiment, if the hold belongs to one.
    ended : str
        "finished", the detector that removed the bias, or "aborted".
    expected_A : float
        Modulus of the current expected at the largest level; NaN if unknown.
    order : str
        Order of the levels as the procedure names it ("+0-").
    flags : tuple of str
        "aborted", "gap", "railed", "thermometer railed".
    junction : int
        Number that holds of one junction share; -1 if unknown.
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
    junction: int = -1

    def __len__(self) -> int:
        return self.samples[1] - self.samples[0]


class HoldSegmenter(RecordSegmenter[Hold]):
    """Reducer that yields a `Hold` at its mark "hold", at the next hold, or at the end.

    Parameters
    ----------
    calibration : CurrentCalibration
        At the start of the run.
    thermocouple_gain : float
        Gain of the preamplifier with its sign, V/V; NaN if unknown: the thermocouple's volts are then NaN.
    thermocouple_full_scale_V : float
        As of `Cutter`.
    """

    def __init__(
        self,
        calibration: CurrentCalibration,
        thermocouple_gain: float = float("nan"),
        thermocouple_full_scale_V: float = float("inf"),
    ) -> None:
        cutter = Cutter(STEP, MARK, calibration, thermocouple_gain, (), thermocouple_full_scale_V)
        super().__init__(cutter)
        self._rate_Hz = float("nan")

    def feed(self, block: Block) -> Iterable[Hold]:
        """Take the next samples."""
        self._rate_Hz = block.rate_Hz
        return super().feed(block)

    def _record(self, segment: Segment) -> Hold:
        begin, mark = segment.begin, segment.mark
        programme = LevelProgramme.from_json(begin["programme"])
        number = int(begin.get("hold", mark.get("number", self._next_number)))
        self._next_number = number + 1
        low, high = mark.get("window_G0") or (None, None)
        return Hold(
            number=number,
            samples=segment.samples,
            rate_Hz=self._rate_Hz,
            programme=programme,
            amplitude_V=float(begin.get("amplitude_V", programme.largest_bias_V)),
            start=int(begin.get("start", segment.samples[0])),
            bias_V=segment.bias_V,
            current_A=segment.current_A,
            thermocouple_V=segment.thermocouple_V,
            railed=segment.railed,
            before_G0=number_or_nan(mark.get("before_G0")),
            after_G0=number_or_nan(mark.get("after_G0")),
            window_G0=(number_or_nan(low), number_or_nan(high)),
            kind=str(mark.get("kind", "unknown")),
            control=mark.get("control", begin.get("control")),
            ended=segment.ended,
            expected_A=number_or_nan(begin.get("expected_A")),
            order=str(begin.get("order", "+0-")),
            flags=segment.flags,
            junction=int(mark.get("junction", -1)),
        )


def holds_of(recording: Recording) -> Iterator[Hold]:
    """Yield all holds of a recording, in order; only their samples are read.

    Raises
    ------
    RecordingError
        If the gain of the current amplifier or of the thermocouple's preamplifier, or a channel, is missing.
    """
    segmenter = HoldSegmenter(
        calibration_for(recording),
        thermocouple_gain(recording),
        thermocouple_full_scale_V(recording.header),
    )
    yield from records_of(recording, segmenter, (STEP,))
