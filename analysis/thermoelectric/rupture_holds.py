"""Holds that last until the junction breaks, cut from a run or from its recording."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.conductance import CurrentCalibration
from analysis.recording import Recording, RecordingError
from analysis.recording.header import RunHeader
from analysis.records import Block, FloatArray
from analysis.reduce import reduce
from analysis.segmentation import (
    CHANNELS,
    Cutter,
    RecordSegmenter,
    Segment,
    calibration_for,
    number_or_nan,
    step_blocks,
)

STEP = MARK = "thermal conductance"
"""Names of the holds and of the marks that describe them."""


@dataclass(frozen=True)
class HeaterInputs:
    """Names of the inputs beside a hold; "" for what the rig lacks.

    ``readback`` is in V across the heater of ``resistance_ohm``; ``base`` and ``substrate`` are in K above ambient.
    """

    readback: str = ""
    base: str = ""
    substrate: str = ""
    resistance_ohm: float = float("nan")

    @classmethod
    def of(cls, header: RunHeader) -> "HeaterInputs":
        """Return the inputs that the recording's rig file names and the recording has."""
        heater = (header.rig or {}).get("heater") or {}
        names = {role: str(heater.get(role) or "") for role in ("readback", "base", "substrate")}
        known = {role: name for role, name in names.items() if name in header.channel_names}
        return cls(**known, resistance_ohm=float(heater.get("resistance_ohm", float("nan"))))

    @property
    def names(self) -> tuple[str, ...]:
        """All inputs that there are."""
        return tuple(dict.fromkeys(name for name in (self.readback, self.base, self.substrate) if name))


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
        "aborted", "gap", "railed".
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
    """

    def __init__(
        self,
        calibration: CurrentCalibration,
        thermocouple_gain: float,
        inputs: HeaterInputs,
        heater_Hz: float = float("nan"),
    ) -> None:
        super().__init__(Cutter(STEP, MARK, calibration, thermocouple_gain, inputs.names))
        self._inputs, self._heater_Hz = inputs, heater_Hz
        self._series_ohm = calibration.series_resistance_ohm
        self._rate_Hz = float("nan")

    @classmethod
    def of(
        cls, header: RunHeader, calibration: CurrentCalibration, thermocouple_gain: float
    ) -> "RuptureSegmenter":
        """Return the reducer for a run, from its header."""
        return cls(calibration, thermocouple_gain, HeaterInputs.of(header), heater_frequency_Hz(header))

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


def heater_frequency_Hz(header: RunHeader) -> float:
    """Return the frequency of the heater's voltage from the parameters of a run; NaN without one."""
    value = header.parameters.get("heater_frequency_Hz")
    if value is None:
        return float("nan")
    above, _, below = str(value).partition("/")
    return float(above) / float(below or 1)


def rupture_holds(recording: Recording) -> Iterator[RuptureHold]:
    """Yield all holds of a recording, in order; only their samples are read.

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
    segmenter = RuptureSegmenter.of(recording.header, calibration_for(recording), float(gain))
    channels = (*CHANNELS, *HeaterInputs.of(recording.header).names)
    blocks = [block for block in step_blocks(recording, STEP, channels) if len(block)]
    yield from reduce(chain(recording.events, blocks), [segmenter])
