"""Raw samples as what they mean, with the calibrations that hold at the time."""

from dataclasses import dataclass, replace

import numpy as np

from analysis.conductance import CurrentCalibration, conductance_G0
from analysis.recorded_traces import calibration_of
from analysis.recording import RecordingError, RunHeader
from analysis.records import Block, Event, EventKind, FloatArray

NM = 1e-9
UNKNOWN_RATE_HZ = 1000.0
"""Pace of a recording that does not say its rate."""

LOWEST_G0, HIGHEST_G0 = 1e-9, 1e3
"""What is less (noise about zero, and below) or more (railed) stands at the edge of a logarithmic plot."""


@dataclass(frozen=True, eq=False)
class Signals:
    """A run of samples in SI, arrays of shape (n,); NaN where the recording does not have a quantity."""

    first: int
    rate_Hz: float
    conductance_G0: FloatArray
    current_A: FloatArray
    bias_V: FloatArray
    extension_m: FloatArray
    thermocouple_V: FloatArray
    calibration: CurrentCalibration | None = None
    """By which the current was converted, where the recording says it."""

    def __len__(self) -> int:
        return int(self.bias_V.size)

    @property
    def stop(self) -> int:
        """Index of the sample after the last one."""
        return self.first + len(self)


def log10_G(conductance: FloatArray) -> FloatArray:
    """log10 G/G0 for a plot: from -9 to 3; NaN stays."""
    return np.log10(np.clip(conductance, LOWEST_G0, HIGHEST_G0))


def known_calibration(header: RunHeader) -> CurrentCalibration | None:
    """How volts become currents; None where the recording does not say, or has conductances instead."""
    try:
        return calibration_of(header)
    except RecordingError:
        return None


class Decoder:
    """Turns blocks into `Signals`; settings that change on the way act from their sample on.

    Parameters
    ----------
    header : RunHeader
        Of a rig's recording, or of an imported one that holds conductances.
    """

    def __init__(self, header: RunHeader) -> None:
        settings = header.settings
        self._calibration = known_calibration(header)
        self._extension_m_per_V = float(settings.get("extension_m_per_V") or np.nan)
        self._thermocouple_gain = float(settings.get("thermocouple_gain") or np.nan)
        bias_V = settings.get("bias_V")
        self._bias_V = float("nan") if bias_V is None else float(bias_V)
        self._metres = "extension" in header.channel_names and header.channel("extension").unit == "m"

    def event(self, event: Event) -> None:
        """Take a setting that has changed; other events mean nothing here."""
        value = event.payload.get("value")
        if event.kind is not EventKind.SETTING or value is None:
            return
        match event.name:
            case "extension_m_per_V":
                self._extension_m_per_V = float(value)
            case "thermocouple_gain":
                self._thermocouple_gain = float(value)
            case "bias_V":
                self._bias_V = float(value)
            case _ if self._calibration is not None and event.name in _OF_CALIBRATION:
                self._calibration = replace(self._calibration, **{_OF_CALIBRATION[event.name]: float(value)})

    def signals(self, block: Block) -> Signals:
        """What these samples mean."""
        nothing = np.full(len(block), np.nan)
        there = dict(zip(block.channels, block.data, strict=True))
        bias_V = there.get("bias", np.full(len(block), self._bias_V))
        current_A, conductance = nothing, there.get("conductance", nothing)
        if self._calibration is not None and "current" in there:
            current_A = self._calibration.current_A(there["current"])
            conductance = conductance_G0(there["current"], bias_V, self._calibration)
        extension_m = self._extension_m_per_V * there["z"] if "z" in there else nothing
        if "extension" in there and self._metres:
            extension_m = there["extension"]
        thermocouple = there["thermocouple"] / self._thermocouple_gain if "thermocouple" in there else nothing
        rate_Hz = block.rate_Hz if block.rate_Hz > 0 else UNKNOWN_RATE_HZ
        return Signals(
            block.first,
            rate_Hz,
            conductance,
            current_A,
            bias_V,
            extension_m,
            thermocouple,
            self._calibration,
        )


_OF_CALIBRATION = {
    "current_gain_V_per_A": "gain_V_per_A",
    "current_offset_V": "offset_V",
    "current_full_scale_V": "full_scale_V",
    "series_resistance_ohm": "series_resistance_ohm",
}
