"""Holds of a thermopower measurement, cut from a run or from its recording, each with the contact before it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from analysis.conductance import CurrentCalibration
from analysis.recording import Recording
from analysis.recording.header import RunHeader
from analysis.records import Block, Event, FloatArray
from analysis.segmentation import (
    CHANNELS,
    Cutter,
    Segment,
    calibration_for,
    number_or_nan,
    records_of,
    thermocouple_full_scale_V,
    thermocouple_gain,
)
from analysis.thermoelectric.heater_inputs import NO_INPUTS, HeaterInputs, heater_frequency_Hz

STEP, CONTACT, MARK = "thermopower", "contact offset", "thermopower"
"""Names of the two modulations, and of the mark that describes a hold."""

ALTERNATING = "2w"
"""Method with an alternating heater: the current is read at twice its frequency."""


@dataclass(frozen=True, eq=False)
class ThermopowerHold:
    """One junction between a tip and a substrate of different temperatures.

    Parameters
    ----------
    number : int
    samples : tuple of int
        (start, stop); the arrays have shape (stop - start,).
    rate_Hz : float
    bias_V, current_A, thermocouple_V : ndarray
        Looped-back bias, current, and volts of the thermocouple at the preamplifier's input; NaN where missing.
    railed : ndarray of bool
    contact_V, contact_A : ndarray
        Bias and current in the metallic contact at the beginning of the opening; empty without that measurement.
    contact_railed : bool
        True if the amplifier was at its rail meanwhile.
    before_G0, after_G0 : float
    window_G0 : tuple of float
    kind : str
        "whole", "ruptured", "jumped", "tripped"; "unknown" without its mark.
    control : str
        "" for the measurement itself.
    difference_K : float
        Wanted T_tip - T_substrate.
    notes : mapping
        All that the procedure recorded: heater, thermometers, method.
    base_K, substrate_K : ndarray
        Rises of base and substrate above ambient; zero for what is not read.
    thermal_Hz : float
        Frequency at which the temperature alternates; NaN with a steady heater.
    flags : tuple of str
        "aborted", "gap", "railed", "thermometer railed".
    """

    number: int
    samples: tuple[int, int]
    rate_Hz: float
    bias_V: FloatArray
    current_A: FloatArray
    thermocouple_V: FloatArray
    railed: NDArray[np.bool_]
    contact_V: FloatArray
    contact_A: FloatArray
    before_G0: float
    after_G0: float
    window_G0: tuple[float, float]
    kind: str
    control: str
    difference_K: float
    notes: Mapping[str, Any] = field(default_factory=dict)
    base_K: FloatArray | float = 0.0
    substrate_K: FloatArray | float = 0.0
    thermal_Hz: float = float("nan")
    flags: tuple[str, ...] = ()
    contact_railed: bool = False


class ThermopowerSegmenter:
    """Reducer that yields a `ThermopowerHold` at its mark, at the next hold, or at the end.

    Parameters
    ----------
    calibration : CurrentCalibration
        At the start of the run.
    thermocouple_gain : float
        Gain of the preamplifier with its sign, V/V.
    inputs : HeaterInputs
    heater_Hz : float
        Frequency of an alternating heater's voltage.
    full_scale_V : float
        Output of the preamplifier at its limit.
    """

    def __init__(
        self,
        calibration: CurrentCalibration,
        thermocouple_gain: float,
        inputs: HeaterInputs = NO_INPUTS,
        heater_Hz: float = float("nan"),
        full_scale_V: float = float("inf"),
    ) -> None:
        self._inputs, self._heater_Hz = inputs, heater_Hz
        self._holds = Cutter(STEP, MARK, calibration, thermocouple_gain, inputs.names, full_scale_V)
        self._contacts = Cutter(CONTACT, MARK, calibration, thermocouple_gain)
        self._contact: Segment | None = None
        self._rate_Hz = float("nan")

    @classmethod
    def of(cls, header: RunHeader, calibration: CurrentCalibration, thermocouple_gain: float) -> Self:
        """Return the reducer for a run, from its header."""
        full_scale_V = thermocouple_full_scale_V(header)
        inputs, heater_Hz = HeaterInputs.of(header), heater_frequency_Hz(header)
        return cls(calibration, thermocouple_gain, inputs, heater_Hz, full_scale_V)

    def feed(self, block: Block) -> Iterable[ThermopowerHold]:
        """Take the next samples; only events complete holds."""
        self._rate_Hz = block.rate_Hz
        self._contacts.feed(block)
        return self._records(self._holds.feed(block))

    def event(self, event: Event) -> Iterable[ThermopowerHold]:
        """Take an event; the mark of a hold completes it."""
        for contact in self._contacts.event(event):
            self._contact = contact if contact.mark else None
        return self._records(self._holds.event(event))

    def close(self) -> Iterable[ThermopowerHold]:
        """Return a hold that was still open."""
        return self._records(self._holds.close())

    def _records(self, segments: Iterable[Segment]) -> list[ThermopowerHold]:
        return [self._record(segment) for segment in segments]

    def _record(self, segment: Segment) -> ThermopowerHold:
        notes = {**segment.begin, **segment.mark}
        contact, self._contact = self._contact, None
        low, high = notes.get("window_G0") or (None, None)
        return ThermopowerHold(
            number=int(notes.get("hold", 0)),
            samples=segment.samples,
            rate_Hz=self._rate_Hz,
            bias_V=segment.bias_V,
            current_A=segment.current_A,
            thermocouple_V=segment.thermocouple_V,
            railed=segment.railed,
            contact_V=np.empty(0) if contact is None else contact.bias_V,
            contact_A=np.empty(0) if contact is None else contact.current_A,
            before_G0=number_or_nan(notes.get("before_G0")),
            after_G0=number_or_nan(notes.get("after_G0")),
            window_G0=(number_or_nan(low), number_or_nan(high)),
            kind=str(notes.get("kind", "unknown")),
            control=str(notes.get("control") or ""),
            difference_K=number_or_nan(notes.get("dT_K")),
            notes=notes,
            base_K=segment.beside.get(self._inputs.base, 0.0),
            substrate_K=segment.beside.get(self._inputs.substrate, 0.0),
            thermal_Hz=2.0 * self._heater_Hz if notes.get("method") == ALTERNATING else float("nan"),
            flags=segment.flags,
            contact_railed=contact is not None and bool(contact.railed.any()),
        )


def thermopower_holds(recording: Recording) -> Iterator[ThermopowerHold]:
    """Yield all holds of a recording, in order; only their samples and those of the contacts are read.

    Raises
    ------
    RecordingError
        If a gain or a channel is missing.
    """
    segmenter = ThermopowerSegmenter.of(
        recording.header, calibration_for(recording), thermocouple_gain(recording)
    )
    channels = (*CHANNELS, *HeaterInputs.of(recording.header).names)
    yield from records_of(recording, segmenter, (CONTACT, STEP), channels)
