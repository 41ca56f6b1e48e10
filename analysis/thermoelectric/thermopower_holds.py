"""Holds of a thermopower measurement, cut from a run or from its recording, each with the contact before it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.conductance import CurrentCalibration
from analysis.recording import Recording, RecordingError
from analysis.records import Block, Event, FloatArray
from analysis.reduce import reduce
from analysis.segmentation import (
    CHANNELS,
    Cutter,
    Segment,
    calibration_for,
    number_or_nan,
    step_blocks,
)

STEP, CONTACT, MARK = "thermopower", "contact offset", "thermopower"
"""Names of the two modulations, and of the mark that describes a hold."""


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
    flags : tuple of str
        "aborted", "gap", "railed".
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
    flags: tuple[str, ...] = ()


class ThermopowerSegmenter:
    """Reducer that yields a `ThermopowerHold` at its mark, at the next hold, or at the end.

    Parameters
    ----------
    calibration : CurrentCalibration
        At the start of the run.
    thermocouple_gain : float
        Gain of the preamplifier with its sign, V/V.
    """

    def __init__(self, calibration: CurrentCalibration, thermocouple_gain: float) -> None:
        self._holds = Cutter(STEP, MARK, calibration, thermocouple_gain)
        self._contacts = Cutter(CONTACT, MARK, calibration, thermocouple_gain)
        self._contact: Segment | None = None
        self._rate_Hz = float("nan")

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
            flags=segment.flags,
        )


def thermopower_holds(recording: Recording) -> Iterator[ThermopowerHold]:
    """Yield all holds of a recording, in order; only their samples and those of the contacts are read.

    Raises
    ------
    RecordingError
        If a gain or a channel is missing.
    """
    gain = recording.header.settings.get("thermocouple_gain")
    if gain is None:
        raise RecordingError(
            f"{recording.path}: the gain of the thermocouple's preamplifier (thermocouple_gain) is missing"
        )
    blocks = [
        block for step in (CONTACT, STEP) for block in step_blocks(recording, step, CHANNELS) if len(block)
    ]
    blocks.sort(key=lambda block: block.first)
    segmenter = ThermopowerSegmenter(calibration_for(recording), float(gain))
    yield from reduce(chain(recording.events, blocks), [segmenter])
