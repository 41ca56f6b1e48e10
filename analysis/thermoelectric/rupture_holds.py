"""Holds that last until the junction breaks, cut from a run or from its recording."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.conductance import CurrentCalibration
from analysis.recording import Recording
from analysis.recording.header import RunHeader
from analysis.records import Block, FloatArray
from analysis.segmentation import (
    CHANNELS,
    Cutter,
    RecordSegmenter,
    Segment,
    calibration_for,
    number_or_nan,
    records_of,
    thermocouple_full_scale_V,
    thermocouple_gain,
)
from analysis.thermoelectric.heater_inputs import HeaterInputs, heater_frequency_Hz

STEP = MARK = "thermal conductance"
"""Names of the holds and of the marks that describe them."""

CENSORED = "finished"
"""End of a hold that the junction outlived."""


@dataclass(frozen=True, eq=False)
class RuptureHold:
    """One junction that was held until it broke, or until the longest hold had passed.

    Parameters
    ----------
    number : int
    samples : tuple of int
        (start, stop); the arrays have shape (stop - start,).
    rate_Hz : float
    bias_V, current_A, thermocouple_V : ndarray
        Looped-back bias, current, and volts of the thermocouple at the preamplifier's input; NaN where missing.
    heater_W, base_K, substrate_K : ndarray
        Power from the heater's read-back, and rises of base and substrate above ambient; zero for what is not read.
    railed : ndarray of bool
    series_resistance_ohm : float
    window_G0 : tuple of float
    ended : str
        "ruptured", "finished" (censored), the name of a trip, or "aborted".
    control, mode : str
        Control experiment ("" for the measurement), and "dc" or "2w".
    heated : bool
        False for a junction with the heater off.
    thermal_Hz : float
        Frequency at which the temperature alternates; NaN with a steady heater.
    notes : mapping
        All that the procedure recorded.
    flags : tuple of str
        "aborted", "gap", "railed", "thermometer railed".
    """

    number: int
    samples: tuple[int, int]
    rate_Hz: float
    bias_V: FloatArray
    current_A: FloatArray
    thermocouple_V: FloatArray
    heater_W: FloatArray
    base_K: FloatArray
    substrate_K: FloatArray
    railed: NDArray[np.bool_]
    series_resistance_ohm: float
    window_G0: tuple[float, float]
    ended: str
    control: str
    mode: str
    heated: bool
    thermal_Hz: float
    notes: Mapping[str, Any] = field(default_factory=dict)
    flags: tuple[str, ...] = ()


class RuptureSegmenter(RecordSegmenter[RuptureHold]):
    """Reducer that yields a `RuptureHold` at its mark, at the next hold, or at the end.

    Parameters
    ----------
    calibration : CurrentCalibration
        At the start of the run.
    thermocouple_gain : float
        Gain of the preamplifier with its sign, V/V.
    inputs : HeaterInputs
    heater_Hz : float
        Frequency of the heater's voltage; NaN with a steady heater.
    step, mark : str
        Names of the holds and of the marks that describe them.
    thermocouple_full_scale_V : float
        As of `Cutter`.
    """

    def __init__(
        self,
        calibration: CurrentCalibration,
        thermocouple_gain: float,
        inputs: HeaterInputs,
        heater_Hz: float = float("nan"),
        step: str = STEP,
        mark: str = MARK,
        thermocouple_full_scale_V: float = float("inf"),
    ) -> None:
        super().__init__(
            Cutter(step, mark, calibration, thermocouple_gain, inputs.names, thermocouple_full_scale_V)
        )
        self._inputs, self._heater_Hz = inputs, heater_Hz
        self._series_ohm = calibration.series_resistance_ohm
        self._rate_Hz = float("nan")

    @classmethod
    def of(
        cls,
        header: RunHeader,
        calibration: CurrentCalibration,
        thermocouple_gain: float,
        step: str = STEP,
        mark: str = MARK,
    ) -> "RuptureSegmenter":
        """Return the reducer for a run, from its header."""
        inputs, heater_Hz = HeaterInputs.of(header), heater_frequency_Hz(header)
        full_scale_V = thermocouple_full_scale_V(header)
        return cls(calibration, thermocouple_gain, inputs, heater_Hz, step, mark, full_scale_V)

    def feed(self, block: Block) -> list[RuptureHold]:
        """Take the next samples."""
        self._rate_Hz = block.rate_Hz
        return list(super().feed(block))

    def _record(self, segment: Segment) -> RuptureHold:
        notes = {**segment.begin, **segment.mark}
        low, high = notes.get("window_G0") or (None, None)
        zero, inputs = np.zeros(len(segment.bias_V)), self._inputs
        heater_V = segment.beside.get(inputs.readback, zero)
        return RuptureHold(
            number=int(notes.get("hold", 0)),
            samples=segment.samples,
            rate_Hz=self._rate_Hz,
            bias_V=segment.bias_V,
            current_A=segment.current_A,
            thermocouple_V=segment.thermocouple_V,
            heater_W=heater_V**2 / inputs.resistance_ohm if inputs.readback else zero,
            base_K=segment.beside.get(inputs.base, zero),
            substrate_K=segment.beside.get(inputs.substrate, zero),
            railed=segment.railed,
            series_resistance_ohm=self._series_ohm,
            window_G0=(number_or_nan(low), number_or_nan(high)),
            ended=segment.ended,
            control=str(notes.get("control") or ""),
            mode=str(notes.get("mode", "dc")),
            heated=bool(notes.get("heated", True)),
            thermal_Hz=2.0 * self._heater_Hz if notes.get("mode") == "2w" else float("nan"),
            notes=notes,
            flags=segment.flags,
        )


def rupture_holds(recording: Recording) -> Iterator[RuptureHold]:
    """Yield all holds of a recording, in order; only their samples are read, and none of junctions that did not break.

    Raises
    ------
    RecordingError
        If a gain or a channel is missing.
    """
    segmenter = RuptureSegmenter.of(
        recording.header, calibration_for(recording), thermocouple_gain(recording)
    )
    channels = (*CHANNELS, *HeaterInputs.of(recording.header).names)
    yield from records_of(recording, segmenter, (STEP,), channels, _needed)


def _needed(begin: Mapping[str, Any], end: Mapping[str, Any]) -> bool:
    """Return False for a junction that outlived its hold: it only counts, and has a third of all samples."""
    junction = "window_G0" in begin and "gap" not in begin
    return not junction or end.get("ended") != CENSORED
