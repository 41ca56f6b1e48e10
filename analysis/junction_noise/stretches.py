"""Held stretches of recordings: junctions at constant low bias with the tip at rest, as procedures check them.

A junction is checked for a fraction of a second after it was caught and after each sweep or modulation. Between two
withdrawals all stretches belong to one junction. The amplifier's noise is taken from the baselines at 0 V that are
measured with the junction open.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.conductance import LEAST_BIAS_V
from analysis.constants import G0_S
from analysis.recording import Recording
from analysis.records import EventKind, FloatArray
from analysis.segmentation import calibration_for

HELD_STEPS = ("check",)
"""Names of the steps during which tip and bias stay as they are."""

NEW_JUNCTION = "withdraw"
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


def stretches_of(recording: Recording) -> Iterator[HeldStretch]:
    """Yield the held stretches of a recording in order; only their samples and those of baselines are read.

    Raises
    ------
    RecordingError
        If the recording has no gain of its current.
    """
    calibration = calibration_for(recording)
    junction, start = 0, None
    open_A = np.empty(0)
    for event in recording.events:
        if event.kind is EventKind.SETTING:
            calibration = calibration.after(event.name, event.payload.get("value"))
            if event.name == _OFFSET and "samples" in event.payload:
                volts = _read(recording, event.sample - int(event.payload["samples"]), event.sample)[0]
                open_A = calibration.current_A(volts) if volts.size >= open_A.size else open_A
            elif event.name in _CHANGE_NOISE:
                open_A = np.empty(0)
        if event.kind is not EventKind.STEP:
            continue
        begins = event.payload.get("phase") == "begin"
        junction += begins and event.name == NEW_JUNCTION
        if event.name in HELD_STEPS and begins:
            start = event.sample
        elif event.name in HELD_STEPS and start is not None:
            volts, bias_V = _read(recording, start, event.sample)
            if volts.size:
                bias = float(np.median(bias_V))
                current_A = np.where(calibration.railed(volts), np.nan, calibration.current_A(volts))
                across_V = bias - current_A * calibration.series_resistance_ohm
                usable = abs(bias) >= LEAST_BIAS_V
                conductance = current_A / across_V / G0_S if usable else np.full(volts.size, np.nan)
                samples = (event.sample - volts.size, event.sample)
                yield HeldStretch(junction, samples, recording.rate_Hz, bias, conductance, open_A)
            start = None


def _read(recording: Recording, start: int, stop: int) -> FloatArray:
    first, last = max(start, recording.first), min(stop, recording.stop)
    if last <= first:
        return np.empty((2, 0))
    return np.asarray(recording.samples(first, last, ("current", "bias")))
